package tokenize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func wordTokenizer(t testing.TB, o WordOptions, tokens string) *Tokenizer {
	t.Helper()
	words, err := NewWordTokenizer(o).WithVocabulary(newVocabulary(t, tokens, make([]int64, len(strings.Fields(tokens)))...))
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func TestEncode(t *testing.T) {
	words := wordTokenizer(t, WordOptions{}, "the who am don't café i̇stanbul")
	for text, want := range map[string][]int32{
		"":                             nil,
		"Who am I?":                    {1, 2},
		"THE THE unknown the":          {0, 0, 0},
		"Don't, cafe\u0301; İstanbul.": {3, 4, 5},
		"the\xffwho":                   {0, 1},
		"[UNK] <unk>":                  nil,
	} {
		if got := words.Encode([]int32{7}, text); !slices.Equal(got, append([]int32{7}, want...)) {
			t.Errorf("%q: ids %v, want 7 and %v", text, got, want)
		}
		if got := words.NewScanner().Encode(nil, []byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: a scanner gives the ids %v, want %v", text, got, want)
		}
	}
	if got := NewWordTokenizer(WordOptions{}).Encode(nil, "the"); got != nil {
		t.Errorf("ids %v without a vocabulary", got)
	}
}

func TestTokens(t *testing.T) {
	words := wordTokenizer(t, WordOptions{}, "the café i̇stanbul")
	text := "The CAFE\u0301 (İstanbul) zoo\xff"
	want := []Token{{"the", 0, 0, 3}, {"café", 1, 4, 10}, {"i̇stanbul", 2, 12, 21}, {"zoo", -1, 23, 26}}
	if got := words.Tokens(text); !slices.Equal(got, want) {
		t.Errorf("tokens %v, want %v", got, want)
	}
	if got := text[want[1].Start:want[1].End]; got != "CAFE\u0301" {
		t.Errorf("the second token is at %q", got)
	}
	if got := NewWordTokenizer(WordOptions{Cased: true}).Tokens("The"); !slices.Equal(got, []Token{{"The", -1, 0, 3}}) {
		t.Errorf("tokens %v", got)
	}
}

// TestEncodeConcurrent is also for the race detector.
func TestEncodeConcurrent(t *testing.T) {
	var tokens []string
	for i := range 500 {
		tokens = append(tokens, fmt.Sprintf("w%d", i))
	}
	words := wordTokenizer(t, WordOptions{}, strings.Join(tokens, " "))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 50 {
				i := (n*7 + g*13) % 500
				text := strings.Join(tokens[i:], " x y ") + " é"
				ids := words.Encode(nil, text)
				if len(ids) != 500-i || ids[0] != int32(i) || ids[len(ids)-1] != 499 {
					t.Errorf("from %d: %d ids", i, len(ids))
				}
				if n := len(words.Tokens(text)); n != 3*(500-i)-1 {
					t.Errorf("from %d: %d tokens", i, n)
				}
			}
		})
	}
	wg.Wait()
}

