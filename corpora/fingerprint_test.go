package corpora

import (
	"context"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

func buildText(t *testing.T, content string, o BuildOptions) *Corpus {
	t.Helper()
	if o.MinCount == 0 {
		o.MinCount = 1
	}
	c, err := Build(context.Background(), text.FromReader("test", strings.NewReader(content)), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// The fingerprint is that of the ids: of their order and of line ends, not of
// spaces, and not of how many goroutines found them.
func TestCorpusFingerprint(t *testing.T) {
	text := strings.Repeat("one two three\nfour one two\n", 40_000)
	was := buildText(t, text, BuildOptions{}).Fingerprint()
	if len(was) != 2*tokenize.fingerprintBytes {
		t.Fatalf("fingerprint %q", was)
	}
	for _, same := range []string{strings.ReplaceAll(text, " ", "   "), strings.ReplaceAll(text, "\n", "\n\n"), strings.ToUpper(text)} {
		if got := buildText(t, same, BuildOptions{}).Fingerprint(); got != was {
			t.Errorf("text that differs in space: %s, not %s", got, was)
		}
	}
	for _, other := range []string{text + "one", strings.Replace(text, "\n", " ", 1), strings.Replace(text, "three\nfour", "four\nthree", 1)} {
		if got := buildText(t, other, BuildOptions{}).Fingerprint(); got == was {
			t.Errorf("other text has the same fingerprint")
		}
	}
}

func TestTokenizerFingerprint(t *testing.T) {
	seen := map[string]string{}
	for name, tokenizer := range map[string]*tokenize.Tokenizer{
		"words":      tokenize.NewWordTokenizer(tokenize.WordOptions{}),
		"cased":      tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true}),
		"whitespace": tokenize.NewWordTokenizer(tokenize.WordOptions{Whitespace: true}),
		"both":       tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true, Whitespace: true}),
	} {
		with, err := tokenizer.WithPhrases(phrasesOf("new york"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := with.WithPhrases(phrasesOf("new_york times"))
		if err != nil {
			t.Fatal(err)
		}
		for more, tokenizer := range map[string]*tokenize.Tokenizer{"": tokenizer, " with a phrase": with, " with two": again} {
			f := tokenizer.Fingerprint()
			if other, ok := seen[f]; ok {
				t.Errorf("%s and %s have the same fingerprint", name+more, other)
			}
			seen[f] = name + more
			v, err := tokenize.NewVocabulary([]string{"new", "york"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if over, err := tokenizer.WithVocabulary(v); err != nil || over.Fingerprint() != f {
				t.Errorf("%s: the vocabulary changes the fingerprint: %v", name+more, err)
			}
		}
	}
}
