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

// A set of nodes is a map that forgets at every start, whatever was in it and
// however much.
func TestVisited(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var v visited
	for range 300 {
		n := 1 + r.IntN(5000)
		v.start(n)
		model := map[id]bool{}
		most := 1 + r.IntN(n)
		if r.IntN(2) == 0 {
			most = 3 // few are cleared in another way
		}
		for len(model) < most {
			if r.IntN(3) == 0 {
				c := id(r.IntN(n + 10)) // some were added to the index meanwhile
				if v.add(c) == model[c] {
					t.Fatalf("node %d: new %v", c, model[c])
				}
				model[c] = true
				continue
			}
			slots := make([]slot, 8)
			for i := range slots {
				put(&slots[i], id(r.IntN(n+1))-1)
			}
			var want []id
			for i := range slots {
				if c := load(&slots[i]); c != none && !model[c] {
					want, model[c] = append(want, c), true
				}
			}
			if got := v.appendNew([]id{7}, slots); !slices.Equal(got[1:], want) || got[0] != 7 {
				t.Fatalf("new of %v: %v, want %v behind a 7", slots, got, want)
			}
		}
	}
	v.start(100)
	v.confine(10)
	slots := make([]slot, 2)
	put(&slots[0], 10)
	put(&slots[1], 9)
	if got := v.appendNew(nil, slots); !slices.Equal(got, []id{9}) {
		t.Errorf("confined to ten nodes: %v", got)
	}
}
