# Makes tokenizer.json and golden.json with Hugging Face's tokenizers 0.23:
#   python3 make.py                             the small vocabulary of this folder
#   python3 make.py TOKENIZER.JSON GOLDEN.JSON  those of another one
import json, random, sys
from tokenizers import Tokenizer

strings = ["", " ", "Hello, World!", "don't stop", "naïve café résumé", "İstanbul ISTANBUL ıstanbul Iğdır",
    "ΟΔΟΣ ὀδός ΣΊΣΥΦΟΣ", "Straße STRASSE ẞ", "你好世界 hello世界", "東京タワー ｶﾀｶﾅ カタカナ", "한국어 텍스트", "ภาษาไทย ไม่มี",
    "हिन्दी में", "עִבְרִית", "العَرَبِيَّة", "😀😃 👨‍👩‍👧‍👦 🇩🇪 👍🏽", "\ufeffBOM at start", "zero\u200bwidth\u200cjoin\u200der",
    "soft\u00adhyphen", "tab\tnew\nline\r\nfeed\x0bvt\x0cff", "nul\x00bell\x07del\x7f",
    "\u0085nel\u00a0nbsp\u2028ls\u2029ps\u3000ideo", "\ufffd replacement \ufffd\ufffdx",
    "a\u0301e\u0300 combining \u0301start", "!\u0301 mark on sign", "\u1e9b\u0323 q\u0307\u0323 q\u0323\u0307",
    "x" * 100, "x" * 101, "ab" * 200, "[CLS] a [SEP] b[MASK]c [UNK] [pad] [PAD]", "[[CLS]]", "[CL S]", "##ing ing##",
    "e=mc² x₁ ½ ⅷ ①", "ﬁ ligature ﬃ", "Ǆ ǅ ǆ", "ﷺ", "Å Å Å", "1,000.50$ 5€ £3 ¥", "http://a.b/c?d=e&f#g",
    "user@example.com", "C++ C# .NET", "^ ` ~ | \\ < > = +", "—–‐‑ “quotes” ‘x’ … ‹› «»", "mixed Кириллица ЁЖ", "Ⅷ Ⅻ",
    "𝐁𝐨𝐥𝐝 𝒮𝒸𝓇", "𠀀𪜀 豈 﨑 丽", "\U0001f600" * 40, "o" + "\u0308" * 40 + "x", "\u0344 \u0390 \u1f80", "ŉ ǰ ẖ ẘ",
    "\ue000private\uf8ff", "\u061cALM \u2066iso\u2069", "Ａｂｃ１２", "ª º", "\u00b4 \u00a8 \u1fbd", "a\u00a0b c\u202fd",
    "word" + "\u0327\u0301" + "s", "I\u0307 i\u0307", "\u212a kelvin \u2126 ohm", "ά Ά ᾳ ᾼ", "ﬀ" * 120, "漢" * 150, "가각힣 각",
    "\u061d \u2e5b old Unicode \u0898x \u1734y"]
random.seed(7)
pool = [chr(c) for a, b in ((0, 0x250), (0x300, 0x370), (0x370, 0x600), (0x900, 0x980), (0xe00, 0xe80), (0x1e00, 0x2070),
    (0x2190, 0x2200), (0x3000, 0x3100), (0x4e00, 0x4e40), (0xac00, 0xac40), (0xf900, 0xfa20), (0xff00, 0xfff0),
    (0x1d15e, 0x1d170), (0x1f600, 0x1f640)) for c in range(a, b)]
for _ in range(300 if len(sys.argv) == 1 else 20000):
    s = ''
    for _ in range(random.randint(1, 30)):
        k = random.random()
        if k < .3: s += random.choice('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
        elif k < .45: s += ' '
        elif k < .5: s += random.choice(['[SEP]', '[MASK]', '\t', '\n', '!', '-', "'"])
        else: s += random.choice(pool)
    strings.append(s)

name, golden = 'tokenizer.json', 'golden.json'
if len(sys.argv) > 1:
    name, golden = sys.argv[1:]
else:
    special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
    bare = {'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': [], 'post_processor': None,
        'decoder': {'type': 'WordPiece', 'prefix': '##', 'cleanup': True},
        'normalizer': {'type': 'BertNormalizer', 'clean_text': True, 'handle_chinese_chars': True, 'strip_accents': None, 'lowercase': True},
        'pre_tokenizer': {'type': 'BertPreTokenizer'},
        'model': {'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##', 'max_input_chars_per_word': 100,
            'vocab': {'[UNK]': 0}}}
    t = Tokenizer.from_str(json.dumps(bare))
    # Each second character, alone and inside of a word, so that there are unknown ones.
    chars = sorted({c for s in strings for c in t.normalizer.normalize_str(s) if not c.isspace()})
    kept = [c for c in chars if c.isascii() or ord(c) % 4 > 0]
    words = ['hello', 'world', 'stop', 'cafe', 'naive', 'istanbul', '##ing', '##bul', 'i', 'ist', '##an', 'old', 'uni', '##code']
    vocab = list(dict.fromkeys(special + kept + ['##' + c for c in kept] + words))
    bare['model']['vocab'] = {w: i for i, w in enumerate(vocab)}
    bare['added_tokens'] = [{'id': i, 'content': w, 'single_word': False, 'lstrip': False, 'rstrip': False,
        'normalized': False, 'special': True} for i, w in enumerate(special)]
    json.dump(bare, open(name, 'w'), ensure_ascii=False, separators=(',', ':'))
t = Tokenizer.from_file(name)
t.no_truncation()
t.no_padding()
cases = []
for s in strings:
    e = t.encode(s, add_special_tokens=False)
    cases.append({'text': s, 'ids': e.ids, 'offsets': [list(o) for o in e.offsets]})
with open(golden, 'w') as f:
    f.write('[\n' + ',\n'.join(json.dumps(c, separators=(',', ':')) for c in cases) + '\n]\n')
print(len(cases), 'strings')
