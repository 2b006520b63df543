package words_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	. "github.com/luminavec/luminavec/internal/words"
)

// A model of character n-grams holds the composed vectors, the n-grams and, to go on
// with, the words' own rows.
func TestNGramCheckpoint(t *testing.T) {
	o := smallOptions()
	o.NGrams = tokenize.NGramOptions{Min: 2, Max: 3, Buckets: 500}
	c, err := Train(context.Background(), SkipGram(), o, runOf(t, topics(200)))
	if err != nil {
		t.Fatal(err)
	}
	own, grams := c.State[WordTensor], c.Tensors[NGramTensor]
	for i := range c.Vocabulary.Len() {
		of := c.NGrams.Of(int32(i))
		for k, got := range row(c, i) {
			want := float64(own.Row(i)[k])
			for _, g := range of {
				want += float64(grams.Row(int(g))[k])
			}
			if want /= float64(1 + len(of)); math.Abs(float64(got)-want) > 1e-6 {
				t.Fatalf("word %d: value %d is %g, the mean of its rows %g", i, k, got, want)
			}
		}
	}
	// An unknown word is near to the words that share its beginning.
	unknown := make([]float32, o.Dim)
	if n := c.Compose(unknown, "az"); n == 0 {
		t.Fatal("az has no n-gram")
	}
	same, other := 0.0, 0.0
	for i, word := range c.Vocabulary.Tokens() {
		if word[0] == 'a' {
			same += cosine(unknown, row(c, i)) / 5
		} else {
			other += cosine(unknown, row(c, i)) / 15
		}
	}
	if same < other+0.3 {
		t.Errorf("an unknown word of a topic: cosine %.3f with its words, %.3f with others", same, other)
	}
}

// A model of summed vectors holds the sums, and to go on with both summands; judges see
// the sums too, and the best model that is kept has all three.
func TestSummedCheckpoint(t *testing.T) {
	o := smallOptions()
	o.SumVectors = true
	run := runOf(t, topics(6000))
	check := func(what string, c *checkpoints.Checkpoint) {
		t.Helper()
		own, out := c.State[WordTensor], c.State[OutputTensor]
		for i := range c.Vocabulary.Len() {
			for k, got := range row(c, i) {
				if want := own.Row(i)[k] + out.Row(i)[k]; got != want {
					t.Fatalf("%s: word %d: value %d is %g, the sum of its rows %g", what, i, k, got, want)
				}
			}
		}
		if slices.Equal(row(c, 0), own.Row(0)) {
			t.Errorf("%s: there are no output vectors", what)
		}
	}
	judged := 0.0
	run.Validation = &training.Validation{Sets: []training.ValidationSet{{
		ValidationSet: checkpoints.ValidationSet{Kind: "words", File: "falling"},
		Judge: func(_ context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			check("judged", c)
			judged--
			return checkpoints.Metric{Set: "falling", Name: "spearman", Value: judged}, nil
		},
	}}}
	c, err := Train(context.Background(), CBOW(), o, run)
	if err != nil {
		t.Fatal(err)
	}
	if v := c.Config.Validation; v.Model != checkpoints.KeepBest || v.Best.Blocks == v.Last.Blocks {
		t.Errorf("%+v", v)
	}
	check("kept", c)
	check("read", readBack(t, c))
}

// startOf returns vectors forevery second word of the topics.
func startOf(t *testing.T, o Options, freeze bool) *Start {
	v := runOf(t, topics(6000)).Corpus.Vocabulary().Len()
	x := checkpoints.NewTensor(v, o.Dim)
	s := &Start{In: &x, Given: make([]bool, v), Freeze: freeze}
	for i := 0; i < v; i += 2 {
		s.Given[i] = true
		for k := range x.Row(i) {
			x.Row(i)[k] = float32(math.Sin(float64(i*o.Dim + k)))
		}
	}
	return s
}

