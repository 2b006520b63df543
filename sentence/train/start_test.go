package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// begun is a trainer before its first step.
func begun(t *testing.T, o Options, run Run) *trainer {
	t.Helper()
	tr, err := newTrainer(context.Background(), o, run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.engine.Close() })
	return tr
}

// The projection of PCA has the right singular vectors of the centerd features, weighted by
// the root of how often they occur.
func TestPrincipalComponents(t *testing.T) {
	tokenizer := topicTokenizer(t)
	pairs := pairsOf(t, tokenizer, rowsOf(ofPairs, 90))
	for _, hidden := range []int{0, 11} {
		tr := begun(t, with(func(o *Options) { o.Dim, o.Hidden, o.Project, o.ProjectInit = 18, hidden, 5, "pca" }), Run{Pairs: pairs, Tokenizer: tokenizer})
		e := tr.encoder
		row := func(of []float32, i, cols int) []float32 { return of[i*kernel.Stride(cols):][:cols] }
		width := e.Width()
		features := mat.NewDense(e.Rows, width, nil)
		for i := range e.Rows {
			x := row(e.Table, i, e.Dim)
			for j := range width {
				v := 0.0
				if hidden == 0 {
					v = float64(x[j])
				} else {
					for k, w := range row(e.Linear, j, e.Dim) {
						v += float64(w) * float64(x[k])
					}
					v = max(0, v)
				}
				features.Set(i, j, v)
			}
		}
		total := 0.0
		mean := make([]float64, width)
		for i, n := range pairs.TokenCounts() {
			total += float64(n)
			for j := range mean {
				mean[j] += float64(n) * features.At(i, j)
			}
		}
		for i, n := range pairs.TokenCounts() {
			for j := range mean {
				features.Set(i, j, math.Sqrt(float64(n)/total)*(features.At(i, j)-mean[j]/total))
			}
		}
		var svd mat.SVD
		if !svd.Factorize(features, mat.SVDThin) {
			t.Fatal("no singular vectors")
		}
		var v mat.Dense
		svd.VTo(&v)
		for i := range e.Out {
			dot := 0.0
			for j, p := range row(e.Projection, i, width) {
				dot += float64(p) * v.At(j, i)
			}
			if math.Abs(math.Abs(dot)-1) > 1e-4 {
				t.Errorf("hidden %d: component %d has cosine %g with the singular vector", hidden, i, dot)
			}
		}
	}
}

// Given rows are scaled to the length of the others by one factor; Freeze keeps them.
func TestTrainFromVectors(t *testing.T) {
	tokenizer := topicTokenizer(t)
	run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer}
	v := tokenizer.Vocabulary()
	table := checkpoints.NewTensor(v.Len(), 2)
	given := make([]bool, v.Len())
	for i, row := range [][]float32{{3, 4}, {6, 8}} {
		copy(table.Row(i), row)
		given[i] = true
	}
	run.Start = &Start{Table: &table, Given: given}
	c := train(t, with(func(o *Options) { o.Dim, o.Project, o.Freeze, o.InitScale = 2, 3, true, 1 }), run)
	got := c.Tensors[checkpoints.EmbeddingTensor]
	// The root of the mean square, √(125/4), becomes 1.
	for i, want := range []float64{3, 6} {
		if want /= math.Sqrt(125. / 4); math.Abs(float64(got.Row(i)[0])-want) > 1e-6 {
			t.Errorf("row %d starts with %g, want %g", i, got.Row(i)[0], want)
		}
	}
	free := run
	free.Start = &Start{Table: &table, Given: given[1:]}
	if _, err := Train(context.Background(), with(func(o *Options) { o.Dim = 2 }), free); err == nil {
		t.Error("a start for another vocabulary is not an error")
	}
}

// A run that starts from an encoder starts with its vectors, in all layers.
func TestTrainFromAnEncoder(t *testing.T) {
	tokenizer := topicTokenizer(t)
	run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer}
	o := with(func(o *Options) { o.Hidden, o.Project, o.Pooling = 12, 7, sentence.SIF })
	c := train(t, o, run)
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatal(err)
	}
	// Other pairs, other shares of tokens: the weights stay those of the encoder.
	next := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 40)), Tokenizer: encoder.Tokenizer(), Start: &Start{Encoder: encoder}}
	tr := begun(t, o, next)
	begin := tr.model()
	begin.State = c.State
	sameTensors(t, "the start", begin, c)
	if tr.step([]int32{0}, &Gradient{}, 0.1) == nil {
		t.Error("an invalid gradient is not an error")
	}
	if slices.Equal(train(t, o, next).Tensors[checkpoints.EmbeddingTensor].Data, c.Tensors[checkpoints.EmbeddingTensor].Data) {
		t.Error("nothing is learned")
	}
	again, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"dim":     with(func(o *Options) { o.Dim, o.Hidden, o.Project, o.Pooling = 19, 12, 7, sentence.SIF }),
		"hidden":  with(func(o *Options) { o.Hidden, o.Project, o.Pooling = 13, 7, sentence.SIF }),
		"project": with(func(o *Options) { o.Hidden, o.Pooling = 12, sentence.SIF }),
		"pooling": with(func(o *Options) { o.Hidden, o.Project, o.Pooling = 12, 7, sentence.Mean }),
	} {
		next.Start = &Start{Encoder: again}
		if _, err := Train(context.Background(), o, next); err == nil || !strings.Contains(err.Error(), "layers") {
			t.Errorf("another %s: %v", name, err)
		}
	}
	words := append(slices.Concat(topics...), append(filler, "one", "more")...)
	other := tokenizerOf(t, words...)
	next = Run{Pairs: pairsOf(t, other, rowsOf(ofPairs, 40)), Tokenizer: other, Start: &Start{Encoder: again}}
	if _, err := Train(context.Background(), o, next); err == nil || !strings.Contains(err.Error(), "tokens") {
		t.Errorf("another vocabulary: %v", err)
	}
}

