package autograd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
)

// square returns an operation for the sum of the squares of a matrix, with a fused gradient.
// Stock gorgonia needs two operations and their gradients for it.
func square(rows, cols int) *autograd.Op {
	backward := &autograd.Op{
		Name: "squareGradient", Inputs: []hm.Type{autograd.MatrixType, tensor.Float32}, Result: autograd.MatrixType,
		Shape: autograd.FixedShape(rows, cols),
		Forward: func(in []G.Value) (G.Value, error) {
			x, err := autograd.Float32s(in[0])
			if err != nil {
				return nil, err
			}
			by, err := autograd.Float32(in[1])
			if err != nil {
				return nil, err
			}
			dx := make([]float32, len(x))
			for i, v := range x {
				dx[i] = 2 * by * v
			}
			return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(dx)), nil
		},
	}
	return &autograd.Op{
		Name: "square", Inputs: []hm.Type{autograd.MatrixType}, Result: tensor.Float32, Shape: autograd.FixedShape(),
		Forward: func(in []G.Value) (G.Value, error) {
			x, err := autograd.Float32s(in[0])
			sum := float32(0)
			for _, v := range x {
				sum += v * v
			}
			return G.NewF32(sum), err
		},
		Gradient: func(in G.Nodes, grad *G.Node) (G.Nodes, error) {
			dx, err := G.ApplyOp(backward, in[0], grad)
			return G.Nodes{dx}, err
		},
	}
}

// Define an operation with its gradient, run it with gorgonia, and update with a solver of this
// package.
func ExampleOp() {
	g := G.NewGraph()
	value := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float32{3, -4}))
	x := G.NewMatrix(g, tensor.Float32, G.WithShape(1, 2), G.WithName("x"), G.WithValue(value))
	loss := G.Must(G.ApplyOp(square(1, 2), x))
	grads, err := G.Grad(loss, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := autograd.Compile(g, G.Nodes{x}, append(G.Nodes{loss}, grads...))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Close()
	solver := &autograd.SGD{LearningRate: 0.25}
	for range 3 {
		if err := program.Run(); err != nil {
			fmt.Println(err)
			return
		}
		now, _ := autograd.Scalar(loss)
		fmt.Println("loss", now)
		if err := solver.Step([]G.ValueGrad{autograd.Parameter(value, grads[0])}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// loss 25
	// loss 6.25
	// loss 1.5625
}

// A panic in an operation and a wrong number of inputs are errors of the run.
func TestOpFence(t *testing.T) {
	op := square(1, 1)
	op.Forward = func([]G.Value) (G.Value, error) { panic("broken") }
	if _, err := op.Do(G.NewF32(1)); err == nil || err.Error() != "square: panic: broken" {
		t.Errorf("panic: %v", err)
	}
	if _, err := op.Do(); err == nil || !strings.Contains(err.Error(), "expected 1 inputs but found 0") {
		t.Errorf("no inputs: %v", err)
	}
	if _, err := square(1, 1).Do(G.NewI(1)); err == nil {
		t.Error("an input of the wrong type: no error")
	}
}
