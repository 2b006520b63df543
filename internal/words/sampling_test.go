package words_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	. "github.com/luminavec/luminavec/internal/words"
)

// vocabularyOf returns a vocabulary of words a, b, c… with the given counts,
// largest first.
func vocabularyOf(t testing.TB, counts ...int64) *tokenize.Vocabulary {
	t.Helper()
	tokens := make([]string, len(counts))
	for i := range tokens {
		tokens[i] = string(rune('a' + i))
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Draws follow count^exponent within five standard deviations.
func TestNoiseDistribution(t *testing.T) {
	counts := []int64{1000, 500, 100, 20, 5, 5, 1}
	for _, exponent := range []float64{0.75, 1, 0, -0.5} {
		noise := NewNoise(vocabularyOf(t, counts...), exponent)
		const draws = 1 << 20
		got := make([]float64, len(counts))
		rng := training.NewRandom(1, 0)
		for range draws {
			got[noise.Draw(rng.Next())]++
		}
		sum := 0.0
		for _, c := range counts {
			sum += math.Pow(float64(c), exponent)
		}
		for i, c := range counts {
			p := math.Pow(float64(c), exponent) / sum
			if sd := math.Sqrt(draws * p * (1 - p)); math.Abs(got[i]-draws*p) > 5*sd {
				t.Errorf("exponent %g, word %d: drawn %g times, want %.0f ± %.0f", exponent, i, got[i], draws*p, sd)
			}
		}
	}
}

// Tokens of a tokenizer that do not occur in the text are never drawn.
func TestNoiseWithoutCounts(t *testing.T) {
	for _, exponent := range []float64{0.75, 0, -1} {
		noise := NewNoise(vocabularyOf(t, 3, 0, 2, 0), exponent)
		rng := training.NewRandom(1, 0)
		for range 10_000 {
			if id := noise.Draw(rng.Next()); id != 0 && id != 2 {
				t.Fatalf("exponent %g: drawn %d", exponent, id)
			}
		}
	}
}

func TestRandomStreams(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := uint64(0); seed < 20; seed++ {
		for block := int64(0); block < 20; block++ {
			x := training.NewRandom(seed, block).Next()
			if seen[x] {
				t.Fatalf("seed %d block %d begins like another stream", seed, block)
			}
			seen[x] = true
		}
	}
	rng := training.NewRandom(1, 2)
	var buckets [10]int
	for range 100000 {
		buckets[training.Below(rng.Next(), 10)]++
	}
	for i, n := range buckets {
		if n < 9500 || n > 10500 {
			t.Errorf("number %d drawn %d times of 100,000", i, n)
		}
	}
}

// Without subsampling and with a reach of 1 the windows are known exactly.
func TestWindowsExact(t *testing.T) {
	v := vocabularyOf(t, 9, 8, 7, 6, 5)
	o := DefaultOptions()
	o.Window, o.Negative, o.Subsample, o.Windows = 1, 2, 0, WindowsDrawn
	w := NewWindows(v, &o)
	ids := []int32{0, 1, 2, corpora.LineEnd, 3, corpora.LineEnd, corpora.LineEnd, 4, 0}
	type window struct {
		word    int32
		context []int32
	}
	var got []window
	words, err := w.Each(ids, training.NewRandom(1, 0), 1000, new(Scratch), func(batch []int32) error {
		for len(batch) > 0 {
			m := int(batch[0])
			context, outs := batch[1:1+m], batch[1+m:1+m+w.Outputs()]
			for _, n := range outs[1:] {
				if n == outs[0] {
					t.Errorf("word %d is its own negative", n)
				}
			}
			got = append(got, window{outs[0], slices.Clone(context)})
			batch = batch[1+m+w.Outputs():]
		}
		return nil
	})
	if err != nil || words != 6 {
		t.Fatalf("%d words, %v", words, err)
	}
	want := []window{{0, []int32{1}}, {1, []int32{0, 2}}, {2, []int32{1}}, {4, []int32{0}}, {0, []int32{4}}}
	if !slices.EqualFunc(got, want, func(a, b window) bool { return a.word == b.word && slices.Equal(a.context, b.context) }) {
		t.Errorf("windows %v, want %v", got, want)
	}
}

// Weighted windows have every word of the line within reach, and say where in the
// window the first one stands: the nearest on the left has the last place of that
// side, whatever is missing before it.
func TestWindowsPlaces(t *testing.T) {
	v := vocabularyOf(t, 9, 8, 7, 6, 5)
	o := DefaultOptions()
	o.Window, o.Negative, o.Subsample, o.Windows = 2, 2, 0, WindowsWeighted
	w := NewWindows(v, &o)
	var got [][]int32 // place, context, center
	if _, err := w.Each([]int32{0, 1, 2, 3, corpora.LineEnd, 4}, training.NewRandom(1, 0), 1000, new(Scratch), func(batch []int32) error {
		for len(batch) > 0 {
			end := 2 + int(batch[0])
			got = append(got, slices.Clone(batch[1:end+1]))
			batch = batch[end+w.Outputs():]
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := [][]int32{{2, 1, 2, 0}, {1, 0, 2, 3, 1}, {0, 0, 1, 3, 2}, {0, 1, 2, 3}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("windows %v, want %v", got, want)
	}
}

// Each epoch takes every block once, in an order of its own.
func TestBlockOrder(t *testing.T) {
	const n = 50
	first, again, second := training.BlockOrder(1, 0, n), training.BlockOrder(1, 0, n), training.BlockOrder(1, 1, n)
	if !slices.Equal(first, again) {
		t.Error("the same epoch has another order")
	}
	if slices.Equal(first, second) {
		t.Error("two epochs have the same order")
	}
	for _, order := range [][]int32{first, second} {
		slices.Sort(order)
		for i, b := range order {
			if int(b) != i {
				t.Fatalf("blocks %v", order)
			}
		}
	}
}

// A worker reads every block of the text once in each epoch: in an order of the
// epoch's own, or in that of the text.
func TestWorkerReadsEachBlock(t *testing.T) {
	for _, shuffle := range []bool{true, false} {
		o := smallOptions()
		o.Shuffle, o.Epochs = shuffle, 2
		run := runOf(t, topics(30000))
		trainer, err := NewTrainer(SkipGram(), o, run)
		if err != nil {
			t.Fatal(err)
		}
		w, err := trainer.NewWorker()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		n := run.Corpus.Blocks()
		numbers := map[string]int{} // of blocks, by their ids
		for b := range n {
			ids, err := run.Corpus.Block(nil, b)
			if err != nil {
				t.Fatal(err)
			}
			numbers[fmt.Sprint(ids)] = b
		}
		if len(numbers) != n || n < 8 {
			t.Fatalf("%d different blocks of %d", len(numbers), n)
		}
		read := make([][]int, 2)
		for b := range 2 * n {
			if err := w.Prepare(int64(b)); err != nil {
				t.Fatal(err)
			}
			read[b/n] = append(read[b/n], numbers[fmt.Sprint(w.IDs())])
		}
		if slices.Equal(read[0], read[1]) == shuffle || slices.IsSorted(read[0]) == shuffle {
			t.Errorf("shuffle %v: blocks %v", shuffle, read)
		}
		for _, blocks := range read {
			slices.Sort(blocks)
			if len(slices.Compact(blocks)) != n {
				t.Errorf("shuffle %v: of %d blocks %v were read", shuffle, n, blocks)
			}
		}
	}
}

// The reach of a window is uniform from 1 to Window, batches keep to their
// capacity, and the same stream gives the same windows.
func TestWindowsReach(t *testing.T) {
	v := vocabularyOf(t, 5, 5, 5, 5)
	o := DefaultOptions()
	o.Window, o.Subsample, o.Windows = 5, 0, WindowsDrawn
	w := NewWindows(v, &o)
	ids := make([]int32, 20000)
	for i := range ids {
		ids[i] = int32(i % 4)
	}
	draw := func() (sizes [11]int, all []int32) {
		_, err := w.Each(ids, training.NewRandom(7, 3), 500, new(Scratch), func(batch []int32) error {
			if len(batch) > 500 {
				t.Errorf("a batch of %d", len(batch))
			}
			all = append(all, batch...)
			for len(batch) > 0 {
				sizes[batch[0]]++
				batch = batch[1+int(batch[0])+w.Outputs():]
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return sizes, all
	}
	sizes, all := draw()
	for reach := 1; reach <= 5; reach++ {
		if n := sizes[2*reach]; n < 3700 || n > 4300 {
			t.Errorf("reach %d: %d of 20,000 windows", reach, n)
		}
	}
	if _, again := draw(); !slices.Equal(all, again) {
		t.Error("the same stream gives other windows")
	}
}

// Subsampling drops a word of half the text at the rate of the formula.
func TestWindowsSubsample(t *testing.T) {
	v := vocabularyOf(t, 10000, 10000)
	o := DefaultOptions()
	o.Subsample, o.Window, o.Windows = 0.01, 1, WindowsDrawn
	w := NewWindows(v, &o)
	ids := make([]int32, 20000)
	for i := range ids {
		ids[i] = int32(i % 2)
	}
	windows := 0.0
	if _, err := w.Each(ids, training.NewRandom(1, 1), 1<<20, new(Scratch), func(batch []int32) error {
		for ; len(batch) > 0; windows++ {
			batch = batch[1+int(batch[0])+w.Outputs():]
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	keep := (math.Sqrt(0.5/0.01) + 1) * 0.01 / 0.5
	if got := windows / 20000; math.Abs(got-keep) > 0.02 {
		t.Errorf("kept %.3f of the words, want %.3f", got, keep)
	}
}

// The usual rate depends on the kind, the windows and the epochs.
func TestUsualRate(t *testing.T) {
	for _, c := range []struct {
		kind, windows string
		epochs        int
		want          float64
	}{
		{"skipgram", WindowsWeighted, 9, 0.05}, {"skipgram", WindowsWeighted, 10, 0.03},
		{"skipgram", WindowsDrawn, 5, 0.025}, {"skipgram", WindowsFull, 20, 0.025}, {"skipgram", "", 5, 0.025},
		{"cbow", WindowsWeighted, 9, 0.035}, {"cbow", WindowsWeighted, 10, 0.03},
		{"cbow", WindowsDrawn, 5, 0.05}, {"cbow", WindowsFull, 20, 0.05},
	} {
		k, _ := Lookup(c.kind)
		if got := k.Rates.Usual(&Options{Windows: c.windows, Epochs: c.epochs}); got != c.want {
			t.Errorf("%+v: %g", c, got)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	o := DefaultOptions()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"Dim":           func(o *Options) { o.Dim = 0 },
		"Window":        func(o *Options) { o.Window = 0 },
		"Negative":      func(o *Options) { o.Negative = 0 },
		"NoiseExponent": func(o *Options) { o.NoiseExponent = math.NaN() },
		"Subsample":     func(o *Options) { o.Subsample = -1 },
		"MinCount":      func(o *Options) { o.MinCount = 0 },
		"Epochs":        func(o *Options) { o.Epochs = -1 },
		"Threads":       func(o *Options) { o.Threads = 0 },
		"LearningRate":  func(o *Options) { o.LearningRate = 0 },
		"Engine":        func(o *Options) { o.Engine = "gpu" },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.Validate(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s out of range: %v", name, err)
		}
	}
}
