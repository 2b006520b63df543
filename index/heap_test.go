package index

import (
	"cmp"
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
				t.Errorf("(%v, %d) comes back as (%v, %d)", d, n, k.distance(), k.id())
			}
			if k <= last {
				t.Errorf("(%v, %d) is not above the key before it", d, n)
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
				t.Fatalf("popped %d, want %d", got, model[len(model)-1])
			}
			model = model[:len(model)-1]
		default:
			h.replace(k)
			model[len(model)-1] = k
		}
		slices.Sort(model)
		if len(model) > 0 && h[0] != model[len(model)-1] {
			t.Fatalf("the greatest is %d, want %d", h[0], model[len(model)-1])
		}
	}
}

func TestTopK(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var top topK
	for _, k := range []int{1, 2, 7, 50} {
		top.reset(k)
		var all []hit
		for range 200 {
			h := hit{float32(r.IntN(20)), r.Int64N(1000)}
			all = append(all, h)
			top.offer(h)
		}
		slices.SortFunc(all, func(a, b hit) int {
			return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.label, b.label))
		})
		for i, res := range top.appendResults(nil, Dot, nil) {
			if res.Label != all[i].label || res.Score != -all[i].distance {
				t.Fatalf("k %d, result %d: %v, want %v", k, i, res, all[i])
			}
		}
	}
}

// When the version of a visited list comes round, stamps of old walks do not
// count.
func TestVisitedComesRound(t *testing.T) {
	var v visited
	v.start(4)
	v.add(2)
	for range 1<<16 - 1 {
		v.start(4)
		if !v.add(1) {
			t.Fatal("a new walk has been there already")
		}
		if v.add(1) {
			t.Fatal("forgotten at once")
		}
	}
	if !v.add(2) || !v.add(100) || v.add(100) {
		t.Error("wrong after a whole round, or beyond the room")
	}
}
