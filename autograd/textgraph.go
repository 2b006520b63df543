package autograd

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/internal/kernel"
)

// textPrograms is how many compiled graphs an engine keeps: batches of a run differ in their
// rows, which are rounded up, and the last batch of a file in its examples.
const textPrograms = 8

// graphTexts computes gradients with stock graphs of gorgonia, one for each shape of batch.
type graphTexts struct {
	encoder  *TextEncoder
	loss     TextLossFunc // nil: of says which
	of       TextLoss
	programs []*textProgram // the one used last in front
	gradient TextGradient
}

// NewTextGraph returns an engine that is made of gorgonia's own operations: the
// definition of the losses, and slow. Its memory grows with the square of the number of
// texts of a batch: keep to some hundred.
//
// A vector of zeros has cosine 0 with every other and no gradient. Of equal values
// the maximum of pooling takes the first. The rows of the next example that LossRelated and
// LossContrastive take for unrelated are those of the first after the last; a batch of one
// example has none.
func NewTextGraph(e *TextEncoder, loss TextLoss) (TextEngine, error) {
	return newTextGraph(e, loss, nil)
}

// NewTextGraphOf is NewTextGraph for any loss at all; dims, if not nil, are dimensions of
// which it is the mean, as [TextLoss].Matryoshka.
//
// A panic while loss builds its graph becomes an error. Gorgonia runs the
// graph in a goroutine of its own, where a panic ends the process: a custom operation
// must recover in Do.
func NewTextGraphOf(e *TextEncoder, loss TextLossFunc, dims []int) (TextEngine, error) {
	if loss == nil {
		return nil, fmt.Errorf("text graph: there is no loss")
	}
	return newTextGraph(e, TextLoss{Matryoshka: dims}, loss)
}

func newTextGraph(e *TextEncoder, of TextLoss, loss TextLossFunc) (TextEngine, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("text graph: %w", err)
	}
	if err := of.checkDims(e.VectorDim()); err != nil {
		return nil, fmt.Errorf("text graph: %w", err)
	}
	return &graphTexts{encoder: e, of: of, loss: loss}, nil
}

func (t *graphTexts) Gradient(b *TextBatch) (float64, *TextGradient, error) {
	loss, err := t.step(b)
	if err != nil {
		return 0, nil, fmt.Errorf("text graph: %w", err)
	}
	return loss, &t.gradient, nil
}

func (t *graphTexts) step(b *TextBatch) (float64, error) {
	if err := b.check(t.encoder); err != nil {
		return 0, err
	}
	if t.loss == nil {
		if err := t.of.Validate(t.encoder.VectorDim(), b.Columns, b.Scores != nil); err != nil {
			return 0, err
		}
		if err := t.of.checkScores(b.Scores); err != nil {
			return 0, err
		}
	}
	p, err := t.program(textShapeOf(t.encoder, b))
	if err != nil {
		return 0, err
	}
	fillText(t.encoder, b, p.shape, &p.values, p.tokens)
	p.machine.Reset()
	if err := p.machine.RunAll(); err != nil {
		return 0, err
	}
	loss, ok := p.loss.Value().Data().(float32)
	if !ok {
		return 0, fmt.Errorf("the loss is a %T, a float32 scalar is needed", p.loss.Value().Data())
	}
	return float64(loss), t.take(p, b)
}

// take copies the gradients of a program that has run, row by row into padded ones.
func (t *graphTexts) take(p *textProgram, b *TextBatch) error {
	for i, g := range p.grads {
		if g == nil {
			continue
		}
		from, ok := g.Value().Data().([]float32)
		size := p.sizes[textParameters[i]]
		if rows, cols := size[0], size[1]; !ok || len(from) != rows*cols {
			return fmt.Errorf("the gradient of %s is %T of shape %v", textInputNames[textParameters[i]], g.Value().Data(), g.Value().Shape())
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

func (t *graphTexts) Close() error {
	var err error
	for _, p := range t.programs {
		if e := p.machine.Close(); err == nil {
			err = e
		}
	}
	t.programs = nil
	return err
}

// textProgram is a compiled graph with the values of its inputs.
type textProgram struct {
	shape   textShape
	sizes   [textInputs][2]int
	values  [textInputs][]float32 // nil: the graph does not use it
	tokens  []int                 // with Max
	loss    *G.Node
	grads   []*G.Node // of textParameters; nil: there is none
	machine G.VM
}

// program returns the compiled graph of a shape, from those that are kept if it is there.
func (t *graphTexts) program(s textShape) (*textProgram, error) {
	at := slices.IndexFunc(t.programs, func(p *textProgram) bool { return p.shape == s })
	if at >= 0 {
		p := t.programs[at]
		copy(t.programs[1:], t.programs[:at])
		t.programs[0] = p
		return p, nil
	}
	p := &textProgram{shape: s, sizes: s.sizes(t.encoder)}
	if err := fence(func() error { return t.compile(p) }); err != nil {
		return nil, err
	}
	t.programs = slices.Insert(t.programs, 0, p)
	if len(t.programs) > textPrograms {
		last := t.programs[textPrograms]
		t.programs = t.programs[:textPrograms]
		if err := last.machine.Close(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (t *graphTexts) compile(p *textProgram) error {
	g := G.NewGraph()
	var in [textInputs]*G.Node
	for i, size := range p.sizes {
		if size[0] > 0 {
			p.values[i] = make([]float32, size[0]*size[1])
			v := tensor.New(tensor.WithShape(size[0], size[1]), tensor.WithBacking(p.values[i]))
			in[i] = G.NewMatrix(g, tensor.Float32, G.WithShape(size[0], size[1]), G.WithName(textInputNames[i]), G.WithValue(v))
		}
	}
	var tokens *G.Node
	if t.encoder.Max {
		p.tokens = make([]int, p.shape.texts()*p.shape.length)
		tokens = G.NewVector(g, tensor.Int, G.WithShape(len(p.tokens)), G.WithName("tokens"), G.WithValue(tensor.New(tensor.WithBacking(p.tokens))))
	}
	loss := t.loss
	if loss == nil {
		loss = t.of.graph(p.shape.scored)
	}
	var err error
	if p.loss, err = textGraph(t.encoder, p.shape, t.of.dims(t.encoder.VectorDim()), loss, in, tokens); err != nil {
		return err
	}
	var parameters G.Nodes
	for _, i := range textParameters {
		if in[i] != nil {
			parameters = append(parameters, in[i])
		}
	}
	grads, err := G.Grad(p.loss, parameters...)
	if err != nil {
		return err
	}
	for _, i := range textParameters {
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
		default: // a loss does not use them all
			p.values[i] = nil
		}
	}
	if tokens != nil {
		inputs = append(inputs, tokens)
	}
	prog, locations, err := G.CompileFunction(g, inputs, outputs)
	if err != nil {
		return err
	}
	p.machine = G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))
	return nil
}
