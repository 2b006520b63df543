package index

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index/internal/rows"
)

// recallOf returns what share of the results of exact searches an index finds at the default recall.
func recallOf(t *testing.T, exact, ix Index, queries []float32, o SearchOptions) float64 {
	t.Helper()
	dim, found, all := ix.Options().Dim, 0, 0
	for at := 0; at < len(queries); at += dim {
		q := queries[at : at+dim]
		with := o
		with.Recall = 1
		truth := mustSearch(t, exact, q, 10, with)
		with.Recall = DefaultRecall
		got := mustSearch(t, ix, q, 10, with)
		for _, r := range got {
			if len(truth) > 0 && notWorse(ix.Options().Metric, r.Score, truth[len(truth)-1].Score) {
				found++
			}
		}
		all += len(truth)
	}
	return float64(found) / float64(max(all, 1))
}

// Queries from elsewhere, such as questions beside the sections that answer them, find 0.98 of the
// nearest by default, and as many after a calibration with such queries.
func TestQueriesFromElsewhere(t *testing.T) {
	n, dim := size(4000, 10000), 64
	vectors := clustered(n, dim, 41)
	r := rand.New(rand.NewPCG(7, 8))
	queries := make([]float32, 0, 100*dim)
	for range 100 { // a vector, but away from all in one direction, and with noise
		a := r.IntN(n)
		for j := range dim {
			queries = append(queries, vectors[a*dim+j]+1+0.6*float32(r.NormFloat64()))
		}
	}
	exact := filled(t, Options{Dim: dim, Kind: Flat, Quantization: NoQuantization}, vectors)
	for _, quant := range []Quantization{NoQuantization, Int4, Edges} {
		t.Run(string(quant), func(t *testing.T) {
			ix := filled(t, Options{Dim: dim, Quantization: quant, EfConstruction: 80, KeepVectors: KeepFloat32}, vectors)
			// The widths are those of mixtures of vectors, which are nearer to vectors than these queries.
			if got := recallOf(t, exact, ix, queries, SearchOptions{Recall: DefaultRecall}); got < 0.98 {
				t.Errorf("recall %.4f", got)
			}
			m, err := Calibrate(t.Context(), ix, queries)
			if err != nil || m.Queries != 100 || !m.Given || m.Recall < 0.98 || ix.Stats().Recall != m {
				t.Errorf("%+v, error %v", m, err)
			}
			if back := mustLoad(t, saved(t, ix)); back.Stats().Recall != m {
				t.Errorf("after loading: %+v", back.Stats().Recall)
			}
		})
	}
}

