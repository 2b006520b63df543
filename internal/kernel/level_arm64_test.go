//go:build arm64 && !noasm

package kernel

import "testing"

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
