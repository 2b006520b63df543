# Makes the tokenizers of this folder, and golden.json with the tokens that Hugging
# Face's library finds with them, out of the bundled sample:
#   zstd -dc ../../data/sample.txt.zst | python3 make.py
# with tokenizers 0.23.3 and sentencepiece 0.2.3 (and protobuf).
import json, os, random, sys, tempfile
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

lines = [l for l in sys.stdin.read().split('\n') if l][:400]
quiet = dict(show_progress=False)

def save(t, name, change=lambda j: None):
    j = json.loads(t.to_str())
    change(j)
    with open(name + '.json', 'w') as f:
        json.dump(j, f, ensure_ascii=False, separators=(',', ':'))

# GPT-2's words, RoBERTa's settings.
t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
t.decoder = decoders.ByteLevel()
letters = pre_tokenizers.ByteLevel.alphabet()
t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=420, special_tokens=['<s>', '</s>'], initial_alphabet=letters, **quiet))
t.add_special_tokens([AddedToken('<mask>', lstrip=True)])
save(t, 'roberta')

# Llama 3's.
t = Tokenizer(models.BPE(ignore_merges=True))
pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), 'isolated'),
    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=400, special_tokens=['<|begin_of_text|>'], initial_alphabet=letters, **quiet))
save(t, 'llama3')

# Llama 2's: bytes for unknown characters, no pre_tokenizer.
t = Tokenizer(models.BPE(unk_token='<unk>', fuse_unk=True, byte_fallback=True))
t.pre_tokenizer = pre_tokenizers.Metaspace()
special = ['<unk>', '<s>', '</s>'] + ['<0x%02X>' % i for i in range(256)]
t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=500, special_tokens=special, limit_alphabet=70, **quiet))
def llama(j):
    j['added_tokens'] = [a for a in j['added_tokens'] if not a['content'].startswith('<0x')]
    j['added_tokens'].append({'id': len(j['model']['vocab']), 'content': '<tool>', 'single_word': False, 'lstrip': False,
        'rstrip': True, 'normalized': True, 'special': False})
    j['pre_tokenizer'] = None
    j['normalizer'] = {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '▁'},
        {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '▁'}]}
    j['model']['merges'] = [' '.join(m) for m in j['model']['merges']]
save(t, 'llama2', llama)

# Characters with a prefix inside of words, and with a suffix at their ends.
t = Tokenizer(models.BPE(unk_token='[UNK]', continuing_subword_prefix='##', fuse_unk=True))
t.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
t.pre_tokenizer = pre_tokenizers.Whitespace()
t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=250, special_tokens=['[UNK]'], limit_alphabet=60,
    continuing_subword_prefix='##', **quiet))
save(t, 'prefix')
t = Tokenizer(models.BPE(unk_token='<unk>', end_of_word_suffix='</w>'))
t.normalizer = normalizers.BertNormalizer(strip_accents=False)
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)])
t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=250, special_tokens=['<unk>'], limit_alphabet=60,
    end_of_word_suffix='</w>', **quiet))
t.add_tokens([AddedToken('king', single_word=True), AddedToken('New York'), AddedToken('ÉTAT', lstrip=True, rstrip=True)])
save(t, 'suffix')

# SentencePiece's, with a charsmap of a few rules: T5's and XLM-R's are of this kind.
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
with tempfile.TemporaryDirectory() as folder:
    def path(name): return os.path.join(folder, name)
    with open(path('text'), 'w') as f:
        f.write('\n'.join(lines))
    rules = {chr(0xff01 + i): chr(0x21 + i) for i in range(94)}
    rules |= {'ﬁ': 'fi', 'ﬃ': 'ffi', '\u3000': ' ', '\u00a0': ' ', '\t': ' ', '\n': ' ', '\r': ' ', '\u200b': ' ', 'e\u0301': 'é', '\u0001': '', '½': '1⁄2', '\u0301': ''}
    with open(path('rules'), 'w') as f:
        for a, b in rules.items():
            f.write(' '.join('%X' % ord(c) for c in a) + '\t' + ' '.join('%X' % ord(c) for c in b) + '\n')
    sentencepiece.SentencePieceTrainer.train(input=path('text'), model_prefix=path('m'), vocab_size=600, model_type='unigram',
        normalization_rule_tsv=path('rules'), byte_fallback=True, character_coverage=0.999, minloglevel=2)
    m = sentencepiece_model_pb2.ModelProto()
    m.ParseFromString(open(path('m.model'), 'rb').read())
