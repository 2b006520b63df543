package cbow

import (
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/words"
)

// The algorithm
//
// Around each word w of the text lies a window of context words c. The mean h of their
// vectors x_c, rows of the input table, has to tell w from negative samples n₁…n_k, words
// drawn at random. These have vectors y, rows of the output table. The loss of a window is
// (Mikolov, Chen, Corrado and Dean, 2013)
//
//	h = Σ_c a_c·x_c / Σ_c a_c
//	L = A · ( −log σ(h·y_w) − Σ_j log σ(−h·y_nj) )
//
// a_c and A are 1, or in weighted windows a_c is the weight of the place of c and A is Σ a_c.
// The sum in place of the mean (CBOWSum) divides by 1 and has A = 1. With position weights
// d_p the word at place p counts as d_p ⊙ x_c. In hierarchical softmax the inner
// nodes on the path to w take the place of w and the negatives: the outputs with label 1
// are those whose decision is "yes".
//
// The file says this three times: as a graph of gorgonia's own operations, which
// differentiates itself and is the definition (stockLoss); as a step in plain Go,
// with the gradient written out (step); and as the call of the kernel that does the
// same in assembly and trains by default (fused). Tests hold the three together.

// objective is CBOW as the trainer knows it. In windows that are not weighted each word
// receives the gradient of the mean undivided, as in word2vec.
var objective = &words.Objective{Name: "cbow", Loss: stockLoss, Step: step, Fused: fused, PerWindow: true, SumGradient: true}

// stockLoss is the loss as a graph of gorgonia's operations. The scores of the mean are the
// mean of the scores, so h·Yᵀ is computed as mean·(X·Yᵀ), after the signs, which are the
// same in every row; and −log σ(s) = softplus(−s). Sign is −1 for the true word and 1 for
// negatives, mean holds a_c/Σa, weight holds A. Position weights are part of X already.
func stockLoss(w words.Window) (*G.Node, error) {
	return autograd.Chain(
		func(*G.Node) (*G.Node, error) { return G.Transpose(w.Y) },
		func(yt *G.Node) (*G.Node, error) { return G.Mul(w.X, yt) },
		func(s *G.Node) (*G.Node, error) { return G.HadamardProd(s, w.Sign) },
		func(s *G.Node) (*G.Node, error) { return G.Mul(w.Mean, s) },
		G.Softplus,
		func(l *G.Node) (*G.Node, error) { return G.HadamardProd(l, w.Weight) },
		func(l *G.Node) (*G.Node, error) { return G.Sum(l) },
	)
}

// step is one step of gradient descent on one window.
//
//	∂L/∂s_j = A · (σ(s_j) − label_j)            s_j = h·y_j
//	∂L/∂h   = Σ_j ∂L/∂s_j · y_j
//	∂L/∂y_j = ∂L/∂s_j · h
//	∂L/∂x_c = a_c/Σa · d_p ⊙ ∂L/∂h              undivided: d_p ⊙ ∂L/∂h
//	∂L/∂d_p = a_c/Σa · x_c ⊙ ∂L/∂h
func step(o *words.Objective, w *words.Example, alpha float32) (loss float64) {
	total, scale := float32(0), float32(1) // Σa, A
	for _, a := range w.Weight {
		total += a
	}
	switch {
	case o.Sum:
		total = 1
	case o.Places != nil:
		scale = total
	}
	zero := words.Zeros(3, w.X[0])
	h, dh, one := zero[0], zero[1], zero[2]
	for k := range one {
		one[k] = 1
	}
	position := func(c int) []float32 {
		if w.Position == nil {
			return one
		}
		return w.Position[c]
	}
	for c, x := range w.X {
		for k, v := range x {
			h[k] += w.Weight[c] / total * position(c)[k] * v
		}
	}
	for j, y := range w.Y {
		l, g := words.LogLoss(words.Dot(h, y), w.Label[j])
		loss += float64(scale) * l
		g *= scale
		words.Add(dh, g, y)
		words.Add(w.Y[j], -alpha*g, h)
	}
	for c, x := range w.X {
		part, share := w.Weight[c]/total, w.Weight[c]/total
		if o.SumGradient {
			share = 1
		}
		d := position(c)
		for k, v := range x {
			x[k] -= alpha * share * d[k] * dh[k]
			if w.Position != nil {
				d[k] -= alpha * part * v * dh[k]
			}
		}
	}
	return loss
}

// fused is the same step by the kernels, for a whole batch of windows.
func fused(o *words.Objective, s words.Setup) words.Stepper {
	stride := s.Tables.Stride
	if o.Labelled {
		return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
			loss, targets := kernel.LabelledCBOW(in, out, s.Tables.Position, !o.Sum, stride, batch, alpha, s.Scratch)
			return loss, float64(targets)
		}
	}
	apply := kernel.CBOW
	if o.Sum {
		apply = kernel.CBOWSum
	}
	return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
		return apply(in, out, stride, batch, s.Outputs, alpha, s.Scratch)
	}
}
