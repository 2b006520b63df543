package tokenize

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

const wordPieceFile = "testdata/wordpiece/tokenizer.json"

func wordPiece(t testing.TB) *Tokenizer {
	t.Helper()
	tokenizer, err := Open(wordPieceFile)
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

// The ids and positions are those of Hugging Face's library (see testdata/wordpiece/make.py)
// for accents, scripts, emoji, dotted I, control characters and long runs of marks.
// Positions may differ where the marks of a letter are reordered.
func TestWordPieceGolden(t *testing.T) {
	tokenizer := wordPiece(t)
	data, err := os.ReadFile("testdata/wordpiece/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text    string
		IDs     []int32
		Offsets [][2]int // in characters
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, c := range cases {
		got := tokenizer.Encode(nil, c.Text)
		if !slices.Equal(got, c.IDs) && len(got)+len(c.IDs) > 0 {
			t.Errorf("%+q: %d, want %d", c.Text, got, c.IDs)
		}
		characters := map[int]int{len(c.Text): len([]rune(c.Text))}
		n := 0
		for i := range c.Text {
			characters[i] = n
			n++
		}
		var ids []int32
		var offsets [][2]int
		for _, token := range tokenizer.Tokens(c.Text) {
			ids = append(ids, token.ID)
			offsets = append(offsets, [2]int{characters[token.Start], characters[token.End]})
			if token.Text != tokenizer.Vocabulary().Token(token.ID) {
				t.Errorf("%+q: token %+v", c.Text, token)
			}
		}
		if !slices.Equal(ids, got) {
			t.Errorf("%+q: %d with positions, %d without", c.Text, ids, got)
		}
		if fmt.Sprint(offsets) == fmt.Sprint(c.Offsets) {
			places++
		}
	}
	if len(cases) < 300 || places < len(cases)*99/100 {
		t.Errorf("%d of %d strings have the same positions", places, len(cases))
	}
}

// Invalid bytes become U+FFFD, which is dropped, also inside a word.
func TestWordPieceBrokenUTF8(t *testing.T) {
	tokenizer := wordPiece(t)
	want := tokenizer.Encode(nil, "hello world")
	for _, text := range []string{"hel\xfflo world", "\xc3hello\xe4\xbd world\x80", "hello \xf0\x9f world"} {
		if got := tokenizer.Encode(nil, text); !slices.Equal(got, want) {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// pieces returns the tokens of a word, without the cache.
func pieces(s *subwordScanner, word string) []int32 {
	ids, _ := s.worker.Tokens(nil, nil, []byte(word))
	return ids
}

// The cache gives the tokens of the model, also after it was full and emptied.
func TestPieceCache(t *testing.T) {
	s := newSubwordScanner(wordPiece(t).sub, false)
	for i := range pieceUsed - 40_000 { // so that it fills up before the end
		s.cache.add(fmt.Appendf(nil, "#%d", i), nil)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 80_000 {
		word := []byte(fmt.Sprintf("%x", rng.Uint64()>>(4+rng.IntN(48))))[:]
		if rng.IntN(4) == 0 {
			word = bytes.Repeat(word, 1+rng.IntN(6))
		}
		ids := slices.Clone(s.idsOf(word))
		if again := s.idsOf(word); !slices.Equal(ids, again) {
			t.Fatalf("%q: %d, then %d", word, ids, again)
		}
		if rng.IntN(100) == 0 && !slices.Equal(ids, pieces(s, string(word))) {
			t.Fatalf("%q: %d, want %d", word, ids, pieces(s, string(word)))
		}
	}
	for _, word := range []string{"a", "\x00", "a\x00", "\x00a", "aaaaaaaa\x00", "aaaaaaaa", "aaaaaaaaa", strings.Repeat("a", 16), strings.Repeat("a", 17)} {
		if got := s.idsOf([]byte(word)); !slices.Equal(got, pieces(s, word)) || !slices.Equal(got, s.idsOf([]byte(word))) {
			t.Errorf("%q: %d", word, got)
		}
	}
}

// Errors name what is not supported.
func TestParseSubwordsErrors(t *testing.T) {
	good := `{"added_tokens":[{"id":2,"content":"[SEP]","single_word":false,"normalized":false}],"normalizer":{"type":"BertNormalizer"},` +
		`"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"a":1}}}`
	if tokenizer, err := Parse("t.json", []byte(good)); err != nil || tokenizer.Vocabulary().Len() != 3 {
		t.Fatal(err)
	}
	for _, test := range []struct{ from, to, want string }{
		{"WordPiece", "BNE", `model of type "BNE" is not supported`},
		{"WordPiece", "Unigram", `vocabulary: field "vocab": expected an array but found an object`},
		{`"WordPiece","unk_token":"[UNK]"`, `"BPE","unk_token":"?"`, `unk_token "?" is not in the vocabulary`},
		{"BertNormalizer", "Romanize", `normalizer: type "Romanize" is not supported`},
		{"BertPreTokenizer", "UnicodeScripts", `pre_tokenizer: type "UnicodeScripts" is not supported`},
		{`"id":2`, `"id":1`, "id 1 belongs to both"},
		{`"id":2`, `"id":7`, `id 7 of "[SEP]" must be below 3`},
		{`"content":"[SEP]"`, `"content":"a"`, `"a" has the id 1, but 2 as an added token`},
		{`"content":"[SEP]"`, `"content":""`, "an added token is empty"},
		{`"a":1`, `"a":-1`, `id -1 of "a"`},
		{`"a":1`, `"a":1.5`, `id of "a"`},
		{`"a":1`, `"a":1,"a":1`, `"a" occurs twice`},
		{`"unk_token":"[UNK]"`, `"unk_token":"?"`, `unk_token "?" is not in the vocabulary`},
		{`{"[UNK]":0,"a":1}`, "[1]", "not a JSON object"},
		{good, "{}", `model of type "" is not supported`},
		{good, "[]", "not a tokenizer"},
	} {
		_, err := Parse("t.json", []byte(strings.Replace(good, test.from, test.to, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), "t.json: ") || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v", test.to, err)
		}
	}
}

func TestOpenTokenizer(t *testing.T) {
	dir := t.TempDir()
	// A vocab.txt, with and without Windows line ends.
	vocab := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nwor\n##ld\n!\n"
	for _, text := range []string{vocab, strings.ReplaceAll(vocab, "\n", "\r\n"), strings.TrimSuffix(vocab, "\n")} {
		tokenizer, err := Open(corporatest.WriteFile(t, dir, "vocab.txt", text))
		if err != nil {
			t.Fatal(err)
		}
		if got := tokenizer.Encode(nil, "Héllo WORLD! [SEP] zzz"); !slices.Equal(got, []int32{5, 6, 7, 8, 3, 1}) {
			t.Errorf("%d", got)
		}
	}
	cased, err := Open(corporatest.WriteFile(t, dir, "vocab.txt", vocab+"Paris\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cased.Encode(nil, "Paris paris"); !slices.Equal(got, []int32{9, 1}) {
		t.Errorf("cased: %d", got)
	}
	for text, want := range map[string]string{
		"":                      "vocab.txt:1: bad token: it is empty",
		"[UNK]\n\na\n":          "vocab.txt:2: bad token: it is empty",
		"[UNK]\na\na\n":         `vocab.txt:3: token "a" is already on line 2`,
		"a\nb\n":                "vocab.txt: the token [UNK] is missing",
		"[UNK]\nthe cat\tsat\n": "tab",
		"{":                     "not a tokenizer",
	} {
		if _, err := Open(corporatest.WriteFile(t, dir, "vocab.txt", text)); err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "no tokenizer at ") {
		t.Error(err)
	}
	// A word tokenizer keeps its options and phrases, but not its vocabulary.
	ours, err := NewWordTokenizer(WordOptions{Cased: true}).WithPhrases(phrasesOf("New York"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVocabulary([]string{"New", "York"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ours, err = ours.WithVocabulary(v); err != nil {
		t.Fatal(err)
	}
	file, err := ours.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	corporatest.WriteFile(t, dir, "tokenizer.json", string(file))
	read, err := Open(dir)
	if err != nil || read.Vocabulary() != nil || read.Subwords() || read.Fingerprint() != ours.Fingerprint() {
		t.Fatalf("%v", err)
	}
	if got := joinedWords(read, "In New York"); got != "In New_York" {
		t.Errorf("%q", got)
	}
}

func FuzzParseSubwords(f *testing.F) {
	f.Add([]byte(`{"added_tokens":[{"id":2,"content":"[SEP]"}],"normalizer":{"type":"BertNormalizer","lowercase":false},"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0,"##a":1}}}`), "İa[SEP]\xff")
	f.Add([]byte(`{}`), "")
	for _, name := range []string{"llama2", "precompiled", "words", "suffix"} {
		f.Add(openTestTokenizer(f, name).sub.file, "the <tool> New  York\xff")
	}
	f.Add([]byte(`{"added_tokens":[{"id":4,"content":"<m>","lstrip":true,"rstrip":true,"single_word":true,"normalized":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Strip","strip_left":true},{"type":"Replace","pattern":{"Regex":"a+"},"content":"b"},{"type":"Prepend","prepend":"▁"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false},{"type":"ByteLevel"}]},"model":{"type":"BPE","unk_token":"u","fuse_unk":true,"byte_fallback":true,"end_of_word_suffix":"b","vocab":{"u":0,"b":1,"bb":2,"<0x41>":3},"merges":["b b"]}}`), "İa <m> \xff")
	f.Add([]byte(`{"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["u",0],["ab",-1.5],["<0x41>",-2]]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"b|\\s+(?!\\S)|\\s+"},"behavior":"MergedWithNext","invert":true}}`), "ab  Ab")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tokenizer, err := Parse("t.json", data)
		if err != nil {
			return
		}
		var ids []int32
		for _, token := range tokenizer.Tokens(text) {
			if token.Start < 0 || token.End > len(text) || token.Start > token.End {
				t.Errorf("%q: %+v", text, token)
			}
			ids = append(ids, token.ID)
		}
		if got := tokenizer.Encode(nil, text); tokenizer.Subwords() && !slices.Equal(got, ids) {
			t.Errorf("%q: %d, but %d with positions", text, got, ids)
		}
	})
}

// FuzzVocabText: a vocab.txt has one token per line.
func FuzzVocabText(f *testing.F) {
	f.Add([]byte("[PAD]\n[UNK]\nthe\n##s\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseVocabText("vocab.txt", data)
		if err == nil && s.vocabulary.Len() != 1+bytes.Count(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
			t.Errorf("%q: %d tokens", data, s.vocabulary.Len())
		}
	})
}

func BenchmarkWordPiece(b *testing.B) {
	var content []byte
	if err := text.Sample().Read(context.Background(), func(c text.Chunk) error {
		content = append(append(content, c.Text...), '\n')
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	tokenizer := wordPiece(b)
	b.SetBytes(int64(len(content)))
	b.ResetTimer()
	var ids []int32
	for range b.N {
		ids = tokenizer.Encode(ids[:0], string(content))
	}
}
