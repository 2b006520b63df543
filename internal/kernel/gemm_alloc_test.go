//go:build !race

package kernel

import "testing"

// Under the race detector sync.Pool drops buffers at random, so allocations cannot be
// counted.

func TestGemmAllocates(t *testing.T) {
	a, b, c := Aligned(64*64), Aligned(64*64), Aligned(64*64)
	if n := testing.AllocsPerRun(20, func() { Gemm(false, true, 64, 64, 64, 1, a, 64, b, 64, 0, c, 64) }); n > 0.5 {
		t.Errorf("a product allocates %g times", n)
	}
}
