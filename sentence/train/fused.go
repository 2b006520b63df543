package train

import (
	"fmt"
	"runtime"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The fused program of an encoder, without nodes for the layers that it lacks. The batch is not
// an input: the operations read the batch that the engine holds, and use as much of the buffers
// as it needs.
//
//	vectors            = encode(rows, linear, bias, projection)
//	loss               = loss(vectors)
//	∂vectors           = lossGradient(vectors, ∂loss)
//	pack               = encodeGradient(rows, linear, bias, projection, ∂vectors)
//	∂rows, ∂linear, …  = select(pack, rows), select(pack, linear), …
//
// Only the gradients are compiled, with encode before them: the loss is a by-product
// of its gradient.

// fusedEngine drives the fused program with a tape machine.
type fusedEngine struct {
	encoder   *Parameters
	objective Objective
	threads   int

	pass    *pass
	rows    *tensor.Dense // [capacity, stride] the rows of a batch
	program *autograd.Program
	texts   int // capacity
}

// NewFused returns the engine that trains: a fused operation for the encoder and one for the
// loss, on threads goroutines (0: one per core). Its results are identical to the bit at any
// number of threads.
func NewFused(e *Parameters, o Objective, threads int) (Engine, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("fused engine: %w", err)
	}
	if err := o.checkDims(e.VectorDim()); err != nil {
		return nil, fmt.Errorf("fused engine: %w", err)
	}
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &fusedEngine{encoder: e, objective: o, threads: threads}, nil
}

func (t *fusedEngine) Gradient(b *Batch) (float64, *Gradient, error) {
	if err := t.run(b); err != nil {
		return 0, nil, fmt.Errorf("fused engine: %w", err)
	}
	return t.pass.lossPass.loss, &t.pass.gradient, nil
}

func (t *fusedEngine) run(b *Batch) error {
	if err := checkBatch(t.encoder, t.objective, b); err != nil {
		return err
	}
	if err := t.grow(len(b.Rows), b.Texts()); err != nil {
		return err
	}
	t.pass.batch = b
	t.gather(b.Rows)
	return t.program.Run()
}

// gather copies the rows of the batch out of the table.
func (t *fusedEngine) gather(rows []int32) {
	e, stride := t.encoder, kernel.Stride(t.encoder.Dim)
	to := t.rows.Float32s()
	autograd.Parallel(t.threads, len(rows), rowBlock, func(from, until int) {
		for i := from; i < until; i++ {
			at := int(rows[i]) * stride
			copy(to[i*stride:(i+1)*stride], e.Table[at:at+stride])
		}
	})
}

// grow compiles the program again if a batch is larger than all before it.
func (t *fusedEngine) grow(rows, texts int) error {
	if t.program != nil && rows <= t.rows.Shape()[0] && texts <= t.texts {
		return nil
	}
	if t.program != nil {
		rows, texts = max(rows+rows/4, t.rows.Shape()[0]), max(texts, t.texts)
		if err := t.program.Close(); err != nil {
			return err
		}
		t.program = nil
	}
	return autograd.Fence(func() error { return t.compile(rows, texts) })
}

func (t *fusedEngine) compile(rows, texts int) error {
	e := t.encoder
	stride, width := kernel.Stride(e.Dim), kernel.Stride(e.Width())
	loss := &lossPass{objective: t.objective, def: lossOf(t.objective.Loss), dims: t.objective.dims(e.VectorDim()), threads: t.threads}
	t.texts, t.pass = texts, newPass(e, loss, t.threads, rows, texts)
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
	t.program, err = autograd.Compile(g, parameters, gradients)
	return err
}

func (t *fusedEngine) Close() error {
	if t.program == nil {
		return nil
	}
	return t.program.Close()
}
