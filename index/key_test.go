package index

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKeyOrder(t *testing.T) {
	ds := []float32{-math.MaxFloat32, -2, -1, -math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32, 1, 2, math.MaxFloat32}
	var last key
	for _, d := range ds {
		for _, n := range []id{0, 1, math.MaxInt32} {
			k := newKey(d, n)
			if k.distance() != d || k.id() != n {
				t.Errorf("newKey(%v, %d) unpacks as (%v, %d)", d, n, k.distance(), k.id())
			}
			if k <= last {
				t.Errorf("newKey(%v, %d) is not above the previous key", d, n)
			}
			last = k
		}
	}
}

func TestKeyHeap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h keyHeap
	var model []key
	for range 5000 {
		k := key(r.Uint64N(300))
		switch {
		case len(model) == 0 || r.IntN(5) > 1:
			h.push(k)
			model = append(model, k)
		case r.IntN(2) == 0:
			if got := h.pop(); got != model[len(model)-1] {
				t.Fatalf("pop returned %d, want %d", got, model[len(model)-1])
			}
			model = model[:len(model)-1]
		default:
			h.replace(k)
			model[len(model)-1] = k
		}
		slices.Sort(model)
		if len(model) > 0 && h[0] != model[len(model)-1] {
			t.Fatalf("the first key is %d, want %d", h[0], model[len(model)-1])
		}
	}
}
