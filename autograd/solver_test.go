package autograd

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// valueGrad is a parameter with a given gradient.
type valueGrad struct{ value, grad G.Value }

func (p valueGrad) Value() G.Value         { return p.value }
func (p valueGrad) Grad() (G.Value, error) { return p.grad, nil }

// SGD computes the same as gorgonia's VanillaSolver and does not change the gradient.
func TestSGD(t *testing.T) {
	for _, backing := range []func(x ...float64) any{
		func(x ...float64) any { return x },
		func(x ...float64) any {
			y := make([]float32, len(x))
			for i, v := range x {
				y[i] = float32(v)
			}
			return y
		},
	} {
		parameter := func() valueGrad {
			return valueGrad{
				tensor.New(tensor.WithShape(3), tensor.WithBacking(backing(1, -2, 0.5))),
				tensor.New(tensor.WithShape(3), tensor.WithBacking(backing(4, 0, -8))),
			}
		}
		ours, theirs := parameter(), parameter()
		if err := (&SGD{LearningRate: 0.25}).Step([]G.ValueGrad{ours}); err != nil {
			t.Fatal(err)
		}
		if err := G.NewVanillaSolver(G.WithLearnRate(0.25)).Step([]G.ValueGrad{theirs}); err != nil {
			t.Fatal(err)
		}
		if !ours.value.(*tensor.Dense).Eq(theirs.value) {
			t.Errorf("%v, gorgonia has %v", ours.value, theirs.value)
		}
		if !ours.grad.(*tensor.Dense).Eq(parameter().grad) {
			t.Errorf("the gradient changed to %v", ours.grad)
		}
	}
	long, short := tensor.New(tensor.WithBacking([]float32{1, 2})), tensor.New(tensor.WithBacking([]float32{1}))
	whole := tensor.New(tensor.WithBacking([]int{1, 2}))
	for _, p := range []valueGrad{{long, short}, {long, whole}, {whole, whole}} {
		if err := (&SGD{LearningRate: 1}).Step([]G.ValueGrad{p}); err == nil {
			t.Errorf("value %v, gradient %v: no error", p.value, p.grad)
		}
	}
}

// denseModel is a set of float32 parameters with gradients that a test computes.
type denseModel []valueGrad

func newDenseModel(shapes ...[2]int) denseModel {
	rng := rand.New(rand.NewPCG(21, 22))
	var m denseModel
	for _, s := range shapes {
		w, g := tensor.New(tensor.WithShape(s[0], s[1]), tensor.Of(tensor.Float32)), tensor.New(tensor.WithShape(s[0], s[1]), tensor.Of(tensor.Float32))
		for i := range w.Float32s() {
			w.Float32s()[i] = 2*rng.Float32() - 1
		}
		m = append(m, valueGrad{w, g})
	}
	return m
}

func (m denseModel) values(i int) []float32 { return m[i].value.Data().([]float32) }
func (m denseModel) grads(i int) []float32  { return m[i].grad.Data().([]float32) }

func (m denseModel) step(t *testing.T, s G.Solver) {
	t.Helper()
	var model []G.ValueGrad
	for _, p := range m {
		model = append(model, p)
	}
	if err := s.Step(model); err != nil {
		t.Fatal(err)
	}
}

// On a quadratic and on a small network, Adam and SGD take the same steps as gorgonia's solvers.
func TestSolversBesideGorgonia(t *testing.T) {
	quadratic := func(t *testing.T, m denseModel) {
		for i, w := range m.values(0) { // ½ Σ i·(w_i − 1)²
			m.grads(0)[i] = float32(i) * (w - 1)
		}
	}
	net := func(t *testing.T, m denseModel) {
		g := G.NewGraph()
		node := func(name string, v G.Value) *G.Node {
			return G.NewMatrix(g, tensor.Float32, G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
		}
		x := newDenseModel([2]int{6, 4})[0].value
		w, v := node("w", m[0].value), node("v", m[1].value)
		h := G.Must(G.Tanh(G.Must(G.Mul(node("x", x), w))))
		loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Mul(h, v))))))
		grads, err := G.Grad(loss, w, v)
		if err != nil {
			t.Fatal(err)
		}
		machine := G.NewTapeMachine(g)
		defer machine.Close()
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		for i, d := range grads {
			copy(m.grads(i), d.Value().Data().([]float32))
		}
	}
	for name, c := range map[string]struct {
		ours, theirs G.Solver
		shapes       [][2]int
		gradient     func(*testing.T, denseModel)
	}{
		"adam, quadratic": {&Adam{LearningRate: 0.005}, G.NewAdamSolver(G.WithLearnRate(0.005)), [][2]int{{1, 20}}, quadratic},
		"sgd, quadratic":  {&SGD{LearningRate: 0.05}, G.NewVanillaSolver(G.WithLearnRate(0.05)), [][2]int{{1, 20}}, quadratic},
		"adam, net":       {&Adam{LearningRate: 0.01, Beta1: 0.8, Beta2: 0.95, Epsilon: 1e-6}, G.NewAdamSolver(G.WithLearnRate(0.01), G.WithBeta1(0.8), G.WithBeta2(0.95), G.WithEps(1e-6)), [][2]int{{4, 7}, {7, 2}}, net},
		"sgd, net":        {&SGD{LearningRate: 0.1}, G.NewVanillaSolver(G.WithLearnRate(0.1)), [][2]int{{4, 7}, {7, 2}}, net},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newDenseModel(c.shapes...), newDenseModel(c.shapes...)
			for step := range 20 {
				c.gradient(t, a)
				c.gradient(t, b)
				a.step(t, c.ours)
				b.step(t, c.theirs)
				for i := range a {
					if d := maxDifference(a.values(i), b.values(i)); !(d <= 1e-6) {
						t.Fatalf("step %d: parameter %d differs by %g", step+1, i, d)
					}
				}
			}
			if maxDifference(a.values(0), newDenseModel(c.shapes...).values(0)) < 0.01 {
				t.Error("the parameters did not change")
			}
		})
	}
}

