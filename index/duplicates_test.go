package index

import (
	"slices"
	"testing"

	"github.com/luminavec/luminavec/index/internal/hashing"
)

// Thousands of copies of one vector do not trap a walk: it finds other vectors as well
// as without the copies, even from queries near them.
func TestDuplicates(t *testing.T) {
	const dim = 16
	n, copies := size(4500, 8000), size(3200, 5700)
	for i, m := range append(allMetrics, allMetrics...) {
		quant := quantizations[i/len(allMetrics)]
		t.Run(m.String()+"-"+string(quant), func(t *testing.T) {
			vectors := clustered(n+100, dim, 9)
			queries := append([]float32(nil), vectors[n*dim:]...)
			base := vectors[:n*dim]
			for i := range copies { // spread over the order of adding
				copy(base[(i*7/5+1)*dim:][:dim], base[:dim])
			}
			// Queries near the copies.
			for i := range 30 {
				for j := range dim {
					queries[i*dim+j] = base[j] + (queries[i*dim+j]-base[j])*0.1
				}
			}
			exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, base)
			approx := filled(t, Options{Dim: dim, Metric: m, Quantization: quant}, base)
			if got := approx.Stats().Copies; got < copies-1 {
				t.Errorf("Stats reports %d copies, want %d", got, copies)
			}
			if r := recall(t, exact, approx, queries, 10, SearchOptions{}); r < 0.95 {
				t.Errorf("recall@10 %.4f", r)
			}
			// The other vectors only.
			first := base[:dim]
			others := SearchOptions{Filter: func(l int64) bool { return !slices.Equal(base[l*dim:][:dim], first) }}
			if r := recall(t, exact, approx, queries, 10, others); r < 0.95 {
				t.Errorf("recall@10 of the others %.4f", r)
			}
			// Every copy is found, in the order of labels.
			want := mustSearch(t, exact, first, 1500, SearchOptions{})
			got := mustSearch(t, approx, first, 1500, SearchOptions{})
			for i := range want {
				if want[i].Label != got[i].Label {
					t.Fatalf("result %d: label %d, want %d", i, got[i].Label, want[i].Label)
				}
			}
		})
	}
}

// Scaled copies, divided by their lengths, differ at most in the last bits, so they are
// many nearly equal vectors rather than one.
func TestScaledCopies(t *testing.T) {
	const n, dim = 5000, 16
	vectors := clustered(n+100, dim, 11)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for i := range 2000 {
		for j := range dim {
			base[(2*i+1)*dim+j] = base[j] * (1 + float32(i)*0.001)
		}
	}
	exact := filled(t, Options{Dim: dim, Kind: Flat}, base)
	for _, quant := range distinct {
		approx := filled(t, Options{Dim: dim, Quantization: quant}, base)
		least := 0.95
		if quant == Int4 {
			least = 0.9 // there are few dimensions, and the copies share a code
		}
		if r := recall(t, exact, approx, queries, 10, SearchOptions{}); r < least {
			t.Errorf("%s: recall@10 %.4f", quant, r)
		}
	}
}

func TestHashOfEqualVectors(t *testing.T) {
	zero := float32(0)
	if hashing.Vector([]float32{1, zero}) != hashing.Vector([]float32{1, -zero}) || !slices.Equal([]float32{zero}, []float32{-zero}) {
		t.Error("vectors with 0 and -0 are not equal")
	}
	if hashing.Vector([]float32{1, 0}) == hashing.Vector([]float32{0, 1}) {
		t.Error("the hash does not depend on the order of the values")
	}
}
