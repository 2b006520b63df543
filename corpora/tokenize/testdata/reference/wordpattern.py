# Makes wordpattern.json: checksums of the words that version 0.23 of Hugging Face's library
# finds with the tokenizer.json of a word tokenizer, for every character of Unicode in some
# contexts. TestWordPattern says which file to give it and compares:
#   python3 wordpattern.py tokenizer.json < /dev/null
import hashlib, json, sys
from bisect import bisect_right
from tokenizers import Tokenizer

contexts = ["{}", "a{}", "{}a", "a{}b", "1{}1", "_{}_", "ア{}ア", "א{}א", "漢{}字"]
t = Tokenizer.from_file(sys.argv[1])
sums = {}
for context in contexts:
    sums[context] = []
    for block in range(0, 0x110000, 0x1000):
        chars = [c for c in range(block, block + 0x1000)
                 if not 0xd800 <= c <= 0xdfff and c != 0xa and not (context == "_{}_" and c in (0xff9e, 0xff9f))]
        lines = [t.normalizer.normalize_str(context.replace("{}", chr(c))) for c in chars]
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        found = [[] for _ in lines]
        for word, (start, _) in t.pre_tokenizer.pre_tokenize_str("\n".join(lines)):
            found[bisect_right(starts, start) - 1].append(word)
        text = "".join("%x %s\n" % (c, " ".join(w)) for c, w in zip(chars, found) if w)
        sums[context].append(hashlib.sha256(text.encode()).hexdigest()[:8])
pre = json.load(open(sys.argv[1]))["pre_tokenizer"]["pattern"]["Regex"]
json.dump({"pattern": hashlib.sha256(pre.encode()).hexdigest(), "sums": {k: "".join(v) for k, v in sums.items()}},
    open("wordpattern.json", "w"), ensure_ascii=False, indent=1)
