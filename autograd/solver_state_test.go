package autograd

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// solvers returns every solver in each of its variants.
func solvers(threads int) map[string]func() Optimizer {
	return map[string]func() Optimizer{
		"sgd":             func() Optimizer { return &SGD{Threads: threads} },
		"Momentum":        func() Optimizer { return &SGD{Momentum: 0.9, Threads: threads} },
		"adagrad":         func() Optimizer { return &AdaGrad{Threads: threads} },
		"adagrad initial": func() Optimizer { return &AdaGrad{Initial: 0.1, Epsilon: 1e-3, Threads: threads} },
		"adagrad rows":    func() Optimizer { return &AdaGrad{PerRow: true, Threads: threads} },
		"adam":            func() Optimizer { return &Adam{Threads: threads} },
		"adamw":           func() Optimizer { return &Adam{WeightDecay: 0.1, Threads: threads} },
	}
}

// randomMatrix returns a matrix with random columns and zero padding.
func randomMatrix(rng *rand.Rand, name string, rows, cols, stride int) *Matrix {
	p := &Matrix{Name: name, Data: make([]float32, rows*stride), Rows: rows, Cols: cols, Stride: stride}
	for i := range p.Data {
		if i%stride < cols {
			p.Data[i] = 2*rng.Float32() - 1
		}
	}
	return p
}

func (p *Matrix) clone() *Matrix {
	c := *p
	c.Data = slices.Clone(p.Data)
	return &c
}

// sparseStep is a step on some of the rows, in any order.
type sparseStep struct {
	rows []int32
	grad []float32
}

func randomSteps(rng *rand.Rand, n int, p *Matrix) []sparseStep {
	steps := make([]sparseStep, n)
	for i := range steps {
		for _, r := range rng.Perm(p.Rows)[:1+rng.IntN(p.Rows)] {
			steps[i].rows = append(steps[i].rows, int32(r))
		}
		steps[i].grad = randomMatrix(rng, "", len(steps[i].rows), p.Cols, p.Stride).Data
	}
	return steps
}

func run(t *testing.T, o Optimizer, p *Matrix, steps []sparseStep) {
	t.Helper()
	for _, s := range steps {
		o.Begin()
		if err := o.Update(p, s.rows, s.grad, 0.05); err != nil {
			t.Fatal(err)
		}
	}
}

// A run that is interrupted and continued from its state, in a new solver, gives the same
// bits. So does a run with a different number of threads.
func TestSolverStateAndThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	start := randomMatrix(rng, "table", 700, 50, 64)
	steps := randomSteps(rng, 8, start)
	threaded := solvers(3)
	for name, solver := range solvers(1) {
		t.Run(name, func(t *testing.T) {
			whole := start.clone()
			o := solver()
			run(t, o, whole, steps)
			if whole.Data[0] == start.Data[0] {
				t.Fatal("the parameters did not change")
			}

			cut := start.clone()
			a := threaded[name]()
			run(t, a, cut, steps[:3])
			state := a.State()
			for i := range state.Slots { // as a checkpoint does
				state.Slots[i].Data = slices.Clone(state.Slots[i].Data)
			}
			b := threaded[name]()
			if err := b.Restore(state); err != nil {
				t.Fatal(err)
			}
			run(t, b, cut, steps[3:])
			if !slices.Equal(cut.Data, whole.Data) {
				t.Error("the interrupted run differs")
			}
			if s := b.State(); s.Steps != int64(len(steps)) {
				t.Errorf("%d steps, want %d", s.Steps, len(steps))
			}
			for i, s := range b.State().Slots {
				if !slices.Equal(s.Data, o.State().Slots[i].Data) {
					t.Errorf("state %s differs", s.Name)
				}
			}
		})
	}
}

