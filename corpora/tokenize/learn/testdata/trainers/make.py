# Makes the golden files of this folder, with version 0.23.3 of Hugging Face's tokenizers:
#
#   pip install tokenizers==0.23.3
#   zstd -dc corpora/data/sample.txt.zst | head -n 800 > text.txt
#   python corpora/testdata/trainers/make.py text.txt corpora/testdata/trainers
#
# The ids that the library gives to characters with ## follow the order of a hash
# table, other in each run, and ids decide between pairs with equal counts. So all
# characters are given as special tokens, in the order of Unicode.
import collections, json, random, sys
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

lines = open(sys.argv[1], encoding="utf8", newline="\n").read().removesuffix("\n").split("\n")
folder = sys.argv[2] + "/"


def dump(name, rows):
    with open(folder + name, "w", encoding="utf8", newline="\n") as f:
        f.write("\n".join(rows) + "\n")


norm, pre = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
chars, inside = set(), set()
for line in lines:
    for word, _ in pre.pre_tokenize_str(norm.normalize_str(line)):
        chars.update(word)
        inside.update(word[1:])
special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
t.normalizer, t.pre_tokenizer = norm, pre
t.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=3000, min_frequency=2, show_progress=False,
    special_tokens=special + sorted(chars) + ["##" + c for c in sorted(inside)]))
vocab = t.get_vocab()
dump("wordpiece.txt", sorted(vocab, key=vocab.get))

t = Tokenizer(models.BPE())
t.normalizer, t.pre_tokenizer = normalizers.NFC(), pre_tokenizers.ByteLevel(add_prefix_space=False)
t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=3000, min_frequency=2, show_progress=False,
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
dump("bpe-merges.txt", [" ".join(m) for m in json.loads(t.to_str())["model"]["merges"]])

# Words of three letters, whose tokens can come to be in several ways.
random.seed(1)
words = ["".join(random.choice("abc") for _ in range(random.randint(1, 14))) for _ in range(400)]
dump("abc-words.txt", [f"{w} {n}" for w, n in sorted(collections.Counter(words).items())])
t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
t.train_from_iterator(words, trainers.BpeTrainer(vocab_size=600, min_frequency=1, show_progress=False))
dump("abc-merges.txt", [" ".join(m) for m in json.loads(t.to_str())["model"]["merges"]])

t = Tokenizer(models.Unigram())
t.normalizer = normalizers.NFKC()
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
t.train_from_iterator(lines, trainers.UnigramTrainer(vocab_size=1500, show_progress=False, unk_token="<unk>", special_tokens=["<unk>"]))
dump("unigram.txt", [f"{p} {s:.6f}" for p, s in json.loads(t.to_str())["model"]["vocab"]])
