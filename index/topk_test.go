package index

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTopK(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var top topK
	for _, k := range []int{1, 2, 7, 50} {
		top.reset(k)
		var all []hit
		for range 200 {
			h := hit{float32(r.IntN(20)), r.Int64N(1000)}
			all = append(all, h)
			top.offer(h)
		}
		slices.SortFunc(all, func(a, b hit) int {
			return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.label, b.label))
		})
		for i, res := range top.appendResults(nil, Dot, nil) {
			if res.Label != all[i].label || res.Score != -all[i].distance {
				t.Fatalf("k %d: result %d is %v, want %v", k, i, res, all[i])
			}
		}
	}
}
