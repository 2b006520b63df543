//go:build (amd64 || arm64) && !noasm

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
