package train

import (
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func TestLossValidate(t *testing.T) {
	for _, c := range lossForms() {
		if err := c.loss.Validate(16, c.columns, c.scored); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	for _, c := range []struct {
		loss    Objective
		columns int
		scored  bool
		want    string
		hint    string
	}{
		{Objective{Loss: "softmax"}, 2, false, `Loss must be in-batch, related, cosine, cosent, contrastive or triplet, got "softmax"`, ""},
		{Objective{Loss: InBatch}, 2, false, "Scale must be above 0", "20 is usual"},
		{Objective{Loss: InBatch, Scale: math.NaN()}, 2, false, "got NaN", "20 is usual"},
		{Objective{Loss: InBatch, Scale: 1e9}, 2, false, "at most 300", "20 is usual"},
		{Objective{Loss: InBatch, Scale: 20}, 2, true, "does not use scores", "related, cosine, cosent or contrastive"},
		{Objective{Loss: InBatch, Scale: 20}, 1, false, "needs two texts", "columns"},
		{Objective{Loss: Related, Scale: 20, Margin: 2}, 2, false, "Margin must be from -1 to 1", "cosines"},
		{Objective{Loss: Related, Scale: 20}, 3, false, "takes two texts", "in-batch or triplet"},
		{Objective{Loss: Cosine}, 2, false, "needs scores", "name the column of scores"},
		{Objective{Loss: CoSENT, Scale: 20}, 2, false, "needs scores", "name the column of scores"},
		{Objective{Loss: Contrastive, Margin: -0.1}, 2, false, "Margin must be from 0 to 2", "cosines"},
		{Objective{Loss: Contrastive, Symmetric: true}, 2, false, "Symmetric does not apply", ""},
		{Objective{Loss: Triplet, Margin: 0.1}, 2, false, "and a negative", "a third column"},
		{Objective{Loss: Triplet, Margin: math.NaN()}, 3, false, "got NaN", "cosines"},
		{Objective{Loss: Triplet}, 3, true, "does not use scores", "without the scores"},
		{Objective{Loss: InBatch, Scale: 20, Matryoshka: []int{16, 17}}, 2, false, "from 1 to 16", "dimensions"},
		{Objective{Loss: InBatch, Scale: 20, Matryoshka: []int{0}}, 2, false, "got 0", "dimensions"},
		{Objective{Loss: InBatch, Scale: 20, Matryoshka: []int{8, 4, 8}}, 2, false, "has dimension 8 twice", "once"},
	} {
		err := c.loss.Validate(16, c.columns, c.scored)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.Hint(err), c.hint) {
			t.Errorf("%+v: %v (hint %q), want %q and a hint with %q", c.loss, err, fault.Hint(err), c.want, c.hint)
		}
	}
}

func TestLossScores(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name   Loss
		scores []float32
		want   string
	}{
		{Related, []float32{0, 1, 0.5}, ""},
		{Cosine, []float32{-1, 5}, ""},
		{Related, []float32{0, 4}, "example 1 must be from 0 to 1, got 4"},
		{Contrastive, []float32{-0.1}, "example 0 must be from 0 to 1, got -0.1"},
		{CoSENT, []float32{1, nan}, "example 1 is NaN"},
	} {
		if err := (Objective{Loss: c.name}).checkScores(c.scores); (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v, want %q", c.name, c.scores, err, c.want)
		}
	}
}
