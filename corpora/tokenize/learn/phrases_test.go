package learn

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Scores worked out by hand, and by gensim 4.4 (which has n for word2phrase as the
// number of different words and pairs).
func TestPhraseScores(t *testing.T) {
	for _, c := range []struct {
		scorer             PhraseScorer
		a, b, ab, least, n int64
		want               float64
	}{
		{Word2Phrase, 10, 20, 15, 5, 1000, 50},
		{Word2Phrase, 5, 5, 5, 5, 1000, 0},
		{Word2Phrase, 100, 100, 2, 1, 1000, 0.1},
		{Word2Phrase, 1 << 40, 1 << 40, 1 << 39, 1, 1 << 42, float64(1<<39-1) / (1 << 38)},
		{NPMI, 10, 10, 10, 5, 1000, 1},                  // never apart
		{NPMI, 100, 100, 10, 5, 1000, 0},                // as chance has it
		{NPMI, 100, 1000, 10, 5, 10000, 0},              // the same
		{NPMI, 100, 100, 1, 1, 1000, -1.0 / 3},          // ln 0.1 / ln 1000
		{NPMI, 20, 50, 10, 1, 1000, math.Log10(10) / 2}, // ln 10 / ln 100
	} {
		if got := c.scorer.score(c.a, c.b, c.ab, c.least, c.n); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %g", c, got)
		}
	}
}

func findIn(t *testing.T, content string, change func(*PhraseOptions)) (*FoundPhrases, error) {
	t.Helper()
	o := DefaultPhraseOptions(Word2Phrase)
	o.MinCount, o.Threshold = 1, 0
	if change != nil {
		change(&o)
	}
	return FindPhrases(context.Background(), text.FromReader("text", strings.NewReader(content)), o)
}

func listing(f *FoundPhrases) string {
	var b strings.Builder
	for _, p := range f.Phrases.List {
		fmt.Fprintf(&b, "%s %.4f %d\n", strings.Join(p.Words, " "), p.Score, p.Count)
	}
	return b.String()
}

func TestFindPhrases(t *testing.T) {
	const york = "New York is big. In new, york!\nnew\nyork new york\n"
	const banks = "the bank of america and the bank of the america of\nbank of america\n"
	for _, c := range []struct {
		name, text, want string
		change           func(*PhraseOptions)
	}{
		// 11 words; new 4, york 4, new york 3: (3-1)/16·11. A line keeps words apart.
		{"word2phrase", york, "new york 1.3750 3\n", nil},
		{"min-count", york, "new york 0.6875 3\n", func(o *PhraseOptions) { o.MinCount = 2 }},
		// ln(3·11/16) / -ln(3/11); is big: ln(11)/ln(11).
		{"npmi", york, "big in 1.0000 1\nis big 1.0000 1\nnew york 0.5572 3\n",
			func(o *PhraseOptions) { o.Scorer, o.Threshold = NPMI, 0.5 }},
		{"threshold is not enough", york, "new york 1.3750 3\n", func(o *PhraseOptions) { o.Threshold = 1.3749 }},
		// 14 words; bank 3, america 3, bank of america 2: 1/9·14.
		{"connectors", banks, "bank of america 1.5556 2\n", func(o *PhraseOptions) { o.Connectors = []string{"of", "the", "and"} }},
		{"cased", "New York New York new york", "New York 1.5000 2\n",
			func(o *PhraseOptions) { o.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true}) }},
		{"a word with itself", "no no no", "no no 0.3333 2\n", nil},
	} {
		f, err := findIn(t, c.text, c.change)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := listing(f); got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
	f, err := findIn(t, banks, func(o *PhraseOptions) { o.Connectors = []string{"of", "the", "and"} })
	// bank-of-america, bank-of-the-america, america-and-the-bank.
	if err != nil || f.Words != 14 || f.DistinctWords != 2 || f.DistinctPairs != 3 || f.Pruned != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	// More connectors than a phrase may have words are no phrase.
	if f, err := findIn(t, strings.Repeat("x "+strings.Repeat("of ", 7)+"y\n", 9), func(o *PhraseOptions) { o.Connectors = []string{"of"} }); err == nil {
		t.Errorf("found %s", listing(f))
	}
}

