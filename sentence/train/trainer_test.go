package train

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// topics are what the texts of the tests are about.
var topics = [][]string{
	{"guitar", "piano", "song", "violin", "drum", "melody"},
	{"bread", "cheese", "soup", "apple", "rice", "salad"},
	{"river", "flood", "water", "boat", "bridge", "lake"},
	{"stock", "market", "price", "bank", "money", "trade"},
}

// filler stands in texts of any topic.
var filler = []string{"now", "today", "often", "here", "there", "soon", "never", "always"}

func topicTokenizer(t testing.TB) *tokenize.Tokenizer {
	return tokenizerOf(t, append(slices.Concat(topics...), filler...)...)
}

func topicText(rng *rand.Rand, topic int) string {
	var words []string
	for range 2 + rng.IntN(3) {
		words = append(words, topics[topic][rng.IntN(6)])
	}
	for range 1 + rng.IntN(3) {
		words = append(words, filler[rng.IntN(len(filler))])
	}
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words, " ")
}

// The kinds of rows that rowsOf makes.
const (
	ofPairs    = "anchor\tpositive"
	ofTriplets = "anchor\tpositive\tnegative"
	ofScores   = "sentence1\tsentence2\tscore"
	ofLabels   = "sentence1\tsentence2\tlabel"
)

