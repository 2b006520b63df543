package training

import (
	"fmt"
	"math"
	"runtime"
	"strconv"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Engine names how gradients are computed.
type Engine string

const (
	Fused Engine = "fused" // one operation for a batch of windows, updated in place
	Graph Engine = "graph" // gorgonia's own operations, one window a run: slow, the oracle
)

// The losses of a word trainer.
const (
	LossNS = "ns" // negative sampling
	LossHS = "hs" // hierarchical softmax
)

// The windows of a word trainer: which words stand in the context of another, and how
// much they count.
const (
	WindowsWeighted = "weighted" // all up to Window away; at distance d by (Window+1-d)/Window
	WindowsDrawn    = "drawn"    // all up to a reach that is drawn for each window from 1 to Window, as in word2vec
	WindowsFull     = "full"     // all up to Window away, all alike
)

// WordOptions are the options of a word trainer. [DefaultWordOptions] gives
// the defaults named here; a zero field is not a default.
type WordOptions struct {
	Dim           int     `json:"dim"`                      // length of a vector; default 100
	Window        int     `json:"window"`                   // greatest distance of a context word, in words; default 5
	Negative      int     `json:"negative"`                 // negative samples a window; default 5
	NoiseExponent float64 `json:"noise_exponent"`           // negatives are drawn by count to this power; default 0.75
	Subsample     float64 `json:"subsample"`                // threshold t of frequent-word subsampling, 0 keeps every word; default 1e-4
	MinCount      int64   `json:"min_count"`                // words rarer than this are not learnt; default 5
	MaxVocabulary int     `json:"max_vocabulary,omitempty"` // only so many words, the most frequent, are learnt; default 0: no limit
	Epochs        int     `json:"epochs"`                   // passes over the corpus; default 5
	LearningRate  float64 `json:"learning_rate"`            // at the start; default that of UsualRate
	Threads       int     `json:"threads"`                  // workers; default all cores. 1 makes a run repeatable
	Deterministic bool    `json:"deterministic,omitempty"`  // the same bytes at any Threads: updates in order, only what comes before them in parallel; default false
	Seed          uint64  `json:"seed"`                     // of every random choice; default 1
	Engine        Engine  `json:"engine"`                   // default Fused

	Loss            string                `json:"loss,omitempty"`             // LossNS or LossHS, which uses neither Negative nor NoiseExponent; default "": LossNS
	Windows         string                `json:"windows,omitempty"`          // WindowsWeighted, WindowsDrawn or WindowsFull; "" is WindowsDrawn; default WindowsWeighted
	Shuffle         bool                  `json:"shuffle,omitempty"`          // each epoch takes the blocks of the text in another order; default true
	SumVectors      bool                  `json:"sum_vectors,omitempty"`      // a word's vector is the sum of its input and its output row; default false (CBOW true)
	CBOWSum         bool                  `json:"cbow_sum,omitempty"`         // CBOW adds the context words; default false: their mean
	PositionWeights bool                  `json:"position_weights,omitempty"` // CBOW learns how much each place in the window counts; default false
	NGrams          tokenize.NGramOptions `json:"ngrams,omitzero"`            // character n-grams that words are made of; default: none

	FreezeInit bool `json:"freeze_init,omitempty"` // the vectors of WordRun.Start do not change: as its Freeze; default false
}

// finalRate is the part of the learning rate that is left at the end, as in
// word2vec.
const finalRate = 1e-4

// UsualRate is the learning rate that is usual for an objective and options: for
// skip-gram 0.05 in weighted windows and 0.025 in others, for CBOW 0.035 and 0.05. In
// weighted windows that is for a few epochs; from ten on, which only small texts need
// and which fit them too closely, it is 0.03 for both.
func UsualRate(kind string, o *WordOptions) float64 {
	rate := struct{ weighted, many, other float64 }{0.05, 0.03, 0.025}
	if kind == "cbow" {
		rate.weighted, rate.many, rate.other = 0.035, 0.03, 0.05
	}
	switch {
	case o.Windows != WindowsWeighted:
		return rate.other
	case o.Epochs >= 10:
		return rate.many
	}
	return rate.weighted
}

// DefaultWordOptions returns the defaults for skip-gram.
func DefaultWordOptions() WordOptions {
	return WordOptions{
		Dim:           100,
		Window:        5,
		Negative:      5,
		NoiseExponent: 0.75,
		Subsample:     1e-4,
		MinCount:      5,
		Epochs:        5,
		LearningRate:  0.05,
		Threads:       runtime.GOMAXPROCS(0),
		Seed:          1,
		Engine:        Fused,
		Windows:       WindowsWeighted,
		Shuffle:       true,
	}
}

// Validate returns an error that names the first option out of range.
func (o *WordOptions) Validate() error {
	for _, c := range []struct {
		name     string
		value    float64
		low, top float64
	}{
		{"dim", float64(o.Dim), 1, 1 << 14},
		{"window", float64(o.Window), 1, 1 << 10},
		{"negative", float64(o.Negative), 1, 1 << 10},
		{"ns-exponent", o.NoiseExponent, -10, 10},
		{"subsample", o.Subsample, 0, 1},
		{"min-count", float64(o.MinCount), 1, 1e12},
		{"max-vocab", float64(o.MaxVocabulary), 0, math.MaxInt32},
		{"epochs", float64(o.Epochs), 1, 1e6},
		{"threads", float64(o.Threads), 1, 1 << 12},
	} {
		if !(c.value >= c.low && c.value <= c.top) { // NaN is out of range as well
			return fault.New(fmt.Sprintf("%s may be from %s to %s", c.name, number(c.low), number(c.top)), "%s is %s", c.name, number(c.value))
		}
	}
	if !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0) {
		return fault.New("0.05 is usual for skip-gram, 0.035 for CBOW", "learning rate is %g: it must be above 0", o.LearningRate)
	}
	if o.Loss != "" && o.Loss != LossNS && o.Loss != LossHS {
		return fault.New("choose ns (negative sampling) or hs (hierarchical softmax)", "loss %q is not known", o.Loss)
	}
	if err := o.NGrams.Validate(); err != nil {
		return err
	}
	switch o.Windows {
	case "", WindowsDrawn, WindowsFull:
	case WindowsWeighted:
		if o.Loss == LossHS || o.PositionWeights {
			return fault.New("choose drawn or full windows", "weighted windows are for negative sampling without position weights")
		}
	default:
		return fault.New("choose weighted, drawn or full", "windows %q are not known", o.Windows)
	}
	if o.SumVectors && (o.Loss == LossHS || o.NGrams.Max > 0 || o.FreezeInit) {
		return fault.New("take the input vectors alone", "input and output vectors are not added up with hierarchical softmax, character n-grams or vectors that stay")
	}
	if o.Engine != Fused && o.Engine != Graph {
		return fault.New("choose fused or graph", "engine %q is not known", string(o.Engine))
	}
	return nil
}

// variant is the form of the objective that the options ask for.
func (o *WordOptions) variant() autograd.Variant {
	v := autograd.Variant{Labelled: o.Loss == LossHS, Sum: o.CBOWSum}
	if o.Windows == WindowsWeighted {
		v.Places = autograd.LinearPlaces(o.Window)
	}
	if o.PositionWeights {
		v.Labelled, v.Positions = true, 2*o.Window
	}
	return v
}

// ownRows says that the words' own rows are not their vectors, and stand beside them
// in a checkpoint.
func (o *WordOptions) ownRows() bool { return o.NGrams.Max > 0 || o.SumVectors }

// objective returns the form of base that the options ask for.
func (o *WordOptions) objective(base *autograd.Objective) (*autograd.Objective, error) {
	if !base.PerWindow && (o.CBOWSum || o.PositionWeights) {
		return nil, fault.New("train with CBOW, or leave out cbow-sum and position-weights", "%s has neither sums nor position weights: each context word stands alone", base.Name)
	}
	return base.With(o.variant())
}

// number writes a count without an exponent, as it is typed.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
