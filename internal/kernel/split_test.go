package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A code is the same after it was split, with its signs in any place of a block, and other places keep theirs.
func TestSplitCode(t *testing.T) { eachLevel(t, func(string) { testSplitCode(t) }) }

func testSplitCode(t *testing.T) {
	for _, dim := range []int{64, 128, 192, 1024} {
		r := rand.New(rand.NewPCG(1, uint64(dim)))
		block, guard := make([]float32, ScanWidth(dim, true)), float32(7)
		n, size := CodeStride(dim, 8)/4, SplitStride(dim)/4
		var codes, splits [ScanCodes][]float32
		for i := range ScanCodes {
			x := make([]float32, dim)
			for j := range x {
				x[j] = float32(r.NormFloat64())
			}
			x[i%dim] = 0 // which is represented by 128
			code := make([]float32, n)
			EncodeCode(code, x, 8)
			SetCodeTerms(code, dim, 8, float32(i), 2, -3)
			split := append(make([]float32, size), guard)
			SplitCode(split, code, dim)
			if split[size] != guard {
				t.Fatal("SplitCode wrote beyond its end")
			}
			signs := make([]float32, dim)
			HighestBits(signs, code)
			for j, s := range signs {
				if (s == 1) != (asBytes(code)[j] >= 128) || math.Abs(float64(s)) != 1 {
					t.Fatalf("value %d, %d: sign %v", j, asBytes(code)[j], s)
				}
			}
			SetSigns(block, i, signs, 1, 2, 3)
			codes[i], splits[i] = code, split[:size]
		}
		for i := range ScanCodes {
			back := make([]float32, n)
			for j := range back {
				back[j] = 9
			}
			JoinCode(back, splits[i], block, i, dim)
			if !slices.Equal(asBytes(back), asBytes(codes[i])) {
				t.Fatalf("%s, %d values, vector %d: the code differs", Level(), dim, i)
			}
			clear(back)
			joinCodeGo(asBytes(back), asBytes(splits[i]), asBytes(block), i, dim)
			if !slices.Equal(asBytes(back[:dim/4]), asBytes(codes[i][:dim/4])) {
				t.Fatalf("%d values, vector %d: the code by plain Go differs", dim, i)
			}
		}
	}
	// By hand: 1 to 8, without the highest bits, are fields of 7 bits in this order.
	code, split := make([]float32, 32), make([]float32, SplitStride(64)/4)
	copy(asBytes(code), []byte{1, 130, 3, 132, 5, 134, 7, 136})
	SplitCode(split, code, 64)
	if got, want := asBytes(split)[:7], []byte{0x01, 0xc1, 0x80, 0x50, 0x30, 0x1c, 0x10}; !slices.Equal(got, want) {
		t.Errorf("split: %x, want %x", got, want)
	}
}

// A code without padding has its values first and then its terms, and is the same after the padding is back.
func TestTightenCode(t *testing.T) {
	for _, bits := range []int{8, 4, 2, 1} {
		for _, dim := range []int{64, 192, 256, 1024} {
			code := make([]float32, CodeStride(dim, bits)/4)
			values := dim * bits / 8
			for i := range values {
				asBytes(code)[i] = byte(i + 1)
			}
			SetCodeTerms(code, dim, bits, 1.5, 2, -3)
			tight := append(make([]float32, CodeWords(dim, bits)), 7)
			TightenCode(tight, code, dim, bits)
			if got := asBytes(tight)[:values]; !slices.Equal(got, asBytes(code)[:values]) {
				t.Errorf("%d bits, %d values: %x", bits, dim, got)
			}
			if got, want := tight[values/4:], []float32{1.5, 2, -3, 7}; !slices.Equal(got, want) {
				t.Errorf("%d bits, %d values: terms %v, want %v", bits, dim, got, want)
			}
			back := slices.Repeat([]float32{9}, len(code))
			if LoosenCode(back, tight, dim, bits); !slices.Equal(asBytes(back), asBytes(code)) {
				t.Errorf("%d bits, %d values: the code differs", bits, dim)
			}
		}
	}
}

func BenchmarkJoinCode(b *testing.B) {
	const dim = 1024
	block, code, split := make([]float32, ScanWidth(dim, true)), make([]float32, CodeStride(dim, 8)/4), make([]float32, SplitStride(dim)/4)
	for b.Loop() {
		JoinCode(code, split, block, 3, dim)
	}
}
