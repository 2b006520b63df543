package words

import (
	"cmp"
	"math"
	"runtime"
	"strconv"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// Values of Options.Loss.
const (
	LossNS = "ns" // negative sampling
	LossHS = "hs" // hierarchical softmax
)

// Values of Options.Windows: which words are in the context of another, and how much
// they count.
const (
	WindowsWeighted = "weighted" // all words up to Window away; a word at distance d counts (Window+1-d)/Window
	WindowsDrawn    = "drawn"    // all words up to a distance drawn from 1 to Window for each window, as in word2vec
	WindowsFull     = "full"     // all words up to Window away, weighted equally
)

// Options are the options of all word trainers together, as they are stored in config.json. The
// public packages declare and describe those of their own objective and convert them.
type Options struct {
	Dim           int             `json:"dim"`
	Window        int             `json:"window"`
	Negative      int             `json:"negative"`
	NoiseExponent float64         `json:"noise_exponent"`
	Subsample     float64         `json:"subsample"` // -t until a run starts: t or more, see corpora.AdaptSubsample
	MinCount      int64           `json:"min_count"`
	MaxVocabulary int             `json:"max_vocabulary,omitempty"`
	Epochs        int             `json:"epochs"`
	LearningRate  float64         `json:"learning_rate"`
	Threads       int             `json:"threads"`
	Deterministic bool            `json:"deterministic,omitempty"`
	Seed          uint64          `json:"seed"`
	Engine        training.Engine `json:"engine"`

	Loss            string                `json:"loss,omitempty"`             // "" is LossNS
	Windows         string                `json:"windows,omitempty"`          // "" is WindowsDrawn
	Shuffle         bool                  `json:"shuffle,omitempty"`          // another order of blocks in each epoch
	SumVectors      bool                  `json:"sum_vectors,omitempty"`      // vectors are sums of input and output rows
	CBOWSum         bool                  `json:"cbow_sum,omitempty"`         // only for objectives with PerWindow
	PositionWeights bool                  `json:"position_weights,omitempty"` // only for objectives with PerWindow
	NGrams          tokenize.NGramOptions `json:"ngrams,omitzero"`

	FreezeInit bool `json:"freeze_init,omitempty"`
}

// DefaultOptions returns the defaults that the word objectives share; they are the defaults of
// skip-gram.
func DefaultOptions() Options {
	return Options{
		Dim:           100,
		Window:        5,
		Negative:      5,
		NoiseExponent: 0.75,
		Subsample:     -1e-4,
		MinCount:      5,
		Epochs:        5,
		LearningRate:  0.05,
		Threads:       runtime.GOMAXPROCS(0),
		Seed:          1,
		Engine:        training.Fused,
		Windows:       WindowsWeighted,
		Shuffle:       true,
	}
}

// finalRate is the part of the learning rate that is left at the end, as in word2vec.
const finalRate = 1e-4

// Validate returns an error that names the first field out of range.
func (o *Options) Validate() error {
	for _, c := range []struct {
		name     string
		value    float64
		low, top float64
	}{
		{"Dim", float64(o.Dim), 1, 1 << 14},
		{"Window", float64(o.Window), 1, 1 << 10},
		{"Negative", float64(o.Negative), 1, 1 << 10},
		{"NoiseExponent", o.NoiseExponent, -10, 10},
		{"Subsample", max(o.Subsample, 0), 0, 1},
		{"MinCount", float64(o.MinCount), 1, 1e12},
		{"MaxVocabulary", float64(o.MaxVocabulary), 0, math.MaxInt32},
		{"Epochs", float64(o.Epochs), 1, 1e6},
		{"Threads", float64(o.Threads), 1, 1 << 12},
	} {
		if !(c.value >= c.low && c.value <= c.top) { // NaN is out of range as well
			return fault.Field(c.name, "", "must be from %s to %s, got %s", number(c.low), number(c.top), number(c.value))
		}
	}
	if !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0) {
		return fault.Field("LearningRate", "", "must be a positive number, got %g", o.LearningRate)
	}
	if o.Subsample <= -1 {
		return fault.Field("Subsample", "", "must be from 0 to 1, got %s", number(o.Subsample))
	}
	if err := cmp.Or(oneOf("Loss", o.Loss, Losses()), oneOf("Windows", o.Windows, WindowForms()), o.NGrams.Validate()); err != nil {
		return err
	}
	if o.Windows == WindowsWeighted && (o.Loss == LossHS || o.PositionWeights) {
		return fault.Field("Windows", "choose drawn or full windows", "cannot be weighted with hierarchical softmax or position weights")
	}
	if o.SumVectors && (o.Loss == LossHS || o.NGrams.Max > 0 || o.FreezeInit) {
		return fault.Field("SumVectors", "use the input vectors alone",
			"cannot be combined with hierarchical softmax, character n-grams or frozen vectors")
	}
	if o.Engine != training.Fused && o.Engine != training.Graph {
		return fault.Field("Engine", "", "must be fused or graph, got %q", string(o.Engine))
	}
	return nil
}

// SettleSubsample replaces a negative Subsample by the threshold that it stands for in text with
// the vocabulary v.
func (o *Options) SettleSubsample(v *tokenize.Vocabulary) {
	if o.Subsample < 0 {
		o.Subsample = corpora.AdaptSubsample(v, -o.Subsample)
	}
}

// variant returns the form of the objective that the options select.
func (o *Options) variant() Variant {
	v := Variant{Labelled: o.Loss == LossHS, Sum: o.CBOWSum}
	if o.Windows == WindowsWeighted {
		v.Places = LinearPlaces(o.Window)
	}
	if o.PositionWeights {
		v.Labelled, v.Positions = true, 2*o.Window
	}
	return v
}

// ownRows reports whether the words' own rows are not their vectors and are stored beside them
// in a checkpoint.
func (o *Options) ownRows() bool { return o.NGrams.Max > 0 || o.SumVectors }

// objective returns the form of base that the options select.
func (o *Options) objective(base *Objective) (*Objective, error) {
	if !base.PerWindow && (o.CBOWSum || o.PositionWeights) {
		return nil, fault.Mention("train with CBOW, or without CBOWSum and PositionWeights",
			"%s has neither sums nor position weights: each context word is a separate target", base.Name)
	}
	return base.With(o.variant())
}

// number formats a number without an exponent.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
