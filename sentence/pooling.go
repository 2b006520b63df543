package sentence

import (
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The ways to make one vector of those of the tokens of a text; unknown tokens take
// no part in any.
const (
	Mean  = "mean" // their mean
	Max   = "max"  // of each dimension the largest number
	First = "cls"  // that of the first token, which stands for [CLS]
	Last  = "sep"  // that of the last token, which stands for [SEP]
	// SIF is the mean, in which each token t counts by the weight a/(a+p(t)), where p(t)
	// is its share of the training text: smooth inverse frequency (Arora, Liang and
	// Ma, 2017). The weights are a part of the model.
	SIF = "sif"
)

// Poolings are the names of all ways.
var Poolings = []string{Mean, Max, First, Last, SIF}

func checkPooling(name string) error {
	if !slices.Contains(Poolings, name) {
		return fault.New("choose mean, max, cls, sep or sif", "unknown pooling %q", name)
	}
	return nil
}

// pool takes the feature of the n-th known token of a text, counted from 0, into
// pooled, which is zero before the first; weight counts with SIF only.
func (e *Encoder) pool(pooled, feature []float32, n int, weight float32) {
	switch {
	case e.pooling == Mean:
		addTo(pooled, feature)
	case e.pooling == SIF:
		kernel.Axpy(pooled, weight, feature)
	case n == 0 || e.pooling == Last:
		copy(pooled, feature)
	case e.pooling == Max:
		for i, v := range feature {
			pooled[i] = max(pooled[i], v)
		}
	}
}

// finishPooling ends the pooling of n tokens.
func (e *Encoder) finishPooling(pooled []float32, n int) {
	if e.pooling == Mean || e.pooling == SIF {
		divide(pooled, n)
	}
}

// weight is what a token counts with SIF; one that is composed of n-grams has not been
// seen, and counts in full.
func (e *Encoder) weight(id int32) float32 {
	if e.weights == nil || id < 0 {
		return 1
	}
	return e.weights[id]
}
