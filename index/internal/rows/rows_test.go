package rows

import (
	"testing"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/internal/kernel"
)

// A retired id is used again only when no goroutine can see it, and a batch claims all of its labels or none.
func TestRows(t *testing.T) {
	r := new(Rows)
	r.Init(arena.New(2, 0, 0, false, true, false, false, false, 1), kernel.SquaredDistance)
	if err := r.Claim([]int64{7, 8, 7}); err == nil || len(r.Claimed) != 0 {
		t.Fatalf("error %v, %d claimed", err, len(r.Claimed))
	}
	add := func(label int64) id {
		t.Helper()
		if err := r.Claim([]int64{label}); err != nil {
			t.Fatal(err)
		}
		n := r.Place(label, []float32{float32(label), 0})
		r.SetID(label, n)
		r.Publish(n)
		return n
	}
	first := add(7)
	if err := r.Claim([]int64{7}); err == nil {
		t.Error("a label that is in use was claimed")
	}
	reader := r.Pool.Get()
	r.Forget(7)
	r.Mark(first, Dead)
	r.Retire(first)
	r.Count.Add(-1)
	if r.Visible(first) || r.IDOf(7) != none {
		t.Error("a dead id can be found")
	}
	if n := add(8); n == first {
		t.Error("an id that a reader may see was used again")
	}
	r.Pool.Put(reader)
	if n := add(9); n != first || r.IDOf(9) != first || r.Label(first) != 9 || r.Len() != 2 {
		t.Errorf("id %d, want %d; %d vectors", n, first, r.Len())
	}
	if x := r.Read(r.Pool.Get(), first); x[0] != 9 {
		t.Errorf("vector %v, want 9", x)
	}
}
