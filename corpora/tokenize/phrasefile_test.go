package tokenize

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestReadPhrasesErrors(t *testing.T) {
	for _, c := range []struct{ text, message string }{
		{"", "f.tsv contains no phrases"},
		{"\n \n", "f.tsv contains no phrases"},
		{"new york\t1\t2\nparis\t1\t2\n", `f.tsv:2: "paris" is one word`},
		{"\n\nnew york\t1\n", "f.tsv:3: expected 3 columns but found 2"},
		{"new york\t1\t2\t3\n", "f.tsv:1: expected 3 columns but found 4"},
		{"new york\tmuch\t2\n", `f.tsv:1: "much" is not a score`},
		{"new york\tNaN\t2\n", `f.tsv:1: "NaN" is not a score`},
		{"new york\t+Inf\t2\n", `f.tsv:1: "+Inf" is not a score`},
		{"new york\t1\t-2\n", `f.tsv:1: "-2" is not a count`},
		{"new york\t1\t2.5\n", `f.tsv:1: "2.5" is not a count`},
		{"new  york\t1\t2\n", "f.tsv:1: a word of"},
		{" new york\t1\t2\n", "f.tsv:1: a word of"},
		{"new york\na b\nnew york\t1\t2\n", `f.tsv:3: "new york" is already on line 1`},
		{"ok ok\ncaf\xe9 noir\t1\t2\n", "f.tsv:2: "},
		{"a " + strings.Repeat("b", MaxWordBytes) + "\n", "f.tsv:1: a phrase of 1002 bytes is longer than the maximum of 1000"},
		{strings.Repeat("a ", text.MaxChunk), "f.tsv:1: a line of more than 65536 bytes"},
	} {
		_, err := ReadPhrases("f.tsv", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%.40q: error %v, want %q", c.text, err, c.message)
		}
	}
	if _, err := OpenPhrases(t.TempDir() + "/none.tsv"); err == nil || !strings.Contains(err.Error(), "cannot read") || fault.Hint(err) == "" {
		t.Errorf("error %v", err)
	}
	p, err := ReadPhrases("f.tsv", strings.NewReader("\ufeffnew york\t12.5\t7\r\n\r\nbank of america\r\n"))
	if err != nil || len(p.List) != 2 || p.List[0].Token() != "new_york" || p.List[0].Score != 12.5 || p.List[0].Count != 7 ||
		p.List[1].Token() != "bank_of_america" || p.Lines[1] != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}

// A list that parses is written in a form that parses to the same list, and makes a
// tokenizer or an error.
func FuzzReadPhrases(f *testing.F) {
	for _, seed := range []string{"", "new york\t1.5\t2\n", "a b\nc d e\t-1\t0\n", "a b\t1e300\t9\r\n", "\ufeffa b", "a\xff b\n", "日 本\t1\t1\n", "a_b c\t.5\t1\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadPhrases("f", bytes.NewReader(data))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if _, err := p.WriteTo(&once); err != nil {
			t.Fatal(err)
		}
		again, err := ReadPhrases("f", bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("%q was written from %q: %v", once.Bytes(), data, err)
		}
		again.WriteTo(&twice)
		if once.String() != twice.String() || len(again.List) != len(p.List) {
			t.Fatalf("%q, and then %q", once.Bytes(), twice.Bytes())
		}
		if words, err := NewWordTokenizer(WordOptions{}).WithPhrases(p); err == nil {
			words.Words(data, func([]byte) {})
		}
	})
}

// A failed write is reported.
func TestWritePhrasesError(t *testing.T) {
	p := &Phrases{List: []Phrase{{Words: []string{"a", strings.Repeat("b", 100_000)}}}}
	r, w := io.Pipe()
	r.Close()
	if _, err := p.WriteTo(w); err == nil {
		t.Error("no error")
	}
}
