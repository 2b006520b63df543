package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestInsertSorted(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(1, 2))
		for n := range 70 {
			for range 40 {
				keys := make([]uint64, n, n+3)
				for i := range keys {
					keys[i] = r.Uint64() >> r.IntN(64)
				}
				slices.Sort(keys)
				key := r.Uint64() >> r.IntN(64)
				if n > 0 && r.IntN(2) == 0 {
					key = keys[r.IntN(n)] + uint64(r.IntN(3)) - 1
				}
				at, _ := slices.BinarySearch(keys, key)
				want := append(slices.Insert(slices.Clone(keys), at, key), 7, 8)
				got := append(keys, 5, 7, 8)
				if place := InsertSorted(got[:n+1], n, key); place != at || !slices.Equal(got, want) {
					t.Fatalf("%s: %d at %d of %v: %v, want %v", name, key, place, keys, got, want)
				}
			}
			for range 20 { // in no order
				keys := make([]uint64, n, n+1)
				for i := range keys {
					keys[i] = r.Uint64N(10)
				}
				want := append(slices.Clone(keys), 5)
				got := keys[:n+1]
				if place := InsertSorted(got, n, 5); got[place] != 5 || !slices.Equal(slices.Delete(slices.Clone(got), place, place+1), want[:n]) {
					t.Fatalf("%s: 5 at %d of %v: %v", name, place, want[:n], got)
				}
			}
		}
	})
	for name, f := range map[string]func(){
		"no room": func() { InsertSorted(make([]uint64, 3), 3, 1) }, "negative": func() { InsertSorted(make([]uint64, 3), -1, 1) },
	} {
		func() {
			defer func() {
				if recover() != PanicLength {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
