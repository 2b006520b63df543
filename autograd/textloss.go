package autograd

import (
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// scored says whether a loss takes scores: it must, it may, or it must not.
type scored int

const (
	neverScored scored = iota
	maybeScored
	alwaysScored
)

// textLosses says what each loss asks for.
var textLosses = map[string]struct {
	scores              scored
	minTexts, maxTexts  int // texts an example; 0: any number
	scale               bool
	minMargin, maxValue float64 // of the margin, if it has one
}{
	LossInBatch:     {scores: neverScored, minTexts: 2, scale: true},
	LossRelated:     {scores: maybeScored, minTexts: 2, maxTexts: 2, scale: true, minMargin: -1, maxValue: 1},
	LossCosine:      {scores: alwaysScored, minTexts: 2, maxTexts: 2},
	LossCoSENT:      {scores: alwaysScored, minTexts: 2, maxTexts: 2, scale: true},
	LossContrastive: {scores: maybeScored, minTexts: 2, maxTexts: 2, minMargin: 0, maxValue: 2},
	LossTriplet:     {scores: neverScored, minTexts: 3, minMargin: 0, maxValue: 2},
}

// Validate reports a loss that has no sense for vectors of vectorDim numbers and
// examples of columns texts, scored or not.
func (l TextLoss) Validate(vectorDim, columns int, scored bool) error {
	is, ok := textLosses[l.Name]
	if !ok {
		return fault.New("the losses are "+LossInBatch+", "+LossRelated+", "+LossCosine+", "+LossCoSENT+", "+LossContrastive+" and "+LossTriplet,
			"there is no loss %q", l.Name)
	}
	switch {
	case columns < is.minTexts && is.minTexts == 3:
		return fault.New("give --columns a third name, that of a negative, or take --loss "+LossInBatch,
			"loss %s: an anchor, a positive and a negative are needed, the data have %d texts an example", l.Name, columns)
	case columns < is.minTexts:
		return fault.New("name the two with --columns", "loss %s: two texts an example are needed, the data have %d", l.Name, columns)
	case is.maxTexts > 0 && columns > is.maxTexts:
		return fault.New("name two of them with --columns, or take --loss "+LossInBatch+" or "+LossTriplet,
			"loss %s: it is of two texts, the data have %d an example", l.Name, columns)
	case is.scores == alwaysScored && !scored:
		return fault.New("name the column of the scores with --columns, or take --loss "+LossInBatch,
			"loss %s: scores are needed, the data have none", l.Name)
	case is.scores == neverScored && scored:
		return fault.New("leave the scores out of --columns, or take --loss "+LossCoSENT,
			"loss %s: it knows no scores, the data have some", l.Name)
	case is.scale && !(l.Scale > 0 && l.Scale <= maxScale):
		return fault.New("--scale 20 is usual", "loss %s: scale %g: it has to be above 0 and at most %d", l.Name, l.Scale, maxScale)
	case is.maxValue > 0 && !(l.Margin >= is.minMargin && l.Margin <= is.maxValue):
		return fault.New("--margin takes a difference of cosines", "loss %s: margin %g: it has to be from %g to %g", l.Name, l.Margin, is.minMargin, is.maxValue)
	case l.Symmetric && l.Name != LossInBatch:
		return fault.New("leave --symmetric out", "loss %s: only %s has two ways", l.Name, LossInBatch)
	}
	return l.checkDims(vectorDim)
}

// checkDims reports a dimension that vectors of vectorDim numbers cannot be cut to.
func (l TextLoss) checkDims(vectorDim int) error {
	for i, k := range l.Matryoshka {
		if k < 1 || k > vectorDim {
			return fault.New("--matryoshka takes dimensions up to that of the vectors, such as 256,128,64",
				"matryoshka dimension %d: vectors of %d numbers have none such", k, vectorDim)
		}
		for _, before := range l.Matryoshka[:i] {
			if before == k {
				return fault.New("name each dimension of --matryoshka once", "matryoshka dimension %d is there twice", k)
			}
		}
	}
	return nil
}

// maxScale keeps the exponents of the losses, up to twice it, inside float64.
const maxScale = 300

// dims returns the dimensions that vectors of dim numbers are cut to.
func (l TextLoss) dims(dim int) []int {
	if len(l.Matryoshka) == 0 {
		return []int{dim}
	}
	return l.Matryoshka
}

// checkScores reports scores that the loss cannot take: labels from 0 to 1 where it
// takes them for probabilities, finite numbers elsewhere.
func (l TextLoss) checkScores(scores []float32) error {
	labels := l.Name == LossRelated || l.Name == LossContrastive
	for i, y := range scores {
		switch v := float64(y); {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return fault.New("scores are numbers", "loss %s: the score of example %d is %g", l.Name, i, y)
		case labels && (v < 0 || v > 1):
			return fault.New("scores of this loss are 1 for related and 0 for unrelated texts; others go with --loss "+LossCoSENT,
				"loss %s: the score of example %d is %g, it has to be from 0 to 1", l.Name, i, y)
		}
	}
	return nil
}
