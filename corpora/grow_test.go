package corpora

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// TestBuildGrows: a vocabulary with a Base has all words of the base and the new words that
// occur often enough, sorted by the sums of their counts; reading the text again with it
// gives the same ids. This also holds when rare words are dropped while counting.
func TestBuildGrows(t *testing.T) {
	defer func(n int) { roomBatches = n }(roomBatches)
	roomBatches = 1
	random := rand.New(rand.NewPCG(1, 2))
	content := func(words, kinds int) string {
		var b strings.Builder
		for i := range words {
			fmt.Fprintf(&b, "w%d%c", int(float64(kinds)*random.Float64()*random.Float64()*random.Float64()), " \n"[i%17/16])
		}
		return b.String()
	}
	build := func(s string, threads int, o BuildOptions) *Corpus {
		t.Helper()
		o = o.withDefaults()
		c := &Corpus{ids: idstore.New(t.TempDir(), idstore.MemoryBlocks)}
		if err := c.build(context.Background(), text.FromReader("x", strings.NewReader(s)), o, threads); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	first := build(content(60_000, 30_000), 2, BuildOptions{MinCount: 3}).Vocabulary()
	second := content(200_000, 80_000)
	count := map[string]int64{}
	for _, w := range corporatest.Words(second, false) {
		count[w]++
	}
	for _, most := range []int{0, 20_000} {
		for _, top := range []int{0, 10, first.Len() + 10} {
			var tokens []string
			var cache []int32
			for _, threads := range []int{1, 2, 5} {
				c := build(second, threads, BuildOptions{MinCount: 4, Base: first, MaxVocabulary: top, MaxDistinct: most})
				v := c.Vocabulary()
				if tokens == nil {
					tokens, cache = v.Tokens(), entriesOf(t, c)
				} else if !slices.Equal(tokens, v.Tokens()) || !slices.Equal(cache, entriesOf(t, c)) {
					t.Fatalf("with %d threads the corpus differs", threads)
				}
				again := build(second, threads, BuildOptions{Vocabulary: v})
				if !slices.Equal(cache, entriesOf(t, again)) || c.Words() != again.Words() || c.RawWords() != again.RawWords() || c.Lines() != again.Lines() {
					t.Fatal("with the vocabulary given, the corpus differs")
				}
				if dropped, _ := c.Dropped(); (dropped > 0) != (most > 0) {
					t.Fatalf("%d words dropped with a limit of %d", dropped, most)
				}
				fresh := 0
				for id, token := range v.Tokens() {
					want := count[token]
					if old, ok := first.ID(token); ok {
						want += first.Count(old)
					} else if fresh++; want < 4 {
						t.Fatalf("%q is new and occurs only %d times", token, want)
					}
					if v.Count(int32(id)) != want {
						t.Fatalf("count of %q is %d, want %d", token, v.Count(int32(id)), want)
					}
					if id > 0 && (v.Count(int32(id-1)) < want || v.Count(int32(id-1)) == want && v.Token(int32(id-1)) > token) {
						t.Fatalf("%q is out of order", token)
					}
				}
				if v.Len()-fresh != first.Len() {
					t.Fatalf("%d of %d old words remain", v.Len()-fresh, first.Len())
				}
				var wanted int
				for token, n := range count {
					if !first.Has(token) && n >= 4 {
						wanted++
					}
				}
				switch {
				case top == 10 && fresh != 0, top > 10 && fresh != 10, top == 0 && most == 0 && fresh != wanted:
					t.Fatalf("%d new words, %d frequent enough, limit %d", fresh, wanted, top)
				}
			}
		}
	}
}

func TestBuildGrowsErrors(t *testing.T) {
	v, err := tokenize.NewVocabulary([]string{"a"}, []int64{1<<63 - 1})
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]BuildOptions{
		"Base cannot be set together with Vocabulary": {Base: v, Vocabulary: v},
		`the count of "a"`:                            {Base: v, MinCount: 1},
		"none of the 1 word is in the":                {Base: v, MinCount: 2},
	} {
		content := "a a b\n"
		if strings.HasPrefix(want, "none") {
			content = "b\n"
		}
		if _, err := Build(context.Background(), text.FromReader("x", strings.NewReader(content)), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
