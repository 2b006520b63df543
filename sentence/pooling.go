package sentence

import (
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Pooling names how the vectors of the tokens of a text become one vector, as in config.json.
// Unknown tokens are ignored.
type Pooling string

// The poolings.
const (
	Mean  Pooling = "mean" // the mean
	Max   Pooling = "max"  // the maximum of each dimension
	First Pooling = "cls"  // the vector of the first token, which stands for [CLS]
	Last  Pooling = "sep"  // the vector of the last token, which stands for [SEP]
	// SIF is the mean with each token t weighted by a/(a+p(t)), where p(t) is its share
	// of the training text: smooth inverse frequency (Arora, Liang and Ma, 2017). The
	// weights are part of the model.
	SIF Pooling = "sif"
)

// Poolings lists all poolings.
var Poolings = []Pooling{Mean, Max, First, Last, SIF}

// Summary describes the pooling in a few words. It is empty for an unknown one.
func (p Pooling) Summary() string {
	return map[Pooling]string{
		Mean:  "mean of the tokens",
		Max:   "maximum of each dimension",
		First: "first token",
		Last:  "last token",
		SIF:   "mean of the tokens weighted by rarity, a/(a + share of the text)",
	}[p]
}

func checkPooling(name Pooling) error {
	if !slices.Contains(Poolings, name) {
		return fault.New("choose mean, max, cls, sep or sif", "unknown pooling %q", name)
	}
	return nil
}

// pool adds the feature of the n-th known token of a text, counted from 0, to pooled,
// which is zero before the first; weight is used by Mean and SIF only.
func (e *Encoder) pool(pooled, feature []float32, n int, weight float32) {
	switch {
	case e.pooling == Mean || e.pooling == SIF:
		kernel.Axpy(pooled, weight, feature)
	case n == 0 || e.pooling == Last:
		copy(pooled, feature)
	case e.pooling == Max:
		for i, v := range feature {
			pooled[i] = max(pooled[i], v)
		}
	}
}

// finishPooling completes the pooling of n tokens.
func (e *Encoder) finishPooling(pooled []float32, n int) {
	if e.pooling == Mean || e.pooling == SIF {
		divide(pooled, n)
	}
}

// weight returns the weight of a token with SIF. A token composed of n-grams was not seen in
// training and has weight 1.
func (e *Encoder) weight(id int32) float32 {
	if e.weights == nil || id < 0 {
		return 1
	}
	return e.weights[id]
}
