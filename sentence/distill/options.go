package distill

import (
	"math"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// Options are the settings of a distillation. The zero value is not valid; see DefaultOptions.
type Options struct {
	Texts        int     `json:"texts"`         // texts that the teacher encodes, a random choice; default 250,000
	MaxTokens    int     `json:"max_tokens"`    // length at which texts are cut, including the marks of the ends; default 128
	Dim          int     `json:"dim"`           // of the vectors; default 0: the teacher's, those beside, and up to 512 of PairDim
	Epochs       int     `json:"epochs"`        // passes over the texts; default 10
	BatchSize    int     `json:"batch"`         // texts in a step; default 512
	LearningRate float64 `json:"learning_rate"` // at first; it falls linearly to 0. Default 0.02
	SIF          float64 `json:"sif"`           // a of the weights of the tokens, a share of the text; default 0.001
	Repeats      float64 `json:"repeats"`       // a token that occurs n times in a text counts n^Repeats times, above 0 up to 1; default 0.7
	Whiten       float64 `json:"whiten"`        // 0 leaves the components as they are, 1 makes them equal; default 0.5; 0.3 is better with a table beside
	// WhitenTeacher, if above 0, subtracts the mean of the teacher's vectors and scales their components
	// by variance^(-WhitenTeacher/2) before the table learns from them, which helps search more than similarity; 1 makes them equal. Default 0.
	WhitenTeacher float64 `json:"whiten_teacher"`

	Seed    uint64 `json:"seed"`    // of the choice of the texts and their order; default 1
	Threads int    `json:"threads"` // default 0: one per core

	// Beside is a static model with the tokens of the teacher, trained on pairs for example. Its vectors
	// are put beside those that imitate the teacher, each half of the same length on average, before
	// the principal components are computed; default nil.
	Beside *sentence.Encoder `json:"-"`

	// Pairs, in the tokens of the teacher, teach what belongs together: a table of PairDim learns it, as
	// package train does, in PairEpochs passes, and stands beside the one that imitates the teacher, like
	// Beside; and the model is tuned on them in TuneSteps steps at the end. Default nil.
	Pairs      *pairs.Dataset `json:"-"`
	PairDim    int            `json:"pair_dim"`    // 0: no table, which is better if Dim is at most the teacher's; default 1024
	PairEpochs int            `json:"pair_epochs"` // default 3
	TuneSteps  int            `json:"tune_steps"`  // batches of 1,024 pairs; default 200

	// Scored, in the tokens of the model, are pairs of texts with scores of how similar they are. In
	// ScoredEpochs passes over them at the end, the model's similarities are put in the order of the
	// scores (train.CoSENT), while it stays near to what it was. Default nil.
	Scored       *pairs.Dataset `json:"-"`
	ScoredEpochs int            `json:"scored_epochs"` // default 8

	// KeepTeacher, if above 0, pulls the rows back to where tuning began: see train.Options.KeepTeacher. Default 0.
	KeepTeacher float64 `json:"keep_teacher"`

	// Exact is the length of a random vector of its own that each token has in the end, relative to the
	// other part: two texts with the same words become more similar, which helps search more than
	// similarity. Default 0.2.
	Exact float64 `json:"exact"`

	// Cache is the file of the teacher's vectors. An interrupted run with the same teacher, texts and
	// options goes on with it. Default "": a temporary file.
	Cache string `json:"-"`
	// ReplaceCache replaces a Cache that has vectors of another teacher, other texts or other options;
	// otherwise, it is an error. Default false.
	ReplaceCache bool `json:"-"`
	// Progress, if set, is called with the stage, and what is done of it.
	Progress func(stage string, done, total int64) `json:"-"`
}

// DefaultOptions returns the default settings.
func DefaultOptions() Options {
	return Options{Texts: 250_000, MaxTokens: 128, Epochs: 10, BatchSize: 512, LearningRate: 0.02, SIF: 1e-3, Repeats: 0.7, Whiten: 0.5, Seed: 1,
		PairDim: 1024, PairEpochs: 3, TuneSteps: 200, ScoredEpochs: 8, Exact: 0.2}
}

// Validate reports the first field that cannot be used.
func (o Options) Validate() error {
	for _, f := range []struct {
		name             string
		value, low, high float64
	}{
		{"Texts", float64(o.Texts), 1, 1 << 30}, {"MaxTokens", float64(o.MaxTokens), 3, 1 << 20}, {"Dim", float64(o.Dim), 0, 1 << 16},
		{"Epochs", float64(o.Epochs), 0, 1 << 20}, {"BatchSize", float64(o.BatchSize), 1, 1 << 20}, {"LearningRate", o.LearningRate, 1e-9, 1e6},
		{"SIF", o.SIF, 1e-12, 1e6}, {"Repeats", o.Repeats, 1e-3, 1}, {"Whiten", o.Whiten, 0, 1}, {"WhitenTeacher", o.WhitenTeacher, 0, 1}, {"Threads", float64(o.Threads), 0, 4096},
		{"PairDim", float64(o.PairDim), 0, 1 << 14}, {"PairEpochs", float64(o.PairEpochs), 1, 1e6}, {"TuneSteps", float64(o.TuneSteps), 0, 1e9},
		{"ScoredEpochs", float64(o.ScoredEpochs), 0, 1e6},
		{"KeepTeacher", o.KeepTeacher, 0, 1e6}, {"Exact", o.Exact, 0, 100},
	} {
		if !(f.value >= f.low && f.value <= f.high) || math.IsNaN(f.value) {
			return fault.Field(f.name, "", "must be from %g to %g, got %g", f.low, f.high, f.value)
		}
	}
	if o.Scored != nil && o.Scored.Kind() == pairs.Paired {
		return fault.Field("Scored", "add a column of scores, or name them as Pairs", "must be pairs with scores")
	}
	return nil
}

// Fits returns an error if Dim is larger than the vectors of the teacher and those beside together. Train
// returns it too, but Fits needs no texts; with pairs to come, PairDim counts.
func (o Options) Fits(t Teacher, pairs bool) error {
	beside := 0
	if o.Beside != nil {
		beside = o.Beside.Dim()
	}
	if pairs {
		beside += o.PairDim
	}
	o.Pairs = nil
	_, err := o.checkDim(t, beside)
	return err
}

// checkDim returns the largest Dim, with so many dimensions beside, apart from those of a table of pairs.
func (o Options) checkDim(t Teacher, beside int) (largest int, err error) {
	largest = t.Dim() + beside
	if o.Pairs != nil {
		largest += o.PairDim
	}
	if o.Dim > largest {
		return 0, fault.Field("Dim", "", "must be at most the %d of the teacher and the tables beside it, got %d", largest, o.Dim)
	}
	return largest, nil
}

func (o Options) progress(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(stage, int64(done), int64(total))
	}
}
