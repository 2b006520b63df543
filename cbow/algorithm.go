package cbow

import (
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/words"
)

// The algorithm
//
// Each word w of the text is surrounded by a window of context words c. A context word has
// a vector x_c, which is a row of the input table. From the mean h of these vectors the
// model must distinguish w from k negative samples n₁…n_k, which are words drawn at random.
// Both w and the negatives have vectors y, which are rows of the output table. The loss of a
// window (Mikolov, Chen, Corrado and Dean, 2013) is
//
//	h = Σ_c a_c·x_c / Σ_c a_c
//	L = A · ( −log σ(h·y_w) − Σ_j log σ(−h·y_nj) )
//
// where σ(s) = 1/(1+e^−s). In weighted windows a_c is the weight of the position of c, and
// A is Σ_c a_c; otherwise all a_c and A are 1.
//
// There are three variants. The sum (CBOWSum) replaces the mean: h is not divided by Σ_c a_c,
// and A is 1. With position weights, x_c is replaced by d_p ⊙ x_c, where p is the position of c
// in the window. Hierarchical softmax has other outputs: instead of w and the negatives,
// they are the inner nodes on the path to w in the Huffman tree. An output has label 1 if
// its decision is "yes" and label 0 if it is "no".
//
// The rest of this file writes the objective three times:
//
//   - stockLoss is the definition: a graph of gorgonia's own operations, which gorgonia
//     differentiates.
//   - step is one step of gradient descent in plain Go, with the gradient written out.
//   - fused calls the kernel that does the same in assembly. It is the default for training.
//
// Tests check that the three agree.

// objective is what the trainer gets. With SumGradient each context word receives the
// gradient of the mean undivided, as in word2vec; the trainer turns it off for weighted
// windows and for the sum.
var objective = &words.Objective{Name: "cbow", Logistic: true, Loss: stockLoss, Step: step, Fused: fused, PerWindow: true, SumGradient: true}

// stockLoss is the loss as a graph of gorgonia's operations. The scores of the mean are the
// mean of the scores, so h·Yᵀ is computed as Mean·(X·Yᵀ), where Mean is a row that holds
// a_c/Σa. The signs come first, which is the same because every row of Sign is equal: −1 for
// the true word and 1 for negatives. Because −log σ(s) = softplus(−s), the loss is the sum of
// Weight ⊙ softplus(Mean·(Sign ⊙ X·Yᵀ)), where Weight holds A. Position weights are already
// part of X.
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

// step is one step of gradient descent with learning rate alpha on one window. The gradients
// of L are
//
//	∂L/∂s_j = A · (σ(s_j) − label_j)            s_j = h·y_j
//	∂L/∂h   = Σ_j ∂L/∂s_j · y_j
//	∂L/∂y_j = ∂L/∂s_j · h
//	∂L/∂x_c = a_c/Σa · d_p ⊙ ∂L/∂h              with SumGradient: d_p ⊙ ∂L/∂h
//	∂L/∂d_p = a_c/Σa · x_c ⊙ ∂L/∂h
//
// where d_p is 1 without position weights, and Σa is 1 for the sum.
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
	position := func(c int) []float32 { // d_p
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
		l, g := words.LogLoss(words.Dot(h, y), w.Label[j]) // loss, σ(s) − label
		loss += float64(scale) * l
		g *= scale
		words.Add(dh, g, y)
		words.Add(w.Y[j], -alpha*g, h)
	}
	for c, x := range w.X {
		part, share := w.Weight[c]/total, w.Weight[c]/total // factors for d_p and x_c
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

// fused returns the function that takes the same step with the kernels, for a batch of windows
// in one call. Windows of hierarchical softmax and of position weights are labeled: each brings
// its own outputs with their labels.
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
