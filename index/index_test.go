package index

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var allMetrics = []Metric{Cosine, Dot, Euclidean}

// distinct are all quantizations but AutoQuantization, which is one of the others.
var distinct = quantizations[:len(quantizations)-1]

// clustered returns n packed vectors of dim values around n/100 centers. Like real
// embeddings, they defeat links that are chosen by distance alone.
func clustered(n, dim int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	centers := make([]float32, (n/100+1)*dim)
	for i := range centers {
		centers[i] = float32(r.NormFloat64())
	}
	v := make([]float32, n*dim)
	for i := range n {
		c := centers[r.IntN(n/100+1)*dim:]
		for j := range dim {
			v[i*dim+j] = c[j] + 0.4*float32(r.NormFloat64())
		}
	}
	return v
}

// size returns the size of a test: quick, or thorough in slow tests.
func size(quick, thorough int) int {
	if slow {
		return thorough
	}
	return quick
}

// sequence returns n consecutive labels.
func sequence(from, n int) []int64 {
	labels := make([]int64, n)
	for i := range labels {
		labels[i] = int64(from + i)
	}
	return labels
}

func mustNew(t testing.TB, o Options) Index {
	t.Helper()
	ix, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// filled returns an index of the packed vectors under the labels 0, 1, …
func filled(t testing.TB, o Options, vectors []float32) Index {
	t.Helper()
	ix := mustNew(t, o)
	if err := ix.AddBatch(context.Background(), sequence(0, len(vectors)/o.Dim), vectors); err != nil {
		t.Fatal(err)
	}
	return ix
}

func mustSearch(t testing.TB, ix Index, query []float32, k int, o SearchOptions) []Result {
	t.Helper()
	rs, err := ix.Search(query, k, o)
	if err != nil {
		t.Fatal(err)
	}
	checkOrder(t, ix, rs)
	return rs
}

// checkOrder fails unless results are sorted from best to worst, with ties by label, and each
// label occurs once.
func checkOrder(t testing.TB, ix Index, rs []Result) {
	t.Helper()
	seen := make(map[int64]bool)
	for i, r := range rs {
		if seen[r.Label] {
			t.Fatalf("label %d occurs twice in %v", r.Label, rs)
		}
		seen[r.Label] = true
		if i == 0 {
			continue
		}
		step := rs[i-1].Score - r.Score
		if ix.Options().Metric == Euclidean {
			step = -step
		}
		if step < 0 || step == 0 && rs[i-1].Label > r.Label {
			t.Fatalf("results %d and %d are out of order: %v", i-1, i, rs[i-1:i+1])
		}
	}
}

// recall returns the fraction of exact results that approx finds. A result counts as found if its
// score is as good as the last exact one, because equal vectors are equally correct.
func recall(t testing.TB, exact, approx Index, queries []float32, k int, o SearchOptions) float64 {
	t.Helper()
	dim, found, all := exact.Options().Dim, 0, 0
	for at := 0; at < len(queries); at += dim {
		q := queries[at : at+dim]
		want := mustSearch(t, exact, q, k, o)
		got := mustSearch(t, approx, q, k, o)
		if len(got) != len(want) {
			t.Fatalf("%d results, exact search returned %d", len(got), len(want))
		}
		all += len(want)
		for _, r := range got {
			if notWorse(exact.Options().Metric, r.Score, want[len(want)-1].Score) {
				found++
			}
		}
	}
	return float64(found) / float64(all)
}

// notWorse compares scores with a tolerance for the rounding of different kernels.
func notWorse(m Metric, a, b float32) bool {
	slack := 1e-5 * max(1, math.Abs(float64(b)))
	if m == Euclidean {
		return float64(a) <= float64(b)+slack
	}
	return float64(a) >= float64(b)-slack
}

func TestRecall(t *testing.T) {
	const dim = 32
	n := size(2000, 4000)
	vectors := clustered(n+200, dim, 7)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for _, m := range allMetrics {
		exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, base)
		for _, quant := range distinct {
			t.Run(m.String()+"-"+string(quant), func(t *testing.T) {
				approx := filled(t, Options{Dim: dim, Metric: m, Quantization: quant}, base)
				if r := recall(t, exact, approx, queries, 10, SearchOptions{}); r < 0.95 {
					t.Errorf("recall@10 %.4f with the defaults, want 0.95", r)
				}
				few := recall(t, exact, approx, queries, 10, SearchOptions{Ef: 10})
				many := recall(t, exact, approx, queries, 10, SearchOptions{Ef: 400})
				if many < 0.99 || many < few {
					t.Errorf("recall@10 %.4f at ef 10, %.4f at ef 400", few, many)
				}
				if u := approx.Stats().Unreachable; u != 0 {
					t.Errorf("%d nodes are unreachable", u)
				}
			})
		}
	}
}

// Flat is compared with the definition of the metric in float64.
func TestFlatIsExact(t *testing.T) {
	const n, dim, k = 700, 19, 25
	vectors := clustered(n+20, dim, 3)
	for _, m := range allMetrics {
		ix := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, vectors[:n*dim])
		for at := n * dim; at < len(vectors); at += dim {
			q := vectors[at : at+dim]
			rs := mustSearch(t, ix, q, k, SearchOptions{})
			better := 0
			for i := range n {
				if notWorse(m, float32(define(m, q, vectors[i*dim:(i+1)*dim])), rs[k-1].Score) {
					better++
				}
			}
			if better < k || better > k+1 { // one more may be within the tolerance
				t.Fatalf("%v: %d vectors are as near as the last of %d results", m, better, k)
			}
			for _, r := range rs {
				want := define(m, q, vectors[r.Label*dim:(r.Label+1)*dim])
				if math.Abs(float64(r.Score)-want) > 1e-4 {
					t.Fatalf("%v: label %d: score %v, want %v", m, r.Label, r.Score, want)
				}
			}
		}
	}
}

func define(m Metric, x, y []float32) float64 {
	var xy, xx, yy, dd float64
	for i := range x {
		a, b := float64(x[i]), float64(y[i])
		xy, xx, yy, dd = xy+a*b, xx+a*a, yy+b*b, dd+(a-b)*(a-b)
	}
	switch m {
	case Cosine:
		return xy / math.Sqrt(xx*yy)
	case Dot:
		return xy
	}
	return math.Sqrt(dd)
}

func TestReproducible(t *testing.T) {
	vectors := clustered(1500, 16, 5)
	files := make([][]byte, 3)
	for i, seed := range []uint64{4, 4, 5} {
		ix := filled(t, Options{Dim: 16, Threads: 1, Seed: seed, M: 8, EfConstruction: 60}, vectors)
		files[i] = saved(t, ix)
	}
	if string(files[0]) != string(files[1]) {
		t.Error("with one thread and one seed, two graphs differ")
	}
	if string(files[0]) == string(files[2]) {
		t.Error("the seed has no effect")
	}
}

func TestVectorIsACopy(t *testing.T) {
	for _, kind := range []Kind{Flat, HNSW} {
		ix := filled(t, Options{Dim: 2, Kind: kind}, []float32{3, 4, 0, 2})
		v, ok := ix.Vector(0)
		if !ok || fmt.Sprint(v) != "[0.6 0.8]" {
			t.Fatalf("%s: Vector returned %v, %v, want [0.6 0.8]", kind, v, ok)
		}
		v[0] = 9
		if again, _ := ix.Vector(0); again[0] != 0.6 {
			t.Errorf("%s: changing the result of Vector changed the index", kind)
		}
		if _, ok := ix.Vector(2); ok {
			t.Errorf("%s: found a label that was never added", kind)
		}
	}
}
