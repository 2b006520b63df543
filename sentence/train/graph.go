package train

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// maxPrograms is how many compiled graphs an engine keeps. The batches of a run differ in their
// number of rows, which is rounded up, and the last batch of a file in its number of examples.
const maxPrograms = 8

// graphEngine computes gradients with stock graphs of gorgonia, one for each shape of batch.
type graphEngine struct {
	encoder   *Parameters
	objective Objective
	custom    GraphLoss  // replaces the loss of objective, if set
	programs  []*program // the most recent one in front
	gradient  Gradient
}

// NewGraph returns an engine made of gorgonia's own operations. It defines the losses, but is
// slow. Its memory grows with the square of the number of texts in a batch: use a few hundred
// at most.
//
// A zero vector has cosine 0 with every other and no gradient. If values are equal, max pooling
// takes the first. [Related] and [Contrastive] treat the positive of the next example as
// unrelated; the example after the last is the first, and a batch of one example has none.
func NewGraph(e *Parameters, o Objective) (Engine, error) { return newGraphEngine(e, o, nil) }

// NewGraphOf is NewGraph with a custom loss; dims, if not nil, are the dimensions to which
// vectors are truncated, see [Objective].Matryoshka.
//
// A panic while loss builds its graph becomes an error. Gorgonia runs the graph in its own
// goroutine, where a panic ends the process: a custom operation must recover in Do, as
// [autograd.Op] does.
func NewGraphOf(e *Parameters, loss GraphLoss, dims []int) (Engine, error) {
	if loss == nil {
		return nil, errors.New("graph engine: the loss is nil")
	}
	return newGraphEngine(e, Objective{Matryoshka: dims}, loss)
}

func newGraphEngine(e *Parameters, o Objective, loss GraphLoss) (Engine, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("graph engine: %w", err)
	}
	if err := o.checkDims(e.VectorDim()); err != nil {
		return nil, fmt.Errorf("graph engine: %w", err)
	}
	return &graphEngine{encoder: e, objective: o, custom: loss}, nil
}

func (t *graphEngine) Gradient(b *Batch) (float64, *Gradient, error) {
	loss, err := t.step(b)
	if err != nil {
		return 0, nil, fmt.Errorf("graph engine: %w", err)
	}
	return loss, &t.gradient, nil
}

func (t *graphEngine) step(b *Batch) (float64, error) {
	check := b.check(t.encoder)
	if t.custom == nil {
		check = checkBatch(t.encoder, t.objective, b)
	}
	if check != nil {
		return 0, check
	}
	p, err := t.program(shapeOf(t.encoder, b))
	if err != nil {
		return 0, err
	}
	fillInputs(t.encoder, b, p.shape, &p.values, p.tokens)
	if err := p.Run(); err != nil {
		return 0, err
	}
	loss, err := autograd.Scalar(p.loss)
	if err != nil {
		return 0, err
	}
	return loss, t.take(p, b)
}

// take copies the gradients of a program that has run, row by row into padded ones.
func (t *graphEngine) take(p *program, b *Batch) error {
	for i, g := range p.grads {
		if g == nil {
			continue
		}
		from, ok := g.Value().Data().([]float32)
		size := p.sizes[parameterInputs[i]]
		if rows, cols := size[0], size[1]; !ok || len(from) != rows*cols {
			return fmt.Errorf("unexpected gradient of %s: %T of shape %v", inputNames[parameterInputs[i]], g.Value().Data(), g.Value().Shape())
		}
		to := []*[]float32{&t.gradient.Rows, &t.gradient.Linear, &t.gradient.Bias, &t.gradient.Projection}[i]
		rows, stride := size[0], kernel.Stride(size[1])
		if i == 0 {
			rows = len(b.Rows)
		}
		if cap(*to) < rows*stride {
			*to = kernel.Aligned(rows * stride)
		}
		*to = (*to)[:rows*stride]
		for r := range rows {
			copy((*to)[r*stride:(r+1)*stride], from[r*size[1]:(r+1)*size[1]])
		}
	}
	return nil
}

func (t *graphEngine) Close() error {
	var err error
	for _, p := range t.programs {
		if e := p.Close(); err == nil {
			err = e
		}
	}
	t.programs = nil
	return err
}

// program is a compiled graph with the values of its inputs.
type program struct {
	shape  graphShape
	sizes  [inputCount][2]int
	values [inputCount][]float32 // nil: the graph does not use the input
	tokens []int                 // with Max
	loss   *G.Node
	grads  []*G.Node // of parameterInputs; nil: the encoder has no such parameter
	*autograd.Program
}

// program returns the compiled graph of a shape, compiling it unless it is cached.
func (t *graphEngine) program(s graphShape) (*program, error) {
	at := slices.IndexFunc(t.programs, func(p *program) bool { return p.shape == s })
	if at >= 0 {
		p := t.programs[at]
		copy(t.programs[1:], t.programs[:at])
		t.programs[0] = p
		return p, nil
	}
	p := &program{shape: s, sizes: s.sizes(t.encoder)}
	if err := autograd.Fence(func() error { return t.compile(p) }); err != nil {
		return nil, err
	}
	t.programs = slices.Insert(t.programs, 0, p)
	if len(t.programs) > maxPrograms {
		last := t.programs[maxPrograms]
		t.programs = t.programs[:maxPrograms]
		if err := last.Close(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (t *graphEngine) compile(p *program) error {
	g := G.NewGraph()
	var in [inputCount]*G.Node
	for i, size := range p.sizes {
		if size[0] > 0 {
			p.values[i] = make([]float32, size[0]*size[1])
			v := tensor.New(tensor.WithShape(size[0], size[1]), tensor.WithBacking(p.values[i]))
			in[i] = G.NewMatrix(g, tensor.Float32, G.WithShape(size[0], size[1]), G.WithName(inputNames[i]), G.WithValue(v))
		}
	}
	var tokens *G.Node
	if t.encoder.Max {
		p.tokens = make([]int, p.shape.texts()*p.shape.length)
		tokens = G.NewVector(g, tensor.Int, G.WithShape(len(p.tokens)), G.WithName("tokens"), G.WithValue(tensor.New(tensor.WithBacking(p.tokens))))
	}
	loss := t.custom
	if loss == nil {
		loss = t.objective.graph(p.shape.scored)
	}
	var err error
	if p.loss, err = lossGraph(t.encoder, p.shape, t.objective.dims(t.encoder.VectorDim()), loss, in, tokens); err != nil {
		return err
	}
	var parameters G.Nodes
	for _, i := range parameterInputs {
		if in[i] != nil {
			parameters = append(parameters, in[i])
		}
	}
	grads, err := G.Grad(p.loss, parameters...)
	if err != nil {
		return err
	}
	for _, i := range parameterInputs {
		p.grads = append(p.grads, nil)
		if in[i] != nil {
			p.grads[len(p.grads)-1], grads = grads[0], grads[1:]
		}
	}
	outputs := G.Nodes{p.loss}
	for _, g := range p.grads {
		if g != nil {
			outputs = append(outputs, g)
		}
	}
	var inputs G.Nodes
	for i, n := range in {
		switch {
		case n == nil:
		case g.To(n.ID()).Len() > 0:
			inputs = append(inputs, n)
		default: // the loss does not use it
			p.values[i] = nil
		}
	}
	if tokens != nil {
		inputs = append(inputs, tokens)
	}
	p.Program, err = autograd.Compile(g, inputs, outputs)
	return err
}