func TestFindPhrasesErrors(t *testing.T) {
	for _, c := range []struct {
		text, message string
		change        func(*PhraseOptions)
	}{
		{"a b", `no scorer is called "x"`, func(o *PhraseOptions) { o.Scorer = "x" }},
		{"a b", "threshold -1 of word2phrase", func(o *PhraseOptions) { o.Threshold = -1 }},
		{"a b", "threshold NaN of word2phrase", func(o *PhraseOptions) { o.Threshold = math.NaN() }},
		{"a b", "threshold 1.5 of npmi", func(o *PhraseOptions) { o.Scorer, o.Threshold = NPMI, 1.5 }},
		{"a b", "min-count 0 is below 1", func(o *PhraseOptions) { o.MinCount = 0 }},
		{"a b", "max-pairs 0 is below 1", func(o *PhraseOptions) { o.MaxPairs = 0 }},
		{"", "no words in text: 0 bytes", nil},
		{"a b\nb a", "no two words stand together 2 times: 4 words, 2 different pairs", func(o *PhraseOptions) { o.MinCount = 2 }},
		{"a b a b", "no two words score above 9: the first of 2 pairs is a_b with 1", func(o *PhraseOptions) { o.Threshold = 9 }},
	} {
		_, err := findIn(t, c.text, c.change)
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%q: error %v, want %q", c.text, err, c.message)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := FindPhrases(ctx, text.Sample(), DefaultPhraseOptions(NPMI)); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// zipfText is some megabytes of words of very different frequency.
func zipfText(bytes int) string {
	random := rand.New(rand.NewPCG(3, 4))
	zipf := rand.NewZipf(random, 1.2, 5, 20000)
	var b strings.Builder
	for b.Len() < bytes {
		for range 1 + random.IntN(20) {
			fmt.Fprintf(&b, "w%d ", zipf.Uint64())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Any number of goroutines finds the same, also when pairs were pruned; the text
// is of three rounds.
func TestFindPhrasesDeterministic(t *testing.T) {
	content := zipfText(9*text.BatchBytes + 1000)
	for _, most := range []int{1 << 25, 100_000} {
		var first string
		for _, threads := range []int{1, 2, 4} {
			o := DefaultPhraseOptions(Word2Phrase)
			o.Threshold, o.MaxPairs, o.Tokenizer = 1, most, tokenize.NewWordTokenizer(tokenize.WordOptions{})
			c := newPairCounter(o, threads)
			c.round = 1 << 20
			src := text.FromReader("text", strings.NewReader(content))
			if err := c.read(context.Background(), src); err != nil {
				t.Fatal(err)
			}
			f, err := c.found(src)
			if err != nil {
				t.Fatal(err)
			}
			if (f.Pruned > 0) != (most == 100_000) || most == 100_000 && f.PrunedBelow < 1 {
				t.Errorf("pruned %d, below %d, at most %d pairs", f.Pruned, f.PrunedBelow, most)
			}
			got := fmt.Sprintf("%d %d %d %d %d\n%s", f.Words, f.DistinctWords, f.DistinctPairs, f.Pruned, f.PrunedBelow, listing(f))
			if first == "" {
				first = got
			} else if got != first {
				t.Errorf("at most %d pairs: %d threads find something else than 1", most, threads)
			}
		}
	}
}

func TestReadPhrasesErrors(t *testing.T) {
	for _, c := range []struct{ text, message string }{
		{"", "f.tsv holds no phrase"},
		{"\n \n", "f.tsv holds no phrase"},
		{"new york\t1\t2\nparis\t1\t2\n", `f.tsv:2: "paris" is one word`},
		{"\n\nnew york\t1\n", "f.tsv:3: 2 columns and not 3"},
		{"new york\t1\t2\t3\n", "f.tsv:1: 4 columns and not 3"},
		{"new york\tmuch\t2\n", `f.tsv:1: "much" is no score`},
		{"new york\tNaN\t2\n", `f.tsv:1: "NaN" is no score`},
		{"new york\t+Inf\t2\n", `f.tsv:1: "+Inf" is no score`},
		{"new york\t1\t-2\n", `f.tsv:1: "-2" is no count`},
		{"new york\t1\t2.5\n", `f.tsv:1: "2.5" is no count`},
		{"new  york\t1\t2\n", "f.tsv:1: a word of"},
		{" new york\t1\t2\n", "f.tsv:1: a word of"},
		{"new york\na b\nnew york\t1\t2\n", `f.tsv:3: "new york" stands in line 1 already`},
		{"ok ok\ncaf\xe9 noir\t1\t2\n", "f.tsv:2: "},
		{"a " + strings.Repeat("b", tokenize.MaxWordBytes) + "\n", "f.tsv:1: a phrase of 1002 bytes is longer than 1000"},
		{strings.Repeat("a ", text.MaxChunk), "f.tsv:1: a line of more than 65536 bytes"},
	} {
		_, err := tokenize.ReadPhrases("f.tsv", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%.40q: error %v, want %q", c.text, err, c.message)
		}
	}
	if _, err := tokenize.OpenPhrases(t.TempDir() + "/none.tsv"); err == nil || !strings.Contains(err.Error(), "cannot read") || fault.Hint(err) == "" {
		t.Errorf("error %v", err)
	}
	p, err := tokenize.ReadPhrases("f.tsv", strings.NewReader("\ufeffnew york\t12.5\t7\r\n\r\nbank of america\r\n"))
	if err != nil || len(p.List) != 2 || p.List[0].Token() != "new_york" || p.List[0].Score != 12.5 || p.List[0].Count != 7 ||
		p.List[1].Token() != "bank_of_america" || p.Lines[1] != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}

// What parses is written the same way from the second time on, and makes a
// tokenizer or an error.
func FuzzReadPhrases(f *testing.F) {
	for _, seed := range []string{"", "new york\t1.5\t2\n", "a b\nc d e\t-1\t0\n", "a b\t1e300\t9\r\n", "\ufeffa b", "a\xff b\n", "日 本\t1\t1\n", "a_b c\t.5\t1\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := tokenize.ReadPhrases("f", bytes.NewReader(data))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if _, err := p.WriteTo(&once); err != nil {
			t.Fatal(err)
		}
		again, err := tokenize.ReadPhrases("f", bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("%q was written from %q: %v", once.Bytes(), data, err)
		}
		again.WriteTo(&twice)
		if once.String() != twice.String() || len(again.List) != len(p.List) {
			t.Fatalf("%q, and then %q", once.Bytes(), twice.Bytes())
		}
		if words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithPhrases(p); err == nil {
			words.Words(data, func([]byte) {})
		}
	})
}

// A full disk is told.
func TestWritePhrasesError(t *testing.T) {
	p := &tokenize.Phrases{List: []tokenize.Phrase{{Words: []string{"a", strings.Repeat("b", 100_000)}}}}
	r, w := io.Pipe()
	r.Close()
	if _, err := p.WriteTo(w); err == nil {
		t.Error("no error")
	}
}
