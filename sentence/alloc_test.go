//go:build !race

package sentence

import (
	"strings"
	"testing"
)

// Under the race detector sync.Pool drops buffers at random, so nothing can
// be said about allocations there.
func TestEncodeAllocatesNothing(t *testing.T) {
	for _, s := range []shape{{dim: 100}, {100, 32, 16, true}} {
		enc, err := New(randomLayers(t, s, 100))
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float32, enc.Dim())
		text := strings.Repeat("waa wab wac wad, waf WAG wah. ", 10)
		if n := testing.AllocsPerRun(200, func() { enc.Encode(v, text) }); n != 0 {
			t.Errorf("%+v: %v allocations a call", s, n)
		}
	}
}