pieces = [(p.piece, round(p.score, 6)) for p in m.pieces]
t = Tokenizer(models.Unigram(pieces, unk_id=m.trainer_spec.unk_id, byte_fallback=True))
t.normalizer = normalizers.Sequence([normalizers.Precompiled(m.normalizer_spec.precompiled_charsmap),
    normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(' {2,}'), '▁')])
t.pre_tokenizer = pre_tokenizers.Metaspace(split=False, prepend_scheme='first')
t.add_special_tokens(['<s>', '</s>', '<unk>'])
save(t, 'precompiled')
pieces = [p for p in pieces if not p[0].startswith('<0x')]
t = Tokenizer(models.Unigram(pieces, unk_id=m.trainer_spec.unk_id))
t.normalizer = normalizers.NFKC()
t.pre_tokenizer = pre_tokenizers.Metaspace()
t.add_special_tokens([AddedToken('<mask>', lstrip=True)])
save(t, 'unigram')

t = Tokenizer(models.WordLevel(unk_token='[UNK]'))
t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFD(), normalizers.NFC(), normalizers.Strip()])
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation('contiguous'),
    pre_tokenizers.CharDelimiterSplit('_'), pre_tokenizers.Split('-', 'merged_with_next'),
    pre_tokenizers.Split(Regex(r'\d+'), 'merged_with_previous'), pre_tokenizers.Split(Regex(r'[aeiou]{2,}'), 'removed', invert=False)])
t.train_from_iterator(lines, trainers.WordLevelTrainer(vocab_size=300, special_tokens=['[UNK]'], **quiet))
save(t, 'words')

