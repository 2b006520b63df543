package words

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// graphEngine runs the stock graph of an objective, one window per run.
type graphEngine struct {
	objective *Objective
	tables    *Tables
	shape     shape     // M = maxContext, N = outputs
	composer  *composer // nil: words are rows of the table

	x, y, sign, mask, mean, weight, position *tensor.Dense // the values of the input nodes

	dx, dy, dp []float32 // rows as gathered, then what the solver changed
	loss       *G.Node
	model      []G.ValueGrad // x, y and, if it has any, position
	solver     autograd.SGD
	program    *autograd.Program
}

// NewGraph returns an engine that trains o with its stock gorgonia graph on
// windows of at most maxContext context words and exactly outputs outputs (at
// most, in labelled windows).
//
// A panic while o.Loss builds the graph becomes an error. Gorgonia runs the graph in its own
// goroutine, where the panic of an operation ends the process; operations of type autograd.Op
// recover.
func NewGraph(o *Objective, t *Tables, maxContext, outputs int) (Engine, error) {
	if o == nil || o.Loss == nil {
		return nil, fmt.Errorf("graph engine: the objective has no loss")
	}
	e := &graphEngine{objective: o, tables: t, shape: o.shape(maxContext, outputs)}
	if err := e.shape.check(t); err != nil {
		return nil, fmt.Errorf("graph engine: %s: %w", o.Name, err)
	}
	e.composer = newComposer(t, e.shape)
	if err := autograd.Fence(e.compile); err != nil {
		return nil, fmt.Errorf("graph engine: %s: %w", o.Name, err)
	}
	return e, nil
}

func (e *graphEngine) compile() error {
	m, n, d := e.shape.maxContext, e.shape.outputs, e.tables.Dim
	g := G.NewGraph()
	input := func(name string, rows, cols int) (*G.Node, *tensor.Dense) {
		v := tensor.New(tensor.WithShape(rows, cols), tensor.Of(tensor.Float32))
		return G.NewMatrix(g, tensor.Float32, G.WithShape(rows, cols), G.WithName(name), G.WithValue(v)), v
	}
	var w Window
	w.X, e.x = input("x", m, d)
	w.Y, e.y = input("y", n, d)
	w.Sign, e.sign = input("sign", m, n)
	w.Mask, e.mask = input("mask", m, n)
	w.Mean, e.mean = input("mean", 1, m)
	w.Weight, e.weight = input("weight", 1, n)
	w.Position, e.position = input("position", m, d)
	e.dx, e.dy, e.dp = make([]float32, m*d), make([]float32, n*d), make([]float32, m*d)

	var err error
	if e.loss, err = e.objective.Loss(w); err != nil {
		return err
	}
	parameters := G.Nodes{w.X, w.Y}
	if e.shape.positions > 0 {
		parameters = append(parameters, w.Position)
	}
	grads, err := G.Grad(e.loss, parameters...)
	if err != nil {
		return err
	}
	inputs := G.Nodes{w.X, w.Y, w.Sign, w.Mask, w.Mean, w.Weight, w.Position}
	if e.program, err = autograd.Compile(g, inputs, append(G.Nodes{e.loss}, grads...)); err != nil {
		return err
	}
	for i, grad := range grads {
		e.model = append(e.model, autograd.Parameter([]*tensor.Dense{e.x, e.y, e.position}[i], grad))
	}
	return nil
}

func (e *graphEngine) Step(batch []int32, alpha float32) (loss, targets float64, err error) {
	rows := e.tables.Rows
	windows := func(batch []int32, inRows int, in func(int32) []float32) error {
		return e.shape.walk(batch, inRows, rows, func(w window) error {
			weights, total := e.shape.weights(w)
			l, err := e.window(w, weights, total, in, alpha)
			loss += l
			targets += e.objective.targets(len(w.context), total)
			return err
		})
	}
	if e.composer == nil {
		err = windows(batch, rows, e.tables.in)
	} else {
		err = e.composer.each(batch, func(segment []int32) error {
			return windows(segment, len(e.composer.words), e.composer.vector)
		})
	}
	if err != nil {
		return loss, targets, fmt.Errorf("graph engine: %s: %w", e.objective.Name, err)
	}
	return loss, targets, nil
}

// window takes one step on one window, whose context rows are those of in, and
// returns its loss.
func (e *graphEngine) window(w window, weights []float32, total float32, in func(int32) []float32, alpha float32) (float64, error) {
	m, n, d := len(w.context), len(w.outputs), e.tables.Dim
	outs := make([]int32, n)
	mean, weight, sign, mask := e.mean.Float32s(), e.weight.Float32s(), e.sign.Float32s(), e.mask.Float32s()
	clear(mean)
	clear(weight)
	clear(mask)
	for j := range outs {
		row, predicted := w.output(j)
		outs[j], weight[j] = row, 1
		for i := range e.shape.maxContext {
			sign[i*e.shape.outputs+j] = 1
			if predicted {
				sign[i*e.shape.outputs+j] = -1
			}
		}
	}
	if e.objective.Sum {
		total = 1
	}
	for i := range m {
		by := float32(1)
		if weights != nil {
			by = weights[i]
		}
		for j := range n {
			mask[i*e.shape.outputs+j] = by
		}
		mean[i] = by / total
	}
	if weights != nil {
		for j := range n {
			weight[j] = total
		}
	}
	x, y, position := e.x.Float32s(), e.y.Float32s(), e.position.Float32s()
	gather(x, d, w.context, in)
	gather(y, d, outs, e.tables.out)
	var places []int32
	if e.shape.positions > 0 {
		for i := range m {
			places = append(places, w.first()+int32(i))
		}
		gather(position, d, places, e.tables.position)
	}
	copy(e.dx, x)
	copy(e.dy, y)
	copy(e.dp, position)

	if err := e.program.Run(); err != nil {
		return 0, err
	}
	loss, err := autograd.Scalar(e.loss)
	if err != nil {
		return 0, err
	}
	e.solver.LearningRate = float64(alpha)
	if err := e.solver.Step(e.model); err != nil {
		return 0, err
	}

	// A word that occurs twice in the window was copied twice: each copy
	// adds its own change to the row.
	scale := float32(1)
	if e.objective.SumGradient {
		scale = float32(m)
	}
	scatter(x, e.dx, d, scale, w.context, in)
	scatter(y, e.dy, d, 1, outs, e.tables.out)
	scatter(position, e.dp, d, 1, places, e.tables.position)
	return loss, nil
}

// gather copies the rows ids into dst, d values each, and clears the rest. Other engines may be
// writing the rows, so a kernel reads them (see package kernel on Hogwild).
func gather(dst []float32, d int, ids []int32, row func(int32) []float32) {
	clear(dst)
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

func (e *graphEngine) Close() error { return e.program.Close() }
