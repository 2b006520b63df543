package walk

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKeyOrder(t *testing.T) {
	ds := []float32{-math.MaxFloat32, -2, -1, -math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32, 1, 2, math.MaxFloat32}
	var last Key
	for _, d := range ds {
		for _, n := range []ID{0, 1, math.MaxInt32} {
			k := NewKey(d, n)
			if k.Distance() != d || k.ID() != n {
				t.Errorf("NewKey(%v, %d) unpacks as (%v, %d)", d, n, k.Distance(), k.ID())
			}
			if k <= last {
				t.Errorf("NewKey(%v, %d) is not above the previous key", d, n)
			}
			last = k
		}
	}
}

func TestHeap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h Heap
	var model []Key
	for range 5000 {
		k := Key(r.Uint64N(300))
		switch {
		case len(model) == 0 || r.IntN(5) > 1:
			h.Push(k)
			model = append(model, k)
		case r.IntN(2) == 0:
			if got := h.Pop(); got != model[len(model)-1] {
				t.Fatalf("Pop returned %d, want %d", got, model[len(model)-1])
			}
			model = model[:len(model)-1]
		default:
			h.Replace(k)
			model[len(model)-1] = k
		}
		slices.Sort(model)
		if len(model) > 0 && h[0] != model[len(model)-1] {
			t.Fatalf("the first key is %d, want %d", h[0], model[len(model)-1])
		}
	}
}

func TestAppendSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 200 {
		keys := make([]Key, n)
		for i := range keys {
			keys[i] = Key(10*(n-i) + r.IntN(1+n*(n%3)*10)) // decreasing, nearly so, or in no order
		}
		want := slices.Clone(keys)
		slices.Sort(want)
		if got := AppendSorted(nil, keys); !slices.Equal(got, want) {
			t.Fatalf("%v is %v", keys, got)
		}
	}
}
