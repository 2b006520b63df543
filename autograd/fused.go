package autograd

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The fused program has five inputs: the two tables, the batch (its length in
// batch[0], because shapes are fixed), the step size and, from gorgonia, the
// gradient of the loss itself.
//
//	loss            = lossOp(in, out, batch, alpha)
//	step            = stepOp(in, out, batch, alpha, ∂loss)   [2]: loss, targets
//	∂in, ∂out       = selectOp(step, in), selectOp(step, out)
//
// stepOp takes its gradient steps window by window in the tables themselves,
// which is what makes a V×d gradient unnecessary; so the "gradient" that
// selectOp hands on is the table after the step. Position weights and n-grams,
// which are no inputs of the program, are stepped in the same way. Only step and the two selects
// are compiled: one pass over the batch a run.

// fusedEngine drives the fused program of an objective with a tape machine.
type fusedEngine struct {
	objective *Objective
	tables    *Tables
	batch     *tensor.Dense // [capacity] int32
	alpha     *G.Node
	step      *stepOp
	machine   G.VM
}

// NewFused returns an engine that trains o with its fused operation, on
// batches of at most capacity numbers in windows of at most maxContext context
// words and exactly outputs outputs (at most, in labelled windows).
//
// A run of the tape machine costs 10 to 40 µs whatever it holds: make batches
// of some thousand windows.
func NewFused(o *Objective, t *Tables, maxContext, outputs, capacity int) (Engine, error) {
	if o == nil || o.fused == nil {
		return nil, fmt.Errorf("fused engine: the objective has no fused operation; train it with the graph engine")
	}
	shape := o.shape(maxContext, outputs)
	if err := shape.check(t); err != nil {
		return nil, fmt.Errorf("fused engine: %s: %w", o.Name, err)
	}
	if capacity < 1 {
		return nil, fmt.Errorf("fused engine: batches of %d, at least 1 is needed", capacity)
	}
	e := &fusedEngine{objective: o, tables: t}
	if err := fence(func() error { return e.compile(shape, capacity) }); err != nil {
		return nil, fmt.Errorf("fused engine: %s: %w", o.Name, err)
	}
	return e, nil
}

func (e *fusedEngine) compile(s shape, capacity int) error {
	t := e.tables
	g := G.NewGraph()
	table := func(name string, data []float32) *G.Node {
		v := tensor.New(tensor.WithShape(t.Rows, t.Stride), tensor.WithBacking(data))
		return G.NewMatrix(g, tensor.Float32, G.WithShape(t.Rows, t.Stride), G.WithName(name), G.WithValue(v))
	}
	in, out := table("in", t.In), table("out", t.Out)
	e.batch = tensor.New(tensor.WithShape(capacity+1), tensor.Of(tensor.Int32))
	batch := G.NewVector(g, tensor.Int32, G.WithShape(capacity+1), G.WithName("batch"), G.WithValue(e.batch))
	e.alpha = G.NewScalar(g, tensor.Float32, G.WithName("alpha"), G.WithValue(float32(0)))

	e.step = &stepOp{windowOp: windowOp{
		objective: e.objective,
		outputs:   s.outputs,
		stride:    t.Stride,
		apply:     e.objective.fused(e.objective, t, s.outputs, s.scratch(t.Stride)),
		composer:  newComposer(t, s),
	}}
	loss, err := G.ApplyOp(&lossOp{step: e.step}, in, out, batch, e.alpha)
	if err != nil {
		return err
	}
	updated, err := G.Grad(loss, in, out)
	if err != nil {
		return err
	}
	prog, locations, err := G.CompileFunction(g, G.Nodes{in, out, batch, e.alpha}, updated)
	if err != nil {
		return err
	}
	e.machine = G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))
	return nil
}

func (e *fusedEngine) Step(batch []int32, alpha float32) (loss, targets float64, err error) {
	held := e.batch.Data().([]int32)
	if len(batch) > len(held)-1 {
		return 0, 0, fmt.Errorf("fused engine: a batch of %d numbers, at most %d were announced", len(batch), len(held)-1)
	}
	held[0] = int32(len(batch))
	copy(held[1:], batch)
	if err := G.Let(e.alpha, alpha); err != nil {
		return 0, 0, fmt.Errorf("fused engine: %w", err)
	}
	e.machine.Reset()
	if err := e.machine.RunAll(); err != nil {
		return 0, 0, fmt.Errorf("fused engine: %s: %w", e.objective.Name, err)
	}
	return e.step.loss, e.step.targets, nil
}

func (e *fusedEngine) Close() error { return e.machine.Close() }

// windowOp is what the fused operations share: the objective and its kernel.
type windowOp struct {
	objective *Objective
	outputs   int
	stride    int
	apply     stepper
	composer  *composer // nil: words are rows of the table
}

