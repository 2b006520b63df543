package corpora

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// slowBuild is the oracle: Build in the simplest possible way.
func slowBuild(text string, minCount int64) (tokens []string, counts []int64, cache []int32, raw, distinct int) {
	count := map[string]int64{}
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		for _, w := range corporatest.Words(line, false) {
			count[w]++
			raw++
		}
	}
	for w, n := range count {
		if n >= minCount {
			tokens = append(tokens, w)
		}
	}
	slices.SortFunc(tokens, func(a, b string) int {
		return cmp.Or(-cmp.Compare(count[a], count[b]), cmp.Compare(a, b))
	})
	ids := map[string]int32{}
	for i, w := range tokens {
		ids[w] = int32(i)
		counts = append(counts, count[w])
	}
	for _, line := range lines {
		any := false
		for _, w := range corporatest.Words(line, false) {
			if id, ok := ids[w]; ok {
				cache = append(cache, id)
				any = true
			}
		}
		if any {
			cache = append(cache, LineEnd)
		}
	}
	return tokens, counts, cache, raw, len(count)
}

// entriesOf returns all entries and checks the sizes of the blocks.
func entriesOf(t testing.TB, c *Corpus) []int32 {
	t.Helper()
	var all []int32
	for i := range c.Blocks() {
		before := len(all)
		var err error
		if all, err = c.Block(all, i); err != nil {
			t.Fatal(err)
		}
		if n := len(all) - before; n != BlockTokens && (i != c.Blocks()-1 || n == 0 || n > BlockTokens) {
			t.Fatalf("block %d of %d has %d entries", i, c.Blocks(), n)
		}
	}
	return all
}

// randomText returns text with a long-tailed distribution of words, blank lines and one
// line that is longer than a chunk.
func randomText(seed uint64, words int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for i := range words {
		fmt.Fprintf(&b, "w%d", int(1/(random.Float64()+1e-4)))
		switch {
		case i > words/2 && i < words/2+40000:
			b.WriteByte(' ')
		case random.IntN(20) == 0:
			b.WriteString([]string{"\n", "\n\n", ".\n- - -\n"}[random.IntN(3)])
		default:
			b.WriteString([]string{" ", ", ", " É "}[random.IntN(3)])
		}
	}
	return b.String()
}

