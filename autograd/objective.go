package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Window holds the input nodes of one window's stock graph. M is the largest
// number of context words, N the number of outputs, d the dimension. A window
// of fewer than M context words leaves the last rows of X, Mask and Mean zero, one
// of fewer than N outputs the last rows of Y and columns of Mask and Weight.
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

// An Objective is what a word trainer minimises.
type Objective struct {
	Name string // as in config.json: "skipgram", "cbow"
	Loss Loss

	// PerWindow says that a window is one target of the loss (CBOW); without
	// it each context word is one (skip-gram).
	PerWindow bool

	// SumGradient gives every context word the gradient of the mean vector
	// undivided, as word2vec does for CBOW: m times the true gradient of a
	// window of m context words.
	SumGradient bool

	Variant // how it departs from its usual form; set by With

	fused func(o *Objective, t *Tables, outputs int, s *kernel.WindowScratch) stepper
}

// A Variant is a form of an objective.
type Variant struct {
	// Labelled says that batches hold labelled windows, whose outputs may be
	// any number up to that of the engine: the inner nodes of hierarchical
	// softmax. See [AppendLabelled].
	Labelled bool

	// Sum adds the context words of a CBOW window where the mean is usual.
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

// With returns the objective in another form. It is an error to ask an objective
// other than CBOW for what only CBOW has.
func (o *Objective) With(v Variant) (*Objective, error) {
	if (v.Sum || v.Positions > 0) && !o.PerWindow {
		return nil, fmt.Errorf("%s: sums and position weights are for objectives that make one row of a window", o.Name)
	}
	if v.Places != nil && (v.Labelled || v.Positions > 0) {
		return nil, fmt.Errorf("%s: labelled windows have no weights of places", o.Name)
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

// stepper takes a step of size alpha on each window of a batch, in tables of the
// stride it was made for.
type stepper func(in, out []float32, batch []int32, alpha float32) (loss, targets float64)

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

// SkipGram returns skip-gram with negative sampling (Mikolov, Sutskever,
// Chen, Corrado and Dean, 2013, equation 4), summed over the context words c
// of a window, with one set of negatives w₁…w_k for the whole window as in
// Ji, Satish, Li and Dubey (2016):
//
//	L = Σ_c ( −log σ(x_c·y_w) − Σ_j log σ(−x_c·y_wj) )
func SkipGram() *Objective {
	return &Objective{Name: "skipgram", Loss: SkipGramLoss, fused: skipGramStepper}
}

// CBOW returns the continuous bag of words with negative sampling: the mean h
// of the window's context rows meets the true word w and its negatives
// (Mikolov, Chen, Corrado and Dean, 2013):
//
//	L = −log σ(h·y_w) − Σ_j log σ(−h·y_wj)
func CBOW() *Objective {
	return &Objective{Name: "cbow", Loss: CBOWLoss, PerWindow: true, SumGradient: true, fused: cbowStepper}
}

func skipGramStepper(o *Objective, t *Tables, outputs int, s *kernel.WindowScratch) stepper {
	if o.Labelled {
		return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
			loss, targets := kernel.LabelledSkipGram(in, out, t.Stride, batch, alpha, s)
			return loss, float64(targets)
		}
	}
	return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
		return kernel.SkipGram(in, out, t.Stride, batch, outputs, alpha, s)
	}
}

func cbowStepper(o *Objective, t *Tables, outputs int, s *kernel.WindowScratch) stepper {
	if o.Labelled {
		return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
			loss, targets := kernel.LabelledCBOW(in, out, t.Position, !o.Sum, t.Stride, batch, alpha, s)
			return loss, float64(targets)
		}
	}
	apply := kernel.CBOW
	if o.Sum {
		apply = kernel.CBOWSum
	}
	return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
		return apply(in, out, t.Stride, batch, outputs, alpha, s)
	}
}

// SkipGramLoss is the stock graph of [SkipGram]. With s = X·Yᵀ, and because
// −log σ(s) = softplus(−s), the loss is the masked sum of softplus(sign⊙s).
func SkipGramLoss(w Window) (*G.Node, error) {
	return Chain(
		func(*G.Node) (*G.Node, error) { return transposedProduct(w.X, w.Y) },
		func(s *G.Node) (*G.Node, error) { return G.HadamardProd(s, w.Sign) },
		G.Softplus,
		func(l *G.Node) (*G.Node, error) { return G.HadamardProd(l, w.Mask) },
		func(l *G.Node) (*G.Node, error) { return G.Sum(l) },
	)
}

// CBOWLoss is the stock graph of [CBOW]. The scores of the mean are the mean
// of the scores, so h·Yᵀ is taken as mean·(X·Yᵀ), after the signs, which are the
// same in every row.
func CBOWLoss(w Window) (*G.Node, error) {
	return Chain(
		func(*G.Node) (*G.Node, error) { return transposedProduct(w.X, w.Y) },
		func(s *G.Node) (*G.Node, error) { return G.HadamardProd(s, w.Sign) },
		func(s *G.Node) (*G.Node, error) { return G.Mul(w.Mean, s) },
		G.Softplus,
		func(l *G.Node) (*G.Node, error) { return G.HadamardProd(l, w.Weight) },
		func(l *G.Node) (*G.Node, error) { return G.Sum(l) },
	)
}

// transposedProduct returns a·bᵀ.
func transposedProduct(a, b *G.Node) (*G.Node, error) {
	t, err := G.Transpose(b)
	if err != nil {
		return nil, err
	}
	return G.Mul(a, t)
}
