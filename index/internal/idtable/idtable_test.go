package idtable

import (
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/index/internal/hashing"
)

// A table behaves like a map, even if many ids have the same hash.
func TestTable(t *testing.T) {
	for _, distinct := range []uint64{3, 100, 1 << 40} {
		r := rand.New(rand.NewPCG(17, distinct))
		var table Table[int32]
		names := map[int32]uint64{} // what the ids stand for
		model := map[uint64]int32{}
		hashOf := func(name uint64) uint64 { return hashing.Mix(name % distinct) }
		hashOfID := func(n int32) uint64 { return hashOf(names[n]) }
		is := func(name uint64) func(int32) bool { return func(n int32) bool { return names[n] == name } }
		for step := range 20000 {
			name, n := r.Uint64N(500), int32(step)
			old, there := model[name]
			switch op := r.IntN(5); {
			case op < 2 && !there:
				names[n], model[name] = name, n
				table.Add(hashOf(name), n, hashOfID)
			case op == 2 && there:
				names[n], model[name] = name, n
				if !table.Replace(hashOf(name), is(name), n) {
					t.Fatalf("step %d: Replace found nothing", step)
				}
			case op == 3:
				if table.Remove(hashOf(name), is(name), hashOfID) != there {
					t.Fatalf("step %d: Remove did not return %v", step, there)
				}
				delete(model, name)
			default:
				if !there {
					old = none
				}
				if got := table.Find(hashOf(name), is(name)); got != old {
					t.Fatalf("step %d: found %d, want %d", step, got, old)
				}
			}
			if table.Len() != len(model) {
				t.Fatalf("step %d: %d ids, want %d", step, table.Len(), len(model))
			}
		}
		for name, n := range model {
			if got := table.Find(hashOf(name), is(name)); got != n {
				t.Fatalf("at the end: found %d, want %d", got, n)
			}
		}
	}
}