func TestBuild(t *testing.T) {
	content := randomText(7, 100000)
	for _, minCount := range []int64{1, 5, 50} {
		tokens, counts, cache, raw, distinct := slowBuild(content, minCount)
		for _, threads := range []int{1, 2, 7} {
			for _, memory := range []int{idstore.MemoryBlocks, 3, 0} { // blocks that stay in memory
				c := &Corpus{ids: idstore.New(t.TempDir(), memory)}
				o := BuildOptions{MinCount: minCount}.withDefaults()
				if err := c.build(context.Background(), text.FromReader("x", strings.NewReader(content)), o, threads); err != nil {
					t.Fatal(err)
				}
				v := c.Vocabulary()
				if !slices.Equal(v.Tokens(), tokens) || !slices.Equal(countsOf(v), counts) {
					t.Fatalf("MinCount %d, %d threads: vocabulary of %d, want %d", minCount, threads, v.Len(), len(tokens))
				}
				if got := entriesOf(t, c); !slices.Equal(got, cache) {
					t.Fatalf("MinCount %d, %d threads, %d blocks in memory: corpus of %d entries, want %d", minCount, threads, memory, len(got), len(cache))
				}
				lines := 0
				for _, id := range cache {
					if id == LineEnd {
						lines++
					}
				}
				if c.RawWords() != int64(raw) || c.Words() != int64(len(cache)-lines) || c.Lines() != int64(lines) || c.DistinctWords() != distinct {
					t.Fatalf("MinCount %d: %d raw words, %d words, %d lines, %d distinct; want %d, %d, %d, %d", minCount,
						c.RawWords(), c.Words(), c.Lines(), c.DistinctWords(), raw, len(cache)-lines, lines, distinct)
				}
				// With the vocabulary given, the result is the same.
				again := &Corpus{ids: idstore.New(t.TempDir(), memory)}
				o.Vocabulary = v
				if err := again.build(context.Background(), text.FromReader("x", strings.NewReader(content)), o, threads); err != nil {
					t.Fatal(err)
				}
				if got := entriesOf(t, again); !slices.Equal(got, cache) || again.RawWords() != int64(raw) || again.Words() != c.Words() || again.Lines() != int64(lines) {
					t.Fatalf("with the vocabulary given: corpus of %d entries, want %d", len(got), len(cache))
				}
				// Encode gives the ids of the corpus.
				tokenizer, err := o.Tokenizer.WithVocabulary(v)
				if err != nil {
					t.Fatal(err)
				}
				if got := tokenizer.Encode(nil, content); !slices.Equal(got, slices.DeleteFunc(entriesOf(t, c), func(id int32) bool { return id == LineEnd })) {
					t.Fatalf("Encode gives %d ids, but the corpus has %d words", len(got), c.Words())
				}
				for _, c := range []*Corpus{c, again} {
					if err := c.Close(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

func TestBuildProgress(t *testing.T) {
	path := corporatest.WriteFile(t, t.TempDir(), "x", strings.Repeat("some words\n", 100000))
	src, err := text.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var done, calls int64
	c, err := Build(context.Background(), src, BuildOptions{OnProgress: func(d, size int64) {
		if calls++; d < done || size != 1100000 {
			t.Errorf("%d of %d after %d", d, size, done)
		}
		done = d
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if done != 1100000 || calls < 3 {
		t.Errorf("%d calls, the last at %d", calls, done)
	}
}

func TestBuildErrors(t *testing.T) {
	tests := []struct {
		text          string
		o             BuildOptions
		message, hint string
	}{
		{"", BuildOptions{}, "no words in x: 0 bytes, 0 lines", "text"},
		{"\n\n - - \n", BuildOptions{}, "no words in x: 8 bytes, 3 lines", "text"},
		{"a b a b a c", BuildOptions{}, "no word occurs 5 times: 6 words, 3 distinct, the most frequent 3 times", "MinCount: 3 keeps"},
		{"a\x00b", BuildOptions{}, "x is binary", "UTF-8"},
		{"a", BuildOptions{MinCount: -1}, "MinCount must not be negative, got -1", "5"},
		{"one two", BuildOptions{Vocabulary: newVocabulary(t, "three four", 1, 1)}, "none of the 2 words is in the vocabulary (2 words)", "model"},
	}
	for _, test := range tests {
		test.o.SpoolDir = t.TempDir()
		_, err := Build(context.Background(), text.FromReader("x", strings.NewReader(test.text)), test.o)
		if err == nil || !strings.Contains(err.Error(), test.message) || !strings.Contains(fault.Hint(err), test.hint) {
			t.Errorf("%q: error %v, hint %q", test.text, err, fault.Hint(err))
		}
	}
}

// TestBuildCancel cancels a build of an endless text and checks that it leaves nothing
// behind.
func TestBuildCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, keepName := range []bool{false, true} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		c := &Corpus{ids: idstore.New(dir, 1)}
		if keepName {
			c.ids.KeepName()
		}
		o := BuildOptions{SpoolDir: dir, OnProgress: func(int64, int64) {
			if calls++; calls == 6 {
				cancel()
			}
		}}.withDefaults()
		err := c.build(ctx, text.FromReader("x", &corporatest.Repeat{Unit: "words that do not end\n"}), o, 2)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if !c.ids.Spooled() {
			t.Error("nothing was spooled, so the test is void")
		}
		if left := names(t, dir); keepName != (len(left) == 1) {
			t.Errorf("before close: %q", left)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if left := names(t, dir); len(left) > 0 {
			t.Errorf("files left: %q", left)
		}
	}
	for i := 0; runtime.NumGoroutine() > before+2 && i < 1000; i++ {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+2 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestBuildNoSpool(t *testing.T) {
	c := &Corpus{ids: idstore.New(t.TempDir()+"/none", 0)}
	o := BuildOptions{}.withDefaults()
	err := c.build(context.Background(), text.FromReader("x", io.LimitReader(&corporatest.Repeat{Unit: "words "}, 1<<20)), o, 2)
	if err == nil || !strings.Contains(err.Error(), "cannot create the file of token ids") || !strings.Contains(fault.Hint(err), "TMPDIR") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

func TestBlocks(t *testing.T) {
	c := &Corpus{ids: idstore.New(t.TempDir(), 2)}
	o := BuildOptions{MinCount: 1}.withDefaults()
	if err := c.build(context.Background(), text.FromReader("x", strings.NewReader(randomText(1, 100000))), o, 2); err != nil {
		t.Fatal(err)
	}
	want := entriesOf(t, c)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			var block []int32
			for i := range c.Blocks() {
				i = (i + g) % c.Blocks()
				var err error
				block, err = c.Block(block[:0], i)
				if err != nil || !slices.Equal(block, want[i*BlockTokens:min(len(want), (i+1)*BlockTokens)]) {
					t.Errorf("block %d differs, error %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	for _, i := range []int{-1, c.Blocks()} {
		if _, err := c.Block(nil, i); err == nil {
			t.Errorf("block %d of %d can be read", i, c.Blocks())
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Block(nil, 0); err == nil {
		t.Error("a closed corpus can be read")
	}
	if err := c.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func BenchmarkBuild(b *testing.B) {
	content := string(corporatest.SampleText(b, 8<<20))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c, err := Build(context.Background(), text.FromReader("x", strings.NewReader(content)), BuildOptions{})
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