// A filtered search finds the nearest that are allowed, however few, near to the query or far from it, and
// compares no more vectors than are allowed.
func TestFilteredRecall(t *testing.T) {
	n, dim := size(4000, 10000), 32
	vectors := clustered(n, dim, 43)
	queries := clustered(n, dim, 43)[:40*dim] // around the same centers
	exact := filled(t, Options{Dim: dim, Kind: Flat, Quantization: NoQuantization}, vectors)
	orders, err := exact.SearchBatch(t.Context(), queries, n, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	approx := map[Quantization]Index{}
	for _, quant := range []Quantization{NoQuantization, Int4, Edges} {
		approx[quant] = filled(t, Options{Dim: dim, Quantization: quant, EfConstruction: 80}, vectors)
		mustSearch(t, approx[quant], queries[:dim], 10, SearchOptions{Recall: DefaultRecall}) // which measures the widths
	}
	allowed := func(i int, share float64, how string) *roaring64.Bitmap {
		set, count := roaring64.New(), max(1, int(share*float64(n)))
		switch all := orders[i]; how {
		case "at random":
			for label := range n {
				if float64(rows.LabelHash(int64(label)))/math.MaxUint64 < share {
					set.Add(uint64(label))
				}
			}
		case "near":
			for _, r := range all[:count] {
				set.Add(uint64(r.Label))
			}
		default:
			for _, r := range all[n-count:] {
				set.Add(uint64(r.Label))
			}
		}
		return set
	}
	for _, share := range []float64{0.001, 0.01, 0.1, 0.5} {
		for _, how := range []string{"at random", "near", "far"} {
			sets, truth, all := make([]*roaring64.Bitmap, 40), make([][]Result, 40), 0
			for i := range sets {
				sets[i] = allowed(i, share, how)
				truth[i] = mustSearch(t, exact, queries[i*dim:(i+1)*dim], 10, SearchOptions{Allowed: sets[i]})
				all += len(truth[i])
			}
			for quant, ix := range approx {
				t.Run(fmt.Sprintf("%s %g %s", quant, share, how), func(t *testing.T) {
					for _, wanted := range []float64{0, DefaultRecall} { // 0 is the default width
						found, before := 0, ix.Stats().Distances
						for i, set := range sets {
							for _, r := range mustSearch(t, ix, queries[i*dim:(i+1)*dim], 10, SearchOptions{Allowed: set, Recall: wanted}) {
								if r.Score >= truth[i][len(truth[i])-1].Score {
									found++
								}
							}
						}
						if float64(found) < 0.98*float64(all) {
							t.Errorf("Recall %g: found %d of %d", wanted, found, all)
						}
						if each := float64(ix.Stats().Distances-before) / 40; each > 2*share*float64(n)+200 {
							t.Errorf("Recall %g: %.0f vectors compared, %.0f allowed", wanted, each, share*float64(n))
						}
					}
				})
			}
		}
	}
}

// After 10 rounds that replace a fifth of the vectors, an index is like a new one.
func TestReplacing(t *testing.T) {
	n, dim := size(2500, 5000), 48
	all := clustered(3*n, dim, 44)
	queries := clustered(3*n, dim, 44)[:size(100, 400)*dim]
	for _, o := range []Options{{Quantization: NoQuantization}, {Quantization: Int4}, {Quantization: Edges}, {Quantization: Int8, KeepVectors: KeepNone}} {
		t.Run(string(o.Quantization), func(t *testing.T) {
			o.Dim, o.EfConstruction, o.M = dim, 60, 12
			ix := filled(t, o, all[:n*dim])
			saved(t, ix)
			for round := range 10 {
				old, fresh := round*n/5, n+round*n/5
				if err := ix.Delete(sequence(old, n/5)...); err != nil {
					t.Fatal(err)
				}
				if err := ix.AddBatch(t.Context(), sequence(fresh, n/5), all[fresh*dim:][:n/5*dim]); err != nil {
					t.Fatal(err)
				}
			}
			saved(t, ix)
			final := all[2*n*dim:]
			anew := filled(t, o, final)
			saved(t, anew)
			exact, exactNew := ix, anew // of codes: what they represent
			if o.KeepVectors != KeepNone {
				exact = filled(t, Options{Dim: dim, Kind: Flat, Quantization: NoQuantization}, final)
				exactNew = exact
			}
			narrow := SearchOptions{Ef: 60}
			mustNotLose(t, "Ef 60", recalls(t, exact, ix, queries, 10, narrow), recalls(t, exactNew, anew, queries, 10, narrow))
			for _, r := range []float64{recallOf(t, exact, ix, queries, SearchOptions{}), recallOf(t, exactNew, anew, queries, SearchOptions{})} {
				if r < 0.98 {
					t.Errorf("recall %.4f at the default", r)
				}
			}
			if a, b := ix.Stats(), anew.Stats(); float64(a.Bytes) > 1.1*float64(b.Bytes)+3<<20 {
				t.Errorf("%d bytes, a new index %d", a.Bytes, b.Bytes)
			}
			if x, y := compared(t, ix, queries), compared(t, anew, queries); float64(x) > 1.1*float64(y)+20 {
				t.Errorf("%d vectors compared, by a new index %d", x, y)
			}
			mustVerify(t, ix)
		})
	}
}

// compared returns how many vectors a search compares.
func compared(t *testing.T, ix Index, queries []float32) int64 {
	before, dim := ix.Stats().Distances, ix.Options().Dim
	for at := 0; at < len(queries); at += dim {
		mustSearch(t, ix, queries[at:at+dim], 10, SearchOptions{Ef: 60})
	}
	return (ix.Stats().Distances - before) / int64(len(queries)/dim)
}