// rowsOf makes n examples of a kind, and their header.
func rowsOf(kind string, n int) string {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	var b strings.Builder
	b.WriteString(kind + "\n")
	for range n {
		topic := rng.IntN(4)
		other := (topic + 1 + rng.IntN(3)) % 4
		row := []string{topicText(rng, topic), topicText(rng, topic)}
		switch unrelated := rng.IntN(2) == 0; {
		case kind == ofTriplets:
			row = append(row, topicText(rng, other))
		case kind == ofScores && unrelated:
			row[1] = topicText(rng, other)
			row = append(row, fmt.Sprintf("%.1f", rng.Float64()))
		case kind == ofScores:
			row = append(row, fmt.Sprintf("%.1f", 4+rng.Float64()))
		case kind == ofLabels && unrelated:
			row[1] = topicText(rng, other)
			row = append(row, "0")
		case kind == ofLabels:
			row = append(row, "1")
		}
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return b.String()
}

func pairsOf(t testing.TB, tokenizer *tokenize.Tokenizer, rows string) *pairs.Dataset {
	t.Helper()
	source := pairs.Source{Source: text.FromReader("pairs.tsv", strings.NewReader(rows))}
	pairs, err := pairs.Build(context.Background(), []pairs.Source{source}, pairs.Options{Tokenizer: tokenizer, Related: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pairs.Close() })
	return pairs
}

// small are options of a run that takes milliseconds; none of them is a default.
func small() Options {
	return Options{
		Dim: 20, ProjectInit: "random", Pooling: sentence.Mean, SIF: 1e-2, InitScale: 0.5,
		Loss: InBatch, Scale: 12, Margin: 0.4, Symmetric: true,
		BatchSize: 16, MaxTokens: 0, Epochs: 2,
		Optimizer: AdaGrad, LearningRate: 0.1, Decay: LinearDecay,
		Threads: 2, Seed: 3, Engine: Fused,
	}
}

func with(change func(o *Options)) Options {
	o := small()
	change(&o)
	return o
}

func train(t testing.TB, o Options, run Run) *checkpoints.Checkpoint {
	t.Helper()
	c, err := Train(context.Background(), o, run)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sameTensors reports where the numbers of two checkpoints, and what they keep for
// training, are not the same to the bit.
func sameTensors(t *testing.T, what string, got, want *checkpoints.Checkpoint) {
	t.Helper()
	for _, of := range []struct {
		name      string
		got, want map[string]checkpoints.Tensor
	}{{"model", got.Tensors, want.Tensors}, {"state", got.State, want.State}} {
		if g, w := slices.Sorted(maps.Keys(of.got)), slices.Sorted(maps.Keys(of.want)); !slices.Equal(g, w) {
			t.Errorf("%s: %s: tensors %q, want %q", what, of.name, g, w)
			continue
		}
		for name, w := range of.want {
			g := of.got[name]
			if !slices.Equal(g.Shape, w.Shape) {
				t.Errorf("%s: %s has shape %v, want %v", what, name, g.Shape, w.Shape)
				continue
			}
		rows:
			for i := range w.Rows() {
				for j, x := range w.Row(i) {
					if math.Float32bits(x) != math.Float32bits(g.Row(i)[j]) {
						t.Errorf("%s: %s differs, first in row %d, column %d: %g, want %g", what, name, i, j, g.Row(i)[j], x)
						break rows
					}
				}
			}
		}
	}
}

// losses are those of the lines of the log, which are of one step each in a run of below
// 400.
func lossesOf(t *testing.T, c *checkpoints.Checkpoint) []float64 {
	t.Helper()
	var all []float64
	for line := range bytes.Lines(c.Log) {
		var l training.LogLine
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(line, []byte(`"kind"`)) {
			continue // of a validation
		}
		if l.PairsPerSecond <= 0 || l.WordsPerSecond != 0 {
			t.Errorf("log: %s", line)
		}
		all = append(all, l.Loss)
	}
	return all
}

// forms are runs of every kind: losses, poolings, layers, optimizers.
func forms() map[string]struct {
	rows    string
	options Options
} {
	type form = struct {
		rows    string
		options Options
	}
	return map[string]form{
		"plain":         {ofPairs, small()},
		"all layers":    {ofPairs, with(func(o *Options) { o.Hidden, o.Project, o.Dropout = 33, 7, 0.2 })},
		"max":           {ofPairs, with(func(o *Options) { o.Pooling, o.Hidden, o.Optimizer = sentence.Max, 17, Adam; o.LearningRate = 0.01 })},
		"sif":           {ofPairs, with(func(o *Options) { o.Pooling, o.Project, o.ProjectInit = sentence.SIF, 9, "pca" })},
		"first":         {ofPairs, with(func(o *Options) { o.Pooling, o.Optimizer, o.LearningRate = sentence.First, SGD, 1 })},
		"last":          {ofPairs, with(func(o *Options) { o.Pooling, o.Symmetric, o.Decay = sentence.Last, false, CosineDecay })},
		"wide scale":    {ofPairs, with(func(o *Options) { o.Scale, o.ClipNorm = 100, 0.5 })},
		"matryoshka":    {ofPairs, with(func(o *Options) { o.Matryoshka = []int{20, 8, 3} })},
		"negatives":     {ofTriplets, with(func(o *Options) { o.Optimizer, o.WeightDecay, o.LearningRate, o.Warmup = AdamW, 0.1, 0.01, 0.2 })},
		"triplet":       {ofTriplets, with(func(o *Options) { o.Loss, o.Decay = Triplet, NoDecay })},
		"related":       {ofPairs, with(func(o *Options) { o.Loss = Related })},
		"labels":        {ofLabels, with(func(o *Options) { o.Loss = Related })},
		"contrastive":   {ofLabels, with(func(o *Options) { o.Loss = Contrastive })},
		"cosine":        {ofScores, with(func(o *Options) { o.Loss = Cosine })},
		"cosent":        {ofScores, with(func(o *Options) { o.Loss = CoSENT })},
		"frozen":        {ofPairs, with(func(o *Options) { o.Freeze, o.Project, o.ClipNorm = true, 12, 0.1 })},
		"batches of 64": {ofPairs, with(func(o *Options) { o.BatchSize, o.Mixed = 64, true })},
	}
}

// The bytes of a model do not depend on the number of threads; every form learns: its loss
// falls, and its vectors are the same from one folded table.
func TestTrainForms(t *testing.T) {
	tokenizer := topicTokenizer(t)
	for name, f := range forms() {
		pairs := pairsOf(t, tokenizer, rowsOf(f.rows, 90))
		run := Run{Pairs: pairs, Tokenizer: tokenizer}
		f.options.Epochs = 8
		one := f.options
		one.Threads = 1
		want := train(t, one, run)
		for _, threads := range []int{2, 3} {
			o := f.options
			o.Threads = threads
			sameTensors(t, fmt.Sprintf("%s on %d threads", name, threads), train(t, o, run), want)
		}
		l := lossesOf(t, want)
		n := len(l) / 4
		mean := func(l []float64) float64 {
			sum := 0.0
			for _, x := range l {
				sum += x / float64(len(l))
			}
			return sum
		}
		if first, last := mean(l[:n]), mean(l[len(l)-n:]); !(last < first) {
			t.Errorf("%s: the loss was %.4f, and is %.4f", name, first, last)
		}
		if c := want.Config; c.Kind != sentence.Kind || !c.Progress.Finished || c.Progress.Done != 1 || c.Encoder.Pooling != string(f.options.Pooling) || c.Corpus.Lines != 90 {
			t.Errorf("%s: config %+v", name, c)
		}
		checkFold(t, name, want)
	}
}

// checkFold holds the vectors of a model against those of its folded table.
func checkFold(t *testing.T, name string, c *checkpoints.Checkpoint) {
	t.Helper()
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	folded, err := encoder.Fold()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	a, b := make([]float32, encoder.Dim()), make([]float32, encoder.Dim())
	for range 20 {
		text := topicText(rng, rng.IntN(4))
		if _, err := encoder.Encode(a, text); err != nil {
			t.Fatal(err)
		}
		if _, err := folded.Encode(b, text); err != nil {
			t.Fatal(err)
		}
		for i := range a {
			if math.Abs(float64(a[i]-b[i])) > 1e-5 {
				t.Fatalf("%s: %q: number %d is %g, folded %g", name, text, i, a[i], b[i])
			}
		}
	}
}

// What belongs together comes near, and what does not stays away.
func TestTrainLearnsTopics(t *testing.T) {
	tokenizer := topicTokenizer(t)
	run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 200)), Tokenizer: tokenizer}
	for _, pooling := range []sentence.Pooling{sentence.Mean, sentence.Max, sentence.SIF} {
		c := train(t, with(func(o *Options) { o.Pooling, o.Epochs, o.LearningRate = pooling, 12, 0.2 }), run)
		e, err := sentence.FromCheckpoint(c)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(8, 8))
		near, far := 0.0, 0.0
		cosine := func(a, b string) (sum float64) {
			v, _, err := e.EncodeBatch(context.Background(), []string{a, b}, 1)
			if err != nil {
				t.Fatal(err)
			}
			for i := range e.Dim() {
				sum += float64(v[i]) * float64(v[e.Dim()+i])
			}
			return sum
		}
		for i := range 40 {
			near += cosine(topicText(rng, i%4), topicText(rng, i%4)) / 40
			far += cosine(topicText(rng, i%4), topicText(rng, (i+1)%4)) / 40
		}
		if near < far+0.3 {
			t.Errorf("%s: mean cosine %.3f within a topic and %.3f between two", pooling, near, far)
		}
	}
}