strings = ["", " ", "  ", "\n", "\t", "\r\n", " \n \n ", "Hello, World!", " Hello", "Hello ",
    "don't stop, I'll we've I'M YOU'RE they'd it's '", "naïve café résumé", "İstanbul ISTANBUL ıstanbul Iğdır",
    "ΟΔΟΣ ὀδός ΣΊΣΥΦΟΣ", "Straße STRASSE ẞ", "你好世界 hello世界", "東京タワー ｶﾀｶﾅ カタカナ が", "한국어 텍스트 한국", "ภาษาไทย ไม่มี",
    "हिन्दी में पाठ क्षि", "עברית שָׁלוֹם", "العربية مُحَمَّد لا إله", "👨‍👩‍👧‍👦 family 👍🏽 🇩🇪🇫🇷 ❤️ ☺️ 1️⃣",
    "e\u0301 cafe\u0301 a\u0323\u0307 a\u0307\u0323 q\u0323\u0307", "\ufeffBOM at start", "mid\ufeffdle",
    "zero\u200bwidth\u200cnon\u200djoiner\u2060word", "\u202eright to left\u202c \u200e \u200f",
    "\u00a0nbsp\u202fnarrow\u3000ideographic\u2003em\u1680ogham", "line\u2028sep\u2029para\u0085nel",
    "ctrl\x00nul\x01\x02\x07bell\x08\x0b\x0c\x1b[0m\x7f", "\x80\x8f\x9f c1", "\ufffd replacement \ufffe\uffff",
    "\ue000 private \U000f0000", "soft\u00adhyphen", "fi ﬁ ﬂ ﬃ ſt ﬅ ª º ² ½ ⅓ Ⅷ ㎏ ㍿ ℡ ™ № … ①", "ＦＵＬＬ ｗｉｄｔｈ １２３",
    "a"*60,"ab"*40+" x", "word "*12, " "*12+"x"+" "*9, "\n"*9+"x\n\n y\r\n\r\n z", "x   y    z", "tabs\t\t\tand  spaces \t mixed",
    "a\u0300"*20, "a"+"\u0301"*33+"b", "z"+"\u0323\u0301"*17, "\u0301\u0302 leading marks", "\u0600\u0661abc \u06dd12",
    "1234567890 3.14159 1,000,000 0x1F 12345abc678", "٣٤٥ ०१२ Ⅳ Ⅻ ½¾ ²³", "http://example.com/a?b=c&d=e#f user@example.org",
    "C++ C# a_b_c __init__ snake_case CamelCaseWord XMLHttpRequest", "!!! ??? ... --- ,,, ;;; (a) [b] {c} <d> \"e\" 'f' `g`",
    "$100 €50 £20 ¥1000 10% 5‰ a+b=c 2^3 ~x |y|", "“quotes” ‘single’ «guillemets» — – ‒ ·",
    "<s> </s> <unk> <pad> <mask> [CLS] [SEP] [UNK] <|endoftext|> <|begin_of_text|> <0x41> <tool>  after",
    "a<mask>b  <mask>  c <tool>x<tool> y", "▁ ▁▁a a▁b _ Ġthe Ċ",
    "king kings king, aking king's New York NewYork New  York ÉTAT  état", "ǅ ǆ Ǆ ŉ ǰ ΐ ᾳ ᾼ",
    "\u1100\u1161\u11a8 \uac00\u11a8 ㄱ ㅏ", "\U0001d400\U0001d41a 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒯", "𠀀𠮷 㐀 豈 﨎", "ﷺ ﷽ ﬀ",
    "👩🏽‍🚀👩🏽‍🚀 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "Z̸͈a̷l̶g̴o̵ t̸e̵x̷t̶", "Ǻ Ḗ Ṩ ệ Ữ ở",
    "'s 't 're 'S 'T 'LL 'Ve 'ſ x'S", "  's  don’t", "I'm\n'm\n\n  'll", "\r", "\r\r\n\n\r", "a\rb\nc\r\nd",
    "\u2126 \u212b \u212a", "\u0958 \u0f43 \u2adc", "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab", "the-end well-known a--b -c d- -",
    "3rd 2nd 1st 20th", "aeiou queue beautiful", "\u0345 \u03b1\u0345", "\u0130\u0307 i\u0307 I\u0307", "ß ẞ ŒUVRE œuvre Æ æ",
    "\u115f\u1160 \u3164 \uffa0", "\u180e mongolian \u061c alm", "\U0001f1e6 \U0001f1e6\U0001f1e7\U0001f1e8",
    "x\u0301\u200d\u0301y\u200d", "\u0903\u0904 \u0e33 \u0eb3 ก\u0e33", "ꙮ ༀ ဪ"]
random.seed(1)
pool = [c for a, b in ((0x20, 0x180), (0x300, 0x340), (0x370, 0x430), (0x5d0, 0x600), (0x620, 0x650), (0x915, 0x950), (0xe01, 0xe3b),
    (0x1e00, 0x1f00), (0x2000, 0x2070), (0x3000, 0x3060), (0x4e00, 0x4e20), (0xac00, 0xac20), (0xff01, 0xff60), (0x1f600, 0x1f620)) for c in map(chr, range(a, b))]
for _ in range(40):
    strings.append(''.join(random.choice(pool if random.random() < .4 else "abcdefghiABC  \t\n.,'s-0123") for _ in range(random.randint(1, 30))))
strings += [l[:160] for l in lines[::80]]
names = sorted(n[:-5] for n in os.listdir('.') if n.endswith('.json') and n != 'golden.json')
golden = {'strings': strings, 'ids': {}}
for name in names:
    t = Tokenizer.from_file(name + '.json')
    golden['ids'][name] = [t.encode(s, add_special_tokens=False).ids for s in strings]
with open('golden.json', 'w') as f:
    f.write('{"strings":[\n' + ',\n'.join(json.dumps(s) for s in strings) + '\n],"ids":{\n')
    f.write(',\n'.join('"%s":%s' % (n, json.dumps(v, separators=(',', ':'))) for n, v in golden['ids'].items()) + '\n}}\n')
print(len(strings), 'strings', names)
