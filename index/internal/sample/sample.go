// Package sample measures how many of the true nearest vectors an index finds.
package sample

import (
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/heap"
)

// Draw returns count of the numbers below n, or all, for which hash reports true: those with the
// lowest hashes, in that order. What is drawn depends on the hashes alone.
func Draw(n, count int, hash func(i int) (h uint64, ok bool)) []int {
	var low heap.Heap[drawn]
	for i := range n {
		h, ok := hash(i)
		if d := (drawn{h, i}); !ok {
			continue
		} else if len(low) < count {
			low.Push(d)
		} else if low[0].Before(d) {
			low.Replace(d)
		}
	}
	list := make([]int, len(low))
	for i := len(list) - 1; i >= 0; i-- {
		list[i] = low.Pop().i
	}
	return list
}

type drawn struct {
	hash uint64
	i    int
}

// Before puts the highest hash first.
func (d drawn) Before(e drawn) bool { return d.hash > e.hash }

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
