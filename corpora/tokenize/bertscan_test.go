package tokenize

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
)

// bertTokenizer returns a WordPiece tokenizer with the letters of the alphabet, some longer tokens
// and some added tokens.
func bertTokenizer(t testing.TB, normalizer string) *Tokenizer {
	t.Helper()
	tokens := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "##ing", "walk", "##ed", "un", "##fat", "##hom", "##able", "é", "##é", "straße", "中", "'", ".", "[", "]", "-", "ё", "##aaaa"}
	for b := byte('a'); b <= 'y'; b++ { // words with z are unknown
		tokens = append(tokens, string(b), "##"+string(b))
	}
	for b := byte('A'); b <= 'F'; b++ {
		tokens = append(tokens, string(b), "##"+string(b))
	}
	var vocab []string
	for i, token := range tokens {
		vocab = append(vocab, fmt.Sprintf("%q:%d", token, i))
	}
	file := fmt.Sprintf(`{"added_tokens":[{"id":2,"content":"[CLS]","special":true,"normalized":false},
		{"id":3,"content":"[SEP]","special":true,"normalized":false,"lstrip":true},{"id":5,"content":"the","single_word":true,"normalized":false}],
		"normalizer":{"type":"BertNormalizer",%s},"pre_tokenizer":{"type":"BertPreTokenizer"},
		"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":40,"vocab":{%s}}}`,
		normalizer, strings.Join(vocab, ","))
	tok, err := Parse("tokenizer.json", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

var bertNormalizers = []string{`"lowercase":true`, `"lowercase":false`, `"lowercase":true,"strip_accents":false,"handle_chinese_chars":false`, `"lowercase":false,"clean_text":false`}

// oneByOne returns the ids of text, one stage after another and one word after another, without a
// cache.
func oneByOne(s *subwordScanner, text string) (ids []int32) {
	worker := s.model.NewWorker()
	s.scan([]byte(text), func(word []byte, _, _ int) {
		tokens, _ := worker.Tokens(nil, nil, word)
		ids = append(ids, tokens...)
	}, func(id int32, _, _ int) { ids = append(ids, id) })
	return ids
}

// sameIDs compares the ids of a text with those of oneByOne, twice: the second time the words are in
// the cache.
func sameIDs(t *testing.T, s *Scanner, text string) {
	t.Helper()
	for range 2 {
		want := oneByOne(s.subwords, text)
		if got := s.subwords.encode(nil, []byte(text)); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestBertScan(t *testing.T) {
	parts := []string{"the", "a", "Walking", "unfathomable", "walked", "zoo", "straße", "é", "e\u0301", "\u0301", "中", "Ё", "İ", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2028",
		"\x00", "\x01", "\xff", "\x7f", ".", "'", "[", "[CLS]", "[SEP]", " [SEP]", "[SE", "-", "aaaaaaaa", "bbbbbbbbbbbbbbbb", strings.Repeat("c", 17), strings.Repeat("d", 50), "ABC"}
	for _, normalizer := range bertNormalizers {
		tok := bertTokenizer(t, normalizer)
		r := rand.New(rand.NewPCG(1, 2))
		s := tok.NewScanner()
		if s.subwords.bert == nil {
			t.Fatal("no fast path")
		}
		for range 3000 {
			var text strings.Builder
			for range r.IntN(12) {
				text.WriteString(parts[r.IntN(len(parts))])
				if r.IntN(2) == 0 {
					text.WriteByte(' ')
				}
			}
			sameIDs(t, s, text.String())
		}
	}
}

// A cache that is full begins anew in the middle of a text.
func TestBertScanFullCache(t *testing.T) {
	s := bertTokenizer(t, bertNormalizers[0]).NewScanner()
	var text []byte
	for i := range pieceUsed + 1000 {
		text = fmt.Appendf(text, "%c%x the ", 'a'+i%20, i)
	}
	want := oneByOne(s.subwords, string(text))
	if got := s.subwords.encode(nil, text); !slices.Equal(got, want) {
		t.Error("other ids")
	}
}

// encoders returns a scanner of each kind of subword tokenizer.
func encoders(t testing.TB) (scanners []*Scanner) {
	for _, normalizer := range bertNormalizers {
		scanners = append(scanners, bertTokenizer(t, normalizer).NewScanner())
	}
	for _, name := range slices.Sorted(maps.Keys(readGolden(t).IDs)) {
		if tok := openTestTokenizer(t, name); tok.Subwords() {
			scanners = append(scanners, tok.NewScanner())
		}
	}
	return append(scanners, wordPiece(t).NewScanner())
}

func TestEncodeTogether(t *testing.T) {
	texts := readGolden(t).Strings
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range encoders(t) {
		for range 300 {
			sameIDs(t, s, texts[r.IntN(len(texts))]+texts[r.IntN(len(texts))]+" "+texts[r.IntN(len(texts))])
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("The unfathomable [SEP] walked, e\u0301é\u0301 zoo", 0)
	f.Add("\x00a\u00a0b\xffc [CLS]中文</s>", 3)
	scanners := encoders(f)
	f.Fuzz(func(t *testing.T, text string, kind int) { sameIDs(t, scanners[uint(kind)%uint(len(scanners))], text) })
}

func BenchmarkEncode(b *testing.B) {
	var lines []string
	err := text.Sample().Read(b.Context(), func(c text.Chunk) error {
		lines = append(lines, string(c.Text))
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	bytes := 0
	for _, line := range lines {
		bytes += len(line)
	}
	for _, name := range []string{"wordpiece", "roberta", "unigram"} {
		tok := wordPiece(b)
		if name != "wordpiece" {
			tok = openTestTokenizer(b, name)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(bytes))
			var ids []int32
			for b.Loop() {
				for _, line := range lines {
					ids = tok.Encode(ids[:0], line)
				}
			}
		})
	}
}

func TestPieceKey(t *testing.T) {
	for n := 1; n <= pieceKeyBytes; n++ {
		for zeros := range 1 << (n - 1) {
			word := make([]byte, n)
			for i := range word {
				word[i] = byte('a' + i)
				if zeros>>i&1 == 1 {
					word[i] = 0
				}
			}
			if got := shortKey(word).appendWord(nil); string(got) != string(word) {
				t.Fatalf("%q, want %q", got, word)
			}
		}
	}
}
