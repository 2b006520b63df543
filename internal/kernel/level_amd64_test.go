//go:build amd64 && !noasm

package kernel

import "testing"

func TestChooseLevel(t *testing.T) {
	for _, c := range []struct {
		supported int
		wanted    string
		want      int
	}{
		{levelAVX512, "", levelAVX512},
		{levelAVX512, "avx2", levelAVX2},
		{levelAVX512, "go", levelGo},
		{levelAVX2, "avx512", levelAVX2},
		{levelGo, "avx2", levelGo},
		{levelAVX2, "sse", levelAVX2},
	} {
		if got := chooseLevel(c.supported, c.wanted); got != c.want {
			t.Errorf("chooseLevel(%d, %q) = %d, want %d", c.supported, c.wanted, got, c.want)
		}
	}
}
