package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// The input nodes of a text graph. All are matrices.
const (
	inX          = iota // [U, Dim] rows of the table
	inLinear            // [Hidden, Dim]
	inBias              // [1, Hidden]
	inProjection        // [Out, Width]
	inPool              // [N, U] what each row counts in each text
	inDropout           // [N, Width]
	inPair              // [N, N], as those that follow: see TextNodes
	inNegative
	inNext
	inScore
	inCandidates
	inOrder
	textInputs
)

var textInputNames = [textInputs]string{"x", "linear", "bias", "projection", "pool", "dropout", "pair", "negative", "next", "score", "candidates", "order"}

// parameters are the inputs that have a gradient.
var textParameters = []int{inX, inLinear, inBias, inProjection}

// textShape is what a graph is compiled for.
type textShape struct {
	examples, columns int
	rows              int // at least those of the batch
	length            int // with Max: at least that of the longest text
	dropout, scored   bool
}

func (s textShape) texts() int { return s.examples * s.columns }

// sizes returns the shapes of the inputs; rows 0: the graph has none such.
func (s textShape) sizes(e *TextEncoder) (sizes [textInputs][2]int) {
	n := s.texts()
	sizes[inX] = [2]int{s.rows, e.Dim}
	if e.Hidden > 0 {
		sizes[inLinear], sizes[inBias] = [2]int{e.Hidden, e.Dim}, [2]int{1, e.Hidden}
	}
	if e.Out > 0 {
		sizes[inProjection] = [2]int{e.Out, e.Width()}
	}
	if !e.Max {
		sizes[inPool] = [2]int{n, s.rows}
	}
	if s.dropout {
		sizes[inDropout] = [2]int{n, e.Width()}
	}
	for i := inPair; i < textInputs; i++ {
		sizes[i] = [2]int{n, n}
	}
	return sizes
}

// textGraph builds the loss of a batch, in float32 or in float64 as the inputs are.
// tokens are, with Max, the rows of the first tokens of all texts, then of the second
// and so on, length of them.
func textGraph(e *TextEncoder, s textShape, dims []int, loss TextLossFunc, in [textInputs]*G.Node, tokens *G.Node) (*G.Node, error) {
	n := s.texts()
	f := in[inX]
	if e.Hidden > 0 {
		bias := product(ones(f, s.rows, 1), in[inBias])
		f = positive(add(product(f, transpose(in[inLinear])), bias))
	}
	var z *G.Node
	if e.Max {
		z = maxPool(f, tokens, s)
	} else {
		z = product(in[inPool], f)
	}
	if s.dropout {
		z = times(z, in[inDropout])
	}
	if e.Out > 0 {
		z = product(z, transpose(in[inProjection]))
	}

	var sum *G.Node
	for _, k := range dims {
		y := normalised(prefix(z, n, e.VectorDim(), k), n, e.VectorDim())
		l, err := loss(TextNodes{
			Examples: s.examples, Columns: s.columns,
			Vectors: y, Cosine: product(y, transpose(y)),
			Pair: in[inPair], Negative: in[inNegative], Next: in[inNext], Score: in[inScore],
			Candidates: in[inCandidates], Order: in[inOrder],
		})
		if err != nil {
			return nil, err
		}
		if l == nil || !l.IsScalar() {
			return nil, fmt.Errorf("the loss is %v, a scalar is needed", l)
		}
		if sum == nil {
			sum = l
		} else {
			sum = add(sum, l)
		}
	}
	return scaled(sum, 1/float64(len(dims))), nil
}

// maxPool is the element-wise maximum over the tokens of each text. Of equal values
// the first token has the gradient.
func maxPool(f, tokens *G.Node, s textShape) *G.Node {
	n := s.texts()
	at := func(place int) *G.Node {
		return G.Must(G.ByIndices(f, G.Must(G.Slice(tokens, G.S(place*n, (place+1)*n))), 0))
	}
	most := at(0)
	for place := 1; place < s.length; place++ {
		next := at(place)
		more := above(next, most)
		most = add(times(next, more), times(most, sub(number(f, 1), more)))
	}
	return most
}

// prefix is z with zeros behind the first k of its dim columns.
func prefix(z *G.Node, n, dim, k int) *G.Node {
	if k == dim {
		return z
	}
	return times(z, fixed(z, fmt.Sprintf("prefix %d", k), n, dim, func(_, col int) bool { return col < k }))
}

// normalised divides the rows of z by their lengths. A row of zeros stays zero, and so does
// its gradient; so does, in float32, one that is shorter than 1e-19 or so.
func normalised(z *G.Node, n, dim int) *G.Node {
	squares := product(times(z, z), ones(z, dim, 1)) // [n, 1]
	some := above(squares, number(z, 0))
	inverse := G.Must(G.HadamardDiv(some, G.Must(G.Sqrt(add(squares, sub(number(z, 1), some))))))
	return times(z, product(inverse, ones(z, 1, dim)))
}
