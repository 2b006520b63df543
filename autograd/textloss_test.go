package autograd

import (
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func TestTextLossValidate(t *testing.T) {
	for _, c := range textLossForms() {
		if err := c.loss.Validate(16, c.columns, c.scored); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	for _, c := range []struct {
		loss    TextLoss
		columns int
		scored  bool
		want    string
		hint    string
	}{
		{TextLoss{Name: "softmax"}, 2, false, `no loss "softmax"`, "in-batch"},
		{TextLoss{Name: LossInBatch}, 2, false, "scale 0", "--scale"},
		{TextLoss{Name: LossInBatch, Scale: math.NaN()}, 2, false, "scale NaN", "--scale"},
		{TextLoss{Name: LossInBatch, Scale: 1e9}, 2, false, "at most 300", "--scale"},
		{TextLoss{Name: LossInBatch, Scale: 20}, 2, true, "knows no scores", "--columns"},
		{TextLoss{Name: LossInBatch, Scale: 20}, 1, false, "two texts", "--columns"},
		{TextLoss{Name: LossRelated, Scale: 20, Margin: 2}, 2, false, "margin 2", "--margin"},
		{TextLoss{Name: LossRelated, Scale: 20}, 3, false, "it is of two texts", "--loss"},
		{TextLoss{Name: LossCosine}, 2, false, "scores are needed", "--columns"},
		{TextLoss{Name: LossCoSENT, Scale: 20}, 2, false, "scores are needed", "--columns"},
		{TextLoss{Name: LossContrastive, Margin: -0.1}, 2, false, "margin -0.1", "--margin"},
		{TextLoss{Name: LossContrastive, Symmetric: true}, 2, false, "two ways", "--symmetric"},
		{TextLoss{Name: LossTriplet, Margin: 0.1}, 2, false, "a negative", "--columns"},
		{TextLoss{Name: LossTriplet, Margin: math.NaN()}, 3, false, "margin NaN", "--margin"},
		{TextLoss{Name: LossTriplet}, 3, true, "knows no scores", "--loss"},
		{TextLoss{Name: LossInBatch, Scale: 20, Matryoshka: []int{16, 17}}, 2, false, "dimension 17", "--matryoshka"},
		{TextLoss{Name: LossInBatch, Scale: 20, Matryoshka: []int{0}}, 2, false, "dimension 0", "--matryoshka"},
		{TextLoss{Name: LossInBatch, Scale: 20, Matryoshka: []int{8, 4, 8}}, 2, false, "8 is there twice", "--matryoshka"},
	} {
		err := c.loss.Validate(16, c.columns, c.scored)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.Hint(err), c.hint) {
			t.Errorf("%+v: %v (hint %q), want %q and a hint with %q", c.loss, err, fault.Hint(err), c.want, c.hint)
		}
	}
}

func TestTextLossScores(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name   string
		scores []float32
		want   string
	}{
		{LossRelated, []float32{0, 1, 0.5}, ""},
		{LossCosine, []float32{-1, 5}, ""},
		{LossRelated, []float32{0, 4}, "example 1 is 4"},
		{LossContrastive, []float32{-0.1}, "example 0 is -0.1"},
		{LossCoSENT, []float32{1, nan}, "example 1 is NaN"},
	} {
		if err := (TextLoss{Name: c.name}).checkScores(c.scores); (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v, want %q", c.name, c.scores, err, c.want)
		}
	}
}
