package corpora

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// recording returns a Cached in an empty folder and the outcomes that it reports.
func recording(t *testing.T) (Cached, *[]CacheOutcome) {
	outcomes := new([]CacheOutcome)
	return Cached{Dir: filepath.Join(t.TempDir(), "ids"), Report: func(r CacheReport) { *outcomes = append(*outcomes, r.Outcome) }}, outcomes
}

// opener returns a function that opens a file of text.
func opener(t *testing.T, content string) func() (*text.Source, error) {
	path := corporatest.WriteFile(t, t.TempDir(), "text.txt", content)
	return func() (*text.Source, error) { return text.Open(path) }
}

// corpusBy calls get and closes the corpus that it returns at the end of the test.
func corpusBy(t *testing.T, get func() (*Corpus, error)) *Corpus {
	t.Helper()
	c, err := get()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A resumed training leaves a cache that a new training on the same text can use, unless the
// vocabulary has words that are not from this text.
func TestAgainWritesCache(t *testing.T) {
	ctx := context.Background()
	options := BuildOptions{MinCount: 1}
	for _, grown := range []bool{false, true} {
		open := opener(t, "the cat sees the dog\n")
		corpusOf := func(c Cached, o BuildOptions) *Corpus {
			return corpusBy(t, func() (*Corpus, error) {
				source, err := open()
				if err != nil {
					return nil, err
				}
				return c.Corpus(ctx, source, o)
			})
		}
		first := options
		if grown {
			base, err := tokenize.NewVocabulary([]string{"bird"}, []int64{9})
			if err != nil {
				t.Fatal(err)
			}
			first.Base = base
		}
		was := corpusOf(Cached{}, first)
		recorded := Recorded{Fingerprint: was.Fingerprint(), Vocabulary: was.Vocabulary(), Grown: grown}

		cached, outcomes := recording(t)
		again := corpusBy(t, func() (*Corpus, error) { return cached.Again(ctx, recorded, open, options) })
		if again.Fingerprint() != was.Fingerprint() || len(*outcomes) > 0 {
			t.Errorf("grown %v: another corpus, or outcomes %v", grown, *outcomes)
		}
		corpusBy(t, func() (*Corpus, error) {
			return cached.Again(ctx, recorded, func() (*text.Source, error) { t.Error("the text was opened"); return open() }, options)
		})
		fresh := corpusOf(cached, options)
		want := []CacheOutcome{CacheUsed, CacheUsed}
		if grown {
			want[1] = CacheDiffers
		}
		if !slices.Equal(*outcomes, want) {
			t.Errorf("grown %v: outcomes %v, want %v", grown, *outcomes, want)
		}
		if _, ok := fresh.Vocabulary().ID("bird"); ok {
			t.Errorf("grown %v: a new training has the word of the old one", grown)
		}
	}
}

// A cache of another corpus is neither used nor replaced when the text is not the recorded
// one either.
func TestAgainLeavesOtherCache(t *testing.T) {
	ctx := context.Background()
	options := BuildOptions{MinCount: 1}
	cached, outcomes := recording(t)
	corpusOf := func(open func() (*text.Source, error)) *Corpus {
		return corpusBy(t, func() (*Corpus, error) {
			source, err := open()
			if err != nil {
				return nil, err
			}
			return cached.Corpus(ctx, source, options)
		})
	}
	other := opener(t, "one two three\n")
	corpusOf(other)
	was := buildText(t, "the cat sees the dog\n", options)
	recorded := Recorded{Fingerprint: was.Fingerprint(), Vocabulary: was.Vocabulary()}
	c := corpusBy(t, func() (*Corpus, error) {
		return cached.Again(ctx, recorded, opener(t, "the dog sees the cat\n"), options)
	})
	if c.Fingerprint() == was.Fingerprint() || !c.Vocabulary().Equal(was.Vocabulary()) {
		t.Error("want the ids of the changed text in the recorded vocabulary")
	}
	corpusOf(other)
	if want := []CacheOutcome{CacheDiffers, CacheUsed}; !slices.Equal(*outcomes, want) {
		t.Errorf("outcomes %v, want %v", *outcomes, want)
	}
}