// Given vectors that are frozen come out as they went in, the others learn; frozen
// rows survive a resume.
func TestFrozenStart(t *testing.T) {
	for _, f := range forms() {
		for _, engine := range []training.Engine{training.Fused, training.Graph} {
			o := smallOptions()
			f.set(&o)
			if o.SumVectors {
				continue // refused
			}
			o.Engine, o.Epochs = engine, 1
			run := runOf(t, topics(60))
			run.Start = startOf(t, o, true)
			given := run.Start
			c, err := Train(context.Background(), f.objective, o, run)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.Vocabulary.Len() {
				if same := slices.Equal(row(c, i), given.In.Row(i)); same != given.Given[i] {
					t.Errorf("%s, %s: word %d, given and frozen: %v, has the given vector: %v", f.name, engine, i, given.Given[i], same)
				}
			}
		}
		if f.name == "skipgram" || f.name == "cbow n-grams" {
			o := smallOptions()
			t.Run(f.name, func(t *testing.T) { testResume(t, f, startOf(t, o, true)) })
		}
	}
}

// Vectors that are given and not frozen are where the words begin, also words that
// are made of n-grams.
func TestStartOfNGrams(t *testing.T) {
	o := smallOptions()
	o.NGrams, o.LearningRate = tokenize.NGramOptions{Min: 2, Max: 3, Buckets: 500}, 1e-9
	run := runOf(t, topics(60))
	run.Start = startOf(t, o, false)
	given := run.Start
	c, err := Train(context.Background(), CBOW(), o, run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Vocabulary.Len() {
		for k, x := range row(c, i) {
			if given.Given[i] && math.Abs(float64(x-given.In.Row(i)[k])) > 1e-5 {
				t.Fatalf("word %d: value %d is %g, given was %g", i, k, x, given.In.Row(i)[k])
			}
		}
	}
}

// What skip-gram does not have is refused; so is what has no name.
func TestFormsRefused(t *testing.T) {
	for want, set := range map[string]func(*Options){
		"neither sums nor position weights":         func(o *Options) { o.CBOWSum = true },
		"skipgram has neither":                      func(o *Options) { o.PositionWeights = true },
		`got "softmax"`:                             func(o *Options) { o.Loss = "softmax" },
		"shortest character n-gram must":            func(o *Options) { o.NGrams = tokenize.NGramOptions{Min: 7, Max: 6, Buckets: 10} },
		"no word of the vocabulary has character n": func(o *Options) { o.NGrams = tokenize.NGramOptions{Min: 20, Max: 20, Buckets: 10} },
	} {
		o := smallOptions()
		set(&o)
		if _, err := Train(context.Background(), SkipGram(), o, runOf(t, topics(20))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// Every window of a fixed reach has it, and labelled windows say where their words
// stand.
func TestLabelledWindows(t *testing.T) {
	v := vocabularyOf(t, 9, 8, 7, 6, 5)
	o := DefaultOptions()
	o.Window, o.Subsample, o.Windows, o.Loss, o.PositionWeights = 2, 0, WindowsFull, LossHS, true
	w := NewWindows(v, &o)
	tree := NewHuffman(v)
	ids := []int32{0, 1, 2, 3, corpora.LineEnd, 4, corpora.LineEnd}
	var want []int32
	for _, x := range []struct {
		word    int32
		first   int
		context []int32
	}{{0, 2, []int32{1, 2}}, {1, 1, []int32{0, 2, 3}}, {2, 0, []int32{0, 1, 3}}, {3, 0, []int32{1, 2}}} {
		want = AppendLabelled(want, x.first, x.context, tree.Path(x.word))
	}
	words, err := w.Each(ids, training.NewRandom(1, 0), 1000, new(Scratch), func(batch []int32) error {
		if !slices.Equal(batch, want) {
			t.Errorf("windows %v, want %v", batch, want)
		}
		return nil
	})
	if err != nil || words != 5 {
		t.Errorf("%d words, %v", words, err)
	}

	// With negative sampling, the word and, as complements, others than it.
	o.Loss, o.Negative = "", 3
	w = NewWindows(v, &o)
	if _, err = w.Each(ids, training.NewRandom(1, 0), 1000, new(Scratch), func(batch []int32) error {
		for word := int32(0); len(batch) > 0; word++ {
			outs := batch[3+batch[0] : 3+batch[0]+4]
			if batch[1] != 4 || outs[0] != word || max(outs[1], outs[2], outs[3]) >= 0 || slices.Contains(outs, ^word) {
				t.Errorf("outputs of word %d: %v", word, outs)
			}
			batch = batch[3+batch[0]+4:]
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
