//go:build (amd64 || arm64) && !noasm

package kernel

import "testing"

// eachLevel runs f once at every level that this machine supports and LUMINAVEC_CPU
// allows.
func eachLevel(tb testing.TB, f func(name string)) {
	EachLevel(f)
}
