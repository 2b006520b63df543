package kernel

import (
	"math/rand/v2"
	"testing"
)

// The row kernels agree with the definition in float64 at every stride and write only
// their rows.
func TestRows(t *testing.T) {
	const rows = 30
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(31, 32))
		for stride := Lanes; stride <= 36*Lanes; stride += Lanes {
			for count := range 9 {
				tab := newTables(r, rows, 3, stride, 1)
				ids := make([]int32, count)
				for i := range ids {
					ids[i] = int32(r.IntN(rows))
				}
				Prefetch(tab.in[:min(count, stride)])
				PrefetchRows(tab.in, stride, ids)
				own, dst := tab.out[:stride:stride], tab.out[stride:2*stride:2*stride]
				for _, own := range [][]float32{own, nil} {
					want := make([]float64, stride)
					for k := range want {
						if own != nil {
							want[k] = float64(own[k])
						}
						for _, id := range ids {
							want[k] += float64(tab.in[int(id)*stride+k])
						}
						want[k] *= 0.25
					}
					GatherRows(dst, own, tab.in, stride, ids, 0.25)
					if d := largestDifference(dst, want); d > 1e-6 {
						t.Fatalf("%s: stride %d, %d rows: gathered sum differs by %g", name, stride, count, d)
					}
				}
				want := widen(tab.in)
				for _, id := range ids {
					for k := range stride {
						want[int(id)*stride+k] += float64(dst[k])
					}
				}
				ScatterRows(tab.in, stride, ids, dst)
				if d := largestDifference(tab.in, want); d > 2e-6 {
					t.Fatalf("%s: stride %d, %d rows: scattered rows differ by %g", name, stride, count, d)
				}
				x, y := tab.in[:stride], tab.in[stride:2*stride]
				want = widen(dst)
				for k := range want {
					want[k] += 0.5 * float64(x[k]) * float64(y[k])
				}
				multiplyAdd(dst, 0.5, x, y)
				if d := largestDifference(dst, want); d > 2e-6 {
					t.Fatalf("%s: stride %d: product differs by %g", name, stride, d)
				}
				checkTables(t, name, tab, stride)
			}
		}
	})
}

func TestRowsPanics(t *testing.T) {
	table, row := Aligned(4*Lanes), Aligned(Lanes)
	panics(t, "stride", PanicStride, func() { GatherRows(row, nil, table, 8, nil, 1) })
	panics(t, "table", PanicTable, func() { GatherRows(row, nil, table[1:], Lanes, nil, 1) })
	panics(t, "short dst", PanicLength, func() { GatherRows(row[1:], nil, table, Lanes, nil, 1) })
	panics(t, "short own", PanicLength, func() { GatherRows(row, row[1:], table, Lanes, nil, 1) })
	panics(t, "short delta", PanicLength, func() { ScatterRows(table, Lanes, nil, row[1:]) })
	panics(t, "id", PanicID, func() { ScatterRows(table, Lanes, []int32{0, 4}, row) })
	panics(t, "id below", PanicID, func() { PrefetchRows(table, Lanes, []int32{-1}) })
}

func BenchmarkGatherScatter(b *testing.B) {
	const rows, bag, stride = 100000, 20, 112
	table, row := Aligned(rows*stride), Aligned(stride)
	r := rand.New(rand.NewPCG(33, 34))
	bags := make([]int32, 1000*bag)
	for i := range bags {
		bags[i] = int32(r.IntN(rows))
	}
	at := 0
	for b.Loop() {
		ids := bags[at : at+bag]
		at = (at + bag) % len(bags)
		PrefetchRows(table, stride, bags[at:at+bag])
		GatherRows(row, nil, table, stride, ids, 1)
		ScatterRows(table, stride, ids, row)
	}
}
