package transformer

import (
	"math"
	"slices"

	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/kernel/rounded"
)

// scratch is the working memory of a thread. It grows as needed.
type scratch struct {
	x, qkv, mixed, inner, scores, inverse, pooled []float32
	bytes                                         rounded.ByteRows
	brains                                        rounded.BrainRows

	// ranges, if set, collects the ranges of the columns that a matrix is multiplied with.
	ranges map[*linear]*ranges

	// watch, if set, is called with the attention weights of a text, a row a token.
	watch func(layer, head int, weights []float32)
}

// room returns x with room for n values.
func room(x *[]float32, n int) []float32 {
	if len(*x) < n {
		*x = kernel.Aligned(n)
	}
	return (*x)[:n]
}

// blockRows is the number of tokens that go through the second half of a layer together, so that
// what is between its two products stays in the second-level cache.
const blockRows = 96

// run computes the vectors of a batch of texts, which it writes to their places in vectors. The
// tokens of all texts are the rows of one matrix, without padding.
func (e *Encoder) run(s *scratch, batch []input, vectors []float32) {
	width, dim, total := e.config.Width, e.Dim(), 0
	for _, in := range batch {
		total += len(in.ids)
	}
	x := room(&s.x, total*width)
	e.embed(x, batch)
	for i := range e.weights.layers {
		e.attend(s, i, x, batch)
		e.transform(s, &e.weights.layers[i], x)
	}
	at := 0
	for _, in := range batch {
		end := at + len(in.ids)*width
		e.pool(s, vectors[in.at*dim:(in.at+1)*dim], x[at:end], in.skip)
		at = end
	}
}

// embed writes the vectors with which the tokens begin.
func (e *Encoder) embed(x []float32, batch []input) {
	w, at := e.weights, 0
	for _, in := range batch {
		for i, id := range in.ids {
			row := x[at : at+e.config.Width]
			copy(row, w.tokens.row(int(id)))
			if w.kind != nil {
				kernel.Axpy(row, 1, w.kind)
			}
			kernel.Axpy(row, 1, w.positions.row(e.config.firstPosition+i))
			at += e.config.Width
		}
	}
	e.layerNorm(x, w.norm)
}

func (e *Encoder) layerNorm(x []float32, n norm) {
	kernel.LayerNorm(x, x, n.gain, n.bias, float32(e.config.Epsilon))
}

// attend is the first half of a layer: every token takes in something of the tokens of its text.
func (e *Encoder) attend(s *scratch, i int, x []float32, batch []input) {
	y := &e.weights.layers[i]
	width, heads := e.config.Width, e.config.Heads
	head, total := width/heads, len(x)/width
	qkv := room(&s.qkv, total*3*width)
	y.qkv.product(s, qkv, x, total, false, y.qkvBias)
	mixed := room(&s.mixed, total*width)
	scale := float32(1 / math.Sqrt(float64(head)))
	at := 0
	for _, in := range batch {
		n := len(in.ids)
		q, out := qkv[at*3*width:], mixed[at*width:]
		scores, inverse := room(&s.scores, n*n), room(&s.inverse, n)
		for h := range heads {
			from := h * head
			kernel.Gemm(false, true, n, n, head, scale, q[from:], 3*width, q[width+from:], 3*width, 0, scores, n)
			for j := range n {
				inverse[j] = e.softmax(scores[j*n:(j+1)*n], h, j)
			}
			if s.watch != nil {
				weights := slices.Clone(scores)
				for j, x := range inverse {
					kernel.Scale(weights[j*n:(j+1)*n], x)
				}
				s.watch(i, h, weights)
			}
			kernel.Gemm(false, false, n, head, n, 1, scores, n, q[2*width+from:], 3*width, 0, out[from:], width)
			for j, x := range inverse { // a row is shorter than that of the weights
				kernel.Scale(out[j*width+from:][:head], x)
			}
		}
		at += n
	}
	y.out.product(s, x, mixed, total, true, y.outBias)
	e.layerNorm(x, y.norm1)
}

// softmax turns the scores of token i into attention weights, except for a factor, which it returns.
func (e *Encoder) softmax(scores []float32, head, i int) (factor float32) {
	if e.weights.distance.rows > 0 {
		for j := range scores {
			scores[j] += e.weights.distance.row(bucket(j-i, e.weights.distance.rows))[head]
		}
	}
	return 1 / kernel.ExpSum(scores, scores, 1, -kernel.Maximum(scores))
}

// bucket returns the row of the bias for a token that is distance tokens further on: one for each
// short distance, then ever wider ones up to 128 (Raffel et al. 2020, arXiv:1910.10683, as used by
// MPNet).
func bucket(distance, buckets int) int {
	half := buckets / 2
	at := 0
	if distance < 0 {
		distance = -distance
	} else {
		if distance > 0 {
			at = half
		}
	}
	exact := half / 2
	if distance < exact {
		return at + distance
	}
	const farthest = 128
	far := exact + int(math.Log(float64(distance)/float64(exact))/math.Log(farthest/float64(exact))*float64(half-exact))
	return at + min(far, half-1)
}

// transform is the second half of a layer: every token is transformed on its own.
func (e *Encoder) transform(s *scratch, y *layer, x []float32) {
	width := e.config.Width
	for at := 0; at < len(x); at += blockRows * width {
		part := x[at:min(at+blockRows*width, len(x))]
		rows := len(part) / width
		inner := room(&s.inner, rows*e.config.Inner)
		y.first.product(s, inner, part, rows, false, nil)
		e.activate(inner, y.firstBias)
		y.second.product(s, part, inner, rows, true, y.secondBias)
		e.layerNorm(part, y.norm2)
	}
}

// activate adds the bias to the rows of x and applies the activation.
func (e *Encoder) activate(x, bias []float32) {
	switch e.config.Activation {
	case "relu":
		kernel.BiasReLU(x, x, bias)
	case "gelu_new":
		const a, b = 0.7978845608028654, 0.044715 // √(2/π); Hendrycks and Gimpel 2016
		for at := 0; at < len(x); at += len(bias) {
			for j, c := range bias {
				v := float64(x[at+j] + c)
				x[at+j] = float32(v / 2 * (1 + math.Tanh(a*(v+b*v*v*v))))
			}
		}
	default:
		kernel.BiasGELU(x, x, bias)
	}
}

// product sets the rows of dst to x·wᵀ + bias, plus those of add, which may be dst.
func (w *linear) product(s *scratch, dst, x []float32, rows int, add bool, bias []float32) {
	if s.ranges != nil {
		s.note(w, x, rows)
	}
	switch {
	case w.bytes != nil:
		w.bytes.Gemm(&s.bytes, rows, x, w.cols, bias, add, dst, w.rows)
		return
	case w.brain != nil:
		w.brain.Gemm(&s.brains, rows, x, w.cols, bias, add, dst, w.rows)
		return
	}
	beta := float32(0)
	if add {
		beta = 1
	}
	w.factor.Gemm(rows, 1, x, w.cols, beta, dst, w.rows)
	for i := range rows {
		if bias != nil {
			kernel.Axpy(dst[i*w.rows:(i+1)*w.rows], 1, bias)
		}
	}
}
