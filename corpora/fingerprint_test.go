package corpora

import (
	"context"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
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

// The fingerprint depends on the order of the ids and on line ends, but not on spaces or
// the number of goroutines.
func TestCorpusFingerprint(t *testing.T) {
	text := strings.Repeat("one two three\nfour one two\n", 40_000)
	was := buildText(t, text, BuildOptions{}).Fingerprint()
	if len(was) != 32 {
		t.Fatalf("fingerprint %q", was)
	}
	for _, same := range []string{strings.ReplaceAll(text, " ", "   "), strings.ReplaceAll(text, "\n", "\n\n"), strings.ToUpper(text)} {
		if got := buildText(t, same, BuildOptions{}).Fingerprint(); got != was {
			t.Errorf("text with other spaces: fingerprint %s, want %s", got, was)
		}
	}
	for _, other := range []string{text + "one", strings.Replace(text, "\n", " ", 1), strings.Replace(text, "three\nfour", "four\nthree", 1)} {
		if got := buildText(t, other, BuildOptions{}).Fingerprint(); got == was {
			t.Errorf("other text has the same fingerprint")
		}
	}
}
