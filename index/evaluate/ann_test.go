package evaluate

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/index"
)

func filled(t testing.TB, o index.Options, vectors []float32) index.Index {
	t.Helper()
	ix, err := index.New(o)
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]int64, len(vectors)/o.Dim)
	for i := range labels {
		labels[i] = int64(i)
	}
	if err := ix.AddBatch(context.Background(), labels, vectors); err != nil {
		t.Fatal(err)
	}
	return ix
}

func randomVectors(n, dim int) []float32 {
	r := rand.New(rand.NewPCG(9, uint64(n)))
	v := make([]float32, n*dim)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func TestANN(t *testing.T) {
	const dim = 16
	for _, metric := range []index.Metric{index.Cosine, index.Euclidean} {
		base, queries := randomVectors(2000, dim), randomVectors(100, dim)
		exact := filled(t, index.Options{Dim: dim, Metric: metric, Kind: index.Flat}, base)
		approx := filled(t, index.Options{Dim: dim, Metric: metric, M: 6, EfConstruction: 20}, base)
		points, err := ANN(context.Background(), exact, approx, queries, 10, []int{10, 400})
		if err != nil {
			t.Fatal(err)
		}
		low, high := points[0], points[1]
		if low.Ef != 10 || high.Ef != 400 || low.K != 10 || low.Queries != 100 || low.ExactQueriesPerSecond <= 0 || low.QueriesPerSecond <= 0 {
			t.Errorf("%v: %+v", metric, points)
		}
		if low.Recall >= high.Recall || low.Recall < 0.3 || high.Recall < 0.95 {
			t.Errorf("%v: recall %v at ef 10 and %v at ef 400", metric, low.Recall, high.Recall)
		}
		self, err := ANN(context.Background(), exact, exact, queries, 10, []int{1})
		if err != nil || self[0].Recall != 1 {
			t.Errorf("%v: an index compared with itself: %+v, error %v", metric, self, err)
		}
		var b strings.Builder
		if err := WriteANN(&b, points); err != nil || !strings.Contains(b.String(), "recall@10") || strings.Count(b.String(), "\n") != 4 {
			t.Errorf("got %v, error %v", b.String(), err)
		}
	}
}

// Equal vectors with other labels count as found.
func TestRecall(t *testing.T) {
	r := func(pairs ...float32) []index.Result {
		var out []index.Result
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, index.Result{Label: int64(pairs[i]), Score: pairs[i+1]})
		}
		return out
	}
	larger := func(a, b float32) bool { return a >= b }
	smaller := func(a, b float32) bool { return a <= b }
	for _, c := range []struct {
		name         string
		truth, found []index.Result
		nearer       func(a, b float32) bool
		want         float64
	}{
		{"all", r(1, .9, 2, .8), r(2, .8, 1, .9), larger, 1},
		{"half", r(1, .9, 2, .8), r(1, .9, 3, .7), larger, 0.5},
		{"none", r(1, .9, 2, .8), r(3, .7, 4, .6), larger, 0},
		{"ties", r(1, .9, 2, .8), r(1, .9, 7, .8), larger, 1},
		{"more than asked", r(1, .9), r(1, .9, 2, .9), larger, 1},
		{"too few", r(1, .9, 2, .8), r(1, .9), larger, 0.5},
		{"distances", r(1, .1, 2, .2), r(1, .1, 3, .3), smaller, 0.5},
		{"distance ties", r(1, .1, 2, .2), r(1, .1, 3, .2), smaller, 1},
		{"rounding of the same label", r(1, .9, 2, .8), r(1, .9, 2, .79999), larger, 1},
		{"empty index", nil, nil, larger, 0},
	} {
		if got := recall([][]index.Result{c.truth}, [][]index.Result{c.found}, c.nearer); got != c.want {
			t.Errorf("%s: recall %v, want %v", c.name, got, c.want)
		}
	}
}

func TestANNErrors(t *testing.T) {
	v := randomVectors(50, 4)
	exact := filled(t, index.Options{Dim: 4, Kind: index.Flat}, v)
	wide := filled(t, index.Options{Dim: 5, Kind: index.Flat}, randomVectors(50, 5))
	dot := filled(t, index.Options{Dim: 4, Kind: index.Flat, Metric: index.Dot}, v)
	ctx := context.Background()
	for name, err := range map[string]error{
		"k":         second(ANN(ctx, exact, exact, v, 0, []int{10})),
		"empty":     second(ANN(ctx, exact, exact, nil, 10, []int{10})),
		"ragged":    second(ANN(ctx, exact, exact, v[:7], 10, []int{10})),
		"dimension": second(ANN(ctx, exact, wide, v, 10, []int{10})),
		"metric":    second(ANN(ctx, exact, dot, v, 10, []int{10})),
		"ef":        second(ANN(ctx, exact, exact, v, 10, []int{0})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := ANN(canceled, exact, exact, v, 10, []int{10}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if points, err := ANN(ctx, exact, exact, v, 10, nil); err != nil || len(points) != 0 || WriteANN(nil, points) != nil {
		t.Errorf("without efs: %v, error %v", points, err)
	}
}

func second(_ []ANNPoint, err error) error { return err }

func BenchmarkAnalogies(b *testing.B) {
	const n, dim, asked = 30000, 100, 20000
	words, rows := make([]string, n), make([][]float32, n)
	flat := randomVectors(n, dim)
	for i := range words {
		words[i], rows[i] = string(rune('a'+i%26))+string(rune(0x4e00+i/26)), flat[i*dim:(i+1)*dim]
	}
	w := vectors(false, words, rows)
	r := rand.New(rand.NewPCG(1, 1))
	qs := make([]question, asked)
	for i := range qs {
		qs[i] = question{a: r.Int32N(900), b: r.Int32N(900), c: r.Int32N(900)}
	}
	for b.Loop() {
		if _, err := w.answer(context.Background(), qs, n, 0); err != nil {
			b.Fatal(err)
		}
	}
}
