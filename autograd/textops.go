package autograd

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// textOp is an operation of the fused program of a text encoder. What it
// computes is in do; it owns its result.
type textOp struct {
	opTraits
	name   string
	inputs []hm.Type
	result hm.Type
	shape  func(in []G.DimSizer) (tensor.Shape, error)
	do     func(inputs []G.Value) (G.Value, error)
	// symDiff returns the nodes of the gradients of all inputs; nil: there are none.
	symDiff func(inputs G.Nodes, grad *G.Node) (G.Nodes, error)
}

var _ G.SDOp = (*textOp)(nil)

func (o *textOp) Arity() int { return len(o.inputs) }

func (o *textOp) Type() hm.Type {
	return hm.NewFnType(append(append([]hm.Type{}, o.inputs...), o.result)...)
}

func (o *textOp) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.shape(in) }

// Do computes the result. The tape machine runs operations in a goroutine of
// its own, where a panic would end the process: it becomes an error here.
func (o *textOp) Do(inputs ...G.Value) (v G.Value, err error) {
	if len(inputs) != len(o.inputs) {
		return nil, fmt.Errorf("%s: %d inputs, %d are needed", o.name, len(inputs), len(o.inputs))
	}
	if failed := fence(func() error { v, err = o.do(inputs); return nil }); failed != nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	return v, nil
}

func (o *textOp) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	for i := range d {
		d[i] = o.symDiff != nil
	}
	return d
}

func (o *textOp) SymDiff(inputs G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	if o.symDiff == nil {
		return nil, fmt.Errorf("%s has no gradient", o.name)
	}
	return o.symDiff(inputs, grad)
}

func (o *textOp) WriteHash(h hash.Hash) { fmt.Fprint(h, "text/", o.name) }
func (o *textOp) Hashcode() uint32      { return hashOf(o) }
func (o *textOp) String() string        { return o.name }

// fixedShape is the shape of a result that does not depend on the inputs'.
func fixedShape(shape ...int) func([]G.DimSizer) (tensor.Shape, error) {
	return func([]G.DimSizer) (tensor.Shape, error) { return tensor.Shape(shape).Clone(), nil }
}

func matrices(n int) []hm.Type {
	types := make([]hm.Type, n)
	for i := range types {
		types[i] = matrix
	}
	return types
}

// encodeOp is the encoder; it has n parameters: the rows, then linear, bias and
// projection as far as there are any.
func (p *textPass) encodeOp(n int) G.Op {
	shape := fixedShape(p.z.Shape()...)
	return &textOp{
		name: "encode", inputs: matrices(n), result: matrix, shape: shape,
		do: func(in []G.Value) (G.Value, error) {
			rows, err := float32s(in[0])
			if err != nil {
				return nil, err
			}
			p.forward(rows)
			return p.z, nil
		},
		symDiff: func(inputs G.Nodes, grad *G.Node) (G.Nodes, error) {
			pack, err := G.ApplyOp(p.encodeGradientOp(n), append(append(G.Nodes{}, inputs...), grad)...)
			if err != nil {
				return nil, err
			}
			var grads G.Nodes
			for i, in := range inputs {
				g, err := G.ApplyOp(p.selectOp(i, in), pack, in)
				if err != nil {
					return nil, err
				}
				grads = append(grads, g)
			}
			return grads, nil
		},
	}
}

// encodeGradientOp computes the gradients of all parameters in one pass.
func (p *textPass) encodeGradientOp(n int) G.Op {
	return &textOp{
		name: "encodeGradient", inputs: matrices(n + 1), result: pair, shape: fixedShape(1),
		do: func(in []G.Value) (G.Value, error) {
			rows, err := float32s(in[0])
			if err != nil {
				return nil, err
			}
			dz, err := float32s(in[n])
			if err != nil {
				return nil, err
			}
			p.backward(rows, dz)
			return p.done, nil
		},
	}
}

// selectOp hands on the gradient of parameter i once the pass has been made.
func (p *textPass) selectOp(i int, parameter *G.Node) G.Op {
	return &textOp{
		name: "select/" + parameter.Name(), inputs: []hm.Type{pair, matrix}, result: matrix, shape: fixedShape(parameter.Shape()...),
		do: func([]G.Value) (G.Value, error) { return p.grads[i], nil },
	}
}

// lossOp is the loss of the vectors.
func (p *textPass) lossOp() G.Op {
	return &textOp{
		name: "loss/" + p.lossPass.spec.Name, inputs: matrices(1), result: tensor.Float32, shape: fixedShape(),
		do: func(in []G.Value) (G.Value, error) {
			z, err := float32s(in[0])
			if err != nil {
				return nil, err
			}
			p.lossPass.run(p.batch, z, p.dz.Float32s(), p.z.Shape()[1], 0)
			return G.NewF32(float32(p.lossPass.loss)), nil
		},
		symDiff: func(inputs G.Nodes, grad *G.Node) (G.Nodes, error) {
			dz, err := G.ApplyOp(p.lossGradientOp(), inputs[0], grad)
			return G.Nodes{dz}, err
		},
	}
}

// lossGradientOp computes the loss and its gradient.
func (p *textPass) lossGradientOp() G.Op {
	return &textOp{
		name: "lossGradient/" + p.lossPass.spec.Name, inputs: []hm.Type{matrix, tensor.Float32}, result: matrix, shape: fixedShape(p.z.Shape()...),
		do: func(in []G.Value) (G.Value, error) {
			z, err := float32s(in[0])
			if err != nil {
				return nil, err
			}
			grad, ok := in[1].Data().(float32)
			if !ok {
				return nil, fmt.Errorf("the gradient of the loss is a %T, a float32 scalar is needed", in[1].Data())
			}
			p.lossPass.run(p.batch, z, p.dz.Float32s(), p.z.Shape()[1], grad)
			return p.dz, nil
		},
	}
}

func float32s(v G.Value) ([]float32, error) {
	data, ok := v.Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("an input is a %T, float32 is needed", v.Data())
	}
	return data, nil
}
