package rounded

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// longest is the largest length that is tested.
const longest = 300

// The product of rounded factors differs from that of the factors by no more than rounding explains,
// and equals the sum of the rounded numbers, computed in float64.
func TestByteFactor(t *testing.T) { kernel.EachLevel(func(name string) { testByteFactor(t, name) }) }

func testByteFactor(t *testing.T, name string) {
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
		f := NewByteFactor(c.n, c.k, b, ldb, nil, nil)
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
						sa, sb := float64(largest(row)/127), float64(largest(column)/127)
						if f.words != nil { // the sums of the values 0, 1, 4 and 5 of 8, and so on, are limited
							for p := range column {
								var up, down float32
								for _, q := range []int{0, 1, 4, 5} {
									if q += p/8*8 + p%4/2*2; q < len(column) {
										up, down = up+max(0, column[q]), down-min(0, column[q])
									}
								}
								sb = max(sb, float64(max(up, down)/126))
							}
						}
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
	middle, size := make([]float32, k), make([]float32, k)
	exact := 0.0
	for p := range a {
		a[p], b[p], size[p] = float32(rng.NormFloat64()), float32(rng.NormFloat64()), 1
		if p == 7 {
			a[p], b[p], size[p] = 1000*a[p], b[p]/1000, 1000
		}
		exact += float64(a[p]) * float64(b[p])
	}
	var c [1]float32
	NewByteFactor(1, k, b, k, nil, nil).Gemm(&s, 1, a, k, nil, false, c[:], 1)
	rough := math.Abs(float64(c[0]) - exact)
	NewByteFactor(1, k, b, k, middle, size).Gemm(&s, 1, a, k, nil, false, c[:], 1)
	if fine := math.Abs(float64(c[0]) - exact); !(fine < 0.3 && fine < rough/4) {
		t.Errorf("the error is %g, without sizes %g", fine, rough)
	}
	// Values between 9 and 11: what they have in common is not rounded.
	var fine float64
	rough = 0
	for range 50 {
		exact = 0
		for p := range a {
			a[p], b[p], middle[p], size[p] = 10+(2*rng.Float32()-1), float32(rng.NormFloat64()), 10, 1
			exact += float64(a[p]) * float64(b[p])
		}
		NewByteFactor(1, k, b, k, nil, nil).Gemm(&s, 1, a, k, nil, false, c[:], 1)
		rough += math.Abs(float64(c[0]) - exact)
		NewByteFactor(1, k, b, k, middle, size).Gemm(&s, 1, a, k, nil, false, c[:], 1)
		fine += math.Abs(float64(c[0]) - exact)
	}
	if !(fine < rough/4) {
		t.Errorf("%s: with middles the mean error is %g, without %g", name, fine/50, rough/50)
	}
	for _, k := range []int{0, 3, 1<<15 + 4} {
		if NewByteFactor(1, k, make([]float32, k), k, nil, nil) != nil {
			t.Errorf("k %d is accepted", k)
		}
	}
}

// The kernels equal their twins.
func TestByteKernels(t *testing.T) { kernel.EachLevel(func(string) { testByteKernels(t) }) }

func testByteKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := 0; n <= longest; n++ {
		x, by, middle := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], by[i], middle[i] = float32(rng.NormFloat64()*50), rng.Float32(), rng.Float32()
		}
		if got, want := largestProduct(x, by, middle), largestProductGo(x, by, middle); got != want {
			t.Fatalf("%d values: the largest is %g, want %g", n, got, want)
		}
		got, want := make([]int8, n+1), make([]int8, n+1)
		got[n], want[n] = 99, 99
		scale := 127 / max(1, largest(x)+1)
		a, b := roundBytes(got[:n], x, by, middle, scale), roundBytesGo(want[:n], x, by, middle, scale)
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

// Sums in words do not overflow at the limits of their factors.
func TestWordKernel(t *testing.T) {
	kernel.EachLevel(func(name string) {
		rng := rand.New(rand.NewPCG(5, 6))
		const octets, lda, ldd, count = 7, 8*7 + 3, 21, 4
		for _, kind := range []string{"random", "largest", "negative"} {
			a, b := make([]uint8, lda*wordHeight*count), make([]int8, octets*wordDepth*wordWidth)
			for i := range a {
				a[i] = uint8(rng.IntN(256))
				if kind != "random" {
					a[i] = 255
				}
			}
			for i := range b {
				b[i] = map[string]int8{"random": int8(rng.IntN(63) - 31), "largest": 32, "negative": -32}[kind]
			}
			start, scale := make([]int32, 16), make([]float32, 16)
			for i := range scale {
				start[i], scale[i] = int32(rng.IntN(1000)-500), rng.Float32()
			}
			for add := range 2 {
				got, want := make([]float32, ldd*wordHeight*count), make([]float32, ldd*wordHeight*count)
				for i := range got {
					got[i] = float32(i)
					want[i] = got[i]
				}
				wordTile(got, ldd, a, lda, b, octets, start, scale, scale, scale, add, count)
				wordTileGo(want, ldd, a, lda, b, octets, start, scale, scale, scale, add, count)
				for i := range want {
					if math.Abs(float64(got[i]-want[i])) > 1e-5*max(1, math.Abs(float64(want[i]))) {
						t.Fatalf("%s, %s, add %d: value %d is %g, want %g", name, kind, add, i, got[i], want[i])
					}
				}
			}
		}
		x := make([]int8, 256)
		for i := range x {
			x[i] = int8(i - 128)
		}
		for n := range len(x) + 1 {
			dst := make([]uint8, n+1)
			raiseBytes(dst, x[:n])
			for i, v := range x[:n] {
				if int(dst[i]) != int(v)+128 {
					t.Fatalf("%d of %d: %d becomes %d", i, n, v, dst[i])
				}
			}
			if dst[n] != 0 {
				t.Fatalf("%d values: one more was written", n)
			}
		}
	})
}