// Two steps computed by hand.
func TestSolversByHand(t *testing.T) {
	for name, c := range map[string]struct {
		solver Optimizer
		grads  [2]float32
		want   [2]float64 // from w = 1, steps of 0.1
	}{
		// u: 2, then 0.5·2 + 4 = 5.
		"momentum": {&SGD{Momentum: 0.5}, [2]float32{2, 4}, [2]float64{0.8, 0.3}},
		// a: 9, then 25; w: 1 − 0.1·3/3, then − 0.1·4/5.
		"adagrad": {&AdaGrad{}, [2]float32{3, 4}, [2]float64{0.9, 0.82}},
		// a: 7+9 = 16, then 32; w: 1 − 0.1·3/(4+1), then − 0.1·4/(√32+1).
		"adagrad initial": {&AdaGrad{Initial: 7, Epsilon: 1}, [2]float32{3, 4}, [2]float64{0.94, 0.94 - 0.4/(math.Sqrt(32)+1)}},
		// m: 1, then 2.5, so m̂: 2, then 2.5/¾; v: 2, then 9, so v̂: 4, then 12.
		"adam": {&Adam{Beta1: 0.5, Beta2: 0.5, Epsilon: 1}, [2]float32{2, 4}, [2]float64{1 - 0.2/3, 1 - 0.2/3 - 0.1*(10.0/3)/(math.Sqrt(12)+1)}},
		// The same with w·(1 − 0.1·0.2) before each step.
		"adamw": {&Adam{Beta1: 0.5, Beta2: 0.5, Epsilon: 1, WeightDecay: 0.2}, [2]float32{2, 4}, [2]float64{0.98 - 0.2/3, 0.98*(0.98-0.2/3) - 0.1*(10.0/3)/(math.Sqrt(12)+1)}},
	} {
		p := &Matrix{Name: "w", Data: []float32{1}, Rows: 1, Cols: 1, Stride: 1}
		for i, g := range c.grads {
			c.solver.Begin()
			if err := c.solver.Update(p, []int32{0}, []float32{g}, 0.1); err != nil {
				t.Fatal(err)
			}
			if math.Abs(float64(p.Data[0])-c.want[i]) > 1e-6 {
				t.Errorf("%s: after step %d %g, want %g", name, i+1, p.Data[0], c.want[i])
			}
		}
	}
	// One sum for a row of two: (9+16)/2 = 12.5, steps of 0.1·g/√12.5.
	p := &Matrix{Name: "w", Data: []float32{1, 1}, Rows: 1, Cols: 2, Stride: 2}
	o := &AdaGrad{PerRow: true}
	if err := o.Update(p, nil, []float32{3, -4}, 0.1); err != nil {
		t.Fatal(err)
	}
	if d := maxDifference(p.Data, []float32{1 - 0.3/3.5355339, 1 + 0.4/3.5355339}); d > 1e-6 {
		t.Errorf("adagrad of rows: %v", p.Data)
	}
}

// All solvers find the minimum of a quadratic whose rows are updated only now and then.
func TestSolversConverge(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for name, solver := range solvers(0) {
		o := solver()
		if a, ok := o.(*Adam); ok && a.WeightDecay > 0 {
			continue // weight decay moves the minimum
		}
		lr := 0.1
		if _, ok := o.(*AdaGrad); ok {
			lr = 0.5
		}
		p, target := randomMatrix(rng, "p", 10, 6, 16), randomMatrix(rng, "", 10, 6, 16)
		for i := range 3000 {
			r := int32(rng.IntN(10))
			grad := make([]float32, 16)
			for j := range 6 {
				at := int(r)*16 + j
				grad[j] = p.Data[at] - target.Data[at]
			}
			o.Begin()
			if err := o.Update(p, []int32{r}, grad, lr*(1-float64(i)/3000)); err != nil {
				t.Fatal(err)
			}
		}
		if d := maxDifference(p.Data, target.Data); d > 0.01 {
			t.Errorf("%s: still %g away", name, d)
		}
	}
}

// maxDifference returns the largest difference between two slices.
func maxDifference(a, b []float32) float64 {
	worst := 0.0
	for i, v := range a {
		worst = max(worst, math.Abs(float64(v-b[i])))
	}
	return worst
}
