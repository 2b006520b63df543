package skipgram

import (
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// Options are the options of skip-gram. Start from [DefaultOptions]: a zero field is not
// a default. They are stored in config.json under the names given here.
type Options struct {
	Dim           int     `json:"dim"`                      // length of a vector; default 100
	Window        int     `json:"window"`                   // greatest distance of a context word, in words; default 5
	Negative      int     `json:"negative"`                 // negative samples of a window, with LossNS; default 5
	NoiseExponent float64 `json:"noise_exponent"`           // negatives are drawn in proportion to count^NoiseExponent, with LossNS; default 0.75
	Subsample     float64 `json:"subsample"`                // share of the text above which a word is dropped at random; 0 keeps all; default 1e-4
	MinCount      int64   `json:"min_count"`                // occurrences below which a word is not learnt; default 5
	MaxVocabulary int     `json:"max_vocabulary,omitempty"` // most words of the vocabulary, the most frequent ones; default 0: no limit
	Epochs        int     `json:"epochs"`                   // passes over the corpus; default 5
	LearningRate  float64 `json:"learning_rate"`            // at the start; it falls linearly to a ten-thousandth; default 0.05, usual for weighted windows; 0.025 for others
	Threads       int     `json:"threads"`                  // workers; default GOMAXPROCS
	Deterministic bool    `json:"deterministic,omitempty"`  // the same bytes at any number of Threads; slower with several; default false
	Seed          uint64  `json:"seed"`                     // seed of all random choices; default 1
	Engine        Engine  `json:"engine"`                   // Fused or Graph; default Fused

	Loss       Loss                  `json:"loss,omitempty"`        // LossNS or LossHS; default "", which is LossNS
	Windows    Windows               `json:"windows,omitempty"`     // WindowsWeighted, WindowsDrawn or WindowsFull; "" is WindowsDrawn; default WindowsWeighted
	Shuffle    bool                  `json:"shuffle,omitempty"`     // read the blocks of the text in another order in each epoch; default true
	SumVectors bool                  `json:"sum_vectors,omitempty"` // a word's vector is the sum of its input and its output row; default false
	NGrams     tokenize.NGramOptions `json:"ngrams,omitzero"`       // character n-grams that words are made of; default none

	FreezeInit bool `json:"freeze_init,omitempty"` // the vectors of Run.Start do not change; default false
}

// Loss is how a word is told from others.
type Loss string

// The losses.
const (
	LossNS Loss = "ns" // negative sampling
	LossHS Loss = "hs" // hierarchical softmax
)

// Windows says which words are in the context of another, and how much they count.
type Windows string

// The windows.
const (
	WindowsWeighted Windows = "weighted" // all up to Window away; at distance d by (Window+1-d)/Window; with LossNS only
	WindowsDrawn    Windows = "drawn"    // all up to a reach drawn from 1 to Window for each window, as in word2vec
	WindowsFull     Windows = "full"     // all up to Window away, all alike
)

// Engine is how gradients are computed.
type Engine string

// The engines.
const (
	Fused Engine = "fused" // one operation of our own for a batch of windows, which updates the tables in place
	Graph Engine = "graph" // gorgonia's operations, one window a run: the reference, some hundred times slower
)

// DefaultOptions returns the defaults: those of word2vec (dimension 100, window 5,
// 5 negatives, minimum count 5, 5 epochs) with subsampling 1e-4, weighted windows, and
// blocks in another order in each epoch.
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

// config returns the options as all word trainers share them.
func (o Options) config() words.Options {
	return words.Options{
		Dim: o.Dim, Window: o.Window, Negative: o.Negative, NoiseExponent: o.NoiseExponent, Subsample: o.Subsample,
		MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary, Epochs: o.Epochs, LearningRate: o.LearningRate, Threads: o.Threads,
		Deterministic: o.Deterministic, Seed: o.Seed,
		Engine: training.Engine(o.Engine), Loss: string(o.Loss), Windows: string(o.Windows), Shuffle: o.Shuffle, SumVectors: o.SumVectors,
		NGrams: o.NGrams, FreezeInit: o.FreezeInit,
	}
}
