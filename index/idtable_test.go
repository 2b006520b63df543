package index

import (
	"math/rand/v2"
	"testing"
)

// A table does what a map does, also when many ids have one hash.
func TestIDTable(t *testing.T) {
	for _, distinct := range []uint64{3, 100, 1 << 40} {
		r := rand.New(rand.NewPCG(17, distinct))
		var table idTable
		names := map[id]uint64{} // what an id stands for
		model := map[uint64]id{}
		hashOf := func(name uint64) uint64 { return mix(name % distinct) }
		hashOfID := func(n id) uint64 { return hashOf(names[n]) }
		is := func(name uint64) func(id) bool { return func(n id) bool { return names[n] == name } }
		for step := range 20000 {
			name, n := r.Uint64N(500), id(step)
			old, there := model[name]
			switch op := r.IntN(5); {
			case op < 2 && !there:
				names[n], model[name] = name, n
				table.add(hashOf(name), n, hashOfID)
			case op == 2 && there:
				names[n], model[name] = name, n
				if !table.replace(hashOf(name), is(name), n) {
					t.Fatalf("step %d: nothing to replace", step)
				}
			case op == 3:
				if table.remove(hashOf(name), is(name), hashOfID) != there {
					t.Fatalf("step %d: removed is not %v", step, there)
				}
				delete(model, name)
			default:
				if !there {
					old = none
				}
				if got := table.find(hashOf(name), is(name)); got != old {
					t.Fatalf("step %d: %d, want %d", step, got, old)
				}
			}
			if table.count != len(model) {
				t.Fatalf("step %d: %d ids, want %d", step, table.count, len(model))
			}
		}
		for name, n := range model {
			if got := table.find(hashOf(name), is(name)); got != n {
				t.Fatalf("at the end: %d, want %d", got, n)
			}
		}
	}
}