// stopAt returns a validation that ends ctx after so many steps.
// cutAt trains until so many steps are done, and takes the checkpoint through a folder.
// A run that was cut, at the end of an epoch or in the middle of one, ends with the bytes of
// one that was not.
// The best model is the same as well, whether the run was cut before, at or after it.
// Stock operations of gorgonia take the same course as the fused ones.
func TestEnginesTakeTheSameCourse(t *testing.T) {
	tokenizer := topicTokenizer(t)
	for _, name := range []string{"all layers", "max", "wide scale", "matryoshka", "negatives", "cosent", "labels"} {
		f := forms()[name]
		o := f.options
		o.Epochs, o.LearningRate = 4, o.LearningRate/4
		run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(f.rows, 75)), Tokenizer: tokenizer}
		fused := lossesOf(t, train(t, o, run))
		o.Engine = Graph
		graph := lossesOf(t, train(t, o, run))
		if len(fused) < 20 || len(fused) != len(graph) {
			t.Fatalf("%s: %d and %d losses", name, len(fused), len(graph))
		}
		for i := range fused {
			if math.Abs(fused[i]-graph[i]) > 1e-4*max(1, graph[i]) {
				t.Errorf("%s: step %d: loss %.6f, with stock operations %.6f", name, i+1, fused[i], graph[i])
				break
			}
		}
	}
}
