package topk

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestList(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var top List
	for _, k := range []int{1, 2, 7, 50} {
		top.Reset(k)
		var all []Hit
		for range 200 {
			h := Hit{float32(r.IntN(20)), r.Int64N(1000)}
			all = append(all, h)
			top.Offer(h)
		}
		slices.SortFunc(all, func(a, b Hit) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Label, b.Label))
		})
		for i := k - 1; i >= 0; i-- {
			if worst := top.Hits.Pop(); worst != all[i] {
				t.Fatalf("k %d: hit %d is %v, want %v", k, i, worst, all[i])
			}
		}
	}
}
