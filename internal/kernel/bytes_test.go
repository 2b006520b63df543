package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The product of rounded factors differs from that of the factors by no more than rounding explains,
// and equals the sum of the rounded numbers, computed in float64.
func TestByteFactor(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s ByteRows
	for _, c := range []struct{ m, n, k int }{{1, 1, 4}, {12, 32, 16}, {13, 33, 20}, {40, 70, 384}, {3, 64, 100}, {25, 31, 1536}} {
		lda, ldb, ldc := c.k+3, c.k+1, c.n+2
		random := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			return x
		}
		a, b, bias, old := random(c.m*lda), random(c.n*ldb), random(c.n), random(c.m*ldc)
		clear(a[:c.k]) // a row of zeros has the scale 0
		f := NewByteFactor(c.n, c.k, b, ldb, nil)
		for _, add := range []bool{false, true} {
			for _, shift := range [][]float32{nil, bias} {
				got := append([]float32(nil), old...)
				f.Gemm(&s, c.m, a, lda, shift, add, got, ldc)
				for i := range c.m {
					for j := range ldc {
						if j >= c.n {
							if got[i*ldc+j] != old[i*ldc+j] {
								t.Fatalf("%v: value %d, %d beyond the matrix was written", c, i, j)
							}
							continue
						}
						row, column := a[i*lda:i*lda+c.k], b[j*ldb:j*ldb+c.k]
						sa, sb := float64(largestGo(row)/127), float64(largestGo(column)/127)
						want := 0.0
						for p := range c.k {
							if sa > 0 {
								want += math.RoundToEven(float64(row[p]*float32(1/float32(sa)))) * math.RoundToEven(float64(column[p]*float32(1/float32(sb))))
							}
						}
						want *= sa * sb
						if shift != nil {
							want += float64(shift[j])
						}
						if add {
							want += float64(old[i*ldc+j])
						}
						if math.Abs(float64(got[i*ldc+j])-want) > 1e-4*max(1, math.Abs(want)) {
							t.Fatalf("%v, add %v: value %d, %d is %g, want %g", c, add, i, j, got[i*ldc+j], want)
						}
					}
				}
			}
		}
	}
	// One value is a thousand times the others: with its size they are not lost.
	const k = 64
	a, b := make([]float32, k), make([]float32, k)
	size := make([]float32, k)
	exact := 0.0
	for p := range a {
		a[p], b[p], size[p] = float32(rng.NormFloat64()), float32(rng.NormFloat64()), 1
		if p == 7 {
			a[p], b[p], size[p] = 1000*a[p], b[p]/1000, 1000
		}
		exact += float64(a[p]) * float64(b[p])
	}
	var c [1]float32
	NewByteFactor(1, k, b, k, nil).Gemm(&s, 1, a, k, nil, false, c[:], 1)
	rough := math.Abs(float64(c[0]) - exact)
	NewByteFactor(1, k, b, k, size).Gemm(&s, 1, a, k, nil, false, c[:], 1)
	if fine := math.Abs(float64(c[0]) - exact); !(fine < 0.3 && fine < rough/4) {
		t.Errorf("the error is %g, without sizes %g", fine, rough)
	}
	for _, k := range []int{0, 3, 1<<15 + 4} {
		if NewByteFactor(1, k, make([]float32, k), k, nil) != nil {
			t.Errorf("k %d is accepted", k)
		}
	}
}

// The kernels equal their twins.
func TestByteKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := 0; n <= longest; n++ {
		x, by := make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], by[i] = float32(rng.NormFloat64()*50), rng.Float32()
		}
		if got, want := largestProduct(x, by), largestProductGo(x, by); got != want {
			t.Fatalf("%d values: the largest is %g, want %g", n, got, want)
		}
		got, want := make([]int8, n+1), make([]int8, n+1)
		got[n], want[n] = 99, 99
		scale := 127 / max(1, largestGo(x))
		a, b := roundBytes(got[:n], x, by, scale), roundBytesGo(want[:n], x, by, scale)
		if a != b || !slices.Equal(got, want) {
			t.Fatalf("%d values: rounded to %v, want %v", n, got, want)
		}
	}
	a, b := make([]int8, 12*64), make([]uint8, 32*64)
	for i := range a {
		a[i] = int8(rng.IntN(255) - 127)
	}
	for i := range b {
		b[i] = uint8(rng.IntN(256))
	}
	start, scale := make([]int32, 12), make([]float32, 32)
	for i := range start {
		for _, v := range a[64*i : 64*i+64] {
			start[i] -= 128 * int32(v)
		}
	}
	for i := range scale {
		scale[i] = rng.Float32()
	}
	for add := range 2 {
		got, want := make([]float32, 12*40), make([]float32, 12*40)
		for i := range got {
			got[i] = float32(i)
			want[i] = got[i]
		}
		byteTile(got, 40, a, 64, b, 16, start, scale, scale, scale, add)
		byteTileGo(want, 40, a, 64, b, 16, start, scale, scale, scale, add)
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-4*max(1, math.Abs(float64(want[i]))) {
				t.Fatalf("add %d: value %d is %g, want %g", add, i, got[i], want[i])
			}
		}
	}
}
