package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/internal/kernel"
)

// graphEngine runs the stock graph of an objective, one window a run.
type graphEngine struct {
	objective  *Objective
	tables     *Tables
	maxContext int // M
	outputs    int // N

	x, y, mask, mean *tensor.Dense // the values of the input nodes
	dx, dy           []float32     // rows as gathered, then what the solver changed
	loss             *G.Node
	model            []G.ValueGrad // x and y
	solver           SGD
	machine          G.VM
}

// NewGraph returns an engine that trains o with its stock gorgonia graph on
// windows of at most maxContext context words and exactly outputs outputs.
//
// A panic while o.Loss builds the graph becomes an error. Gorgonia runs the
// graph in a goroutine of its own: an operation that panics there, which no
// caller can recover, ends the process. A custom operation must recover in Do.
func NewGraph(o *Objective, t *Tables, maxContext, outputs int) (Engine, error) {
	if o == nil || o.Loss == nil {
		return nil, fmt.Errorf("graph engine: the objective has no loss")
	}
	if maxContext < 1 || outputs < 2 {
		return nil, fmt.Errorf("graph engine: %d context words and %d outputs: at least 1 and 2 are needed", maxContext, outputs)
	}
	e := &graphEngine{objective: o, tables: t, maxContext: maxContext, outputs: outputs}
	if err := fence(e.compile); err != nil {
		return nil, fmt.Errorf("graph engine: %s: %w", o.Name, err)
	}
	return e, nil
}

func (e *graphEngine) compile() error {
	m, n, d := e.maxContext, e.outputs, e.tables.Dim
	g := G.NewGraph()
	input := func(name string, rows, cols int) (*G.Node, *tensor.Dense) {
		v := tensor.New(tensor.WithShape(rows, cols), tensor.Of(tensor.Float32))
		return G.NewMatrix(g, tensor.Float32, G.WithShape(rows, cols), G.WithName(name), G.WithValue(v)), v
	}
	var w Window
	var sign *tensor.Dense
	w.X, e.x = input("x", m, d)
	w.Y, e.y = input("y", n, d)
	w.Sign, sign = input("sign", m, n)
	w.Mask, e.mask = input("mask", m, n)
	w.Mean, e.mean = input("mean", 1, m)
	signs := sign.Float32s()
	for i := range signs {
		signs[i] = 1
		if i%n == 0 {
			signs[i] = -1
		}
	}
	e.dx, e.dy = make([]float32, m*d), make([]float32, n*d)

	var err error
	if e.loss, err = e.objective.Loss(w); err != nil {
		return err
	}
	grads, err := G.Grad(e.loss, w.X, w.Y)
	if err != nil {
		return err
	}
	var inputs G.Nodes
	for _, in := range []*G.Node{w.X, w.Y, w.Sign, w.Mask, w.Mean} {
		if g.To(in.ID()).Len() > 0 { // a loss need not use them all
			inputs = append(inputs, in)
		}
	}
	prog, locations, err := G.CompileFunction(g, inputs, append(G.Nodes{e.loss}, grads...))
	if err != nil {
		return err
	}
	e.machine = G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))
	e.model = []G.ValueGrad{parameter{e.x, grads[0]}, parameter{e.y, grads[1]}}
	return nil
}

func (e *graphEngine) Step(batch []int32, alpha float32) (loss float64, targets int64, err error) {
	err = walk(batch, e.outputs, e.tables.Rows, func(context, outs []int32) error {
		l, err := e.window(context, outs, alpha)
		loss += l
		targets += e.objective.targets(len(context))
		return err
	})
	return loss, targets, err
}

// window takes one step on one window and returns its loss.
func (e *graphEngine) window(context, outs []int32, alpha float32) (float64, error) {
	m := len(context)
	if m > e.maxContext {
		return 0, fmt.Errorf("graph engine: a window of %d context words, at most %d were announced", m, e.maxContext)
	}
	x, y, d := e.x.Float32s(), e.y.Float32s(), e.tables.Dim
	gather(x, d, context, e.tables.in)
	clear(x[m*d:])
	gather(y, d, outs, e.tables.out)
	mask, mean := e.mask.Float32s(), e.mean.Float32s()
	clear(mask)
	clear(mean)
	for i := range m * e.outputs {
		mask[i] = 1
	}
	for i := range m {
		mean[i] = 1 / float32(m)
	}
	copy(e.dx, x)
	copy(e.dy, y)

	e.machine.Reset()
	if err := e.machine.RunAll(); err != nil {
		return 0, fmt.Errorf("graph engine: %s: %w", e.objective.Name, err)
	}
	loss, ok := e.loss.Value().Data().(float32)
	if !ok {
		return 0, fmt.Errorf("graph engine: the loss of %s is a %T, a float32 scalar is needed", e.objective.Name, e.loss.Value().Data())
	}
	e.solver.LearningRate = float64(alpha)
	if err := e.solver.Step(e.model); err != nil {
		return 0, err
	}

	// A word that stands twice in the window was gathered twice: each copy
	// adds its own change to the row.
	scale := float32(1)
	if e.objective.SumGradient {
		scale = float32(m)
	}
	scatter(x, e.dx, d, scale, context, e.tables.in)
	scatter(y, e.dy, d, 1, outs, e.tables.out)
	return float64(loss), nil
}

// gather copies the rows ids into dst, d values each. Other engines may be
// writing the rows, so a kernel reads them (see package kernel on Hogwild).
func gather(dst []float32, d int, ids []int32, row func(int32) []float32) {
	clear(dst[:len(ids)*d])
	for i, id := range ids {
		kernel.Axpy(dst[i*d:(i+1)*d], 1, row(id))
	}
}

// scatter adds scale·(now−before) of each gathered row to its table row.
func scatter(now, before []float32, d int, scale float32, ids []int32, row func(int32) []float32) {
	for i, id := range ids {
		was := before[i*d : (i+1)*d]
		kernel.Axpy(was, -1, now[i*d:(i+1)*d])
		kernel.Axpy(row(id), -scale, was)
	}
}

func (e *graphEngine) Close() error { return e.machine.Close() }

// fence runs fn, which calls into gorgonia or is called by it, and turns a
// panic into an error.
func fence(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}
