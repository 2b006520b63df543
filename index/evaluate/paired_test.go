package evaluate

import (
	"math"
	"testing"
)

// With few items every choice of signs is counted by hand: of the 8 of (1, 2, 3), only +++ and ---
// are as far from 0 as 6; of the 8 of (1, 2, -3), whose sum is 0, all are; zeros change nothing.
func TestRandomization(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{{[]float64{1, 2, 3}, 2. / 8}, {[]float64{1, 2, -3}, 1}, {[]float64{0, 1, 0, 2, 3}, 2. / 8}, {[]float64{1}, 1}, {nil, 1}, {[]float64{0, 0}, 1},
		{[]float64{1, 1, 1, -1}, 10. / 16}, // sums of 4 and 2, either sign: 1+4 of 16, twice
	} {
		if got := randomization(c.d); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: p %v, want %v", c.d, got, c.want)
		}
	}
	// 40 equal differences: p is 2/2^40 by counting, and 1/10001 by drawing.
	d := make([]float64, 40)
	for i := range d {
		d[i] = 0.1
	}
	if got := randomization(d); got != 1./10001 {
		t.Errorf("p %v", got)
	}
}
