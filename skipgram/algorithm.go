package skipgram

import (
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/words"
)

// The algorithm
//
// Each word w of the text is surrounded by a window of context words c. A context word has
// a vector x_c, which is a row of the input table. From that vector it must distinguish w
// from k negative samples n₁…n_k, which are words drawn at random. Both w and the negatives
// have vectors y, which are rows of the output table. The loss of a window (Mikolov,
// Sutskever, Chen, Corrado and Dean, 2013, equation 4) is
//
//	L = Σ_c a_c · ( −log σ(x_c·y_w) − Σ_j log σ(−x_c·y_nj) )
//
// where σ(s) = 1/(1+e^−s). In weighted windows a_c is the weight of the position of c;
// otherwise it is 1. All context words of a window share its negatives (Ji, Satish, Li and
// Dubey, 2016).
//
// Hierarchical softmax has the same loss with other outputs: instead of w and the
// negatives, they are the inner nodes on the path to w in the Huffman tree. An output has
// label 1 if its decision is "yes" and label 0 if it is "no".
//
// The rest of this file writes the objective three times:
//
//   - stockLoss is the definition: a graph of gorgonia's own operations, which gorgonia
//     differentiates.
//   - step is one step of gradient descent in plain Go, with the gradient written out.
//   - fused calls the kernel that does the same in assembly. It is the default for training.
//
// Tests check that the three agree.

// objective is what the trainer gets.
var objective = &words.Objective{Name: "skipgram", Logistic: true, Loss: stockLoss, Step: step, Fused: fused}

// stockLoss is the loss as a graph of gorgonia's operations. With the scores S = X·Yᵀ, and
// because −log σ(s) = softplus(−s), it is the sum of Mask ⊙ softplus(Sign ⊙ S). Sign is −1 for
// the true word and 1 for negatives, and Mask holds the a_c.
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

// step is one step of gradient descent with learning rate alpha on one window. The gradients
// of L are
//
//	∂L/∂s_cj = a_c · (σ(s_cj) − label_j)        s_cj = x_c·y_j
//	∂L/∂x_c  = Σ_j ∂L/∂s_cj · y_j
//	∂L/∂y_j  = Σ_c ∂L/∂s_cj · x_c
//
// They are all taken before any row changes.
func step(_ *words.Objective, w *words.Example, alpha float32) (loss float64) {
	dx, dy := words.Zeros(len(w.X), w.X[0]), words.Zeros(len(w.Y), w.Y[0])
	for c, x := range w.X {
		for j, y := range w.Y {
			l, g := words.LogLoss(words.Dot(x, y), w.Label[j]) // loss, σ(s) − label
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

// fused returns the function that takes the same step with the kernels, for a batch of windows
// in one call. Windows of hierarchical softmax are labeled: each brings its own outputs
// with their labels.
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
