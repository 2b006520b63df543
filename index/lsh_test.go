package index

import (
	"math"
	"math/rand/v2"
	"testing"
)

// More buckets find more, and at the default settings most of what there is.
func TestLSHRecall(t *testing.T) {
	const n, dim = 6000, 32
	vectors := clustered(n+100, dim, 7)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for _, m := range allMetrics {
		exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, base)
		ix := filled(t, Options{Dim: dim, Metric: m, Kind: LSH}, base)
		usual := recall(t, exact, ix, queries, 10, SearchOptions{})
		before := ix.Stats().Distances
		few := recall(t, exact, ix, queries, 10, SearchOptions{Ef: 2})
		compared := float64(ix.Stats().Distances-before) / 100
		many := recall(t, exact, ix, queries, 10, SearchOptions{Ef: 400})
		t.Logf("%v: recall@10 %.3f, %.3f, %.3f; %.0f of %d compared", m, few, usual, many, compared, n)
		if few > usual || usual > many || usual < 0.95 || few < 0.8 {
			t.Errorf("%v: recall@10 %.3f, %.3f, %.3f", m, few, usual, many)
		}
		if compared > n/3 {
			t.Errorf("%v: %.0f of %d vectors compared", m, compared, n)
		}
		mustVerify(t, ix)
		mustVerify(t, mustLoad(t, saved(t, ix)))
	}
}

// The buckets come by rising score, each once, and all there are.
func TestProbesInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, m := range []Metric{Cosine, Euclidean} {
		o := Options{Dim: 8, Metric: m, Kind: LSH, Bits: 6}.withDefaults()
		l := newLSH(o)
		for i := range int64(50) {
			v := make([]float32, 8)
			for j := range v {
				v[j] = float32(r.NormFloat64())
			}
			if err := l.Add(i, v); err != nil {
				t.Fatal(err)
			}
		}
		f := newFamily(o, l.arena, []id{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
		projections := f.project(nil, l.arena.vector(20))
		for table := range o.Tables {
			var p probes
			p.begin(f, projections, table)
			seen := map[uint64]bool{}
			last := float32(0)
			for {
				key, ok := p.next()
				if !ok {
					break
				}
				if seen[key] {
					t.Fatalf("%v: bucket %x twice", m, key)
				}
				seen[key] = true
				if len(p.heap) > 0 {
					if p.heap[0].score < last-1e-4*max(1, last) {
						t.Fatalf("%v: score %v after %v", m, p.heap[0].score, last)
					}
					last = p.heap[0].score
				}
			}
			want := 1 << f.each
			if m == Euclidean {
				want = int(math.Pow(3, float64(f.each)))
			}
			if len(seen) != want {
				t.Errorf("%v: %d buckets, want %d", m, len(seen), want)
			}
		}
	}
}