// run applies the kernel to the values of the inputs in, out, batch, alpha.
// The tape machine runs operations in a goroutine of its own, where a panic
// would end the process: it becomes an error here.
func (o *windowOp) run(inputs []G.Value, alpha float32) (loss, targets float64, err error) {
	err = fence(func() error {
		if len(inputs) < 4 {
			return fmt.Errorf("%d inputs, at least 4 are needed", len(inputs))
		}
		in, ok1 := inputs[0].Data().([]float32)
		out, ok2 := inputs[1].Data().([]float32)
		batch, ok3 := inputs[2].Data().([]int32)
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("inputs are %T, %T and %T; float32 tables and an int32 batch are needed", inputs[0].Data(), inputs[1].Data(), inputs[2].Data())
		}
		batch = batch[1 : 1+batch[0]]
		if o.composer == nil {
			loss, targets = o.apply(in, out, batch, alpha)
			return nil
		}
		return o.composer.each(batch, func(segment []int32) error {
			l, n := o.apply(o.composer.vectors, out, segment, alpha)
			loss, targets = loss+l, targets+n
			return nil
		})
	})
	return loss, targets, err
}

var ids = IDsType

// lossOp is the forward operation: the loss of a batch at the tables as they
// stand.
type lossOp struct {
	opTraits
	step *stepOp
}

var _ G.SDOp = (*lossOp)(nil)

func (*lossOp) Arity() int { return 4 }

func (*lossOp) Type() hm.Type {
	return hm.NewFnType(matrix, matrix, ids, tensor.Float32, tensor.Float32)
}

func (*lossOp) InferShape(...G.DimSizer) (tensor.Shape, error) { return tensor.ScalarShape(), nil }

// Do takes a step of size 0: it leaves every row as it is.
func (o *lossOp) Do(inputs ...G.Value) (G.Value, error) {
	loss, _, err := o.step.run(inputs, 0)
	if err != nil {
		return nil, err
	}
	return G.NewF32(float32(loss)), nil
}

// DiffWRT says that the loss has a gradient for the two tables only.
func (*lossOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	d[0], d[1] = true, true
	return d
}

// SymDiff returns the nodes that take the step; see the head of this file.
func (o *lossOp) SymDiff(inputs G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	step, err := G.ApplyOp(o.step, append(append(G.Nodes{}, inputs...), grad)...)
	if err != nil {
		return nil, err
	}
	in, err := G.ApplyOp(&selectOp{}, step, inputs[0])
	if err != nil {
		return nil, err
	}
	out, err := G.ApplyOp(&selectOp{}, step, inputs[1])
	if err != nil {
		return nil, err
	}
	return G.Nodes{in, out, nil, nil}, nil
}

func (o *lossOp) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "windowLoss/%s/%d/%d", o.step.objective.Name, o.step.outputs, o.step.stride)
}
func (o *lossOp) Hashcode() uint32 { return hashOf(o) }
func (o *lossOp) String() string   { return o.step.objective.Name + "Loss" }

// stepOp is the backward operation: it walks the batch and updates the rows.
type stepOp struct {
	opTraits
	windowOp
	loss    float64 // of the last run
	targets float64
	result  *tensor.Dense // [2]
}

func (*stepOp) Arity() int { return 5 }

func (*stepOp) Type() hm.Type {
	return hm.NewFnType(matrix, matrix, ids, tensor.Float32, tensor.Float32, pair)
}

func (*stepOp) InferShape(...G.DimSizer) (tensor.Shape, error) { return tensor.Shape{2}, nil }

// Do takes alpha times the gradient of the loss (inputs[4], 1 unless the loss
// stands inside a larger expression) off every row of the batch.
func (o *stepOp) Do(inputs ...G.Value) (G.Value, error) {
	if len(inputs) != 5 {
		return nil, fmt.Errorf("step: %d inputs, 5 are needed", len(inputs))
	}
	alpha, ok1 := inputs[3].Data().(float32)
	grad, ok2 := inputs[4].Data().(float32)
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("step: the step size is a %T and the gradient a %T; float32 scalars are needed", inputs[3].Data(), inputs[4].Data())
	}
	var err error
	if o.loss, o.targets, err = o.run(inputs, alpha*grad); err != nil {
		return nil, err
	}
	if o.result == nil {
		o.result = tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float32))
	}
	r := o.result.Float32s()
	r[0], r[1] = float32(o.loss), float32(o.targets)
	return o.result, nil
}

func (o *stepOp) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "windowStep/%s/%d/%d", o.objective.Name, o.outputs, o.stride)
}
func (o *stepOp) Hashcode() uint32 { return hashOf(o) }
func (o *stepOp) String() string   { return o.objective.Name + "Step" }

// selectOp hands on its second input once its first has been computed.
type selectOp struct{ opTraits }

func (*selectOp) Arity() int    { return 2 }
func (*selectOp) Type() hm.Type { return hm.NewFnType(pair, matrix, matrix) }

func (*selectOp) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	s, ok := in[1].(tensor.Shape)
	if !ok {
		return nil, fmt.Errorf("select: shape is a %T", in[1])
	}
	return s.Clone(), nil
}

func (*selectOp) Do(inputs ...G.Value) (G.Value, error) { return inputs[1], nil }
func (*selectOp) WriteHash(h hash.Hash)                 { fmt.Fprint(h, "windowSelect") }
func (o *selectOp) Hashcode() uint32                    { return hashOf(o) }
func (*selectOp) String() string                        { return "select" }
