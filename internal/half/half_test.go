package half

import (
	"math"
	"testing"
)

// The values are numpy's: numpy.array([…], 'u2').view('f2').astype('f4').
func TestValue(t *testing.T) {
	for _, c := range []struct {
		bits uint16
		want float32
	}{
		{0x0000, 0}, {0x0001, 5.960464477539063e-08}, {0x03ff, 6.097555160522461e-05}, {0x0400, 6.103515625e-05},
		{0x3c00, 1}, {0x3555, 0.333251953125}, {0xc000, -2}, {0x7bff, 65504}, {0xfbff, -65504}, {0x8001, -5.960464477539063e-08},
	} {
		if got := Value(c.bits); got != c.want {
			t.Errorf("%#04x is %v, want %v", c.bits, got, c.want)
		}
	}
	if v := Value(0x8000); v != 0 || !math.Signbit(float64(v)) {
		t.Errorf("0x8000 is %v, want -0", v)
	}
	if !math.IsInf(float64(Value(0x7c00)), 1) || !math.IsInf(float64(Value(0xfc00)), -1) || !math.IsNaN(float64(Value(0x7e00))) {
		t.Error("infinities and NaN")
	}
}

// Numbers of 16 bits are kept, and between two the nearest is taken, of two equally near the even
// one, as NumPy does: numpy.float32(2049).astype('f2') is 2048, that of 2051 is 2052.
func TestOf(t *testing.T) {
	for h := range uint16(0x7c00) {
		x := Value(h)
		if Of(x) != h || Of(-x) != h|0x8000 {
			t.Fatalf("%#04x, %v: %#04x, %#04x", h, x, Of(x), Of(-x))
		}
		if h == 0x7bff {
			break
		}
		even := h + h&1
		if middle := float32((float64(x) + float64(Value(h+1))) / 2); Of(middle) != even ||
			Of(math.Nextafter32(middle, 0)) != h || Of(math.Nextafter32(middle, 1e6)) != h+1 {
			t.Fatalf("near %v: %#04x, want %#04x", middle, Of(middle), even)
		}
	}
	for x, want := range map[float32]uint16{2049: 0x6800, 2051: 0x6802, 65504: 0x7bff, 65519.996: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, 2e-8: 0, 6e-8: 1} {
		if got := Of(x); got != want {
			t.Errorf("%v: %#04x, want %#04x", x, got, want)
		}
	}
}
