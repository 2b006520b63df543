package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// scanBlocks returns blocks of the signs of vectors, packed, with random terms.
func scanBlocks(r *rand.Rand, vectors []float32, dim int, bounded bool) []float32 {
	width := ScanWidth(dim, bounded)
	n := len(vectors) / dim
	blocks := Aligned((n + ScanCodes - 1) / ScanCodes * width)
	for i := range n {
		block := blocks[i/ScanCodes*width:][:width]
		SetSigns(block, i%ScanCodes, vectors[i*dim:(i+1)*dim], float32(r.NormFloat64()), float32(r.NormFloat64()), r.Float32())
	}
	return blocks
}

// The results have the bits of the definition at every length, and are what the definition says of
// the vectors: the sum of the query's values with the signs.
func TestFastScan(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(51, 52))
		for _, dim := range []int{64, 128, 192, 448, 1024, 1088, 4096, 4160, 8256} {
			for count := range 4 {
				bounded := (dim/64+count)%2 == 0
				vectors := make([]float32, count*ScanCodes*dim)
				for i := range vectors {
					vectors[i] = float32(r.NormFloat64())
				}
				blocks := scanBlocks(r, vectors, dim, bounded)
				x := make([]float32, dim)
				for i := range x {
					x[i] = float32(r.NormFloat64())
				}
				var q ScanQuery
				q.Encode(x)
				all, dst := guarded(r, count*ScanCodes, dim/64%16)
				want, masks, wantMasks := make([]float32, count*ScanCodes), make([]uint32, count+1), make([]uint32, count+1)
				masks[count], wantMasks[count] = 77, 77
				q.Scan(dst, masks[:count], blocks, bounded, 0.5, 0.25)
				checkGuards(t, name, all, len(dst))
				slack := float32(0)
				if bounded {
					slack = 0.5
				}
				q.scanGo(want, wantMasks[:count], blocks, bounded, slack, 0.25)
				for b, m := range masks {
					if m != wantMasks[b] {
						t.Fatalf("%s: dim %d: mask %d of %d is %x, want %x", name, dim, b, count, m, wantMasks[b])
					}
				}
				for i, v := range want {
					if dst[i] != v {
						t.Fatalf("%s: dim %d: result %d of %d is %g, want %g", name, dim, i, len(want), dst[i], v)
					}
					block := blocks[i/ScanCodes*ScanWidth(dim, bounded):][dim:]
					along, j := 0.0, i%ScanCodes
					for k, v := range vectors[i*dim : (i+1)*dim] {
						along += math.Copysign(float64(x[k]), float64(v)*float64(x[k]))
					}
					exact := float64(block[j])*along + float64(block[ScanCodes+j])
					if bounded {
						exact -= 0.5 * float64(block[2*ScanCodes+j])
					}
					if slack := math.Abs(float64(block[j]))*math.Sqrt(float64(dim))*q.Rest() + 1e-3; math.Abs(float64(v)-exact) > slack {
						t.Fatalf("dim %d: result %d is %g, want %g within %g", dim, i, v, exact, slack)
					}
				}
			}
		}
	})
}

// The largest sums, zeros, and a query whose values differ much.
func TestFastScanExtremes(t *testing.T) {
	eachLevel(t, func(name string) {
		for _, dim := range []int{64, 1024, 1 << 16} {
			for _, v := range []float32{0, 1, -1, 1e-44, 1e16, -1e16} {
				block := Aligned(ScanWidth(dim, false))
				x := make([]float32, dim)
				for i := range x {
					x[i] = v
				}
				for i := range ScanCodes {
					SetSigns(block, i, x, 1, 0, 0)
				}
				var q ScanQuery
				q.Encode(x)
				var dst [ScanCodes]float32
				var masks [1]uint32
				q.Scan(dst[:], masks[:], block, false, 0, float32(math.Inf(-1)))
				want := math.Abs(float64(v)) * float64(dim)
				if v == 1e-44 {
					want = 0
				}
				for i, d := range dst {
					if math.Abs(float64(d)-want) > 0.01*want {
						t.Errorf("%s: dim %d: %g with its own signs, vector %d: %g, want %g", name, dim, v, i, d, want)
					}
				}
				if masks[0] != 0 {
					t.Errorf("%s: mask %x, want none at -Inf", name, masks[0])
				}
			}
		}
	})
}

// Changing one vector of a block leaves the others alone, and what is not a number is never dropped.
func TestSetSigns(t *testing.T) {
	const dim = 128
	r := rand.New(rand.NewPCG(53, 54))
	vectors := make([]float32, ScanCodes*dim)
	for i := range vectors {
		vectors[i] = float32(r.NormFloat64())
	}
	blocks := scanBlocks(r, vectors, dim, true)
	var q ScanQuery
	q.Encode(vectors[:dim])
	before, after := make([]float32, ScanCodes), make([]float32, ScanCodes)
	var masks [1]uint32
	q.Scan(before, masks[:], blocks, true, 1, 0)
	SetSigns(blocks, 21, vectors[:dim], float32(math.NaN()), 0, 0)
	q.Scan(after, masks[:], blocks, true, 1, float32(math.Inf(-1)))
	if masks[0] != 1<<21 {
		t.Errorf("mask %x, want bit 21 only, for NaN", masks[0])
	}
	SetSigns(blocks, 21, vectors[:dim], 1, 0, 0)
	q.Scan(after, masks[:], blocks, true, 1, 0)
	for i := range before {
		if i != 21 && before[i] != after[i] {
			t.Errorf("vector %d: %g became %g when another changed", i, before[i], after[i])
		}
	}
	panics(t, "length of the query", PanicCodes, func() { q.Encode(make([]float32, 63)) })
	panics(t, "number of the vector", PanicCodes, func() { SetSigns(blocks, 32, vectors[:dim], 0, 0, 0) })
	panics(t, "short block", PanicLength, func() { SetSigns(blocks[:dim+63], 0, vectors[:dim], 0, 0, 0) })
	panics(t, "short dst", PanicLength, func() { q.Scan(before, make([]uint32, 2), blocks, true, 1, 0) })
	again, ahead := make([]float32, ScanCodes), Aligned(ScanWidth(dim, false))
	plain := slices.Clone(blocks[:ScanWidth(dim, false)])
	q.Scan(after, masks[:], plain, false, 0, 1)
	for _, next := range [][]float32{nil, ahead[:1], ahead} {
		var fetched [1]uint32
		q.ScanFetching(again, fetched[:], plain, next, 1)
		if !slices.Equal(again, after) || fetched != masks {
			t.Errorf("with %d floats to prefetch: %v, %x; want %v, %x", len(next), again, fetched, after, masks)
		}
	}
	panics(t, "short blocks", PanicLength, func() { q.ScanFetching(again, masks[:], plain[1:], nil, 1) })
	panics(t, "no query", PanicLength, func() { new(ScanQuery).Scan(before, masks[:], blocks, true, 1, 0) })
}

func BenchmarkFastScan(b *testing.B) {
	for _, dim := range []int{128, 1024} {
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			const count = 16
			r := rand.New(rand.NewPCG(55, 56))
			vectors := make([]float32, count*ScanCodes*dim)
			for i := range vectors {
				vectors[i] = float32(r.NormFloat64())
			}
			blocks := scanBlocks(r, vectors, dim, true)
			var q ScanQuery
			q.Encode(vectors[:dim])
			dst, masks := make([]float32, count*ScanCodes), make([]uint32, count)
			for b.Loop() {
				q.Scan(dst, masks, blocks, true, 1, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count/ScanCodes, "ns/code")
		})
	}
}
