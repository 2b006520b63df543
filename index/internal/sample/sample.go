// Package sample measures how many of the true nearest vectors an index finds.
package sample

import (
	"math/rand/v2"
	"slices"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// Draw draws count of the numbers below n, or all, and returns them in order.
func Draw(n, count int, seed uint64) []int {
	if count >= n {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	r, drawn := rand.New(rand.NewPCG(seed, 0x5a3e)), map[int]bool{}
	for len(drawn) < count {
		drawn[r.IntN(n)] = true
	}
	list := make([]int, 0, count)
	for i := range drawn {
		list = append(list, i)
	}
	slices.Sort(list)
	return list
}

// Nearest returns the count nearest of the ids below n, by the distances that away computes,
// in no order.
func Nearest(n, count int, away func(dst []float32, ids []int32)) []walk.ID {
	const portion = 1024
	var near walk.Heap
	dst, ids := make([]float32, portion), make([]int32, 0, portion)
	for at := 0; at < n; at += portion {
		ids = ids[:0]
		for i := at; i < min(n, at+portion); i++ {
			ids = append(ids, int32(i))
		}
		away(dst, ids)
		for i, id := range ids {
			if k := walk.NewKey(dst[i], walk.ID(id)); len(near) < count {
				near.Push(k)
			} else if k < near[0] {
				near.Replace(k)
			}
		}
	}
	found := make([]walk.ID, len(near))
	for i, k := range near {
		found[i] = k.ID()
	}
	return found
}
