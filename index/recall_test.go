package index

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// drawn returns n vectors of dim values that value draws.
func drawn(n, dim int, value func(r *rand.Rand, i, j int) float64) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	v := make([]float32, n*dim)
	for k := range v {
		v[k] = float32(value(r, k/dim, k%dim))
	}
	return v
}

// Codes hold whatever the values are, but for too few bits. The shares without codes are 1: the graph is
// not at fault.
func TestCodesThatCollapse(t *testing.T) {
	normal := func(r *rand.Rand, _, _ int) float64 { return r.NormFloat64() }
	centers := drawn(50, 32, normal)
	data := []struct {
		name  string
		dim   int
		value func(r *rand.Rand, i, j int) float64
		bad   []Quantization // found by less than GoodRecall
	}{
		{"latitude and longitude", 2, func(r *rand.Rand, _, j int) float64 { return []float64{40, -75}[j] + 5*r.Float64() }, []Quantization{Int1}},
		{"a time stamp", 16, func(r *rand.Rand, _, j int) float64 {
			if j == 0 {
				return 1.6e9 + 1e7*r.Float64()
			}
			return r.NormFloat64()
		}, nil},
		{"clusters at +100", 32, func(r *rand.Rand, i, j int) float64 {
			return 100 + 3*float64(centers[i%50*32+j]) + r.NormFloat64()
		}, nil},
		{"a constant", 64, func(r *rand.Rand, _, j int) float64 {
			if j == 0 {
				return 1000
			}
			return r.NormFloat64()
		}, []Quantization{Int1}},
		{"around zero", 64, normal, []Quantization{Int1}},
		{"not negative", 64, func(r *rand.Rand, _, _ int) float64 { return r.Float64() }, []Quantization{Int1}},
		{"counts", 64, func(r *rand.Rand, _, _ int) float64 { return float64(int(30 * r.ExpFloat64())) }, nil},
	}
	for _, d := range data {
		n := 3000
		if d.dim == 2 {
			n = 20000
		}
		vectors := drawn(n, d.dim, d.value)
		for _, q := range Quantizations() {
			if d.dim == 2 && q == Int2 {
				continue // on the verge
			}
			ix := filled(t, Options{Dim: d.dim, Metric: Euclidean, Quantization: q, EfConstruction: 60}, vectors)
			r, err := MeasureRecall(t.Context(), ix)
			if err != nil || r.Queries != 100 || r.K != 10 {
				t.Fatalf("%s, %s: %+v, error %v", d.name, q, r, err)
			}
			least := GoodRecall
			if q == Edges {
				least -= 0.05 // EfSearch nodes are expanded, not only met
			}
			if bad := slices.Contains(d.bad, q); bad != (r.Codes < GoodRecall) || !bad && r.Found < least || bad != (r.Warning() != "") || q == NoQuantization && r.Codes != 1 {
				t.Errorf("%s, %s: %+v", d.name, q, r)
			}
			if err := r.Check(q); (err != nil) != (r.Codes < PoorRecall) || err != nil && (!strings.Contains(err.Error(), string(q)) || fault.Hint(err) == "") {
				t.Errorf("%s, %s: %+v, error %v", d.name, q, r, err)
			}
		}
	}
}

// The codes of a small cluster collapse, which the mean hides.
func TestCodesOfAFewCollapse(t *testing.T) {
	const n, dim = 8000, 32
	for _, part := range []int{12, 20} {
		vectors := drawn(n, dim, func(r *rand.Rand, i, j int) float64 {
			if i%part == 0 {
				return 100 + float64(j) + 0.02*r.NormFloat64()
			}
			return r.NormFloat64()
		})
		for _, q := range Quantizations() {
			ix := filled(t, Options{Dim: dim, Metric: Euclidean, Quantization: q, EfConstruction: 20}, vectors)
			r, err := MeasureRecall(t.Context(), ix)
			if err != nil {
				t.Fatal(err)
			}
			if q == Int1 {
				continue // with one bit, those of the others are poor too
			}
			coded := ix.Options().Quantization != NoQuantization
			if r.Codes < GoodRecall || coded != (r.Poor > 0.5/float64(part)) || coded != strings.Contains(r.Warning(), "less than half") || r.Check(q) != nil {
				t.Errorf("1 of %d, %s: %v of %v, warning %q", part, q, r.Poor, r.Codes, r.Warning())
			}
		}
	}
}

