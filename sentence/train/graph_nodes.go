package train

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Nodes are the inputs of the stock graph of a loss. Losses are functions of the
// cosines of all N = C·B texts of a batch with each other; each loss uses other cells,
// which matrices select. B and C are those of [Batch].
type Nodes struct {
	Examples, Columns int // B, C

	Vectors *G.Node // [N, d] the texts' vectors, of length 1 (or 0)
	Cosine  *G.Node // [N, N] cosines of all texts with each other

	Pair     *G.Node // [N, N] 1 in the cells (i, B+i): an anchor and its positive
	Negative *G.Node // [N, N] 1 in the cells (i, c·B+i) from c = 2: an anchor and its given negatives
	Next     *G.Node // [N, N] 1 in the cells (i, B+i+1), cyclic: an anchor and another's positive; all 0 if B is 1
	Score    *G.Node // [N, N] the score of example i in cell (i, B+i)

	// Candidates is 0 in the cells (j, i) whose text j competes with the partner of text
	// i: all but the anchors if i is an anchor, the anchors if it is a positive, except
	// those in Masked; −10⁹ elsewhere.
	Candidates *G.Node // [N, N]
	// Order is 0 in the cells (j, i) of two examples whose scores are y_i > y_j and in
	// cell (0, 0), −10⁹ elsewhere.
	Order *G.Node // [N, N]
}

// barred is added to a logit to exclude it from a softmax.
const barred = -1e9

// A GraphLoss builds the scalar loss of a batch, in float32.
type GraphLoss func(t Nodes) (*G.Node, error)

// texts returns the number of texts, N.
func (t Nodes) texts() int { return t.Examples * t.Columns }

// Short names for gorgonia's operations. They panic where gorgonia returns an error:
// graphs are built inside autograd.Fence.

func add(x, y *G.Node) *G.Node     { return G.Must(G.Add(x, y)) }
func sub(x, y *G.Node) *G.Node     { return G.Must(G.Sub(x, y)) }
func times(x, y *G.Node) *G.Node   { return G.Must(G.HadamardProd(x, y)) }
func product(x, y *G.Node) *G.Node { return G.Must(G.Mul(x, y)) }
func transpose(x *G.Node) *G.Node  { return G.Must(G.Transpose(x)) }
func total(x *G.Node) *G.Node      { return G.Must(G.Sum(x)) }

// above returns 1 where x is above y, else 0; it has no gradient.
func above(x, y *G.Node) *G.Node { return G.Must(G.Gt(x, y, true)) }

// positive returns x where that is above 0, else 0; its gradient at 0 is 0, where that of
// gorgonia's Rectify is 1.
func positive(x *G.Node) *G.Node { return times(x, above(x, number(x, 0))) }

// number returns a constant of the type of x.
func number(x *G.Node, v float64) *G.Node {
	if x.Dtype() == tensor.Float64 {
		return G.NewConstant(v)
	}
	return G.NewConstant(float32(v))
}

// fixed returns a matrix of ones where fill is true and zeros elsewhere, of the type of x and
// in its graph. It is an input with a name, not a constant: gorgonia treats two constants of
// the same shape as equal if they print the same, and prints only the first and last numbers.
func fixed(x *G.Node, name string, rows, cols int, fill func(row, col int) bool) *G.Node {
	v := tensor.New(tensor.WithShape(rows, cols), tensor.Of(x.Dtype()))
	for i := range rows * cols {
		if fill(i/cols, i%cols) {
			switch data := v.Data().(type) {
			case []float32:
				data[i] = 1
			case []float64:
				data[i] = 1
			}
		}
	}
	return G.NewMatrix(x.Graph(), x.Dtype(), G.WithShape(rows, cols), G.WithName(name), G.WithValue(v))
}

// ones returns a matrix of ones.
func ones(x *G.Node, rows, cols int) *G.Node {
	return fixed(x, fmt.Sprintf("ones %dx%d", rows, cols), rows, cols, func(_, _ int) bool { return true })
}

// scaled returns v times x.
func scaled(x *G.Node, v float64) *G.Node { return times(x, number(x, v)) }
