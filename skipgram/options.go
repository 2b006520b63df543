package skipgram

import (
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// Options are the options of skip-gram. Start from [DefaultOptions], because zero fields do
// not stand for defaults. config.json stores them under the names given here.
type Options struct {
	Dim           int     `json:"dim"`                      // dimension of the vectors; default 100
	Window        int     `json:"window"`                   // maximum distance of a context word, in words; default 5
	Negative      int     `json:"negative"`                 // negative samples per window, with LossNS; default 5
	NoiseExponent float64 `json:"noise_exponent"`           // negatives are drawn in proportion to count^NoiseExponent, with LossNS; default 0.75
	Subsample     float64 `json:"subsample"`                // words above this share of the text are dropped at random; 0 keeps all; -t is t, 10t, 100t and so on, the first that keeps a third of the text; default -1e-4
	MinCount      int64   `json:"min_count"`                // words with fewer occurrences are ignored; default 5
	MaxVocabulary int     `json:"max_vocabulary,omitempty"` // maximum number of words, of which the most frequent are kept; default 0: no limit
	Epochs        int     `json:"epochs"`                   // passes over the corpus; default 5
	LearningRate  float64 `json:"learning_rate"`            // initial rate; it falls linearly to a ten-thousandth; default 0.05, which suits weighted windows; see UsualRate for others
	Threads       int     `json:"threads"`                  // number of workers; default GOMAXPROCS
	Deterministic bool    `json:"deterministic,omitempty"`  // same bytes with any number of Threads, at some cost in speed; default false
	Seed          uint64  `json:"seed"`                     // seed of all random choices; default 1
	Engine        Engine  `json:"engine"`                   // Fused or Graph; default Fused

	Loss       Loss                  `json:"loss,omitempty"`        // LossNS or LossHS; default "", which means LossNS
	Windows    Windows               `json:"windows,omitempty"`     // WindowsWeighted, WindowsDrawn or WindowsFull; default WindowsWeighted; "" means WindowsDrawn
	Shuffle    bool                  `json:"shuffle,omitempty"`     // read the blocks of the text in a different order in each epoch; default true
	SumVectors bool                  `json:"sum_vectors,omitempty"` // a word's vector is the sum of its input and output rows; default false; needs LossNS, no NGrams and no FreezeInit
	NGrams     tokenize.NGramOptions `json:"ngrams,omitzero"`       // lengths and buckets of character n-grams; default none

	FreezeInit bool `json:"freeze_init,omitempty"` // freeze the vectors of Run.Start; default false
}

// Loss is how a word is distinguished from others.
type Loss string

// The losses.
const (
	LossNS Loss = "ns" // negative sampling
	LossHS Loss = "hs" // hierarchical softmax
)

// Windows selects which words are in the context of a word, and how much each counts.
type Windows string

// The windows.
const (
	WindowsWeighted Windows = "weighted" // all words up to Window away, weighted by (Window+1-d)/Window at distance d; only with LossNS
	WindowsDrawn    Windows = "drawn"    // all words up to a reach that is drawn from 1 to Window for each window, as in word2vec
	WindowsFull     Windows = "full"     // all words up to Window away, weighted equally
)

// Engine selects how gradients are computed.
type Engine string

// The engines.
const (
	Fused Engine = "fused" // one fused operation for a batch of windows, which updates the tables in place
	Graph Engine = "graph" // stock gorgonia operations, one window at a time: the reference, a few hundred times slower
)

// DefaultOptions returns the defaults of word2vec (dimension 100, window 5, 5 negatives,
// minimum count 5, 5 epochs), but with subsampling 1e-4 (more if
// that would drop over two thirds of the text), weighted windows, and a different
// order of the blocks in each epoch.
func DefaultOptions() Options {
	o := words.DefaultOptions()
	return Options{
		Dim: o.Dim, Window: o.Window, Negative: o.Negative, NoiseExponent: o.NoiseExponent, Subsample: o.Subsample,
		MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary, Epochs: o.Epochs, LearningRate: o.LearningRate, Threads: o.Threads,
		Deterministic: o.Deterministic, Seed: o.Seed,
		Engine: Engine(o.Engine), Loss: Loss(o.Loss), Windows: Windows(o.Windows), Shuffle: o.Shuffle, NGrams: o.NGrams,
	}
}

// Validate returns an error that names the first field out of range.
func (o Options) Validate() error {
	c := o.config()
	return c.Validate()
}

// config converts the options to the form that all word trainers share.
func (o Options) config() words.Options {
	return words.Options{
		Dim: o.Dim, Window: o.Window, Negative: o.Negative, NoiseExponent: o.NoiseExponent, Subsample: o.Subsample,
		MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary, Epochs: o.Epochs, LearningRate: o.LearningRate, Threads: o.Threads,
		Deterministic: o.Deterministic, Seed: o.Seed,
		Engine: training.Engine(o.Engine), Loss: string(o.Loss), Windows: string(o.Windows), Shuffle: o.Shuffle, SumVectors: o.SumVectors,
		NGrams: o.NGrams, FreezeInit: o.FreezeInit,
	}
}
