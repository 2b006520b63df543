package autograd

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Op is an operation that a package brings to gorgonia: what would be many stock nodes
// computed by one function. Its gradient is made of further operations, so a fused
// program is a pair of Ops, one for the value and one for the gradients:
//
//	forward := &autograd.Op{Name: "square", …,
//		Forward: func(in []G.Value) (G.Value, error) { … },
//		Gradient: func(in G.Nodes, grad *G.Node) (G.Nodes, error) {
//			dx, err := G.ApplyOp(backward, in[0], grad)
//			return G.Nodes{dx}, err
//		}}
//
// Use it with gorgonia.ApplyOp. It may own buffers and return the same value from each
// run. Panics of Forward become errors: gorgonia runs operations in a goroutine of its
// own, where a panic would end the process.
type Op struct {
	// Name identifies the operation: gorgonia merges nodes whose operations have the
	// same name and the same inputs, so the name holds everything that makes two
	// operations differ.
	Name   string
	Inputs []hm.Type // such as MatrixType
	Result hm.Type
	Shape  func(in []G.DimSizer) (tensor.Shape, error) // of the result, see FixedShape

	// Forward computes the result from the values of the inputs.
	Forward func(in []G.Value) (G.Value, error)
	// Gradient returns the nodes of the gradients of the inputs, given the inputs and the
	// gradient of the result; nil: there are none.
	Gradient func(in G.Nodes, grad *G.Node) (G.Nodes, error)
	// Parameters is the number of inputs, counted from the first, that have a
	// gradient; default 0: all. Gradient returns nil for the others.
	Parameters int
}

var _ G.SDOp = (*Op)(nil)

// Types of inputs and results; a float32 scalar is tensor.Float32.
var (
	MatrixType = G.TensorType{Dims: 2, Of: tensor.Float32}
	VectorType = G.TensorType{Dims: 1, Of: tensor.Float32}
	IDsType    = G.TensorType{Dims: 1, Of: tensor.Int32}
)

// FixedShape is the Shape of a result that does not depend on the inputs.
func FixedShape(shape ...int) func([]G.DimSizer) (tensor.Shape, error) {
	return func([]G.DimSizer) (tensor.Shape, error) { return tensor.Shape(shape).Clone(), nil }
}

// Select returns an operation that returns its second input, a matrix of the given
// shape, once its first, a vector, has been computed. It stands for a gradient that the
// operation of the first input writes as a side effect. name identifies it.
func Select(name string, shape ...int) *Op {
	return &Op{
		Name: "select/" + name, Inputs: []hm.Type{VectorType, MatrixType}, Result: MatrixType, Shape: FixedShape(shape...),
		Forward: func(in []G.Value) (G.Value, error) { return in[1], nil },
	}
}

// Float32s returns the numbers of a float32 tensor.
func Float32s(v G.Value) ([]float32, error) {
	data, ok := v.Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("expected an input of float32 numbers but found %T", v.Data())
	}
	return data, nil
}

// Float32 returns the number of a float32 scalar.
func Float32(v G.Value) (float32, error) {
	x, ok := v.Data().(float32)
	if !ok {
		return 0, fmt.Errorf("expected a float32 scalar but found %T", v.Data())
	}
	return x, nil
}

// Arity returns the number of inputs.
func (o *Op) Arity() int { return len(o.Inputs) }

// Type returns the type of the operation as gorgonia writes it.
func (o *Op) Type() hm.Type {
	return hm.NewFnType(append(append([]hm.Type{}, o.Inputs...), o.Result)...)
}

// InferShape returns the shape of the result.
func (o *Op) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.Shape(in) }

// Do computes the result; a panic becomes an error.
func (o *Op) Do(inputs ...G.Value) (v G.Value, err error) {
	if len(inputs) != len(o.Inputs) {
		return nil, fmt.Errorf("%s: expected %d inputs but found %d", o.Name, len(o.Inputs), len(inputs))
	}
	if failed := Fence(func() error { v, err = o.Forward(inputs); return nil }); failed != nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	return v, nil
}

// DiffWRT reports which inputs have a gradient.
func (o *Op) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	for i := range d {
		d[i] = o.Gradient != nil && (o.Parameters == 0 || i < o.Parameters)
	}
	return d
}

// SymDiff returns the nodes of the gradients.
func (o *Op) SymDiff(inputs G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	if o.Gradient == nil {
		return nil, fmt.Errorf("%s has no gradient", o.Name)
	}
	return o.Gradient(inputs, grad)
}

// WriteHash writes the name.
func (o *Op) WriteHash(h hash.Hash) { fmt.Fprint(h, "luminavec/", o.Name) }

// Hashcode returns the hash of the name.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *Op) String() string { return o.Name }

// ReturnsPtr, CallsExtern and OverwritesInput tell gorgonia that an Op owns its result and
// overwrites no input.
func (*Op) ReturnsPtr() bool     { return false }
func (*Op) CallsExtern() bool    { return false }
func (*Op) OverwritesInput() int { return -1 }

// Fence runs fn, which calls gorgonia or is called by it, and turns a panic
// into an error.
func Fence(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}
