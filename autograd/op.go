package autograd

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/internal/fault"
)

// Op is a custom gorgonia operation: one function computes what would take many stock nodes.
// Its gradient consists of further operations, so a fused program is a pair of Ops, one for the
// value and one for the gradients:
//
//	forward := &autograd.Op{Name: "square", …,
//		Forward: func(in []G.Value) (G.Value, error) { … },
//		Gradient: func(in G.Nodes, grad *G.Node) (G.Nodes, error) {
//			dx, err := G.ApplyOp(backward, in[0], grad)
//			return G.Nodes{dx}, err
//		}}
//
// Apply it with gorgonia.ApplyOp. An Op may own buffers and return the same value from every
// run. A panic in Forward becomes an error: gorgonia runs operations in its own goroutine, where
// a panic would end the process.
type Op struct {
	// Name identifies the operation. Gorgonia merges nodes whose operations have the same name
	// and the same inputs, so the name must contain everything in which two operations differ.
	Name   string
	Inputs []hm.Type // such as MatrixType
	Result hm.Type
	Shape  func(in []G.DimSizer) (tensor.Shape, error) // shape of the result; see FixedShape

	// Forward computes the result from the values of the inputs.
	Forward func(in []G.Value) (G.Value, error)
	// Gradient returns the nodes that compute the gradients of the inputs, given the inputs
	// and the gradient of the result. Default nil: the operation has no gradient.
	Gradient func(in G.Nodes, grad *G.Node) (G.Nodes, error)
	// Parameters is the number of leading inputs that have a gradient; Gradient returns nil
	// for the others. Default 0: all inputs.
	Parameters int
}

var _ G.SDOp = (*Op)(nil)

// Types of inputs and results. The type of a float32 scalar is tensor.Float32.
var (
	MatrixType = G.TensorType{Dims: 2, Of: tensor.Float32}
	VectorType = G.TensorType{Dims: 1, Of: tensor.Float32}
	IDsType    = G.TensorType{Dims: 1, Of: tensor.Int32}
)

// FixedShape returns a value for Op.Shape if the shape of the result does not depend on the
// inputs.
func FixedShape(shape ...int) func([]G.DimSizer) (tensor.Shape, error) {
	return func([]G.DimSizer) (tensor.Shape, error) { return tensor.Shape(shape).Clone(), nil }
}

// Select returns an operation that returns its second input, a matrix of the given shape, after
// its first input, a vector, has been computed. It represents a gradient that the operation of
// the first input writes as a side effect. name identifies the operation.
func Select(name string, shape ...int) *Op {
	return &Op{
		Name: "select/" + name, Inputs: []hm.Type{VectorType, MatrixType}, Result: MatrixType, Shape: FixedShape(shape...),
		Forward: func(in []G.Value) (G.Value, error) { return in[1], nil },
	}
}

// Float32s returns the values of a float32 tensor, not a copy.
func Float32s(v G.Value) ([]float32, error) {
	data, ok := v.Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("expected float32 values but found %T", v.Data())
	}
	return data, nil
}

// Float32 returns the value of a float32 scalar.
func Float32(v G.Value) (float32, error) {
	x, ok := v.Data().(float32)
	if !ok {
		return 0, fmt.Errorf("expected a float32 scalar but found %T", v.Data())
	}
	return x, nil
}

// Arity returns the number of inputs.
func (o *Op) Arity() int { return len(o.Inputs) }

// Type returns the type of the operation in gorgonia's notation.
func (o *Op) Type() hm.Type {
	return hm.NewFnType(append(append([]hm.Type{}, o.Inputs...), o.Result)...)
}

// InferShape returns the shape of the result.
func (o *Op) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.Shape(in) }

// Do computes the result. A panic becomes an error.
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

// SymDiff returns the nodes that compute the gradients.
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

// ReturnsPtr, CallsExtern and OverwritesInput report to gorgonia that an Op owns its result and
// does not overwrite an input.
func (*Op) ReturnsPtr() bool     { return false }
func (*Op) CallsExtern() bool    { return false }
func (*Op) OverwritesInput() int { return -1 }

// Fence calls fn and turns a panic into an error. Use it around code that calls gorgonia or
// is called by it.
func Fence(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %w", fault.Recovered(p))
		}
	}()
	return fn()
}
