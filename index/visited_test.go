package index

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The set behaves like a map that is emptied by start, however much was in it.
func TestVisited(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var v visited
	for range 300 {
		n := 1 + r.IntN(5000)
		v.start(n)
		model := map[id]bool{}
		most := 1 + r.IntN(n)
		if r.IntN(2) == 0 {
			most = 3 // a few are cleared one by one
		}
		for len(model) < most {
			if r.IntN(3) == 0 {
				c := id(r.IntN(n + 10)) // as if some were added to the index meanwhile
				if v.add(c) == model[c] {
					t.Fatalf("node %d: add returned %v", c, model[c])
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
				t.Fatalf("appendNew(%v) = %v, want 7 and %v", slots, got, want)
			}
		}
	}
	v.start(100)
	v.confine(10)
	slots := make([]slot, 2)
	put(&slots[0], 10)
	put(&slots[1], 9)
	if got := v.appendNew(nil, slots); !slices.Equal(got, []id{9}) {
		t.Errorf("confined to 10 nodes, appendNew returned %v", got)
	}
}
