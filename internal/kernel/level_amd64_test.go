//go:build amd64 && !noasm

package kernel

import "testing"

// eachLevel runs f once at every level that this machine supports and LUMINAVEC_CPU
// allows.
func eachLevel(tb testing.TB, f func(name string)) {
	saved := level
	defer func() { level = saved }()
	for l := saved; l >= levelGo; l-- {
		level = l
		f(Level())
	}
}

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
