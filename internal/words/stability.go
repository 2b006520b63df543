package words

import (
	"math"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// A step moves each row of a window by the sum of the gradients of all its words: the true
// word receives those of up to 2·Window context words at once, and each context word those of
// 1+Negative outputs. Near 0 the gradient of a score is at most a quarter of the score's
// error, so a small step shrinks the error, but a step that is too large overshoots: the next
// error is greater than the last, in the other direction, and both rows grow without bound.
// word2vec and fastText update the true word once for each context word, so that later ones see
// what earlier ones have done; that allows somewhat higher rates, but no more than about 0.3.
//
// A rate above largestStep is therefore taken in several steps over the same batch, each with
// its own gradient. These follow the gradient more closely than one large step, at the cost of
// time, and stay finite at rates where word2vec and fastText do not. Usual rates are far below,
// and take one step.
const (
	largestStep = 0.1 // with windows of up to usualWindow and usualOutputs
	// smallestStep is the largest step with any window; the usual rates take one step.
	smallestStep = 0.05
	usualWindow  = 10 // words on each side
	usualOutputs = 25
	// largestSum is the largest step for the sum of the context (CBOWSum), times the sum of the
	// squares of the weights of its words: a step of each of them moves the sum by as much.
	largestSum = 2
	// mostSteps is the largest number of steps: what needs more is a mistake, and will diverge.
	mostSteps = 10
)

// largest returns the largest rate that is taken in one step.
func (o *Options) largest() float64 {
	step := largestStep
	if outputs := 1 + o.Negative; o.Loss != LossHS && outputs > usualOutputs {
		step *= usualOutputs / float64(outputs)
	}
	step = max(smallestStep, step*min(1, usualWindow/float64(o.Window)))
	if !o.CBOWSum {
		return step
	}
	squares := float64(2 * o.Window)
	if o.Windows == WindowsWeighted {
		squares = 0
		for _, w := range LinearPlaces(o.Window) {
			squares += float64(w) * float64(w)
		}
	}
	return min(step, largestSum/squares)
}

// steps returns the number of steps in which the rate lr is taken.
func (o *Options) steps(lr float64) int {
	return int(min(max(1, math.Ceil(lr/o.largest()-1e-9)), mostSteps))
}

// Steps returns the number of steps over each batch at the start of a run: 1 with usual learning
// rates, more with high ones; see LearningRate.
func Steps(o *Options) int { return o.steps(o.LearningRate) }

// meanSteps returns the mean number of steps over a run, whose rate falls linearly to zero.
func (o *Options) meanSteps() float64 {
	const parts = 100
	sum := 0
	for i := range parts {
		sum += o.steps(o.LearningRate * (float64(i) + 0.5) / parts)
	}
	return float64(sum) / parts
}

// untrained returns the loss of a target, in nats, with scores that are all 0: what a run
// starts with, unless it starts from a trained model. Every output loses ln 2. It is 0, not
// known, for an objective that is not Logistic.
func (o *Objective) untrained(v *tokenize.Vocabulary, options *Options) float64 {
	switch {
	case !o.Logistic:
		return 0
	case options.Loss != LossHS:
		return math.Ln2 * float64(1+options.Negative)
	}
	tree, keep := NewHuffman(v), corpora.KeepProbabilities(v, options.Subsample)
	var outputs, words float64
	for id, p := range keep {
		n := float64(v.Count(int32(id))) * float64(p)
		outputs += n * float64(len(tree.Path(int32(id))))
		words += n
	}
	return math.Ln2 * outputs / max(1, words)
}