// What is drawn depends neither on the threads nor on what was deleted before.
func TestRecallOfASample(t *testing.T) {
	vectors := drawn(3000, 16, func(r *rand.Rand, _, j int) float64 { return r.NormFloat64() + 30*float64(j/15) })
	var first Recall
	for i, threads := range []int{1, 4, 4} {
		ix := mustNew(t, Options{Dim: 16, Quantization: Int1, Threads: threads})
		if i > 0 {
			if err := ix.AddBatch(t.Context(), sequence(5000, 500), vectors[:500*16]); err != nil {
				t.Fatal(err)
			}
		}
		if err := ix.AddBatch(t.Context(), sequence(0, 3000), vectors); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := ix.Delete(sequence(5000, 500)...); err != nil {
				t.Fatal(err)
			}
		}
		r, err := MeasureRecall(t.Context(), ix)
		if err != nil || r.Queries != 100 {
			t.Fatalf("%+v, error %v", r, err)
		}
		if i == 0 {
			first = r
		}
		if math.Abs(r.Codes-first.Codes) > 0.01 || i == 0 && r.Codes == 1 {
			t.Errorf("%d threads: codes %v, want %v", threads, r.Codes, first.Codes)
		}
	}
}

// Every kind is measured, also with fewer vectors than neighbors, and with copies.
func TestMeasureRecall(t *testing.T) {
	vectors := clustered(300, 8, 4)
	copy(vectors[100*8:], vectors[:100*8])
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range allMetrics {
			for _, n := range []int{0, 1, 2, 5, 90, 300} {
				ix := filled(t, Options{Dim: 8, Kind: kind, Quantization: quant, Metric: m}, vectors[:n*8])
				r, err := MeasureRecall(t.Context(), ix)
				if err != nil || r.Found < 0.99 || r.Codes < 0.9 || r.Poor != 0 || r.Equal != 0 || r.Warning() != "" || r.Check(quant) != nil {
					t.Errorf("%v, %d vectors: %+v, error %v", m, n, r, err)
				}
			}
		}
	})
}

// Vectors are compared as they are, whatever their scale, also where float32 arithmetic does not suffice.
func TestScales(t *testing.T) {
	const n, dim = 400, 8
	unit := drawn(n, dim, func(r *rand.Rand, _, _ int) float64 { return r.NormFloat64() })
	scaled := func(by float64) []float32 {
		v := make([]float32, len(unit))
		for i := range v {
			v[i] = float32(float64(unit[i]) * by)
		}
		return v
	}
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range allMetrics {
			for _, by := range []float64{1e-40, 1e-30, 1e-20, 1e-14, 1e-10, 1, 1e10, 1e17, 1e30} {
				vectors := scaled(by)
				ix := mustNew(t, Options{Dim: dim, Kind: kind, Quantization: quant, Metric: m})
				if err := ix.AddBatch(t.Context(), sequence(0, n), vectors); err != nil {
					t.Fatal(err)
				}
				for i := range 20 { // the nearest by float64
					q, best, at := vectors[i*dim:][:dim], 0.0, -1
					for j := range n {
						x, score := vectors[j*dim:][:dim], 0.0
						var dot, xx, qq, diff float64
						for k := range x {
							a, b := float64(x[k])/by, float64(q[k])/by
							dot, xx, qq, diff = dot+a*b, xx+a*a, qq+b*b, diff+(a-b)*(a-b)
						}
						if score = []float64{dot / (xx * qq), dot, -diff}[m]; m == Cosine {
							score = dot / math.Sqrt(xx*qq)
						}
						if j != i && (at < 0 || score > best) {
							best, at = score, j
						}
					}
					found, err := ix.Search(q, 3, SearchOptions{Ef: 400, Filter: func(l int64) bool { return l != int64(i) }})
					if err != nil || found[0].Label != int64(at) {
						t.Errorf("%v, %g: query %d: %v, want label %d, error %v", m, by, i, found, at, err)
					}
				}
			}
		}
	})
	// A large constant hides the small scale of the other columns.
	vectors := scaled(1e-25)
	for i := range n {
		vectors[i*dim] = 1
	}
	for _, kind := range Kinds() {
		ix := filled(t, Options{Dim: dim, Kind: kind, Metric: Euclidean}, vectors)
		for i := range 20 {
			q := vectors[i*dim:][:dim]
			rs := mustSearch(t, ix, q, 2, SearchOptions{})
			for j := range n {
				if d := define(Euclidean, q, vectors[j*dim:][:dim]); j != i && d < float64(rs[1].Score)*(1-1e-6) {
					t.Errorf("%s: query %d: %v, but vector %d is at %v", kind, i, rs, j, d)
				}
			}
		}
		if r, err := MeasureRecall(t.Context(), ix); err != nil || r.Equal > 0 || r.Check(NoQuantization) != nil {
			t.Errorf("%s: %+v, error %v", kind, r, err)
		}
	}
}

