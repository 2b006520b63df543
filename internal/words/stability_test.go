package words_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/cbow"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/fault"
	. "github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/skipgram"
)

// Rates at which word2vec or gensim stay finite, and at which a single step over the sum of a
// window grew to losses of 1e6 to 1e33, train to a loss below that of an untrained model.
func TestHighRates(t *testing.T) {
	if testing.Short() {
		t.Skip("training takes half a minute")
	}
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(context.Background(), text.Sample(), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	for _, c := range []struct {
		name   string
		cbow   bool
		change func(o *Options)
	}{
		{"cbow, 0.3", true, func(o *Options) { o.LearningRate = 0.3 }},
		{"skip-gram, hierarchical softmax, 0.25", false, func(o *Options) { o.LearningRate, o.Loss, o.Windows = 0.25, LossHS, WindowsDrawn }},
		{"skip-gram, drawn, 0.35", false, func(o *Options) { o.LearningRate, o.Windows = 0.35, WindowsDrawn }},
		{"skip-gram, full, 0.3", false, func(o *Options) { o.LearningRate, o.Windows = 0.3, WindowsFull }},
		{"skip-gram, n-grams, 0.4", false, func(o *Options) {
			o.LearningRate, o.NGrams = 0.4, tokenize.NGramOptions{Min: 3, Max: 4, Buckets: 20000}
		}},
		{"skip-gram, window 50, 0.1", false, func(o *Options) { o.LearningRate, o.Window = 0.1, 50 }},
		{"skip-gram, 100 negatives, window 20, 0.1", false, func(o *Options) { o.LearningRate, o.Window, o.Negative = 0.1, 20, 100 }},
		{"cbow, sum, full, window 50, 0.05", true, func(o *Options) {
			o.LearningRate, o.CBOWSum, o.Windows, o.Window = 0.05, true, WindowsFull, 50
		}},
	} {
		o := DefaultOptions()
		o.Dim, o.Epochs, o.Threads = 32, 1, 1
		c.change(&o)
		objective := SkipGram()
		if c.cbow {
			objective = CBOW()
		}
		model, err := Train(context.Background(), objective, o, Run{Corpus: corpus, Tokenizer: tokenizer})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if p := model.Config.Progress; !(p.Loss < p.Untrained) {
			t.Errorf("%s: loss %g, untrained %g", c.name, p.Loss, p.Untrained)
		}
	}
}

// Usual rates take one step, whatever the form: their models do not change.
func TestUsualRatesTakeOneStep(t *testing.T) {
	for _, kind := range Kinds() {
		for _, windows := range WindowForms() {
			o := kind.Defaults()
			o.Windows = windows
			o.LearningRate = kind.Rates.Usual(&o)
			if n := Steps(&o); n != 1 {
				t.Errorf("%s, %s windows, rate %g: %d steps", kind.Name(), windows, o.LearningRate, n)
			}
		}
	}
	for rate, want := range map[float64]int{0.1: 1, 0.11: 2, 0.2: 2, 0.3: 3, 1: 10, 1e30: 10} {
		o := DefaultOptions()
		if o.LearningRate = rate; Steps(&o) != want {
			t.Errorf("rate %g: %d steps, want %d", rate, Steps(&o), want)
		}
	}
	// Larger windows and more negatives take smaller steps, down to 0.05: 0.1·10/15 and 0.1·25/31.
	for i, c := range []struct{ window, negative, want int }{{10, 24, 3}, {15, 5, 5}, {20, 5, 6}, {1000, 100, 6}, {5, 30, 4}} {
		o := DefaultOptions()
		if o.Window, o.Negative, o.LearningRate = c.window, c.negative, 0.3; Steps(&o) != c.want {
			t.Errorf("case %d: %d steps, want %d", i+1, Steps(&o), c.want)
		}
	}
	// The sum of 100 words moves 100 times as far as one: 2/100 a step.
	o := DefaultOptions()
	o.CBOWSum, o.Windows, o.Window, o.LearningRate = true, WindowsFull, 50, 0.05
	if n := Steps(&o); n != 3 {
		t.Errorf("the sum of 100 words: %d steps, want 3", n)
	}
}

// With scores of 0 each of 1+5 outputs loses ln 2. With hierarchical softmax it is each node of
// the path: of 4 equally frequent words, 2.
func TestUntrainedLoss(t *testing.T) {
	run := runOf(t, strings.Repeat("a b c d\n", 50))
	for _, c := range []struct {
		loss string
		want float64
	}{{LossNS, 6 * math.Ln2}, {LossHS, 2 * math.Ln2}} {
		o := smallOptions()
		o.Negative, o.LearningRate, o.Loss = 5, 1e-9, c.loss
		model, err := Train(context.Background(), SkipGram(), o, run)
		if err != nil {
			t.Fatal(err)
		}
		p := model.Config.Progress
		if math.Abs(p.Untrained-c.want) > 1e-9 || math.Abs(p.Loss-c.want) > 1e-4 {
			t.Errorf("%s: untrained %g, trained at rate 1e-9 %g, want %g", c.loss, p.Untrained, p.Loss, c.want)
		}
		err = Shortfall(model)
		if err == nil || !strings.Contains(err.Error(), "untrained") || !strings.Contains(fault.Hint(err), "LearningRate") {
			t.Errorf("%s: %v, hint %q", c.loss, err, fault.Hint(err))
		}
	}
}

// baskets returns lines of 8 of 50 products, nine tenths of them of one of five groups, and the
// group of each product.
func baskets(lines int) string {
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for range lines {
		group := rng.IntN(5)
		for range 8 {
			g := group
			if rng.IntN(10) == 0 {
				g = rng.IntN(5)
			}
			fmt.Fprintf(&b, "item%d%d ", g, rng.IntN(10))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The default options learn the groups of 50 products from 2,000 baskets: at least nine of ten
// nearest neighbors are of the same group. A fixed threshold of 1e-4 keeps 8% of them and
// learns nothing.
func TestBaskets(t *testing.T) {
	run := runOf(t, baskets(2000))
	train := func(kind string, subsample float64) (*checkpoints.Checkpoint, error) {
		if kind == "cbow" {
			o := cbow.DefaultOptions()
			o.Threads = 1
			if subsample > 0 {
				o.Subsample = subsample
			}
			return cbow.Train(context.Background(), o, cbow.Run(run))
		}
		o := skipgram.DefaultOptions()
		o.Threads = 1
		if subsample > 0 {
			o.Subsample = subsample
		}
		return skipgram.Train(context.Background(), o, skipgram.Run(run))
	}
	for _, kind := range []string{"skipgram", "cbow"} {
		model, err := train(kind, 0)
		if err != nil {
			t.Fatal(err)
		}
		var o Options
		if err := json.Unmarshal(model.Config.Options, &o); err != nil || math.Abs(o.Subsample-0.01) > 1e-12 {
			t.Errorf("%s: subsample %g, want 0.01, %v", kind, o.Subsample, err)
		}
		vectors := evaluate.NewWordVectors(model)
		same, all := 0, 0
		for _, word := range model.Vocabulary.Tokens() {
			near, err := vectors.Neighbors(word, 5)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range near {
				if all++; n.Word[:5] == word[:5] {
					same++
				}
			}
		}
		if all != 250 || same < 225 {
			t.Errorf("%s: %d of %d neighbors are of the same group", kind, same, all)
		}
		if err := Shortfall(model); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if model, err = train(kind, 1e-4); err != nil {
			t.Fatal(err)
		}
		if err := Shortfall(model); err == nil || !strings.Contains(fault.Hint(err), "Subsample to 0.01") {
			t.Errorf("%s, threshold 1e-4: %v, hint %q", kind, err, fault.Hint(err))
		}
	}
}

// What a model that learned nothing is told fits its options and its text.
func TestShortfall(t *testing.T) {
	for _, c := range []struct {
		text   string
		change func(o *Options)
		hint   string
	}{
		{strings.Repeat("one\ntwo\n", 50), func(o *Options) { o.Subsample = 0.01 }, ""},
		{"one two\n", func(o *Options) { o.Subsample = 1e-12 }, "provide more text, or set Subsample to 0"},
		{strings.Repeat("one two\n", 9), func(o *Options) { o.LearningRate = 0.0001 }, "set LearningRate to 0.025, which is usual"},
		{strings.Repeat("one two\n", 9), func(o *Options) { o.LearningRate = 0.025 }, "provide more text, or raise Epochs above 3"},
	} {
		o := smallOptions()
		c.change(&o)
		model, err := Train(context.Background(), SkipGram(), o, runOf(t, c.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := Shortfall(model); err == nil || fault.Hint(err) != c.hint {
			t.Errorf("%q: %v, hint %q, want %q", c.text, err, fault.Hint(err), c.hint)
		}
	}
	model, err := Train(context.Background(), SkipGram(), smallOptions(), runOf(t, topics(500)))
	if err != nil {
		t.Fatal(err)
	}
	model.Config.Progress.Loss = 2 * model.Config.Progress.Untrained
	if err := Shortfall(model); err == nil || !strings.Contains(err.Error(), "worse than untrained") || fault.Hint(err) != "lower LearningRate, for example to 0.0063" {
		t.Errorf("%v, hint %q", err, fault.Hint(err))
	}
}

// A resumed run has the options it started with; only how it runs may change.
func TestResumeWithOtherOptions(t *testing.T) {
	o := smallOptions()
	for name, c := range map[string]struct {
		change func(o *Options)
		want   string
	}{
		"the same": {func(o *Options) {}, ""},
		"how":      {func(o *Options) { o.Threads, o.Deterministic, o.Loss = 2, true, LossNS }, ""},
		"rate":     {func(o *Options) { o.LearningRate = 0.03 }, "LearningRate is 0.03, but the training that is resumed started with 0.025"},
		"window":   {func(o *Options) { o.Window = 2 }, "Window is 2, but the training that is resumed started with 3"},
		"seed":     {func(o *Options) { o.Seed = 7 }, "Seed is 7, but the training that is resumed started with 1"},
		"noise":    {func(o *Options) { o.NoiseExponent = 1 }, "NoiseExponent is 1, but the training that is resumed started with 0.75"},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		run := runOf(t, topics(100))
		cut, _ := Train(ctx, SkipGram(), o, run)
		run.Resume = cut
		other := o
		c.change(&other)
		switch _, err := Train(context.Background(), SkipGram(), other, run); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || err.Error() != c.want):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
