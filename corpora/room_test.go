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
)

// TestBuildDrops: if there are more distinct words than fit, the result is the same for any
// number of threads and any share of the ids in memory. Counts are those of the whole text,
// and reading it again with the vocabulary gives the same ids, so that training can be
// resumed.
func TestBuildDrops(t *testing.T) {
	defer func(n int) { roomBatches = n }(roomBatches)
	roomBatches = 1
	random := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for i := range 300_000 {
		if random.IntN(3) == 0 {
			fmt.Fprintf(&b, "w%d", random.IntN(100_000))
		} else {
			fmt.Fprintf(&b, "w%d", int(100_000*random.Float64()*random.Float64()*random.Float64()*random.Float64()))
		}
		b.WriteByte(" \n"[i%17/16])
	}
	content := b.String()
	_, all, _, raw, distinct := slowBuild(content, 1)
	count := map[string]int64{}
	for _, w := range corporatest.Words(content, false) {
		count[w]++
	}
	var tokens []string
	var cache []int32
	var dropped int
	for _, threads := range []int{1, 2, 7} {
		for _, memory := range []int{idstore.MemoryBlocks, 3, 0} {
			o := BuildOptions{MinCount: 2, MaxDistinct: 20_000}.withDefaults()
			build := func() *Corpus {
				c := &Corpus{ids: idstore.New(t.TempDir(), memory)}
				if err := c.build(context.Background(), text.FromReader("x", strings.NewReader(content)), o, threads); err != nil {
					t.Fatal(err)
				}
				return c
			}
			c := build()
			v := c.Vocabulary()
			n, below := c.Dropped()
			if n < 20_000 || below < 1 || v.Len() < 5_000 || v.Len() >= len(all) || c.RawWords() != int64(raw) {
				t.Fatalf("%d words dropped with counts up to %d, %d left, %d in all", n, below, v.Len(), c.RawWords())
			}
			if d := c.DistinctWords(); d > distinct || d < distinct*95/100 {
				t.Errorf("%d distinct words, want about %d", d, distinct)
			}
			if tokens == nil {
				tokens, cache, dropped = v.Tokens(), entriesOf(t, c), n
				for id, token := range tokens {
					if v.Count(int32(id)) != count[token] {
						t.Fatalf("%q is counted %d times but occurs %d times", token, v.Count(int32(id)), count[token])
					}
				}
				for _, token := range []string{"w0", "w1", "w2", "w10"} {
					if _, ok := v.ID(token); !ok {
						t.Errorf("%q, which occurs %d times, is not in the vocabulary", token, count[token])
					}
				}
			}
			if n != dropped || !slices.Equal(tokens, v.Tokens()) || !slices.Equal(cache, entriesOf(t, c)) {
				t.Fatalf("%d threads, %d blocks in memory: the corpus differs", threads, memory)
			}
			o.Vocabulary = v
			again := build()
			if !slices.Equal(cache, entriesOf(t, again)) {
				t.Fatal("with the vocabulary given, the ids differ")
			}
			for _, c := range []*Corpus{c, again} {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestBuildDropsAll: words that are all equally rare are all dropped.
func TestBuildDropsAll(t *testing.T) {
	defer func(n int) { roomBatches = n }(roomBatches)
	roomBatches = 1
	var b strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&b, "w%d\n", i)
	}
	c, err := Build(context.Background(), text.FromReader("x", strings.NewReader(b.String())), BuildOptions{MinCount: 1, MaxDistinct: 100})
	if err == nil {
		c.Close() // words after the last check are kept
		if n, _ := c.Dropped(); n == 0 {
			t.Error("nothing was dropped")
		}
	}
}

func TestMaxVocabulary(t *testing.T) {
	build := func(most int) (*Corpus, error) {
		return Build(context.Background(), text.FromReader("x", strings.NewReader("b a c a b d\na e\n")), BuildOptions{MinCount: 1, MaxVocabulary: most})
	}
	for most, want := range map[int]string{0: "a b c d e", 1: "a", 3: "a b c", 4: "a b c d", 5: "a b c d e", 9: "a b c d e"} {
		c, err := build(most)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Vocabulary().Tokens(), " "); got != want || c.DistinctWords() != 5 || c.Words() != c.Vocabulary().Total() {
			t.Errorf("MaxVocabulary %d: %q, %d words of %d", most, got, c.Words(), c.Vocabulary().Total())
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := build(-1); err == nil {
		t.Error("a negative limit is accepted")
	}
}

func TestWordFilter(t *testing.T) {
	f := newWordFilter(20_000)
	for i := range 10_000 {
		f.add(fmt.Sprint("in", i))
	}
	wrong := 0
	for i := range 10_000 {
		if !f.has(fmt.Append(nil, "in", i)) {
			t.Fatalf("word %d is missing", i)
		}
		if f.has(fmt.Append(nil, "out", i)) {
			wrong++
		}
	}
	if wrong > 50 {
		t.Errorf("%d of 10,000 other words are found", wrong)
	}
}
