package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Sums and largest values agree with the definition at every stride,
// with repeated ids.
func TestBags(t *testing.T) {
	const rows = 12
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(71, 72))
		for _, lines := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 19, 36} {
			stride := lines * Lanes
			for _, count := range []int{0, 1, 2, 9} {
				what := fmt.Sprintf("%s: stride %d, %d rows", name, stride, count)
				tableAll, table := guarded(r, rows*stride, Lanes-guards%Lanes)
				all, dst := guarded(r, stride, r.IntN(16))
				ids, weights := make([]int32, count), make([]float32, count)
				for i := range ids {
					ids[i], weights[i] = int32(r.IntN(rows)), float32(r.NormFloat64())
				}
				want := make([]float64, stride)
				for i, id := range ids {
					for j := range want {
						want[j] += float64(weights[i]) * float64(table[int(id)*stride+j])
					}
				}
				BagSum(dst, table, stride, ids, weights)
				if d := largestDifference(dst, want); d > 1e-5 {
					t.Fatalf("%s: sum differs by %g", what, d)
				}
				checkGuards(t, what, all, stride)

				argmax := make([]int32, stride+1)
				argmax[stride] = 77
				BagMax(dst, argmax, table, stride, ids)
				for j := range stride {
					best, first := float32(0), int32(-1)
					for i, id := range ids {
						if v := table[int(id)*stride+j]; first < 0 || v > best {
							best, first = v, int32(i)
						}
					}
					if dst[j] != best || argmax[j] != first {
						t.Fatalf("%s: column %d: %g of row %d, want %g of %d", what, j, dst[j], argmax[j], best, first)
					}
				}
				checkGuards(t, what, all, stride)
				if argmax[stride] != 77 {
					t.Fatalf("%s: wrote past the end of argmax", what)
				}
				checkGuards(t, what, tableAll, len(table))
			}
		}
	})
}

func TestBagMaxNaN(t *testing.T) {
	eachLevel(t, func(name string) {
		table, dst, argmax := Aligned(3*Lanes), Aligned(Lanes), make([]int32, Lanes)
		for j := range Lanes {
			table[j], table[Lanes+j], table[2*Lanes+j] = -3, float32(math.NaN()), -2
		}
		BagMax(dst, argmax, table, Lanes, []int32{0, 1, 2})
		if dst[5] != -2 || argmax[5] != 2 {
			t.Errorf("%s: %g of row %d, want -2 of 2", name, dst[5], argmax[5])
		}
	})
}

func TestBagPanics(t *testing.T) {
	table, row, ids := Aligned(4*Lanes), Aligned(Lanes), []int32{0, 3}
	arg := make([]int32, Lanes)
	panics(t, "weights", PanicLength, func() { BagSum(row, table, Lanes, ids, row[:1]) })
	panics(t, "dst", PanicLength, func() { BagSum(row[1:], table, Lanes, ids, row) })
	panics(t, "id", PanicID, func() { BagSum(row, table, Lanes, []int32{4}, row) })
	panics(t, "max", PanicLength, func() { BagMax(row, arg[1:], table, Lanes, ids) })
	panics(t, "max table", PanicTable, func() { BagMax(row, arg, table[1:], Lanes, ids) })
}

// Bags of 20 out of 30,000 tokens with 256 dimensions, drawn uniformly: rows come from memory.
func BenchmarkBags(b *testing.B) {
	const rows, bag, stride = 30000, 20, 256
	table, row := Aligned(rows*stride), Aligned(stride)
	r := rand.New(rand.NewPCG(73, 74))
	bags, weights, argmax := make([]int32, 1000*bag), make([]float32, bag), make([]int32, stride)
	for i := range bags {
		bags[i] = int32(r.IntN(rows))
	}
	at := 0
	next := func() []int32 {
		at = (at + bag) % len(bags)
		return bags[at : at+bag]
	}
	benchmarkLevels(b, "BagSum", bag*stride, func() { BagSum(row, table, stride, next(), weights) })
	benchmarkLevels(b, "BagSumPrefetched", bag*stride, func() {
		ids := next()
		if at+2*bag <= len(bags) {
			PrefetchRows(table, stride, bags[at+bag:at+2*bag])
		}
		BagSum(row, table, stride, ids, weights)
	})
	benchmarkLevels(b, "GatherRows", bag*stride, func() { GatherRows(row, nil, table, stride, next(), 1) })
	benchmarkLevels(b, "BagMax", bag*stride, func() { BagMax(row, argmax, table, stride, next()) })
}
