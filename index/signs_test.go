package index

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// signData are kinds of vectors on which an exact search with codes must answer as one without.
var signData = map[string]func(r *rand.Rand, i, j int) float64{
	"normal":      func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() },
	"clusters":    func(r *rand.Rand, i, j int) float64 { return 100 + float64(i%30*(j%7)) + 0.3*r.NormFloat64() },
	"heavy tails": func(r *rand.Rand, i, j int) float64 { return math.Tan(3.1 * (r.Float64() - 0.5)) },
	"few values":  func(r *rand.Rand, i, j int) float64 { return float64(r.IntN(2)) },
	"one hot":     func(r *rand.Rand, i, j int) float64 { return map[bool]float64{true: 1}[i%j1(j) == 0] },
	"copies":      func(r *rand.Rand, i, j int) float64 { return float64((i%9 + 1) * (j + 1)) },
	"small":       func(r *rand.Rand, i, j int) float64 { return 1e-12 * r.NormFloat64() },
	"large":       func(r *rand.Rand, i, j int) float64 { return 1e15 * r.NormFloat64() },
}

func j1(j int) int { return j + 1 }

// A flat index with codes answers as one without, to the bit: whatever the vectors are, while they are
// added, updated and deleted, with filters, thresholds, ranges and batches.
func TestSignsAreExact(t *testing.T) {
	const n = 600
	for name, value := range signData {
		for _, dim := range []int{2, 33, 200} {
			vectors := drawn(2*n, dim, value)
			for _, m := range allMetrics {
				t.Run(fmt.Sprintf("%s/%d/%v", name, dim, m), func(t *testing.T) {
					for _, quant := range []Quantization{Int1, Int4} {
						r := rand.New(rand.NewPCG(uint64(dim), 9))
						exact := mustNew(t, Options{Dim: dim, Kind: Flat, Metric: m})
						coded := mustNew(t, Options{Dim: dim, Kind: Flat, Metric: m, Quantization: quant, KeepVectors: KeepFloat32})
						for _, ix := range []Index{exact, coded} {
							for i := range 100 { // one by one
								if err := ix.Add(int64(i), vectors[i*dim:][:dim]); err != nil {
									t.Fatal(err)
								}
							}
							if err := ix.AddBatch(t.Context(), sequence(100, n-100), vectors[100*dim:n*dim]); err != nil {
								t.Fatal(err)
							}
						}
						sameAnswers(t, r, exact, coded, vectors)
						for range 200 {
							label, v := int64(r.IntN(n)), vectors[r.IntN(2*n)*dim:][:dim]
							both := func(change func(ix Index) error) {
								if a, b := change(exact), change(coded); (a == nil) != (b == nil) {
									t.Fatalf("errors %v and %v", a, b)
								}
							}
							switch r.IntN(3) {
							case 0:
								both(func(ix Index) error { return ix.Delete(label) })
							case 1:
								both(func(ix Index) error { return ix.Update(label, v) })
							default:
								both(func(ix Index) error { return ix.Add(label, v) })
							}
						}
						sameAnswers(t, r, exact, coded, vectors)
						sameAnswers(t, r, exact, mustLoad(t, saved(t, coded)), vectors)
					}
				})
			}
		}
	}
}

func sameAnswers(t *testing.T, r *rand.Rand, exact, coded Index, vectors []float32) {
	t.Helper()
	dim := exact.Options().Dim
	set := roaring64.New()
	for range 200 {
		set.Add(uint64(r.IntN(600)))
	}
	for n := range 4 {
		q := append([]float32(nil), vectors[r.IntN(len(vectors)/dim)*dim:][:dim]...)
		if n%2 == 0 {
			for j := range q {
				q[j] *= 1 + 0.1*float32(r.NormFloat64())
			}
		}
		wide := mustSearch(t, exact, q, 50, SearchOptions{})
		threshold := wide[len(wide)/2].Score
		for name, o := range map[string]SearchOptions{
			"plain": {}, "filter": {Filter: func(l int64) bool { return l%3 == 0 }}, "set": {Allowed: set},
			"rare": {Filter: func(l int64) bool { return l%200 == 0 }}, "threshold": {Threshold: &threshold},
		} {
			for _, k := range []int{1, 10, 1000} {
				want, got := mustSearch(t, exact, q, k, o), mustSearch(t, coded, q, k, o)
				if fmt.Sprint(want) != fmt.Sprint(got) {
					t.Fatalf("%s, k %d, %s: %v, want %v", coded.Options().Quantization, k, name, head(got), head(want))
				}
			}
			want, err := exact.SearchRange(q, threshold, o)
			got, err2 := coded.SearchRange(q, threshold, o)
			if err != nil || err2 != nil || fmt.Sprint(want) != fmt.Sprint(got) {
				t.Fatalf("%s, range, %s: %d results, want %d; errors %v, %v", coded.Options().Quantization, name, len(got), len(want), err, err2)
			}
		}
	}
	want, err := exact.SearchBatch(t.Context(), vectors[:20*dim], 7, SearchOptions{})
	got, err2 := coded.SearchBatch(t.Context(), vectors[:20*dim], 7, SearchOptions{})
	if err != nil || err2 != nil || fmt.Sprint(want) != fmt.Sprint(got) {
		t.Fatalf("%s: the answers to a batch differ; errors %v, %v", coded.Options().Quantization, err, err2)
	}
}

func head(rs []Result) []Result { return rs[:min(len(rs), 5)] }

// Most vectors are excluded by their signs and codes.
func TestSignsExcludeMost(t *testing.T) {
	const n, dim = 6000, 256
	vectors := drawn(n, dim, func(r *rand.Rand, i, j int) float64 { return float64(int(i%40*977+j*j)%13)/4 + r.NormFloat64() })
	ix := filled(t, Options{Dim: dim, Kind: Flat, Quantization: Int4}, vectors)
	before := ix.Stats().Distances
	for i := range 20 {
		mustSearch(t, ix, vectors[i*dim:][:dim], 10, SearchOptions{})
	}
	if per := float64(ix.Stats().Distances-before) / 20; per > n/25 {
		t.Errorf("%.0f of %d vectors compared for a query", per, n)
	}
}

// While an index grows and the mean of its vectors moves, so that all get new codes, searches find what is there.
func TestSearchWhileCodesChange(t *testing.T) {
	const dim, n = 24, 3000
	for _, kind := range []Kind{Flat, HNSW} {
		t.Run(string(kind), func(t *testing.T) {
			vectors := drawn(n, dim, func(r *rand.Rand, i, j int) float64 { return float64(i)/10 + r.NormFloat64() })
			ix := filled(t, Options{Dim: dim, Kind: kind, Metric: Euclidean, Quantization: Int4, EfConstruction: 40}, vectors[:40*dim])
			space := ix.(kindIndex).base().Arena.Space
			done := make(chan struct{})
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					for i := 0; ; i = (i + 1) % 40 {
						select {
						case <-done:
							return
						default:
						}
						rs, err := ix.Search(vectors[i*dim:][:dim], 1, SearchOptions{})
						if err != nil || len(rs) != 1 || rs[0].Label != int64(i) {
							t.Errorf("label %d: found %v, error %v", i, rs, err)
							return
						}
					}
				})
			}
			for i := 40; i < n; i++ {
				if err := ix.Add(int64(i), vectors[i*dim:][:dim]); err != nil {
					t.Fatal(err)
				}
			}
			close(done)
			wg.Wait()
			if ix.(kindIndex).base().Arena.Space == space {
				t.Error("the center has not moved")
			}
			mustVerify(t, ix)
		})
	}
}
