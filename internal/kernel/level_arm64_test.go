//go:build arm64 && !noasm

package kernel

import (
	"os"
	"testing"
)

// TestLevel fails if the plain Go kernels run although nothing asks for them.
func TestLevel(t *testing.T) {
	if wanted := os.Getenv("LUMINAVEC_CPU"); wanted == "" && level < levelNEON {
		t.Errorf("the level is %q", Level())
	}
}

func TestChooseLevel(t *testing.T) {
	for _, c := range []struct {
		supported int
		wanted    string
		want      int
	}{
		{levelDotProd, "", levelDotProd},
		{levelDotProd, "neon", levelNEON},
		{levelDotProd, "go", levelGo},
		{levelNEON, "dotprod", levelNEON},
		{levelDotProd, "avx2", levelDotProd},
	} {
		if got := chooseLevel(c.supported, c.wanted); got != c.want {
			t.Errorf("chooseLevel(%d, %q) = %d, want %d", c.supported, c.wanted, got, c.want)
		}
	}
}
