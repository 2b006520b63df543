package train

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// The input nodes of a graph. All are matrices.
const (
	inX          = iota // [U, Dim] rows of the table
	inLinear            // [Hidden, Dim]
	inBias              // [1, Hidden]
	inProjection        // [Out, Width]
	inPool              // [N, U] the weight of each row in each text
	inDropout           // [N, Width]
	inPair              // [N, N], like the inputs that follow: see Nodes
	inNegative
	inNext
	inScore
	inCandidates
	inOrder
	inputCount
)

var inputNames = [inputCount]string{"x", "linear", "bias", "projection", "pool", "dropout", "pair", "negative", "next", "score", "candidates", "order"}

// parameterInputs are the inputs that have a gradient.
var parameterInputs = []int{inX, inLinear, inBias, inProjection}

// graphShape is the shape of batch that a graph is compiled for.
type graphShape struct {
	examples, columns int
	rows              int // at least the rows of the batch
	length            int // with Max: at least the length of the longest text
	dropout, scored   bool
}

func (s graphShape) texts() int { return s.examples * s.columns }

// sizes returns the shapes of the inputs; rows 0: the graph does not have the input.
func (s graphShape) sizes(e *Parameters) (sizes [inputCount][2]int) {
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
	for i := inPair; i < inputCount; i++ {
		sizes[i] = [2]int{n, n}
	}
	return sizes
}

// lossGraph builds the loss of a batch, in float32 or in float64 as the inputs are.
// With Max, tokens are the rows of the first tokens of all texts, then of their second
// tokens and so on, up to length.
func lossGraph(e *Parameters, s graphShape, dims []int, loss GraphLoss, in [inputCount]*G.Node, tokens *G.Node) (*G.Node, error) {
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
		y := normalized(prefix(z, n, e.VectorDim(), k), n, e.VectorDim())
		l, err := loss(Nodes{
			Examples: s.examples, Columns: s.columns,
			Vectors: y, Cosine: product(y, transpose(y)),
			Pair: in[inPair], Negative: in[inNegative], Next: in[inNext], Score: in[inScore],
			Candidates: in[inCandidates], Order: in[inOrder],
		})
		if err != nil {
			return nil, err
		}
		if l == nil || !l.IsScalar() {
			return nil, fmt.Errorf("the loss must be a scalar, got %v", l)
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
func maxPool(f, tokens *G.Node, s graphShape) *G.Node {
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

// prefix returns z with zeros after the first k of its dim columns.
func prefix(z *G.Node, n, dim, k int) *G.Node {
	if k == dim {
		return z
	}
	return times(z, fixed(z, fmt.Sprintf("prefix %d", k), n, dim, func(_, col int) bool { return col < k }))
}

// normalized divides the rows of z by their lengths. A row of zeros stays zero, and so does
// its gradient; so does, in float32, a row shorter than about 1e-19.
func normalized(z *G.Node, n, dim int) *G.Node {
	squares := product(times(z, z), ones(z, dim, 1)) // [n, 1]
	some := above(squares, number(z, 0))
	inverse := G.Must(G.HadamardDiv(some, G.Must(G.Sqrt(add(squares, sub(number(z, 1), some))))))
	return times(z, product(inverse, ones(z, 1, dim)))
}
