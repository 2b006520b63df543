package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// All versions round a query to the same integers, and tables have what their entries stand for.
func TestQueries(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(71, 72))
		for _, n := range []int{64, 128, 1024, 4096} {
			for _, width := range []float64{0, 1, 4} {
				_, x := guarded(r, n, 3)
				for i := range x {
					x[i] = float32(r.NormFloat64() * math.Pow(10, width*r.NormFloat64()))
				}
				if got, want := largest(x), largestGo(x); got != want {
					t.Fatalf("%s: largest of %d is %g, want %g", name, n, got, want)
				}
				if got, want := largestFour(x), largestFourGo(x); got != want {
					t.Fatalf("%s: largest four of %d is %g, want %g", name, n, got, want)
				}
				x[r.IntN(n)], x[r.IntN(n)] = 0, float32(math.Copysign(0, -1))
				words, wantWords := make([]uint64, n/64+1), make([]uint64, n/64+1)
				signs(words, x)
				signsGo(wantWords, x)
				if !slices.Equal(words, wantWords) {
					t.Fatalf("%s: signs of %d are %x, want %x", name, n, words, wantWords)
				}
				_, y := guarded(r, n, 5)
				length, along, size := 0.0, 0.0, 0.0
				for i, v := range x {
					length += math.Abs(float64(v))
					along += float64(y[i]) * math.Copysign(1, float64(v))
					size += math.Abs(float64(y[i]))
				}
				if l, a := SignSums(x, y); math.Abs(float64(l)-length) > 1e-4*length || math.Abs(float64(a)-along) > 1e-4*size {
					t.Fatalf("%s: sums of %d are %g and %g, want %g and %g", name, n, l, a, length, along)
				}
				const step = 192
				got, want := make([]int8, n/64*step+8), make([]int8, n/64*step+8)
				inverse := 127 / largest(x)
				sum, rest := queryBytes(got, x, step, inverse)
				wantSum, wantRest := queryBytesGo(want, x, step, inverse)
				if !slices.Equal(got, want) || sum != wantSum || math.Abs(float64(rest-wantRest)) > 1e-3*float64(wantRest) {
					t.Fatalf("%s: bytes of %d: sum %d and rest %g, want %d and %g; equal: %v", name, n, sum, rest, wantSum, wantRest, slices.Equal(got, want))
				}
				tables, wantTables := make([]uint8, 4*n+8), make([]uint8, 4*n+8)
				inverse = 253 / largestFour(x)
				sum, below, rest := queryTables(tables, x, inverse)
				wantSum, wantBelow, wantRest := queryTablesGo(wantTables, x, inverse)
				if !slices.Equal(tables, wantTables) || sum != wantSum || below != wantBelow || math.Abs(float64(rest-wantRest)) > 1e-3*float64(wantRest) {
					t.Fatalf("%s: tables of %d: %d, %d and %g, want %d, %d and %g", name, n, sum, below, rest, wantSum, wantBelow, wantRest)
				}
				for i := range 4 * n {
					entry := 0.0
					for j, v := range x[i/16*4:][:4] {
						c := math.Floor(float64(v*inverse) + 0.5)
						if i>>j&1 == 1 {
							entry += max(c, 0)
						} else {
							entry += max(-c, 0)
						}
					}
					if math.Abs(entry-float64(tables[i])) > 1 { // halves may round either way
						t.Fatalf("%s: entry %d is %d, want %g", name, i, tables[i], entry)
					}
				}
			}
		}
	})
}