// Without a graph, the file depends neither on the number of threads nor on their timing.
func TestSameFile(t *testing.T) {
	vectors := clustered(3000, 8, 4)
	for _, kind := range []Kind{Flat, LSH} {
		var first []byte
		for threads := range 5 {
			file := saved(t, filled(t, Options{Dim: 8, Kind: kind, Threads: threads}, vectors))
			if first == nil {
				first = file
			}
			if !bytes.Equal(file, first) {
				t.Fatalf("%s: the files of two runs differ", kind)
			}
		}
	}
}

// The search may find what its codes alone would not, and the warning states the share that it is about.
func TestRecallWarning(t *testing.T) {
	for _, c := range []struct {
		recall Recall
		want   string
	}{
		{Recall{Queries: 100, K: 10, Found: 1, Codes: 0.8}, "recall@10 1.000 on 100 of its vectors: the codes find only 80.0% of the nearest"},
		{Recall{Queries: 100, K: 10, Found: 1, Codes: 0.95, Poor: 0.04}, "recall@10 1.000 on 100 of its vectors: for 4% of these, the codes find less than half of the nearest"},
		{Recall{Queries: 100, K: 10, Found: 0.8, Codes: 0.95}, ""},
	} {
		if got := c.recall.Warning(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.recall, got, c.want)
		}
	}
}

// Two crowds far from each other are calibrated by queries within them: with few bits, codes hardly tell the vectors of a
// crowd apart, and searches must be wide.
func TestCrowds(t *testing.T) {
	const dim = 64
	n := size(1500, 3000)
	r := rand.New(rand.NewPCG(3, 4))
	vectors := make([]float32, (n+100)*dim)
	for i := range vectors {
		vectors[i] = float32(r.NormFloat64())
		if i/dim%2 == 0 {
			vectors[i] += 300
		}
	}
	base, queries := vectors[:n*dim], vectors[n*dim:]
	exact := filled(t, Options{Dim: dim, Kind: Flat, Metric: Euclidean}, base)
	for _, quant := range []Quantization{NoQuantization, Int4, Int2, Int1} {
		ix := filled(t, Options{Dim: dim, Metric: Euclidean, EfConstruction: 60, Quantization: quant}, base)
		got := recall(t, exact, ix, queries, 10, SearchOptions{Recall: 0.99})
		t.Logf("%s: recall@10 %.3f", quant, got)
		if got < 0.95 { // vectors without structure are harder to find than mixtures: 0.963 to 0.980 of 6,000, by the seed
			t.Errorf("%s: recall@10 %.3f", quant, got)
		}
	}
}