func TestTokenizerFile(t *testing.T) {
	for _, o := range []WordOptions{{}, {Cased: true}} {
		for _, tokens := range []string{"the of naïve <b> & \u2028 \" \\", "", "[UNK] [[UNK]] a"} {
			words := wordTokenizer(t, o, tokens)
			data, err := words.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse("tokenizer.json", data)
			if err != nil {
				t.Fatalf("%q: %v", tokens, err)
			}
			if again.Options() != o || again.Vocabulary() != nil && !slices.Equal(again.Vocabulary().Tokens(), words.Vocabulary().Tokens()) ||
				again.Vocabulary() == nil && tokens != "" {
				t.Errorf("%q: options %+v, vocabulary %v", tokens, again.Options(), again.Vocabulary())
			}
			twice, err := again.MarshalJSON()
			if err != nil || string(twice) != string(data) {
				t.Errorf("%q is written as\n%s\nread and written again:\n%s", tokens, data, twice)
			}
			if !slices.Equal(again.Encode(nil, "The naïve of"), words.Encode(nil, "The naïve of")) {
				t.Errorf("%q: other ids after reading", tokens)
			}
			// White space in the file does not matter.
			compact, err := json.Marshal(words)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Parse("tokenizer.json", compact); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestTokenizerLayout reads the file as another program would.
func TestTokenizerLayout(t *testing.T) {
	data, err := wordTokenizer(t, WordOptions{}, "the of").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Version    string
		Normalizer struct {
			Type        string
			Normalizers []struct{ Type string }
		}
		PreTokenizer struct {
			Type     string
			Pattern  map[string]string
			Behavior string
			Invert   bool
		} `json:"pre_tokenizer"`
		Model struct {
			Type  string
			Vocab map[string]int
			Unk   string `json:"unk_token"`
		}
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if f.Version != "1.0" || fmt.Sprint(f.Normalizer) != "{Sequence [{Lowercase} {NFC}]}" ||
		f.PreTokenizer.Type != "Split" || f.PreTokenizer.Pattern["Regex"] == "" || !f.PreTokenizer.Invert ||
		f.Model.Type != "WordLevel" || fmt.Sprint(f.Model.Vocab) != "map[[UNK]:2 of:1 the:0]" || f.Model.Unk != "[UNK]" {
		t.Errorf("%s", data)
	}
}

func TestParseTokenizerErrors(t *testing.T) {
	good, err := wordTokenizer(t, WordOptions{}, "the of").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ from, to, message string }{
		{string(good), "", "f.json: not a tokenizer: unexpected end of JSON input"},
		{string(good), "{}", `f.json: model of type "" is not supported`},
		{string(good), "[]", "f.json: not a tokenizer"},
		{string(good), "null", `model of type ""`},
		{`"WordLevel"`, `"BNE"`, `f.json: model of type "BNE" is not supported`},
		{`"Lowercase"`, `"StripAccents"`, "f.json: pre_tokenizer: Split: pattern "},
		{`"Lowercase"`, `"Romanize"`, `f.json: normalizer: type "Romanize" is not supported`},
		{`"Split"`, `"Syllables"`, `f.json: pre_tokenizer: type "Syllables" is not supported`},
		{`"invert": true`, `"invert": false`, "f.json: pre_tokenizer: Split: pattern "},
		{`"truncation": null`, `"truncation": {"max_length": 5}`, "f.json: added tokens, truncation"},
		{`"added_tokens": []`, `"added_tokens": [{"id": 3}]`, "f.json: added tokens"},
		{`"of": 1`, `"of": 0`, `f.json: vocabulary: id 0 belongs to both`},
		{`"of": 1`, `"of": 7`, `f.json: vocabulary: id 7 of "of" must be below 3`},
		{`"of": 1`, `"of": -1`, `f.json: vocabulary: id -1 of "of"`},
		{`"of": 1`, `"of": "x"`, `f.json: vocabulary: id of "of": expected a whole number but found a string`},
		{`"of": 1`, `"\t": 1`, `f.json: vocabulary: token 1: "\t" contains a tab`},
		{`"unk_token": "[UNK]"`, `"unk_token": "x"`, `f.json: vocabulary: the last token is not unk_token "x"`},
	} {
		bad := strings.Replace(string(good), test.from, test.to, 1)
		if bad == string(good) {
			t.Fatalf("%s is not in %s", test.from, good)
		}
		_, err := Parse("f.json", []byte(bad))
		if err == nil || !strings.Contains(err.Error(), test.message) || fault.Hint(err) == "" {
			t.Errorf("%s for %.30s: error %v", test.to, test.from, err)
		}
	}
}

func FuzzParseTokenizer(f *testing.F) {
	good, err := wordTokenizer(f, WordOptions{}, "the of").MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		words, err := Parse("f", data)
		if err != nil {
			return
		}
		once, err := words.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("f", once)
		if err != nil {
			t.Fatalf("%s can be read, but its copy %s cannot: %v", data, once, err)
		}
		if twice, _ := again.MarshalJSON(); string(twice) != string(once) {
			t.Fatalf("%s becomes %s", once, twice)
		}
	})
}

func TestTokenizerFingerprint(t *testing.T) {
	seen := map[string]string{}
	for name, tokenizer := range map[string]*Tokenizer{
		"words":      NewWordTokenizer(WordOptions{}),
		"cased":      NewWordTokenizer(WordOptions{Cased: true}),
		"whitespace": NewWordTokenizer(WordOptions{Whitespace: true}),
		"both":       NewWordTokenizer(WordOptions{Cased: true, Whitespace: true}),
	} {
		with, err := tokenizer.WithPhrases(phrasesOf("new york"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := with.WithPhrases(phrasesOf("new_york times"))
		if err != nil {
			t.Fatal(err)
		}
		for more, tokenizer := range map[string]*Tokenizer{"": tokenizer, " with a phrase": with, " with two": again} {
			f := tokenizer.Fingerprint()
			if other, ok := seen[f]; ok {
				t.Errorf("%s and %s have the same fingerprint", name+more, other)
			}
			seen[f] = name + more
			v, err := NewVocabulary([]string{"new", "york"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if over, err := tokenizer.WithVocabulary(v); err != nil || over.Fingerprint() != f {
				t.Errorf("%s: the vocabulary changes the fingerprint: %v", name+more, err)
			}
		}
	}
}
