package words

import (
	"fmt"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
)

// The fused program has five inputs: the two tables, the batch (its length in
// batch[0], because shapes are fixed), the step size and, from gorgonia, the
// gradient of the loss itself.
//
//	loss            = loss(in, out, batch, alpha)
//	step            = step(in, out, batch, alpha, ∂loss)   [2]: loss, targets
//	∂in, ∂out       = select(step, in), select(step, out)
//
// step updates the rows of the tables in place, window by window, which makes a
// V×d gradient unnecessary; so the "gradient" that select returns is the table after
// the step. Position weights and n-grams, which are not inputs of the program, are updated
// in the same way. Only step and the two selects are compiled: a run is one pass over the batch.

// fusedEngine drives the fused program of an objective with a tape machine.
type fusedEngine struct {
	objective *Objective
	tables    *Tables
	shape     shape
	apply     Stepper
	composer  *composer // nil: words are rows of the table

	batch   *tensor.Dense // [capacity+1] int32
	alpha   *G.Node
	program *autograd.Program

	loss, targets float64       // of the last run
	result        *tensor.Dense // [2]
}

// NewFused returns an engine that trains o with its fused operation, on batches of at most
// capacity numbers in windows of at most maxContext context words and exactly outputs outputs
// (at most, in labelled windows).
//
// A run of the tape machine costs 10 to 40 µs whatever it computes, so batches should have
// several thousand windows.
func NewFused(o *Objective, t *Tables, maxContext, outputs, capacity int) (Engine, error) {
	if o == nil || o.Fused == nil && o.Step == nil {
		return nil, fmt.Errorf("fused engine: the objective has neither a fused operation nor a step; train it with the graph engine")
	}
	shape := o.shape(maxContext, outputs)
	if err := shape.check(t); err != nil {
		return nil, fmt.Errorf("fused engine: %s: %w", o.Name, err)
	}
	if capacity < 1 {
		return nil, fmt.Errorf("fused engine: the capacity of a batch must be at least 1, got %d", capacity)
	}
	fused := o.Fused
	if fused == nil {
		fused = newPlain
	}
	e := &fusedEngine{
		objective: o, tables: t, shape: shape,
		apply:    fused(o, Setup{Tables: t, MaxContext: maxContext, Outputs: outputs, Scratch: shape.scratch(t)}),
		composer: newComposer(t, shape),
		result:   tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float32)),
	}
	if err := autograd.Fence(func() error { return e.compile(capacity) }); err != nil {
		return nil, fmt.Errorf("fused engine: %s: %w", o.Name, err)
	}
	return e, nil
}

func (e *fusedEngine) compile(capacity int) error {
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

	loss, err := G.ApplyOp(e.lossOp(), in, out, batch, e.alpha)
	if err != nil {
		return err
	}
	updated, err := G.Grad(loss, in, out)
	if err != nil {
		return err
	}
	e.program, err = autograd.Compile(g, G.Nodes{in, out, batch, e.alpha}, updated)
	return err
}

// lossOp returns the forward operation: the loss of a batch, which leaves the tables unchanged.
// Its gradient is the step.
func (e *fusedEngine) lossOp() *autograd.Op {
	return &autograd.Op{
		Name:   e.name("Loss"),
		Inputs: []hm.Type{autograd.MatrixType, autograd.MatrixType, autograd.IDsType, tensor.Float32}, Result: tensor.Float32,
		Shape: autograd.FixedShape(),
		Forward: func(in []G.Value) (G.Value, error) {
			loss, _, err := e.run(in, 0) // a step of size 0 changes nothing
			return G.NewF32(float32(loss)), err
		},
		Parameters: 2,
		Gradient: func(in G.Nodes, grad *G.Node) (G.Nodes, error) {
			step, err := G.ApplyOp(e.stepOp(), append(append(G.Nodes{}, in...), grad)...)
			if err != nil {
				return nil, err
			}
			grads := make(G.Nodes, len(in))
			for i, table := range in[:2] {
				if grads[i], err = G.ApplyOp(autograd.Select(table.Name(), table.Shape()...), step, table); err != nil {
					return nil, err
				}
			}
			return grads, nil
		},
	}
}

// stepOp returns the backward operation: it subtracts alpha times the gradient of the loss
// (in[4], 1 unless the loss is part of a larger expression) from every row of the batch.
func (e *fusedEngine) stepOp() *autograd.Op {
	return &autograd.Op{
		Name:   e.name("Step"),
		Inputs: []hm.Type{autograd.MatrixType, autograd.MatrixType, autograd.IDsType, tensor.Float32, tensor.Float32}, Result: autograd.VectorType,
		Shape: autograd.FixedShape(2),
		Forward: func(in []G.Value) (G.Value, error) {
			alpha, err := autograd.Float32(in[3])
			if err != nil {
				return nil, err
			}
			grad, err := autograd.Float32(in[4])
			if err != nil {
				return nil, err
			}
			if e.loss, e.targets, err = e.run(in, alpha*grad); err != nil {
				return nil, err
			}
			r := e.result.Float32s()
			r[0], r[1] = float32(e.loss), float32(e.targets)
			return e.result, nil
		},
	}
}

func (e *fusedEngine) name(of string) string {
	return fmt.Sprintf("%s%s/%d/%d", e.objective.Name, of, e.shape.outputs, e.tables.Stride)
}

// run applies the kernel to the values of the inputs in, out, batch.
func (e *fusedEngine) run(inputs []G.Value, alpha float32) (loss, targets float64, err error) {
	in, err := autograd.Float32s(inputs[0])
	if err != nil {
		return 0, 0, err
	}
	out, err := autograd.Float32s(inputs[1])
	if err != nil {
		return 0, 0, err
	}
	batch, ok := inputs[2].Data().([]int32)
	if !ok {
		return 0, 0, fmt.Errorf("expected a batch of int32 numbers but found %T", inputs[2].Data())
	}
	batch = batch[1 : 1+batch[0]]
	if e.composer == nil {
		loss, targets = e.apply(in, out, batch, alpha)
		return loss, targets, nil
	}
	err = e.composer.each(batch, func(segment []int32) error {
		l, n := e.apply(e.composer.vectors, out, segment, alpha)
		loss, targets = loss+l, targets+n
		return nil
	})
	return loss, targets, err
}

func (e *fusedEngine) Step(batch []int32, alpha float32) (loss, targets float64, err error) {
	held := e.batch.Data().([]int32)
	if len(batch) > len(held)-1 {
		return 0, 0, fmt.Errorf("fused engine: the batch has %d numbers, more than the capacity of %d", len(batch), len(held)-1)
	}
	held[0] = int32(len(batch))
	copy(held[1:], batch)
	if err := G.Let(e.alpha, alpha); err != nil {
		return 0, 0, fmt.Errorf("fused engine: %w", err)
	}
	if err := e.program.Run(); err != nil {
		return 0, 0, fmt.Errorf("fused engine: %s: %w", e.objective.Name, err)
	}
	return e.loss, e.targets, nil
}

func (e *fusedEngine) Close() error { return e.program.Close() }
