package train

import (
	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
)

// matrices are n inputs.
func matrices(n int) []hm.Type {
	types := make([]hm.Type, n)
	for i := range types {
		types[i] = autograd.MatrixType
	}
	return types
}

// encodeOp is the encoder. It has n parameters: the rows, then linear, bias and
// projection if the encoder has them.
func (p *pass) encodeOp(n int) G.Op {
	return &autograd.Op{
		Name: "sentence/encode", Inputs: matrices(n), Result: autograd.MatrixType, Shape: autograd.FixedShape(p.z.Shape()...),
		Forward: func(in []G.Value) (G.Value, error) {
			rows, err := autograd.Float32s(in[0])
			if err != nil {
				return nil, err
			}
			p.forward(rows)
			return p.z, nil
		},
		Gradient: func(inputs G.Nodes, grad *G.Node) (G.Nodes, error) {
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
func (p *pass) encodeGradientOp(n int) G.Op {
	return &autograd.Op{
		Name: "sentence/encodeGradient", Inputs: matrices(n + 1), Result: autograd.VectorType, Shape: autograd.FixedShape(1),
		Forward: func(in []G.Value) (G.Value, error) {
			rows, err := autograd.Float32s(in[0])
			if err != nil {
				return nil, err
			}
			dz, err := autograd.Float32s(in[n])
			if err != nil {
				return nil, err
			}
			p.backward(rows, dz)
			return p.done, nil
		},
	}
}

// selectOp returns the gradient of parameter i once encodeGradientOp has run.
func (p *pass) selectOp(i int, parameter *G.Node) G.Op {
	return &autograd.Op{
		Name:   "sentence/select/" + parameter.Name(),
		Inputs: []hm.Type{autograd.VectorType, autograd.MatrixType}, Result: autograd.MatrixType, Shape: autograd.FixedShape(parameter.Shape()...),
		Forward: func([]G.Value) (G.Value, error) { return p.grads[i], nil },
	}
}

// lossOp is the loss of the vectors.
func (p *pass) lossOp() G.Op {
	return &autograd.Op{
		Name: "sentence/loss/" + string(p.lossPass.def.name), Inputs: matrices(1), Result: tensor.Float32, Shape: autograd.FixedShape(),
		Forward: func(in []G.Value) (G.Value, error) {
			z, err := autograd.Float32s(in[0])
			if err != nil {
				return nil, err
			}
			p.lossPass.run(p.batch, z, p.dz.Float32s(), p.z.Shape()[1], 0)
			return G.NewF32(float32(p.lossPass.loss)), nil
		},
		Gradient: func(inputs G.Nodes, grad *G.Node) (G.Nodes, error) {
			dz, err := G.ApplyOp(p.lossGradientOp(), inputs[0], grad)
			return G.Nodes{dz}, err
		},
	}
}

// lossGradientOp computes the loss and its gradient.
func (p *pass) lossGradientOp() G.Op {
	return &autograd.Op{
		Name:   "sentence/lossGradient/" + string(p.lossPass.def.name),
		Inputs: []hm.Type{autograd.MatrixType, tensor.Float32}, Result: autograd.MatrixType, Shape: autograd.FixedShape(p.z.Shape()...),
		Forward: func(in []G.Value) (G.Value, error) {
			z, err := autograd.Float32s(in[0])
			if err != nil {
				return nil, err
			}
			grad, err := autograd.Float32(in[1])
			if err != nil {
				return nil, err
			}
			p.lossPass.run(p.batch, z, p.dz.Float32s(), p.z.Shape()[1], grad)
			return p.dz, nil
		},
	}
}
