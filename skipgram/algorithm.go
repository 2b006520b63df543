package skipgram

import (
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/words"
)

// The algorithm
//
// Around each word w of the text lies a window of context words c. Each of them, by its
// vector x_c, a row of the input table, has to tell w from negative samples n₁…n_k, words
// drawn at random. These have vectors y, rows of the output table. The loss of a window is
// (Mikolov, Sutskever, Chen, Corrado and Dean, 2013, equation 4)
//
//	L = Σ_c a_c · ( −log σ(x_c·y_w) − Σ_j log σ(−x_c·y_nj) )
//
// The context words of a window share its negatives (Ji, Satish, Li and Dubey, 2016). a_c is
// 1, or in weighted windows the weight of the place of c. In hierarchical softmax the
// inner nodes on the path to w take the place of w and the negatives: the outputs with
// label 1 are those whose decision is "yes".
//
// The file says this three times: as a graph of gorgonia's own operations, which
// differentiates itself and is the definition (stockLoss); as a step in plain Go,
// with the gradient written out (step); and as the call of the kernel that does the
// same in assembly and trains by default (fused). Tests hold the three together.

// objective is skip-gram as the trainer knows it.
var objective = &words.Objective{Name: "skipgram", Loss: stockLoss, Step: step, Fused: fused}

// stockLoss is the loss as a graph of gorgonia's operations: with the scores S = X·Yᵀ,
// and because −log σ(s) = softplus(−s), the sum of mask ⊙ softplus(sign ⊙ S). Sign is −1
// for the true word and 1 for negatives; mask holds the a_c.
func stockLoss(w words.Window) (*G.Node, error) {
	return autograd.Chain(
		func(*G.Node) (*G.Node, error) { return G.Transpose(w.Y) },
		func(yt *G.Node) (*G.Node, error) { return G.Mul(w.X, yt) },
		func(s *G.Node) (*G.Node, error) { return G.HadamardProd(s, w.Sign) },
		G.Softplus,
		func(l *G.Node) (*G.Node, error) { return G.HadamardProd(l, w.Mask) },
		func(l *G.Node) (*G.Node, error) { return G.Sum(l) },
	)
}

// step is one step of gradient descent on one window.
//
//	∂L/∂s_cj = a_c · (σ(s_cj) − label_j)        s_cj = x_c·y_j
//	∂L/∂x_c  = Σ_j ∂L/∂s_cj · y_j
//	∂L/∂y_j  = Σ_c ∂L/∂s_cj · x_c
func step(_ *words.Objective, w *words.Example, alpha float32) (loss float64) {
	dx, dy := words.Zeros(len(w.X), w.X[0]), words.Zeros(len(w.Y), w.Y[0])
	for c, x := range w.X {
		for j, y := range w.Y {
			l, g := words.LogLoss(words.Dot(x, y), w.Label[j])
			loss += float64(w.Weight[c]) * l
			g *= w.Weight[c]
			words.Add(dx[c], g, y)
			words.Add(dy[j], g, x)
		}
	}
	for c, x := range w.X {
		words.Add(x, -alpha, dx[c])
	}
	for j, y := range w.Y {
		words.Add(y, -alpha, dy[j])
	}
	return loss
}

// fused is the same step by the kernels, for a whole batch of windows.
func fused(o *words.Objective, s words.Setup) words.Stepper {
	stride := s.Tables.Stride
	if o.Labelled {
		return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
			loss, targets := kernel.LabelledSkipGram(in, out, stride, batch, alpha, s.Scratch)
			return loss, float64(targets)
		}
	}
	return func(in, out []float32, batch []int32, alpha float32) (float64, float64) {
		return kernel.SkipGram(in, out, stride, batch, s.Outputs, alpha, s.Scratch)
	}
}
