package train

import (
	"testing"

	"github.com/luminavec/luminavec/sentence/distill"
)

// The table of pairs is left out with few pairs, and with no more dimensions than the teacher has.
func TestPairDim(t *testing.T) {
	for _, c := range []struct {
		pairs     int64
		dim, want int
	}{
		{99_999, 0, 0}, {100_000, 0, 1024}, {100_000, 256, 0}, {100_000, 384, 0}, {100_000, 385, 1024},
	} {
		j := distillJob{options: distill.DefaultOptions()}
		j.options.Dim = c.dim
		j.choosePairDim(distillCommand(), c.pairs, 384)
		if j.options.PairDim != c.want {
			t.Errorf("%d pairs, --dim %d: a table of %d dimensions, want %d", c.pairs, c.dim, j.options.PairDim, c.want)
		}
	}
}
