//go:build !race

package sentence

import (
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
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

// Encoding allocates nothing.
func TestQuantizedAllocations(t *testing.T) {
	small, _ := quantizedLayers(t, checkpoints.PQ, 64, Mean, true)
	e, err := New(small)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 64)
	encode := func() {
		if _, err := e.Encode(dst, "one two three four onetwo"); err != nil {
			t.Fatal(err)
		}
	}
	encode()
	if n := testing.AllocsPerRun(100, encode); n > 0.5 {
		t.Errorf("%g allocations", n)
	}
}
