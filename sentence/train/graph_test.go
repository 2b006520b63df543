package train

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
)

func TestGraph(t *testing.T) { checkEngine(t, "stock graph", NewGraph) }

// Gorgonia's gradient of every loss through every form of encoder is that of finite
// differences in float64.
func TestGraphFiniteDifferences(t *testing.T) {
	for i, form := range lossForms() {
		for encoder := range 8 {
			// The forms of one loss share the encoders.
			if form.loss.Loss != Cosine && form.loss.Loss != CoSENT && (i+encoder)%2 == 1 {
				continue
			}
			c := form
			c.examples, c.dim = 3, 3
			c.hidden, c.out, c.max = 3*(encoder&1), 2*(encoder>>1&1), encoder>>2&1 == 1
			c.dropout = (i+encoder)%3 == 0
			if (i+encoder)%2 == 0 {
				c.loss.Matryoshka = []int{2, 1}
			}
			rng := rand.New(rand.NewPCG(uint64(i), uint64(encoder)))
			e := c.encoder(rng)
			b := c.batch(rng, e)
			b.Rows = b.Rows[len(b.Rows)-6:] // the last is that of zeros, where nothing has a gradient
			for k := range b.Tokens {
				b.Tokens[k] %= int32(len(b.Rows) - 1)
			}
			if d := finiteDifferences(t, e, c.loss, b); !(d <= 1e-6) {
				t.Errorf("%v: the gradient is off by %g", c, d)
			}
		}
	}
}

// finiteDifferences returns how far the symbolic gradient of a batch is from the numeric one.
func finiteDifferences(t *testing.T, e *Parameters, loss Objective, b *Batch) float64 {
	t.Helper()
	s := shapeOf(e, b)
	var values [inputCount][]float32
	sizes := s.sizes(e)
	for i, size := range sizes {
		if size[0] > 0 {
			values[i] = make([]float32, size[0]*size[1])
		}
	}
	tokens := make([]int, s.texts()*s.length)
	fillInputs(e, b, s, &values, tokens)

	var dense []*tensor.Dense
	var wrt []bool
	for i, v := range values {
		if v != nil {
			data := make([]float64, len(v))
			for j := range v {
				data[j] = float64(v[j])
			}
			dense = append(dense, tensor.New(tensor.WithShape(sizes[i][0], sizes[i][1]), tensor.WithBacking(data)))
			wrt = append(wrt, slices.Contains(parameterInputs, i))
		}
	}
	worst, err := autograd.CheckGradient(func(inputs []*G.Node) (*G.Node, error) {
		var in [inputCount]*G.Node
		for i := range in {
			if values[i] != nil {
				in[i], inputs = inputs[0], inputs[1:]
			}
		}
		var t *G.Node
		if e.Max {
			t = G.NewVector(in[inX].Graph(), tensor.Int, G.WithShape(len(tokens)), G.WithName("tokens"), G.WithValue(tensor.New(tensor.WithBacking(tokens))))
		}
		return lossGraph(e, s, loss.dims(e.VectorDim()), loss.graph(b.Scores != nil), in, t)
	}, dense, wrt, 2e-6)
	if err != nil {
		t.Fatal(err)
	}
	return worst
}

// A loss of one's own is trained by the same engine.
func TestGraphOf(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	c := engineCase{dim: 16, out: 8, examples: 5, columns: 2, loss: Objective{Loss: Cosine}, scored: true}
	e := c.encoder(rng)
	own := func(t Nodes) (*G.Node, error) {
		miss, err := G.Square(G.Must(G.HadamardProd(t.Pair, G.Must(G.Sub(t.Cosine, t.Score)))))
		if err != nil {
			return nil, err
		}
		return G.Mul(G.Must(G.Sum(miss)), G.NewConstant(1/float32(t.Examples)))
	}
	engine, err := NewGraphOf(e, own, []int{8, 4})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	c.loss.Matryoshka = []int{8, 4}
	b := c.batch(rng, e)
	loss, g, err := engine.Gradient(b)
	if err != nil {
		t.Fatal(err)
	}
	compareWithOracle(t, "own loss", e, c.loss, b, loss, g)
}

// Graphs of more shapes than are kept come and go.
func TestGraphPrograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	c := engineCase{dim: 5, columns: 2, loss: Objective{Loss: InBatch, Scale: 10}}
	c.examples = 14
	e := c.encoder(rng)
	engine, err := NewGraph(e, c.loss)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for i := range 3 * maxPrograms {
		c.examples = 2 + i%(maxPrograms+3)
		b := c.batch(rng, e)
		loss, g, err := engine.Gradient(b)
		if err != nil {
			t.Fatal(err)
		}
		compareWithOracle(t, fmt.Sprintf("%d examples", c.examples), e, c.loss, b, loss, g)
		if n := len(engine.(*graphEngine).programs); n > maxPrograms {
			t.Fatalf("%d graphs are kept", n)
		}
	}
}

func TestGraphErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	c := engineCase{dim: 5, examples: 3, columns: 2, loss: Objective{Loss: InBatch, Scale: 10}}
	e := c.encoder(rng)
	for name, err := range map[string]error{
		"table":       second(NewGraph(&Parameters{Rows: 3, Dim: 5}, c.loss)),
		"Matryoshka":  second(NewGraph(e, Objective{Loss: InBatch, Scale: 1, Matryoshka: []int{6}})),
		"loss is nil": second(NewGraphOf(e, nil, nil)),
		"got 99":      second(NewGraphOf(e, func(Nodes) (*G.Node, error) { return nil, nil }, []int{99})),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want an error with %q", err, name)
		}
	}
	for want, loss := range map[string]GraphLoss{
		"a scalar":  func(t Nodes) (*G.Node, error) { return t.Cosine, nil },
		"no":        func(Nodes) (*G.Node, error) { return nil, errors.New("no") },
		"<nil>":     func(Nodes) (*G.Node, error) { return nil, nil },
		"panic: oh": func(Nodes) (*G.Node, error) { panic("oh") },
	} {
		engine, err := NewGraphOf(e, loss, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := engine.Gradient(c.batch(rng, e)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	engine, err := NewGraph(e, c.loss)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for name, spoil := range map[string]func(b *Batch){
		"row":        func(b *Batch) { b.Rows[0] = int32(e.Rows) },
		"token":      func(b *Batch) { b.Tokens[0] = -1 },
		"weights":    func(b *Batch) { b.Weights = b.Weights[1:] },
		"scores":     func(b *Batch) { b.Scores = make([]float32, 3) },
		"masked":     func(b *Batch) { b.Masked = [][2]int32{{1, 1}} },
		"0 examples": func(b *Batch) { b.Examples = 0 },
	} {
		b := c.batch(rng, e)
		spoil(b)
		if _, _, err := engine.Gradient(b); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestRoundUp(t *testing.T) {
	different := map[int]bool{}
	for n := range 5000 {
		up := roundUp(n)
		if up < n || n > 1 && up > n+n/4+1 {
			t.Errorf("%d becomes %d", n, up)
		}
		different[up] = true
	}
	if len(different) > 50 {
		t.Errorf("%d different numbers", len(different))
	}
}
