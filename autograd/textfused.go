package autograd

import (
	"fmt"
	"runtime"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/internal/kernel"
)

// The fused program of a text encoder, of which the nodes for parts that it lacks
// are left out. The batch is no input: the operations look at the one that the
// engine holds, and so use as much of the registers as it needs.
//
//	vectors            = encode(rows, linear, bias, projection)
//	loss               = loss(vectors)
//	∂vectors           = lossGradient(vectors, ∂loss)
//	pack               = encodeGradient(rows, linear, bias, projection, ∂vectors)
//	∂rows, ∂linear, …  = select(pack, rows), select(pack, linear), …
//
// Only the gradients are compiled, with encode before them: the loss is a by-product
// of its gradient.

// fusedText drives the fused program of a text encoder with a tape machine.
type fusedText struct {
	encoder *TextEncoder
	loss    TextLoss
	threads int

	pass    *textPass
	rows    *tensor.Dense // [capacity, stride] the rows of a batch
	machine G.VM
	texts   int // capacity
}

// NewTextFused returns the engine that trains with: a fused operation for the
// encoder and one for the loss, on threads goroutines (0: one a core). Its numbers
// are the same to the bit at any number of threads.
func NewTextFused(e *TextEncoder, loss TextLoss, threads int) (TextEngine, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("fused text engine: %w", err)
	}
	if err := loss.checkDims(e.VectorDim()); err != nil {
		return nil, fmt.Errorf("fused text engine: %w", err)
	}
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &fusedText{encoder: e, loss: loss, threads: threads}, nil
}

func (t *fusedText) Gradient(b *TextBatch) (float64, *TextGradient, error) {
	if err := b.check(t.encoder); err != nil {
		return 0, nil, fmt.Errorf("fused text engine: %w", err)
	}
	if err := t.loss.Validate(t.encoder.VectorDim(), b.Columns, b.Scores != nil); err != nil {
		return 0, nil, fmt.Errorf("fused text engine: %w", err)
	}
	if err := t.loss.checkScores(b.Scores); err != nil {
		return 0, nil, fmt.Errorf("fused text engine: %w", err)
	}
	if err := t.grow(len(b.Rows), b.Texts()); err != nil {
		return 0, nil, fmt.Errorf("fused text engine: %w", err)
	}
	t.pass.batch = b
	t.gather(b.Rows)
	t.machine.Reset()
	if err := t.machine.RunAll(); err != nil {
		return 0, nil, fmt.Errorf("fused text engine: %w", err)
	}
	return t.pass.lossPass.loss, &t.pass.gradient, nil
}

// gather copies the rows of the batch out of the table.
func (t *fusedText) gather(rows []int32) {
	e, stride := t.encoder, kernel.Stride(t.encoder.Dim)
	to := t.rows.Float32s()
	parallel(t.threads, len(rows), rowBlock, func(from, until int) {
		for i := from; i < until; i++ {
			at := int(rows[i]) * stride
			copy(to[i*stride:(i+1)*stride], e.Table[at:at+stride])
		}
	})
}

// grow compiles the program anew where a batch is larger than all before it.
func (t *fusedText) grow(rows, texts int) error {
	if t.machine != nil && rows <= t.rows.Shape()[0] && texts <= t.texts {
		return nil
	}
	if t.machine != nil {
		rows, texts = max(rows+rows/4, t.rows.Shape()[0]), max(texts, t.texts)
		if err := t.machine.Close(); err != nil {
			return err
		}
		t.machine = nil
	}
	return fence(func() error { return t.compile(rows, texts) })
}

func (t *fusedText) compile(rows, texts int) error {
	e := t.encoder
	stride, width := kernel.Stride(e.Dim), kernel.Stride(e.Width())
	loss := &lossPass{spec: t.loss, dims: t.loss.dims(e.VectorDim()), threads: t.threads}
	t.texts, t.pass = texts, newTextPass(e, loss, t.threads, rows, texts)
	t.rows = tensor.New(tensor.WithShape(rows, stride), tensor.WithBacking(kernel.Aligned(rows*stride)))

	g := G.NewGraph()
	var parameters G.Nodes
	add := func(name string, v *tensor.Dense) {
		n := G.NewMatrix(g, tensor.Float32, G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
		parameters = append(parameters, n)
	}
	add("rows", t.rows)
	dense := func(rows, cols int, data []float32) *tensor.Dense {
		return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))
	}
	if e.Hidden > 0 {
		add("linear", dense(e.Hidden, stride, e.Linear))
		add("bias", dense(1, len(e.Bias), e.Bias))
	}
	if e.Out > 0 {
		add("projection", dense(e.Out, width, e.Projection))
	}
	vectors, err := G.ApplyOp(t.pass.encodeOp(len(parameters)), parameters...)
	if err != nil {
		return err
	}
	scalar, err := G.ApplyOp(t.pass.lossOp(), vectors)
	if err != nil {
		return err
	}
	gradients, err := G.Grad(scalar, parameters...)
	if err != nil {
		return err
	}
	prog, locations, err := G.CompileFunction(g, parameters, gradients)
	if err != nil {
		return err
	}
	t.machine = G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))
	return nil
}

func (t *fusedText) Close() error {
	if t.machine == nil {
		return nil
	}
	return t.machine.Close()
}
