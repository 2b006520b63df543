package learn

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Scores computed by hand and by gensim 4.4 (where n of word2phrase is the number of
// distinct words and pairs).
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
		{NPMI, 10, 10, 10, 5, 1000, 1},                  // always together
		{NPMI, 100, 100, 10, 5, 1000, 0},                // by chance
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
		// 11 words; new 4, york 4, new york 3: (3-1)/16·11. A phrase does not cross lines.
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
	// With more connectors than a phrase may have words, there is no phrase.
	if f, err := findIn(t, strings.Repeat("x "+strings.Repeat("of ", 7)+"y\n", 9), func(o *PhraseOptions) { o.Connectors = []string{"of"} }); err == nil {
		t.Errorf("found %s", listing(f))
	}
}

func TestFindPhrasesErrors(t *testing.T) {
	for _, c := range []struct {
		text, message string
		change        func(*PhraseOptions)
	}{
		{"a b", `Scorer must be word2phrase or npmi, got "x"`, func(o *PhraseOptions) { o.Scorer = "x" }},
		{"a b", "Threshold must not be negative for word2phrase, got -1", func(o *PhraseOptions) { o.Threshold = -1 }},
		{"a b", "got NaN", func(o *PhraseOptions) { o.Threshold = math.NaN() }},
		{"a b", "Threshold must be from -1 to 1 for npmi, got 1.5", func(o *PhraseOptions) { o.Scorer, o.Threshold = NPMI, 1.5 }},
		{"a b", "MinCount must be at least 1, got 0", func(o *PhraseOptions) { o.MinCount = 0 }},
		{"a b", "MaxPairs must be at least 1, got 0", func(o *PhraseOptions) { o.MaxPairs = 0 }},
		{"", "no words in text: 0 bytes", nil},
		{"a b\nb a", "no two words are adjacent 2 times: 4 words, 2 distinct pairs", func(o *PhraseOptions) { o.MinCount = 2 }},
		{"a b a b", "no two words score above 9: the best of 2 pairs is a_b with 1", func(o *PhraseOptions) { o.Threshold = 9 }},
	} {
		_, err := findIn(t, c.text, c.change)
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%q: error %v, want %q", c.text, err, c.message)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := FindPhrases(ctx, text.Sample(), DefaultPhraseOptions(NPMI)); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// The result is the same for any number of goroutines, with and without pruning; the text
// has three rounds.
func TestFindPhrasesDeterministic(t *testing.T) {
	content := corporatest.ZipfText(9*text.BatchBytes + 1000)
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
			f, err := c.found(src, nil)
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
				t.Errorf("at most %d pairs: %d threads and 1 find different phrases", most, threads)
			}
		}
	}
}
