package distill

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// pairsOf reads pairs in which "river" belongs to "bank", and "town" to "money".
func pairsOf(t *testing.T, e *transformer.Encoder) *pairs.Dataset {
	t.Helper()
	var b strings.Builder
	for i := range 200 {
		with := strings.Fields("he she it on at for with as by was")[i%10]
		fmt.Fprintf(&b, "%s %d river\tthe %d bank\n%s %d town\tthe %d money\n", with, i%7, i%7, with, i%5, i%5)
	}
	path := filepath.Join(t.TempDir(), "pairs.tsv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := pairs.Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pairs.Build(context.Background(), sources, pairs.Options{Tokenizer: e.Tokenizer(), Related: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// The table of the pairs has its dimensions beside the teacher's, and it and tuning bring pairs together.
func TestPairs(t *testing.T) {
	e, ctx := teacher(t), context.Background()
	similarity := func(c *checkpoints.Checkpoint) float64 {
		student, err := sentence.FromCheckpoint(c)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := student.EncodeBatch(ctx, []string{"river", "bank", "town", "money"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		dim := student.Dim()
		at := func(i int) []float32 { return v[i*dim : (i+1)*dim] }
		return float64(kernel.Dot(at(0), at(1)) + kernel.Dot(at(2), at(3)) - kernel.Dot(at(0), at(3)) - kernel.Dot(at(2), at(1)))
	}
	o := small()
	alone, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Pairs, o.PairDim, o.TuneSteps, o.Dim = pairsOf(t, e), 8, 0, e.Dim()+8
	table, report, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	if table.Config.VectorDim() != e.Dim()+8 || report.Dim != e.Dim()+8 {
		t.Errorf("%d dimensions", table.Config.VectorDim())
	}
	o.TuneSteps = 20
	tuned, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	if a, b, c := similarity(alone), similarity(table), similarity(tuned); !(b > a+0.1 && c > b) {
		t.Errorf("pairs are more similar than others by %.3f, with the table %.3f, tuned %.3f", a, b, c)
	}
	if len(tuned.State) > 0 || tuned.Config.Options != nil {
		t.Error("the model has the state of its training on pairs")
	}
	o.Threads = 3
	again, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tuned.Tensors[checkpoints.EmbeddingTensor].Data, again.Tensors[checkpoints.EmbeddingTensor].Data) {
		t.Error("another number of threads makes another model")
	}
}

// With Exact, what is added to the texts' sums has that share of their length; in the sums, a token that
// occurs n times counts n^Repeats times.
func TestExact(t *testing.T) {
	e, ctx := teacher(t), context.Background()
	for _, repeats := range []float64{1, 0.5} {
		o := small()
		o.Repeats = repeats
		plain, _, err := Train(ctx, e, sampled(e, o), o)
		if err != nil {
			t.Fatal(err)
		}
		o.Exact = 0.3
		random, _, err := Train(ctx, e, sampled(e, o), o)
		if err != nil {
			t.Fatal(err)
		}
		a, b := plain.Embedding(), random.Embedding()
		weights := plain.Tensors[checkpoints.PoolingTensor].Data
		length, added := 0.0, 0.0
		for _, text := range sampled(e, o).texts {
			counts := map[int32]float64{}
			for _, id := range text {
				counts[id]++
			}
			var sum, more [64]float64
			for id, n := range counts {
				w := float64(weights[id]) * math.Pow(n, repeats)
				for j := range e.Dim() {
					sum[j] += w * float64(a.Row(int(id))[j])
					more[j] += w * float64(b.Row(int(id))[j]-a.Row(int(id))[j])
				}
			}
			x, y := 0.0, 0.0
			for j := range sum {
				x, y = x+sum[j]*sum[j], y+more[j]*more[j]
			}
			length, added = length+math.Sqrt(x), added+math.Sqrt(y)
		}
		if share := added / length; math.Abs(share-0.3) > 1e-3 {
			t.Errorf("repeats %g: the random vectors have %.4f of the length, want 0.3", repeats, share)
		}
		if got := plain.Config.Encoder.Repeats; got != repeats && (repeats != 1 || got != 0) {
			t.Errorf("the model has the power %g, want %g", got, repeats)
		}
	}
}

// Scored pairs put the similarities in the order of their scores.
func TestScored(t *testing.T) {
	e, ctx := teacher(t), context.Background()
	var b strings.Builder
	for i := range 100 {
		with := strings.Fields("he she it on at for with as by was")[i%10]
		fmt.Fprintf(&b, "%s river\t%s money\t%d\n%s river\t%s bank\t%d\n", with, with, 5-i%2, with, with, i%2)
	}
	path := filepath.Join(t.TempDir(), "scored.tsv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := pairs.Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	scored, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: e.Tokenizer()})
	if err != nil {
		t.Fatal(err)
	}
	defer scored.Close()
	difference := func(o Options) float64 {
		c, _, err := Train(ctx, e, sampled(e, o), o)
		if err != nil {
			t.Fatal(err)
		}
		student, err := sentence.FromCheckpoint(c)
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := student.EncodeBatch(ctx, []string{"the river", "the money", "the bank"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		dim := student.Dim()
		return float64(kernel.Dot(v[:dim], v[dim:2*dim]) - kernel.Dot(v[:dim], v[2*dim:]))
	}
	o := small()
	before := difference(o)
	o.Scored, o.ScoredEpochs = scored, 30
	if after := difference(o); !(after > before+0.1) {
		t.Errorf("the pair with the high score is more similar by %.3f, before by %.3f", after, before)
	}
	o.Scored = pairsOf(t, e)
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "Scored must be pairs with scores") {
		t.Errorf("pairs without scores: %v", err)
	}
}