// Dropout leaves out its part, lets the others grow, and draws by the step alone.
func TestDropoutRates(t *testing.T) {
	tokenizer := topicTokenizer(t)
	pairs := pairsOf(t, tokenizer, rowsOf(ofPairs, 90))
	draw := func(rate float64, step uint64) []float32 {
		tr := begun(t, with(func(o *Options) { o.Dim, o.Dropout = 512, rate }), Run{Pairs: pairs, Tokenizer: tokenizer})
		w := &worker{trainer: tr}
		b := &Batch{Examples: 100, Columns: 2}
		w.drop(b, step)
		return b.Dropout
	}
	for _, rate := range []float64{0.1, 0.5, 0.9} {
		mask := draw(rate, 1)
		zeros, sum := 0, 0.0
		for _, x := range mask {
			if x == 0 {
				zeros++
			} else if math.Abs(float64(x)-1/(1-rate)) > 1e-6 {
				t.Fatalf("rate %g: %g in the mask", rate, x)
			}
			sum += float64(x)
		}
		n := float64(len(mask))
		if n != 200*512 || math.Abs(float64(zeros)/n-rate) > 5*math.Sqrt(rate*(1-rate)/n) || math.Abs(sum/n-1) > 0.05 {
			t.Errorf("rate %g: %d of %g left out, mean %g", rate, zeros, n, sum/n)
		}
		if !slices.Equal(mask, draw(rate, 1)) || slices.Equal(mask, draw(rate, 2)) {
			t.Errorf("rate %g: a mask is not that of its step", rate)
		}
	}
	if slices.Contains(draw(1e-18, 1), 0) {
		t.Error("a rate that is lost beside 1 leaves something out")
	}
}

// The rows and weights of a batch give the vectors that the encoder gives to its texts.
func TestBatchesAreTheTexts(t *testing.T) {
	tokenizer := topicTokenizer(t)
	rows := rowsOf(ofPairs, 12)
	pairs := pairsOf(t, tokenizer, rows)
	for _, pooling := range sentence.Poolings {
		tr := begun(t, with(func(o *Options) { o.Pooling = pooling }), Run{Pairs: pairs, Tokenizer: tokenizer})
		model := tr.model()
		model.Config.Encoder.Normalize = false
		e, err := sentence.FromCheckpoint(model)
		if err != nil {
			t.Fatal(err)
		}
		w := &worker{trainer: tr}
		if err := w.Prepare(0); err != nil {
			t.Fatal(err)
		}
		var want [][]float32 // of each text the vector, in any order
		for _, line := range strings.Split(strings.TrimSpace(rows), "\n")[1:] {
			for text := range strings.SplitSeq(line, "\t") {
				v := make([]float32, e.Dim())
				if _, err := e.Encode(v, text); err != nil {
					t.Fatal(err)
				}
				want = append(want, v)
			}
		}
		b := &w.batches[0]
		for k := range b.Texts() {
			v := make([]float64, 20)
			for i := b.Offsets[k]; i < b.Offsets[k+1]; i++ {
				row := tr.encoder.Table[int(b.Rows[b.Tokens[i]])*kernel.Stride(20):][:20]
				for j, x := range row {
					switch {
					case pooling != sentence.Max:
						v[j] += float64(b.Weights[i]) * float64(x)
					case i == b.Offsets[k]:
						v[j] = float64(x)
					default:
						v[j] = max(v[j], float64(x))
					}
				}
			}
			if !slices.ContainsFunc(want, func(w []float32) bool {
				for j := range v {
					if math.Abs(v[j]-float64(w[j])) > 1e-5 {
						return false
					}
				}
				return true
			}) {
				t.Errorf("%s: text %d has the vector %v, which none of the texts has", pooling, k, v)
			}
		}
	}
}
