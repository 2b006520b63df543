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
		truth := mustSearch(t, exact, q, 10, o)
		with := o
		with.Recall = DefaultRecall
		got := mustSearch(t, ix, q, 10, with)
		for _, r := range got {
			if len(truth) > 0 && ix.Options().Metric.reaches(r.Score, truth[len(truth)-1].Score) {
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
	n, dim := size(4000, 15000), 64
	vectors := clustered(n, dim, 41)
	r := rand.New(rand.NewPCG(7, 8))
	queries := make([]float32, 0, 100*dim)
	for range 100 { // a vector, but away from all in one direction, and with noise
		a := r.IntN(n)
		for j := range dim {
			queries = append(queries, vectors[a*dim+j]+1+0.6*float32(r.NormFloat64()))
		}
	}
	for _, quant := range []Quantization{NoQuantization, Int4, Edges} {
		t.Run(string(quant), func(t *testing.T) {
			exact := filled(t, Options{Dim: dim, Kind: Flat, Quantization: NoQuantization}, vectors)
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
	n, dim := size(4000, 20000), 32
	vectors := clustered(n, dim, 43)
	queries := clustered(n, dim, 43)[:40*dim] // around the same centers
	exact := filled(t, Options{Dim: dim, Kind: Flat, Quantization: NoQuantization}, vectors)
	orders, err := exact.SearchBatch(t.Context(), queries, n, SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, quant := range []Quantization{NoQuantization, Int4, Edges} {
		ix := filled(t, Options{Dim: dim, Quantization: quant, EfConstruction: 80}, vectors)
		mustSearch(t, ix, queries[:dim], 10, SearchOptions{Recall: DefaultRecall}) // which measures the widths
		for _, share := range []float64{0.001, 0.01, 0.1, 0.5} {
			count := max(1, int(share*float64(n)))
			for _, how := range []string{"at random", "near", "far"} {
				t.Run(fmt.Sprintf("%s %g %s", quant, share, how), func(t *testing.T) {
					found, plain, before := 0.0, 0.0, ix.Stats().Distances
					for i := range 40 {
						q := queries[i*dim : (i+1)*dim]
						set := roaring64.New()
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
						if set.GetCardinality() == 0 {
							found, plain = found+1.0/40, plain+1.0/40
							continue
						}
						o := SearchOptions{Allowed: set}
						found += recallOf(t, exact, ix, q, o) / 40
						plain += recall(t, exact, ix, q, 10, o) / 40 // with the default width
					}
					if min(found, plain) < 0.98 {
						t.Errorf("recall %.4f, with the default width %.4f", found, plain)
					}
					if each := float64(ix.Stats().Distances-before) / 80; each > 2*float64(count)+200 {
						t.Errorf("%.0f vectors compared, %d allowed", each, count)
					}
				})
			}
		}
	}
}

// After 10 rounds that replace a fifth of the vectors, an index is like a new one.
func TestReplacing(t *testing.T) {
	n, dim := size(2500, 8_000), 48
	all := clustered(3*n, dim, 44)
	queries := clustered(3*n, dim, 44)[:size(100, 500)*dim]
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
			exact, exactNew := ix, anew
			if o.KeepVectors != KeepNone {
				exact = filled(t, Options{Dim: dim, Kind: Flat, Quantization: NoQuantization}, final)
				exactNew = exact
			}
			a, b := recallOf2(t, exact, ix, queries), recallOf2(t, exactNew, anew, queries)
			if a < b-0.01 {
				t.Errorf("recall %.4f, of a new index %.4f", a, b)
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

// recallOf2 is recallOf for an index that may be its own measure.
func recallOf2(t *testing.T, exact, ix Index, queries []float32) float64 {
	if exact == ix {
		dim, found, all := ix.Options().Dim, 0, 0
		for at := 0; at < len(queries); at += dim {
			truth := mustSearch(t, ix, queries[at:at+dim], 10, SearchOptions{Recall: 1})
			for i, r := range mustSearch(t, ix, queries[at:at+dim], 10, SearchOptions{Ef: 60}) {
				if all++; r.Score >= truth[len(truth)-1].Score && i < 10 {
					found++
				}
			}
		}
		return float64(found) / float64(all)
	}
	return recallOf(t, exact, ix, queries, SearchOptions{})
}

// compared returns how many vectors a search compares.
func compared(t *testing.T, ix Index, queries []float32) int64 {
	before, dim := ix.Stats().Distances, ix.Options().Dim
	for at := 0; at < len(queries); at += dim {
		mustSearch(t, ix, queries[at:at+dim], 10, SearchOptions{Ef: 60})
	}
	return (ix.Stats().Distances - before) / int64(len(queries)/dim)
}
