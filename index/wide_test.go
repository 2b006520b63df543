package index

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// mixedScales returns vectors of lengths from 1e-30 to 1e30, and a few that are zero or equal.
func mixedScales(n, dim int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 5))
	scales := []float64{1e-30, 1e-20, 1e-10, 1, 1e10, 1e20, 1e30}
	v := make([]float32, n*dim)
	for i := range n {
		by := scales[i%len(scales)]
		for j := range dim {
			v[i*dim+j] = float32(by * r.NormFloat64())
		}
	}
	clear(v[5*dim : 6*dim])
	copy(v[13*dim:14*dim], v[7*dim:8*dim])
	return v
}

// nearestOf returns the labels in the order that float64 arithmetic gives them.
func nearestOf(m Metric, q, vectors []float32) []int64 {
	dim := len(q)
	order := sequence(0, len(vectors)/dim)
	away := make([]float64, len(order))
	for i := range away {
		if away[i] = define(m, q, vectors[i*dim:(i+1)*dim]); m != Euclidean {
			away[i] = -away[i]
		}
	}
	slices.SortFunc(order, func(a, b int64) int { return cmp.Or(cmp.Compare(away[a], away[b]), cmp.Compare(a, b)) })
	return order
}

// Vectors of all lengths that float32 can represent rank in one index as in float64, whatever the kind of
// the index, how it was filled and whether it was saved, opened, or changed since.
func TestMixedScales(t *testing.T) {
	n, dim := size(350, calibrateFrom+100), 12
	vectors := mixedScales(n, dim, 1)
	queries := mixedScales(14, dim, 2)
	for _, quant := range Quantizations() {
		for _, kind := range Kinds() {
			for _, m := range []Metric{Dot, Euclidean} {
				for _, keep := range []KeepVectors{KeepFloat32, KeepFloat16} {
					o := Options{Dim: dim, Kind: kind, Metric: m, Quantization: quant, KeepVectors: keep, Threads: 2}
					if o.Validate() != nil {
						continue
					}
					t.Run(fmt.Sprintf("%s %s %v %s", kind, quant, m, keep), func(t *testing.T) { testMixedScales(t, o, vectors, queries) })
				}
			}
		}
	}
}

