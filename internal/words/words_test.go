package words_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	. "github.com/luminavec/luminavec/internal/words"
)

// topics makes lines of words from one of a few topics each, so that there is
// something to learn: words of a topic stand together.
func topics(lines int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range lines {
		topic := 'a' + rune(rng.IntN(4))
		for range 12 {
			b.WriteRune(topic)
			b.WriteRune('a' + rune(rng.IntN(5)))
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// runOf reads text and returns a Run over it.
func runOf(t testing.TB, content string) Run {
	t.Helper()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	c, err := corpora.Build(context.Background(), text.FromReader("test", strings.NewReader(content)),
		corpora.BuildOptions{Tokenizer: tokenizer, MinCount: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return Run{Corpus: c, Tokenizer: tokenizer, Sources: []string{"test"}}
}

func smallOptions() Options {
	o := DefaultOptions()
	o.Dim, o.Window, o.Negative, o.Subsample, o.Epochs, o.Threads, o.MinCount = 10, 3, 3, 0, 3, 1, 1
	o.LearningRate, o.Windows, o.Shuffle = 0.025, WindowsDrawn, false
	return o
}

// form is an objective and the options that give it its form.
type form struct {
	name      string
	objective *Objective
	set       func(*Options)
}

// forms returns every kind of run.
func forms() []form {
	grams := tokenize.NGramOptions{Min: 2, Max: 4, Buckets: 1000}
	skipGram, cbow := SkipGram(), CBOW()
	return []form{
		{"skipgram", skipGram, func(*Options) {}},
		{"cbow", cbow, func(*Options) {}},
		{"skipgram hs", skipGram, func(o *Options) { o.Loss = LossHS }},
		{"cbow hs", cbow, func(o *Options) { o.Loss = LossHS }},
		{"skipgram full", skipGram, func(o *Options) { o.Windows = WindowsFull }},
		{"skipgram weighted", skipGram, func(o *Options) { o.Windows = WindowsWeighted }},
		{"cbow weighted", cbow, func(o *Options) { o.Windows = WindowsWeighted }},
		{"cbow weighted, summed vectors", cbow, func(o *Options) { o.Windows, o.SumVectors = WindowsWeighted, true }},
		{"skipgram shuffled", skipGram, func(o *Options) { o.Shuffle = true }},
		{"cbow sum", cbow, func(o *Options) { o.CBOWSum = true }},
		{"cbow positions", cbow, func(o *Options) { o.PositionWeights = true }},
		{"skipgram n-grams", skipGram, func(o *Options) { o.NGrams = grams }},
		{"cbow n-grams", cbow, func(o *Options) { o.NGrams = grams }},
		{"skipgram n-grams weighted", skipGram, func(o *Options) { o.NGrams, o.Windows = grams, WindowsWeighted }},
		{"cbow n-grams hs sum positions", cbow, func(o *Options) {
			o.NGrams, o.Loss, o.CBOWSum, o.PositionWeights = grams, LossHS, true, true
		}},
	}
}

// logged returns the places of the lines of a checkpoint's log.
func logged(t *testing.T, c *checkpoints.Checkpoint) (progress []float64) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(c.Log))
	for d.More() {
		var l training.LogLine
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		progress = append(progress, l.Progress)
	}
	return progress
}

func table(c *checkpoints.Checkpoint) []float32 { return c.Tensors[InputTensor].Data }

// Both engines see the same windows, so their losses and vectors stay together.
func TestEnginesLearnAlike(t *testing.T) {
	text := topics(60)
	for _, f := range forms() {
		var models [2]*checkpoints.Checkpoint
		for i, engine := range []training.Engine{training.Fused, training.Graph} {
			o := smallOptions()
			o.Engine, o.LearningRate = engine, 0.1
			f.set(&o)
			c, err := Train(context.Background(), f.objective, o, runOf(t, text))
			if err != nil {
				t.Fatal(err)
			}
			models[i] = c
		}
		a, b := models[0].Config.Progress.Loss, models[1].Config.Progress.Loss
		if math.Abs(a-b) > 0.01*a { // words repeat inside these windows: the engines differ by the square of a step
			t.Errorf("%s: loss %.5f fused, %.5f graph", f.name, a, b)
		}
		untrained := 4 * math.Ln2
		if f.name == "skipgram hs" || f.name == "cbow hs" || f.name == "cbow n-grams hs sum positions" {
			untrained = math.Log(20) // of twenty words as frequent as each other
		}
		if a > 0.95*untrained {
			t.Errorf("%s: loss %.3f is no better than %.3f, that of no training", f.name, a, untrained)
		}
		for i := range models[0].Vocabulary.Len() {
			if c := cosine(row(models[0], i), row(models[1], i)); c < 0.99 {
				t.Errorf("%s: the vectors of word %d have cosine %.3f", f.name, i, c)
			}
		}
	}
}

// Words of one topic end up nearer to each other than to other words.
func TestTrainWordsLearns(t *testing.T) {
	for _, f := range forms() {
		o := smallOptions()
		o.Epochs, o.LearningRate, o.Threads = 20, 0.05, 2
		f.set(&o)
		c, err := Train(context.Background(), f.objective, o, runOf(t, topics(500)))
		if err != nil {
			t.Fatal(err)
		}
		var same, other, nSame, nOther float64
		for i := range c.Vocabulary.Len() {
			for j := range i {
				cos := cosine(row(c, i), row(c, j))
				if c.Vocabulary.Token(int32(i))[0] == c.Vocabulary.Token(int32(j))[0] {
					same, nSame = same+cos, nSame+1
				} else {
					other, nOther = other+cos, nOther+1
				}
			}
		}
		apart := 0.5
		if o.NGrams.Max > 0 { // words of two topics end alike
			apart = 0.4
		}
		if same/nSame < other/nOther+apart {
			t.Errorf("%s: cosine %.3f inside a topic, %.3f between topics", f.name, same/nSame, other/nOther)
		}
		if p := c.Config.Progress; !p.Finished || p.Done != 1 || p.Epoch != 20 || p.Blocks != p.TotalBlocks {
			t.Errorf("%s: progress %+v", f.name, p)
		}
		if n := len(logged(t, c)); n < 1 {
			t.Errorf("%s: %d log lines", f.name, n)
		}
	}
}

func row(c *checkpoints.Checkpoint, i int) []float32 {
	x := c.Tensors[InputTensor]
	return x.Data[i*x.Stride : i*x.Stride+x.Shape[1]]
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, v := range a {
		ab += float64(v) * float64(b[i])
		aa += float64(v) * float64(v)
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// With one thread a run repeats to the bit; another seed gives another model.
func TestOneThreadRepeats(t *testing.T) {
	text := topics(200)
	train := func(seed uint64) []float32 {
		o := smallOptions()
		o.Seed = seed
		c, err := Train(context.Background(), SkipGram(), o, runOf(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return table(c)
	}
	a, b, c := train(1), train(1), train(2)
	if !equalBits(a, b) {
		t.Error("the same seed gave other vectors")
	}
	if equalBits(a, c) {
		t.Error("another seed gave the same vectors")
	}
}

func equalBits(a, b []float32) bool {
	for i, v := range a {
		if math.Float32bits(v) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

func TestResumeRefuses(t *testing.T) {
	o := smallOptions()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := Train(ctx, SkipGram(), o, runOf(t, topics(100)))
	if !errors.Is(err, context.Canceled) || c == nil || c.Config.Progress.Blocks != 0 {
		t.Fatalf("a canceled run: %v, %+v", err, c)
	}
	for name, change := range map[string]func(*Run){
		"the corpus has changed": func(r *Run) {
			other := runOf(t, topics(101))
			r.Corpus = other.Corpus
		},
		"in 99 lines": func(r *Run) { // as many words, a line break fewer
			other := runOf(t, strings.Replace(topics(100), "\n", " ", 1))
			r.Corpus = other.Corpus
		},
		"as many words as when training started, but they are different": func(r *Run) { // two lines trade places
			lines := strings.SplitAfter(topics(100), "\n")
			lines[10], lines[20] = lines[20], lines[10]
			r.Corpus = runOf(t, strings.Join(lines, "")).Corpus
		},
		"tokenizer.json is not the tokenizer": func(r *Run) {
			copied := *c
			var err error
			if copied.Tokenizer, err = tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true}).WithVocabulary(c.Vocabulary); err != nil {
				t.Fatal(err)
			}
			r.Resume = &copied
		},
		"no tensor": func(r *Run) {
			copied := *c
			copied.State = nil
			r.Resume = &copied
		},
		`not "skipgram"`: func(r *Run) {
			copied := *c
			copied.Config.Kind = "cbow"
			r.Resume = &copied
		},
	} {
		run := runOf(t, topics(100))
		run.Resume = c
		change(&run)
		if _, err := Train(context.Background(), SkipGram(), o, run); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A corpus that was closed too early is an error, not a panic.
func TestTrainOnAClosedCorpus(t *testing.T) {
	run := runOf(t, topics(100))
	if err := run.Corpus.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Train(context.Background(), SkipGram(), smallOptions(), run); err == nil || !strings.Contains(err.Error(), "has been closed") {
		t.Errorf("error %v", err)
	}
}

// The model of a run without Sources can be resumed only with Corpus.
func TestReopenWithoutSources(t *testing.T) {
	run := runOf(t, topics(100))
	run.Sources = nil
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := Train(ctx, SkipGram(), smallOptions(), run)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r, err := Reopen("folder", c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Corpus(context.Background(), nil, corpora.Cached{}); err == nil || !strings.Contains(err.Error(), "not recorded") {
		t.Errorf("error %v", err)
	}
}

// A checkpoint that says nothing of fingerprints is of an earlier version.
func TestResumeWithoutFingerprints(t *testing.T) {
	o := smallOptions()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, _ := Train(ctx, SkipGram(), o, runOf(t, topics(100)))
	c.Config.Corpus.Fingerprint, c.Config.Corpus.Tokenizer = "", ""
	run := runOf(t, topics(100))
	run.Resume = c
	resumed, err := Train(context.Background(), SkipGram(), o, run)
	if err != nil || !resumed.Config.Progress.Finished || resumed.Config.Corpus.Fingerprint != run.Corpus.Fingerprint() {
		t.Errorf("%v, %+v", err, resumed)
	}
}

func TestTrainWordsErrors(t *testing.T) {
	if _, err := Train(context.Background(), SkipGram(), smallOptions(), runOf(t, "one one one one\n")); err == nil || !strings.Contains(err.Error(), "vocabulary") {
		t.Errorf("a vocabulary of one word: %v", err)
	}
	o := smallOptions()
	o.Dim = 0
	if _, err := Train(context.Background(), SkipGram(), o, runOf(t, "one two\n")); err == nil || !strings.Contains(err.Error(), "Dim") {
		t.Errorf("dim 0: %v", err)
	}
	o = smallOptions()
	o.LearningRate, o.Epochs = 1e30, 50
	if _, err := Train(context.Background(), SkipGram(), o, runOf(t, topics(500))); !errors.Is(err, training.ErrDiverged) {
		t.Errorf("learning rate 1e30: %v", err)
	}
	// A failure is not taken for the interruption that comes with it: what it
	// left is no checkpoint.
	ctx, cancel := context.WithCancel(context.Background())
	run := runOf(t, topics(500))
	run.Progress = func(training.Event) { cancel() } // called before Train returns, if not earlier
	if c, err := Train(ctx, SkipGram(), o, run); c != nil || !errors.Is(err, training.ErrDiverged) {
		t.Errorf("diverged, then canceled: checkpoint %v, %v", c != nil, err)
	}
}
