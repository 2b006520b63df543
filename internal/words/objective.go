package words

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Window holds the input nodes of one window's stock graph. M is the maximum number of context
// words, N the number of outputs, d the dimension. If a window has fewer than M context words,
// the last rows of X, Mask and Mean are zero; if it has fewer than N outputs, the last rows of
// Y and columns of Mask and Weight are zero.
type Window struct {
	X    *G.Node // [M, d] rows of the input table, one a context word
	Y    *G.Node // [N, d] rows of the output table, the true word first
	Sign *G.Node // [M, N] -1 where the output is to be predicted (the true word, in column 0), +1 elsewhere
	Mask *G.Node // [M, N] 1 where the row is a context word of this window and the column an output of it; in placed windows its weight
	Mean *G.Node // [1, M] 1/m for each of the m context words (its weight over their sum); 1 (its weight) for the sum instead of the mean

	Weight   *G.Node // [1, N] 1 for each output of this window; in placed windows the sum of the weights
	Position *G.Node // [M, d] position weights of the context words; only of an objective that has them
}

// A Loss builds the scalar loss of one window, in nats.
type Loss func(w Window) (*G.Node, error)

// An Objective is what a word trainer minimizes, written up to three times: only the stock
// graph, which defines it, is required.
type Objective struct {
	Name string // name in config.json: "skipgram", "cbow"
	Loss Loss   // the stock graph
	Step Step   // the same as a gradient step in plain Go; nil: none

	// Fused returns the function of the fused operation, a kernel, for which Setup gives
	// the sizes; nil: the fused operation calls Step. An objective with neither is
	// trained with the graph engine.
	Fused func(o *Objective, s Setup) Stepper

	// PerWindow marks an objective for which a window is one target of the loss (CBOW);
	// default: each context word is one (skip-gram).
	PerWindow bool

	// Logistic says that the loss of a target is a sum of logistic losses, one for each output:
	// ln 2 each as long as all scores are 0. A run can then be recognized as diverged or
	// untrained.
	Logistic bool

	// SumGradient gives every context word the gradient of the mean vector
	// undivided, as word2vec does for CBOW: m times the true gradient of a
	// window of m context words.
	SumGradient bool

	Variant // set by With
}

// Setup describes the batches for which a fused operation is made.
type Setup struct {
	Tables     *Tables
	MaxContext int                   // most context words of a window
	Outputs    int                   // outputs of a window, the most in labelled windows
	Scratch    *kernel.WindowScratch // memory of the kernels, for one goroutine
}

// A Stepper takes a step of size alpha on each window of a batch, in tables with the
// stride of its Setup. It returns the loss and the targets as [Engine].Step does, and
// panics, before it changes a row, if the batch is malformed.
type Stepper func(in, out []float32, batch []int32, alpha float32) (loss, targets float64)

// A Variant describes how an objective differs from its usual form.
type Variant struct {
	// Labelled says that batches hold labelled windows, whose outputs may be
	// any number up to that of the engine: the inner nodes of hierarchical
	// softmax. See [AppendLabelled].
	Labelled bool

	// Sum adds the context words of a CBOW window instead of taking their mean.
	Sum bool

	// Places, if not nil, are the weights of the places of a window, by which
	// each context word counts; its batches hold placed windows. In skip-gram a
	// weight scales the loss of the word. CBOW takes the weighted mean, and scales
	// the loss of the window by the sum of its weights. See [AppendPlaced] and
	// [LinearPlaces].
	Places []float32

	// Positions, if not 0, is the number of position weights: each context
	// word of a CBOW window counts by the row of [Tables].Position for its place.
	// Its batches hold labelled windows.
	Positions int
}

// With returns the objective in another form. It is an error to ask for a form that only CBOW
// has if the objective is not CBOW.
func (o *Objective) With(v Variant) (*Objective, error) {
	if (v.Sum || v.Positions > 0) && !o.PerWindow {
		return nil, fmt.Errorf("%s: sums and position weights are for objectives that make one row of a window", o.Name)
	}
	if v.Places != nil && (v.Labelled || v.Positions > 0) {
		return nil, fmt.Errorf("%s: labelled windows cannot have place weights", o.Name)
	}
	with := *o
	with.Variant = v
	// That of the sum is undivided, and placed windows move by the true gradient.
	with.SumGradient = o.SumGradient && !v.Sum && v.Places == nil
	if v.Positions > 0 {
		with.Labelled = true
		with.Loss = func(w Window) (*G.Node, error) {
			x, err := G.HadamardProd(w.X, w.Position)
			if err != nil {
				return nil, err
			}
			w.X = x
			return o.Loss(w)
		}
	}
	return &with, nil
}

// targets returns how many targets a window has, of m context words whose weights
// have the given sum.
func (o *Objective) targets(m int, total float32) float64 {
	switch {
	case o.PerWindow && (o.Places == nil || o.Sum):
		return 1
	case o.Places == nil:
		return float64(m)
	}
	return float64(total)
}
