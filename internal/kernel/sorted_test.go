package kernel

import (
	"math"
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

func TestKeysUpTo(t *testing.T) {
	distances := []float32{-2, 0.5, -1, 3, 0, 1, -math.MaxFloat32, 7, 2, math.MaxFloat32, 1}
	ids := []int32{4, math.MaxInt32, 0, 1, 2, 9, 7, 8, 5, 6, 3}
	// What is below (1, 9), and it: keys order like distances, then ids.
	wanted := []int32{4, math.MaxInt32, 0, 2, 9, 7, 3}
	eachLevel(t, func(name string) {
		dst := make([]uint64, len(ids)+8)
		n := KeysUpTo(dst, distances, ids, uint64(0xbf800000)<<32|9)
		var got []int32
		for _, k := range dst[:n] {
			got = append(got, int32(k))
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("%s: ids %v, want %v", name, got, wanted)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for n := range 70 {
			distances, ids := make([]float32, n), make([]int32, n)
			for i := range ids {
				distances[i], ids[i] = float32(r.NormFloat64()), r.Int32()
			}
			most := r.Uint64()
			got, want := make([]uint64, n+9), make([]uint64, n+8)
			got[n+8] = 5
			a, b := KeysUpTo(got, distances, ids, most), keysUpToGo(want, distances, ids, most)
			if !slices.Equal(got[:a], want[:b]) || got[n+8] != 5 {
				t.Fatalf("%s: %d keys: %v, want %v", name, n, got[:a], want[:b])
			}
		}
	})
	for name, f := range map[string]func(){
		"few distances": func() { KeysUpTo(make([]uint64, 10), make([]float32, 1), make([]int32, 2), 0) },
		"no room":       func() { KeysUpTo(make([]uint64, 9), make([]float32, 2), make([]int32, 2), 0) },
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
