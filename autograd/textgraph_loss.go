package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TextNodes are what the stock graph of a sentence loss is made from. All its losses
// are functions of the cosines of all N = C·B texts of a batch with each other, of which
// each needs other cells: matrices say which. B and C are those of [TextBatch].
type TextNodes struct {
	Examples, Columns int // B, C

	Vectors *G.Node // [N, d] the texts' vectors, of length 1 (or 0)
	Cosine  *G.Node // [N, N] cosines of all texts with each other

	Pair     *G.Node // [N, N] 1 in the cells (i, B+i): an anchor and its positive
	Negative *G.Node // [N, N] 1 in the cells (i, c·B+i) from c = 2: an anchor and its given negatives
	Next     *G.Node // [N, N] 1 in the cells (i, B+i+1), cyclic: an anchor and another's positive; all 0 if B is 1
	Score    *G.Node // [N, N] the score of example i in cell (i, B+i)

	// Candidates is 0 in the cells (j, i) whose text j is to be told from the partner
	// of text i: all but the anchors if i is an anchor, the anchors if it is a positive,
	// but for Masked; −10⁹ elsewhere.
	Candidates *G.Node // [N, N]
	// Order is 0 in the cells (j, i) of two examples whose scores are y_i > y_j and in
	// cell (0, 0), −10⁹ elsewhere.
	Order *G.Node // [N, N]
}

// barred is added to a logit that is to have no part in a softmax.
const barred = -1e9

// A TextLossFunc builds the scalar loss of a batch, in float32.
type TextLossFunc func(t TextNodes) (*G.Node, error)

// texts returns the number of texts, N.
func (t TextNodes) texts() int { return t.Examples * t.Columns }

// The operations of gorgonia that the graphs are made of. They panic where gorgonia
// returns an error: whoever builds a graph is fenced.

func add(x, y *G.Node) *G.Node     { return G.Must(G.Add(x, y)) }
func sub(x, y *G.Node) *G.Node     { return G.Must(G.Sub(x, y)) }
func times(x, y *G.Node) *G.Node   { return G.Must(G.HadamardProd(x, y)) }
func product(x, y *G.Node) *G.Node { return G.Must(G.Mul(x, y)) }
func transpose(x *G.Node) *G.Node  { return G.Must(G.Transpose(x)) }
func total(x *G.Node) *G.Node      { return G.Must(G.Sum(x)) }

// above is 1 where x is above y, else 0; it has no gradient.
func above(x, y *G.Node) *G.Node { return G.Must(G.Gt(x, y, true)) }

// positive is x where that is above 0, else 0; its gradient at 0 is 0, where that of
// gorgonia's Rectify is 1.
func positive(x *G.Node) *G.Node { return times(x, above(x, number(x, 0))) }

// number returns a constant of the type of x.
func number(x *G.Node, v float64) *G.Node {
	if x.Dtype() == tensor.Float64 {
		return G.NewConstant(v)
	}
	return G.NewConstant(float32(v))
}

// fixed returns a matrix that stays as fill makes it, of the type of x and in its graph. It is
// an input with a name, not a constant: constants of one shape are told apart by what is
// printed of them, which is their first and last numbers.
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

// graph returns the stock graph of the loss.
func (l TextLoss) graph(scored bool) TextLossFunc {
	return func(t TextNodes) (*G.Node, error) {
		switch l.Name {
		case LossInBatch:
			return l.inBatch(t), nil
		case LossRelated:
			related, not := t.labels(scored)
			logit := scaled(sub(t.Cosine, number(t.Cosine, l.Margin)), l.Scale)
			// -log p = softplus(-logit), -log(1-p) = softplus(logit)
			return add(total(times(related, G.Must(G.Softplus(G.Must(G.Neg(logit)))))), total(times(not, G.Must(G.Softplus(logit))))), nil
		case LossContrastive:
			related, not := t.labels(scored)
			d := sub(number(t.Cosine, 1), t.Cosine)
			near, far := G.Must(G.Square(d)), G.Must(G.Square(positive(sub(number(t.Cosine, l.Margin), d))))
			return scaled(add(total(times(related, near)), total(times(not, far))), 0.5), nil
		case LossCosine:
			miss := times(t.Pair, sub(t.Cosine, t.Score))
			return scaled(total(G.Must(G.Square(miss))), 1/float64(t.Examples)), nil
		case LossCoSENT:
			return l.coSENT(t), nil
		case LossTriplet:
			// Row i of here is cos(u_i, v_i) all along.
			n := t.texts()
			here := product(times(t.Cosine, t.Pair), ones(t.Cosine, n, n))
			over := positive(add(sub(t.Cosine, here), number(t.Cosine, l.Margin)))
			return scaled(total(times(over, t.Negative)), 1/float64(t.Examples*(t.Columns-2))), nil
		}
		return nil, fmt.Errorf("there is no loss %q", l.Name)
	}
}

// inBatch is the cross-entropy of the partner in column i: of the positive in that of an
// anchor and, if symmetric, of the anchor in that of a positive.
func (l TextLoss) inBatch(t TextNodes) *G.Node {
	// The softmax goes down the columns: along rows gorgonia's takes a wrong maximum.
	log := G.Must(G.LogSoftMax(add(scaled(t.Cosine, l.Scale), t.Candidates), 0))
	partner, share := transpose(t.Pair), -1/float64(t.Examples)
	if l.Symmetric {
		partner, share = add(partner, t.Pair), share/2
	}
	return scaled(total(times(log, partner)), share)
}

// coSENT is -log of what the 1 = exp(0) of cell (0, 0) gets in the softmax over all cells.
func (l TextLoss) coSENT(t TextNodes) *G.Node {
	n := t.texts()
	here := product(times(t.Cosine, t.Pair), ones(t.Cosine, n, n)) // row j is cos_j
	logit := scaled(sub(here, transpose(here)), l.Scale)           // cell (j, i): s·(cos_j − cos_i)
	column := G.Must(G.Reshape(add(logit, t.Order), tensor.Shape{n * n, 1}))
	first := fixed(column, "first", n*n, 1, func(row, _ int) bool { return row == 0 })
	return scaled(total(times(G.Must(G.LogSoftMax(column, 0)), first)), -1)
}

// labels returns the cells of related and of unrelated pairs with what each counts.
func (t TextNodes) labels(scored bool) (related, not *G.Node) {
	share := 1 / float64(t.Examples)
	if scored {
		return scaled(t.Score, share), scaled(sub(t.Pair, t.Score), share)
	}
	if t.Examples > 1 {
		share /= 2
	}
	return scaled(t.Pair, share), scaled(t.Next, share)
}
