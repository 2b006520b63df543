package train

import (
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The sizes of the blocks of a batch that a goroutine takes at a time.
const (
	textBlock = 16 // texts
	rowBlock  = 64 // rows of the table
)

// pass is a forward and a backward pass of a batch through the encoder. Its buffers
// have room for a number of rows and texts; a batch uses the front of them.
type pass struct {
	encoder  *Parameters
	lossPass *lossPass
	threads  int
	batch    *Batch

	features []float32 // f [U × width] with Linear
	pooled   []float32 // m [C·B × width] with a projection; otherwise z
	largest  []int32   // [C·B × width] with Max: which token of its text has the maximum
	z, dz    *tensor.Dense

	drows     []float32 // [U × stride]
	dpooled   []float32 // ∂m with a projection; otherwise ∂z
	dfeatures []float32 // ∂f with Linear; otherwise ∂rows
	biases    []float32 // ∂b of each block of rows
	gradient  Gradient
	grads     []*tensor.Dense // the parts of gradient in the order of the parameters
	done      *tensor.Dense

	byRow transposed // of a batch that lacks it
}

func newPass(e *Parameters, loss *lossPass, threads, rows, texts int) *pass {
	stride, width, out := kernel.Stride(e.Dim), kernel.Stride(e.Width()), kernel.Stride(e.VectorDim())
	of := func(rows, cols int) *tensor.Dense {
		return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(kernel.Aligned(rows*cols)))
	}
	p := &pass{encoder: e, lossPass: loss, threads: threads, z: of(texts, out), dz: of(texts, out), done: of(1, 1)}
	p.done = tensor.New(tensor.WithShape(1), tensor.Of(tensor.Float32))
	p.pooled, p.dpooled = p.z.Float32s(), p.dz.Float32s()
	if e.Out > 0 {
		p.pooled, p.dpooled = kernel.Aligned(texts*width), kernel.Aligned(texts*width)
	}
	if e.Max {
		p.largest = make([]int32, texts*width)
	}
	add := func(rows, cols int) []float32 {
		t := of(rows, cols)
		p.grads = append(p.grads, t)
		return t.Float32s()
	}
	p.drows = add(rows, stride)
	p.dfeatures = p.drows
	if e.Hidden > 0 {
		p.features, p.dfeatures = kernel.Aligned(rows*width), kernel.Aligned(rows*width)
		p.gradient.Linear = add(e.Hidden, stride)
		p.gradient.Bias = add(1, width)
	}
	if e.Out > 0 {
		p.gradient.Projection = add(e.Out, width)
	}
	return p
}

// forward sets z to the vectors of the texts.
func (p *pass) forward(rows []float32) {
	e, b := p.encoder, p.batch
	u, n := len(b.Rows), b.Texts()
	stride, width, out := kernel.Stride(e.Dim), kernel.Stride(e.Width()), kernel.Stride(e.VectorDim())
	features := rows
	if e.Hidden > 0 {
		features = p.features
		kernel.GemmParallel(p.threads, false, true, u, e.Hidden, e.Dim, 1, rows, stride, e.Linear, stride, 0, features, width)
		autograd.Parallel(p.threads, u, rowBlock, func(from, to int) {
			part := features[from*width : to*width]
			kernel.BiasReLU(part, part, e.Bias)
		})
	}
	autograd.Parallel(p.threads, n, textBlock, func(from, to int) {
		for k := from; k < to; k++ {
			m := p.pooled[k*width : (k+1)*width]
			tokens := b.Tokens[b.Offsets[k]:b.Offsets[k+1]]
			if e.Max {
				kernel.BagMax(m, p.largest[k*width:(k+1)*width], features[:u*width], width, tokens)
			} else {
				kernel.BagSum(m, features[:u*width], width, tokens, b.Weights[b.Offsets[k]:b.Offsets[k+1]])
			}
			if b.Dropout != nil {
				multiply(m, b.Dropout[k*width:])
			}
		}
	})
	if e.Out > 0 {
		kernel.GemmParallel(p.threads, false, true, n, e.Out, e.Width(), 1, p.pooled, width, e.Projection, width, 0, p.z.Float32s(), out)
	}
}

