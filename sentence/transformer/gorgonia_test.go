package transformer

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// graph is the network of the package comment as a graph of gorgonia's own operations: the readable
// definition. The first error ends it.
type graph struct {
	*G.ExprGraph
	plain
	t *testing.T
}

func (g graph) must(n *G.Node, err error) *G.Node {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}

func (g graph) matrix(name string, x rows) *G.Node {
	var data []float64
	for _, row := range x {
		data = append(data, row...)
	}
	return G.NodeFromAny(g.ExprGraph, tensor.New(tensor.WithShape(len(x), len(x[0])), tensor.WithBacking(data)), G.WithName(name))
}

// rowOf is a vector of the model as a matrix of one row.
func (g graph) rowOf(name string) *G.Node { return g.matrix(name, rows{g.row(name, 0)}) }

// linear is x·Wᵀ + b.
func (g graph) linear(x *G.Node, name string) *G.Node {
	w := g.tensors[name+".weight"]
	var all rows
	for i := range w.Rows() {
		all = append(all, g.row(name+".weight", i))
	}
	y := g.must(G.Mul(x, g.must(G.Transpose(g.matrix(name+".weight", all), 1, 0))))
	return g.must(G.BroadcastAdd(y, g.rowOf(name+".bias"), nil, []byte{0}))
}

// layerNorm is (x - mean)/√(variance + ε)·gain + bias, by rows.
func (g graph) layerNorm(x *G.Node, name string) *G.Node {
	n := x.Shape()[0]
	column := func(v *G.Node) *G.Node { return g.must(G.Reshape(v, tensor.Shape{n, 1})) }
	centered := g.must(G.BroadcastSub(x, column(g.must(G.Mean(x, 1))), nil, []byte{1}))
	variance := column(g.must(G.Mean(g.must(G.Square(centered)), 1)))
	deviation := g.must(G.Sqrt(g.must(G.Add(variance, G.NewConstant(g.Epsilon)))))
	y := g.must(G.BroadcastHadamardDiv(centered, deviation, nil, []byte{1}))
	y = g.must(G.BroadcastHadamardProd(y, g.rowOf(name+".weight"), nil, []byte{0}))
	return g.must(G.BroadcastAdd(y, g.rowOf(name+".bias"), nil, []byte{0}))
}

// attention is concat(softmax(Q·Kᵀ/√d)·V)·Wo + bo.
func (g graph) attention(x *G.Node, layer string) *G.Node {
	q, k, v := g.linear(x, g.at(layer, g.n.query)), g.linear(x, g.at(layer, g.n.key)), g.linear(x, g.at(layer, g.n.value))
	d := g.Width / g.Heads
	var heads []*G.Node
	for h := range g.Heads {
		part := func(m *G.Node) *G.Node { return g.must(G.Slice(m, nil, G.S(h*d, (h+1)*d))) }
		scores := g.must(G.Mul(part(q), g.must(G.Transpose(part(k), 1, 0))))
		weights := g.must(G.SoftMax(g.must(G.Div(scores, G.NewConstant(math.Sqrt(float64(d))))), 1))
		heads = append(heads, g.must(G.Mul(weights, part(v))))
	}
	return g.linear(g.must(G.Concat(1, heads...)), g.at(layer, g.n.out))
}

// gelu is x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))); gorgonia has no erf.
func (g graph) gelu(x *G.Node) *G.Node {
	cubic := g.must(G.Add(x, g.must(G.Mul(G.NewConstant(0.044715), g.must(G.Cube(x))))))
	curve := g.must(G.Tanh(g.must(G.Mul(G.NewConstant(math.Sqrt(2/math.Pi)), cubic))))
	return g.must(G.HadamardProd(g.must(G.Mul(G.NewConstant(0.5), x)), g.must(G.Add(curve, G.NewConstant(1.0)))))
}

func (g graph) network(ids []int32) *G.Node {
	var tokens, positions rows
	for i, id := range ids {
		tokens = append(tokens, g.row(g.n.tokens+".weight", int(id)))
		positions = append(positions, g.row(g.n.positions+".weight", g.firstPosition+i))
	}
	x := g.must(G.Add(g.matrix("tokens", tokens), g.matrix("positions", positions)))
	x = g.layerNorm(g.must(G.BroadcastAdd(x, g.rowOf(g.n.kind+".weight"), nil, []byte{0})), g.n.norm)
	for i := range g.Layers {
		layer := fmt.Sprint(i)
		x = g.layerNorm(g.must(G.Add(x, g.attention(x, layer))), g.at(layer, g.n.norm1))
		inner := g.gelu(g.linear(x, g.at(layer, g.n.first)))
		x = g.layerNorm(g.must(G.Add(x, g.linear(inner, g.at(layer, g.n.second)))), g.at(layer, g.n.norm2))
	}
	return x
}

func TestEqualsTheGorgoniaGraph(t *testing.T) {
	dir := damaged(t, "bert", "config.json", `"hidden_act": "gelu"`, `"hidden_act": "gelu_new"`)
	e, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Explain(context.Background(), "the bank of a river")
	if err != nil {
		t.Fatal(err)
	}
	var ids []int32
	for _, s := range x.Tokens {
		ids = append(ids, s.ID)
	}
	g := graph{G.NewGraph(), newPlain(t, e, dir), t}
	last := g.network(ids)
	vm := G.NewTapeMachine(g.ExprGraph)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	var got []float32
	for _, s := range x.Tokens {
		got = append(got, s.Vector...)
	}
	want := last.Value().Data().([]float64)
	if len(got) != len(want) || slices.Max(want) == slices.Min(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, v := range want {
		if math.Abs(float64(got[i])-v) > 1e-5*max(1, math.Abs(v)) {
			t.Fatalf("value %d is %g, want %g", i, got[i], v)
		}
	}
}
