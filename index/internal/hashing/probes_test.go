package hashing

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Probes yields all buckets, each once, by increasing score.
func TestProbes(t *testing.T) {
	const dim, tables = 8, 8
	r := rand.New(rand.NewPCG(1, 1))
	stride := kernel.Stride(dim)
	vectors := kernel.Aligned(50 * stride)
	for i := range 50 {
		for j := range dim {
			vectors[i*stride+j] = float32(r.NormFloat64())
		}
	}
	vector := func(i int) []float32 { return vectors[i*stride:][:stride] }
	for _, cells := range []bool{false, true} {
		f := NewFamily(Options{Dim: dim, Stride: stride, Tables: tables, Bits: 6, Cells: cells, Seed: 1}, 10, vector)
		projections := f.Project(nil, vector(20))
		for table := range tables {
			var p Probes
			p.Begin(f, projections, table)
			seen := map[uint64]bool{}
			last := float32(0)
			for {
				key, ok := p.Next()
				if !ok {
					break
				}
				if seen[key] {
					t.Fatalf("cells %v: bucket %x occurs twice", cells, key)
				}
				seen[key] = true
				if len(p.sets) > 0 {
					if p.sets[0].score < last-1e-4*max(1, last) {
						t.Fatalf("cells %v: score %v after %v", cells, p.sets[0].score, last)
					}
					last = p.sets[0].score
				}
			}
			want := 1 << f.each
			if cells {
				want = int(math.Pow(3, float64(f.each)))
			}
			if len(seen) != want {
				t.Errorf("cells %v: %d buckets, want %d", cells, len(seen), want)
			}
		}
	}
}
