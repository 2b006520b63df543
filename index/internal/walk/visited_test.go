package walk

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The set behaves like a map that is emptied by Start, however much was in it.
func TestVisited(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var v Visited
	for range 300 {
		n := 1 + r.IntN(5000)
		v.Start(n)
		model := map[ID]bool{}
		most := 1 + r.IntN(n)
		if r.IntN(2) == 0 {
			most = 3 // a few are cleared one by one
		}
		for len(model) < most {
			if r.IntN(3) == 0 {
				c := ID(r.IntN(n + 10)) // as if some were added to the index meanwhile
				if v.Add(c) == model[c] {
					t.Fatalf("node %d: Add returned %v", c, model[c])
				}
				model[c] = true
				continue
			}
			slots := make([]Slot, 8)
			for i := range slots {
				slots[i].Put(ID(r.IntN(n+1)) - 1)
			}
			var want []ID
			for i := range slots {
				if c := slots[i].Load(); c != None && !model[c] {
					want, model[c] = append(want, c), true
				}
			}
			if got := v.AppendNew([]ID{7}, slots); !slices.Equal(got[1:], want) || got[0] != 7 {
				t.Fatalf("AppendNew(%v) = %v, want 7 and %v", slots, got, want)
			}
		}
	}
	v.Start(100)
	v.Confine(10)
	slots := make([]Slot, 2)
	slots[0].Put(10)
	slots[1].Put(9)
	if got := v.AppendNew(nil, slots); !slices.Equal(got, []ID{9}) {
		t.Errorf("confined to 10 nodes, AppendNew returned %v", got)
	}
}