func testMixedScales(t *testing.T, o Options, vectors, queries []float32) {
	dim, n := o.Dim, len(vectors)/o.Dim
	ix := mustNew(t, o)
	if err := ix.AddBatch(t.Context(), sequence(0, n/2), vectors[:n/2*dim]); err != nil {
		t.Fatal(err)
	}
	for i := n / 2; i < n; i++ {
		x := vectors[i*dim : (i+1)*dim]
		if err := ix.Add(int64(i), x); err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 { // moved away and back
			if err := ix.Update(int64(i), vectors[:dim]); err != nil {
				t.Fatal(err)
			}
			if err := ix.Update(int64(i), x); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkMixedScales(t, ix, vectors, queries)
	path := filepath.Join(t.TempDir(), "wide.index")
	if err := SaveFile(path, ix, false); err != nil {
		t.Fatal(err)
	}
	if o.KeepVectors == KeepFloat16 { // from now on, these are the vectors
		for i := range n {
			x, _ := ix.Vector(int64(i))
			vectors = slices.Concat(vectors[:i*dim], x, vectors[(i+1)*dim:])
		}
	}
	for _, open := range []func(string) (Index, error){LoadFile, OpenFile} {
		back, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		checkMixedScales(t, back, vectors, queries)
		if _, err := back.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func checkMixedScales(t *testing.T, ix Index, vectors, queries []float32) {
	t.Helper()
	dim, m := ix.Options().Dim, ix.Options().Metric
	batch, err := ix.SearchBatch(t.Context(), queries, 20, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(queries) / dim {
		q := queries[i*dim : (i+1)*dim]
		want := nearestOf(m, q, vectors)
		for _, k := range []int{1, 20} {
			rs, err := ix.Search(q, k, SearchOptions{Recall: DefaultRecall})
			if err != nil {
				t.Fatal(err)
			}
			for j, r := range rs {
				x := vectors[int(r.Label)*dim:][:dim]
				got, best := define(m, q, x), define(m, q, vectors[int(want[j])*dim:][:dim])
				score := max(-math.MaxFloat32, min(got, math.MaxFloat32))
				if math.Abs(got-best) > 2e-6*math.Abs(best) || math.Abs(float64(r.Score)-score) > 2e-6*math.Abs(score)+1e-44 {
					t.Fatalf("query %d, k %d: result %d is %v at %g, want label %d at %g", i, k, j, r, got, want[j], best)
				}
			}
			if k == 20 && !slices.Equal(rs, batch[i]) {
				t.Fatalf("query %d: %v, in a batch %v", i, rs, batch[i])
			}
		}
	}
	labels := sequence(0, 20)
	q := queries[7*dim:][:dim]
	scores, err := Scores(nil, ix, q, labels)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range scores {
		want := max(-math.MaxFloat32, min(define(m, q, vectors[i*dim:(i+1)*dim]), math.MaxFloat32))
		if math.Abs(float64(s)-want) > 2e-6*math.Abs(want)+1e-44 {
			t.Errorf("label %d: score %v, want %v", i, s, want)
		}
	}
}

// Codes cannot represent such vectors, so that an index that keeps nothing else refuses them; no kind takes NaN or
// infinities.
func TestWideRefused(t *testing.T) {
	for _, m := range []Metric{Dot, Euclidean} {
		ix := mustNew(t, Options{Dim: 64, Metric: m, Quantization: Int8, KeepVectors: KeepNone})
		for _, v := range []float32{1e30, 1e-30} {
			x := make([]float32, 64)
			x[3] = v
			if err := ix.Add(1, x); err == nil || fault.Hint(err) == "" || !strings.Contains(err.Error(), "label 1: KeepVectors none") {
				t.Errorf("%v, %g: error %v", m, v, err)
			}
		}
	}
}

// A query that float32 arithmetic does not suit is answered by any index.
func TestWideQueries(t *testing.T) {
	vectors := clustered(300, 8, 3)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range []Metric{Dot, Euclidean} {
			ix := filled(t, Options{Dim: 8, Kind: kind, Quantization: quant, Metric: m}, vectors)
			for _, by := range []float64{1e-35, 1e30} {
				q := slices.Clone(vectors[80:88])
				for i := range q {
					q[i] = float32(float64(q[i]) * by)
				}
				want := nearestOf(m, q, vectors)[0]
				rs, err := ix.Search(q, 3, SearchOptions{})
				if err != nil || define(m, q, vectors[rs[0].Label*8:][:8]) != define(m, q, vectors[want*8:][:8]) {
					t.Errorf("%v, %g: %v, want label %d, error %v", m, by, rs, want, err)
				}
			}
		}
	})
}

// One vector that is too long makes every search compare all, which Stats reports, until it is deleted and the index saved.
func TestLongerVectors(t *testing.T) {
	const n, dim = 2000, 8
	vectors := clustered(n, dim, 3)
	for _, kind := range Kinds() {
		for _, m := range allMetrics {
			ix := filled(t, Options{Dim: dim, Kind: kind, Metric: m, M: 6, EfConstruction: 30}, vectors)
			long := make([]float32, dim)
			long[2] = 1e19
			if err := ix.Add(n, long); err != nil {
				t.Fatal(err)
			}
			want := 1
			if m == Cosine {
				want = 0
			}
			ix = mustLoad(t, saved(t, ix))
			if got := ix.Stats().Longer; got != want {
				t.Errorf("%s, %v: %d longer vectors, want %d", kind, m, got, want)
			}
			if w := ix.Stats().Warning(); (w != "") != (want == 1) || w != "" && !strings.HasPrefix(w, "1 of 2001 vectors is longer than 9e+18") {
				t.Errorf("%s, %v: warning %q", kind, m, w)
			}
			if err := ix.Delete(n); err != nil {
				t.Fatal(err)
			}
			saved(t, ix)
			before := ix.Stats().Distances
			mustSearch(t, ix, vectors[:dim], 10, SearchOptions{})
			if s := ix.Stats(); s.Longer != 0 || kind == HNSW && s.Distances-before >= n {
				t.Errorf("%s, %v: after deleting it, %d are longer, and %d were compared", kind, m, s.Longer, s.Distances-before)
			}
		}
	}
}