// backward sets the gradients of the parameters from the gradient dz of the vectors.
// Without a projection it overwrites dz.
func (p *pass) backward(rows, dz []float32) {
	e, b := p.encoder, p.batch
	u, n := len(b.Rows), b.Texts()
	stride, width, out := kernel.Stride(e.Dim), kernel.Stride(e.Width()), kernel.Stride(e.VectorDim())
	p.gradient.Rows = p.drows[:u*stride]
	dpooled := dz
	if e.Out > 0 {
		dpooled = p.dpooled
		kernel.GemmParallel(p.threads, true, false, e.Out, e.Width(), n, 1, dz, out, p.pooled, width, 0, p.gradient.Projection, width)
		kernel.GemmParallel(p.threads, false, false, n, e.Width(), e.Out, 1, dz, out, e.Projection, width, 0, dpooled, width)
	}
	if b.Dropout != nil {
		autograd.Parallel(p.threads, n, textBlock, func(from, to int) { multiply(dpooled[from*width:to*width], b.Dropout[from*width:]) })
	}
	if e.Max {
		p.scatterLargest(dpooled, width)
	} else {
		in := &b.byRow
		if len(in.offsets) == 0 {
			in = &p.byRow
			in.set(b)
		}
		autograd.Parallel(p.threads, u, rowBlock, func(from, to int) {
			for r := from; r < to; r++ {
				lo, hi := in.offsets[r], in.offsets[r+1]
				kernel.BagSum(p.dfeatures[r*width:(r+1)*width], dpooled[:n*width], width, in.texts[lo:hi], in.weights[lo:hi])
			}
		})
	}
	if e.Hidden == 0 {
		return
	}
	p.biases = grown(p.biases, (u+rowBlock-1)/rowBlock*width)
	clear(p.biases)
	autograd.Parallel(p.threads, u, rowBlock, func(from, to int) {
		part := p.dfeatures[from*width : to*width]
		kernel.ReLUGradient(part, p.biases[from/rowBlock*width:][:width], p.features[from*width:to*width], part)
	})
	columnSums(p.gradient.Bias, p.biases)
	kernel.GemmParallel(p.threads, true, false, e.Hidden, e.Dim, u, 1, p.dfeatures, width, rows, stride, 0, p.gradient.Linear, stride)
	kernel.GemmParallel(p.threads, false, false, u, e.Dim, e.Hidden, 1, p.dfeatures, width, e.Linear, stride, 0, p.drows, stride)
}

// scatterLargest adds each number of ∂m to the token that had the maximum. Goroutines
// share the columns, so that no two of them add to the same number.
func (p *pass) scatterLargest(dpooled []float32, width int) {
	u := len(p.batch.Rows)
	autograd.Parallel(p.threads, u, rowBlock, func(from, to int) { clear(p.dfeatures[from*width : to*width]) })
	autograd.Parallel(p.threads, width, kernel.Lanes, func(from, to int) {
		for k := range p.batch.Texts() {
			tokens := p.batch.Tokens[p.batch.Offsets[k]:]
			for j := from; j < to; j++ {
				row := int(tokens[p.largest[k*width+j]])
				p.dfeatures[row*width+j] += dpooled[k*width+j]
			}
		}
	})
}

// multiply multiplies dst by the first numbers of x, element by element.
func multiply(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] *= x[i]
	}
}

// columnSums sets dst to the sum of the rows of a matrix of its width.
func columnSums(dst, rows []float32) {
	clear(dst)
	for at := 0; at < len(rows); at += len(dst) {
		kernel.Axpy(dst, 1, rows[at:at+len(dst)])
	}
}
