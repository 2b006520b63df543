package hnsw

import (
	"math"
	"testing"
)

// The levels follow the paper's distribution: n/M nodes on level 1 and above.
func TestLevels(t *testing.T) {
	g := &Graph{M: 16, Seed: 1}
	const n = 200_000
	counts := make([]int, maxLevel+1)
	for i := range n {
		for l := range g.drawLevel(int64(i)) + 1 {
			counts[l]++
		}
	}
	for l, want := 1, n/16.0; l <= 3; l, want = l+1, want/16 {
		if math.Abs(float64(counts[l])-want) > 5*math.Sqrt(want) {
			t.Errorf("%d of %d nodes on level %d, expected about %.0f", counts[l], n, l, want)
		}
	}
}
