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
		l := randomLayers(t, s, 100)
		for _, l := range []Layers{l, withNGrams(t, l)} {
			enc, err := New(l)
			if err != nil {
				t.Fatal(err)
			}
			v := make([]float32, enc.Dim())
			text := strings.Repeat("waa wab wac wad, waf WAG wah, unknown wabcd. ", 10)
			if n := testing.AllocsPerRun(200, func() { enc.Encode(v, text) }); n != 0 {
				t.Errorf("%+v, n-grams %v: %v allocations a call", s, l.NGrams != nil, n)
			}
		}
	}
}
