package autograd

import (
	"errors"
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// CheckGradient compares gorgonia's symbolic gradient of a loss with central finite
// differences, (L(w+h) − L(w−h)) / 2h, in float64.
//
// build builds the scalar loss from one input node for each of values, which must be float64
// matrices. CheckGradient changes every element of every value with wrt[i] true, one at a time,
// and restores it. It returns the largest difference between the two gradients, relative to the
// larger of 1 and the numeric gradient. With h = 1e-5 the difference is below about 1e-8 for the
// correct gradient of a smooth loss.
func CheckGradient(build func(inputs []*G.Node) (*G.Node, error), values []*tensor.Dense, wrt []bool, h float64) (worst float64, err error) {
	if len(values) != len(wrt) {
		return 0, fmt.Errorf("gradient check: values and wrt must have the same length, got %d and %d", len(values), len(wrt))
	}
	err = Fence(func() error {
		worst, err = checkGradient(build, values, wrt, h)
		return err
	})
	return worst, err
}

func checkGradient(build func([]*G.Node) (*G.Node, error), values []*tensor.Dense, wrt []bool, h float64) (float64, error) {
	g := G.NewGraph()
	inputs := make([]*G.Node, len(values))
	var checked G.Nodes
	for i, v := range values {
		if v.Dtype() != tensor.Float64 || v.Dims() != 2 {
			return 0, fmt.Errorf("gradient check: value %d must be a float64 matrix, got %v %v", i, v.Dtype(), v.Shape())
		}
		inputs[i] = G.NewMatrix(g, tensor.Float64, G.WithShape(v.Shape()...), G.WithName(fmt.Sprintf("in%d", i)), G.WithValue(v))
		if wrt[i] {
			checked = append(checked, inputs[i])
		}
	}
	loss, err := build(inputs)
	if err != nil {
		return 0, err
	}
	grads, err := G.Grad(loss, checked...)
	if err != nil {
		return 0, err
	}
	machine := G.NewTapeMachine(g)
	defer machine.Close()
	run := func() (float64, error) {
		machine.Reset()
		if err := machine.RunAll(); err != nil {
			return 0, err
		}
		l, ok := loss.Value().Data().(float64)
		if !ok {
			return 0, fmt.Errorf("gradient check: the loss must be a float64 scalar, got %T", loss.Value().Data())
		}
		return l, nil
	}
	if _, err := run(); err != nil {
		return 0, err
	}
	symbolic := make([][]float64, len(grads))
	for i, n := range grads {
		d, ok := n.Value().Data().([]float64)
		if !ok {
			return 0, fmt.Errorf("gradient check: gradient %d must be a float64 matrix, got %T", i, n.Value().Data())
		}
		symbolic[i] = append([]float64(nil), d...)
	}

	worst, at := 0.0, 0
	for i, v := range values {
		if !wrt[i] {
			continue
		}
		data := v.Float64s()
		for j, was := range data {
			data[j] = was + h
			up, upErr := run()
			data[j] = was - h
			down, downErr := run()
			data[j] = was
			if err := errors.Join(upErr, downErr); err != nil {
				return 0, err
			}
			numeric := (up - down) / (2 * h)
			diff := math.Abs(numeric-symbolic[at][j]) / max(1, math.Abs(numeric))
			if math.IsNaN(diff) {
				return diff, fmt.Errorf("gradient check: value %d, element %d: symbolic %g, numeric %g", i, j, symbolic[at][j], numeric)
			}
			worst = max(worst, diff)
		}
		at++
	}
	return worst, nil
}