// A step on all rows, named in any order, is the dense step. A row that is not named does not
// change, and neither does the padding, even if the gradient has values there.
func TestSolverSparse(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for name, solver := range solvers(0) {
		t.Run(name, func(t *testing.T) {
			dense := randomMatrix(rng, "m", 9, 5, 16)
			sparse := dense.clone()
			d, s := solver(), solver()
			for range 5 {
				grad := randomMatrix(rng, "", 9, 16, 16)
				step := sparseStep{grad: make([]float32, len(grad.Data))}
				for i, r := range rng.Perm(9) {
					step.rows = append(step.rows, int32(r))
					copy(step.grad[i*16:(i+1)*16], grad.Data[r*16:])
				}
				run(t, d, dense, []sparseStep{{nil, grad.Data}})
				run(t, s, sparse, []sparseStep{step})
			}
			if !slices.Equal(dense.Data, sparse.Data) {
				t.Errorf("dense %v\nsparse %v", dense.Data, sparse.Data)
			}
			was := dense.clone()
			run(t, d, dense, []sparseStep{{[]int32{7, 2}, randomMatrix(rng, "", 2, 5, 16).Data}})
			for i, v := range dense.Data {
				row, col := i/16, i%16
				if moved := v != was.Data[i]; moved != ((row == 7 || row == 2) && col < 5) {
					t.Errorf("row %d, column %d: from %g to %g", row, col, was.Data[i], v)
				}
				if col >= 5 && v != 0 {
					t.Errorf("padding of row %d: %g", row, v)
				}
			}
		})
	}
}

func TestSolverErrors(t *testing.T) {
	p := randomMatrix(rand.New(rand.NewPCG(1, 1)), "p", 3, 2, 4)
	for name, solver := range solvers(0) {
		o := solver()
		o.Begin()
		was := p.clone()
		for want, err := range map[string]error{
			"row 3 is out of range":     o.Update(p, []int32{0, 3}, make([]float32, 8), 1),
			"row -1 is out of range":    o.Update(p, []int32{-1}, make([]float32, 4), 1),
			"row 1 is named":            o.Update(p, []int32{1, 1}, make([]float32, 8), 1),
			"got 4 values":              o.Update(p, []int32{0, 1}, make([]float32, 4), 1),
			"got 11 values":             o.Update(p, nil, make([]float32, 11), 1),
			"12 values do not form 4":   o.Update(&Matrix{"p", p.Data, 4, 2, 4}, nil, make([]float32, 16), 1),
			"12 values do not form 1":   o.Update(&Matrix{"p", p.Data, 1, 13, 12}, nil, make([]float32, 12), 1),
			"belongs to another solver": o.Restore(State{Slots: []Matrix{{"p.what", p.Data, 3, 2, 4}}}),
			"number of steps must be":   o.Restore(State{Steps: -1}),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error with %q", name, err, want)
			}
		}
		if !slices.Equal(was.Data, p.Data) {
			t.Errorf("%s: a failed update changed the matrix", name)
		}
		if err := o.Update(p, []int32{}, nil, 1); err != nil {
			t.Errorf("%s: no rows: %v", name, err)
		}
		if name == "sgd" {
			continue
		}
		state := o.State()
		for want, err := range map[string]error{
			"occurs twice": o.Restore(State{Slots: append(state.Slots, state.Slots...)}),
			"expected 5 rows": func() error {
				if err := o.Restore(state); err != nil {
					return err
				}
				o.Begin()
				return o.Update(&Matrix{"p", make([]float32, 20), 5, 2, 4}, nil, make([]float32, 20), 1)
			}(),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error with %q", name, err, want)
			}
		}
	}
	adam := &Adam{}
	if err := adam.Update(p, nil, make([]float32, 12), 1); err == nil {
		t.Error("adam: Update before Begin: no error")
	}
	if err := adam.Restore(State{Slots: []Matrix{{"p.m", p.Data, 3, 2, 4}}}); err == nil || !strings.Contains(err.Error(), `"p.v" is missing`) {
		t.Errorf("adam: half of the state is missing: %v", err)
	}
	for want, o := range map[string]Optimizer{
		"Momentum": &SGD{Momentum: 1}, "Initial": &AdaGrad{Initial: -1}, "Epsilon": &AdaGrad{Epsilon: -1},
		"Beta1": &Adam{Beta1: 1}, "Beta2": &Adam{Beta2: -0.1}, "adam: Epsilon": &Adam{Epsilon: -1}, "WeightDecay": &Adam{WeightDecay: -1},
	} {
		o.Begin()
		for _, err := range []error{o.Validate(), o.Update(p, nil, make([]float32, 12), 1)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want an error with %q", err, want)
			}
		}
	}
}
