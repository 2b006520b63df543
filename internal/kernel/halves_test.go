package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Halves have the values of IEEE 754, worked out by hand.
func TestHalfValues(t *testing.T) {
	for v, want := range map[float32]uint16{
		0: 0, 1: 0x3c00, -1: 0xbc00, 0x1p-24: 1, 0x1p-14: 0x0400, 0.5: 0x3800, 1.5: 0x3e00, -2: 0xc000,
		1 + 0x1p-11: 0x3c00, 1 + 0x1.8p-10: 0x3c02, 1 + 0x1.1p-11: 0x3c01, 0x1p-25: 0, 0x1.8p-24: 2, 0x1p-14 - 0x1p-25: 0x0400, 32752: 0x77ff,
	} {
		if got := toHalf(v); got != want {
			t.Errorf("%v is %#04x, want %#04x", v, got, want)
		}
	}
}

func TestHalves(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(3, 4))
		for n := range 70 {
			for _, unit := range []float32{0, 1e-38, 1e-30, 1, 3, 1e18, 1e38} {
				x, h, back := make([]float32, n), make([]float32, HalfWords(n)+1), make([]float32, n+1)
				h[HalfWords(n)], back[n] = guard, guard
				largest := 0.0
				for i := range x {
					x[i] = unit * float32(r.Float64()*2-1)
					largest = max(largest, math.Abs(float64(x[i])))
				}
				scale := EncodeHalves(h, x)
				DecodeHalves(back[:n], h, scale)
				if h[HalfWords(n)] != guard || back[n] != guard {
					t.Fatalf("%s: %d values: written outside", name, n)
				}
				for i, v := range back[:n] {
					x := float64(x[i])
					if off := math.Abs(float64(v) - x); off > max(math.Abs(x)*0x1p-11, largest*0x1p-38, 0x1p-148) {
						t.Fatalf("%s: %v comes back as %v", name, x, v)
					}
				}
				if !HalvesAreFinite(h, n) {
					t.Fatal("not finite")
				}
				again := make([]float32, HalfWords(n))
				if n > 0 && unit > 1e-30 && (EncodeHalves(again, back[:n]) != scale || math.Float32bits(again[0]) != math.Float32bits(h[0])) {
					t.Fatalf("%s: encoded again, halves differ", name)
				}
			}
		}
	})
	if HalvesAreFinite([]float32{math.Float32frombits(0x7c000000)}, 2) || !HalvesAreFinite([]float32{math.Float32frombits(0x7c000000)}, 1) {
		t.Error("an infinite half")
	}
	panics(t, "short", PanicLength, func() { DecodeHalves(make([]float32, 3), make([]float32, 1), 1) })
	panics(t, "short", PanicLength, func() { EncodeHalves(make([]float32, 1), make([]float32, 3)) })
}

// A decoded code has the products that EncodeCode returns.
func TestDecodeCode(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for dim := 1; dim <= longest; dim++ {
		for _, bits := range []int{8, 4, 2, 1} {
			x, code := make([]float32, dim), make([]float32, CodeStride(dim, bits)/4)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			along, square := EncodeCode(code, x, bits)
			SetCodeTerms(code, dim, bits, 1, 2, 3)
			got := make([]float32, dim)
			DecodeCode(got, code, bits)
			a, s := 0.0, 0.0
			for i, v := range got {
				a, s = a+float64(v)*float64(x[i]), s+float64(v)*float64(v)
			}
			if a != along || s != square || CodeFactor(code, dim, bits) != 2 {
				t.Fatalf("%d values of %d bits: %v and %v, want %v and %v", dim, bits, a, s, along, square)
			}
		}
	}
}

func BenchmarkHalves(b *testing.B) {
	x, h := make([]float32, 1024), make([]float32, 512)
	for i := range x {
		x[i] = float32(i)
	}
	scale := EncodeHalves(h, x)
	for b.Loop() {
		DecodeHalves(x, h, scale)
	}
}

func BenchmarkDecodeCode(b *testing.B) {
	x, code := make([]float32, 1024), make([]float32, CodeStride(1024, 8)/4)
	for b.Loop() {
		DecodeCode(x, code, 4)
	}
}
