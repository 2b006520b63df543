package autograd_test

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
)

// A new objective is a function that builds a graph. This one pulls every
// context word towards the true word, by half the squared distance of X·Yᵀ
// from 1 for it and from 0 for the negatives.
func ExampleNewGraph() {
	squared := &autograd.Objective{Name: "squared", Loss: func(w autograd.Window) (*G.Node, error) {
		y := G.Must(G.Transpose(w.Y))
		score := G.Must(G.HadamardProd(G.Must(G.Mul(w.X, y)), w.Mask))
		target := G.Must(G.HadamardProd(w.Mask, G.Must(G.Rectify(G.Must(G.Neg(w.Sign))))))
		miss := G.Must(G.Square(G.Must(G.Sub(score, target))))
		return G.Mul(G.Must(G.Sum(miss)), G.NewConstant(float32(0.5)))
	}}
	tables, err := autograd.NewTables(100, 16, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := autograd.NewGraph(squared, tables, 4, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	window := autograd.AppendWindow(nil, []int32{10, 11}, []int32{20, 21, 22})
	first, _, _ := engine.Step(window, 0.5)
	var last float64
	for range 1000 {
		if last, _, err = engine.Step(window, 0.5); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("loss of the window: %.2f, after training %.2f\n", first, last)
	// Output: loss of the window: 1.00, after training 0.00
}

// A new loss of sentence vectors is a function that builds a graph from their cosines, too.
// This one wants the cosine of a pair to be 1 and that of an anchor with the next positive to be
// 0, by half the squared distance.
func ExampleNewTextGraphOf() {
	own := func(t autograd.TextNodes) (*G.Node, error) {
		cells := G.Must(G.Add(t.Pair, t.Next))
		miss := G.Must(G.Square(G.Must(G.Sub(G.Must(G.HadamardProd(t.Cosine, cells)), t.Pair))))
		return G.Mul(G.Must(G.Sum(miss)), G.NewConstant(0.5/float32(t.Examples)))
	}
	encoder := &autograd.TextEncoder{Rows: 4, Dim: 16, Table: make([]float32, 4*16)}
	for i := range encoder.Table {
		encoder.Table[i] = float32(i*i%7) - 3
	}
	engine, err := autograd.NewTextGraphOf(encoder, own, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	// Two pairs of texts of one token each: 0 goes with 2, 1 with 3.
	batch := &autograd.TextBatch{
		Examples: 2, Columns: 2, Rows: []int32{0, 1, 2, 3},
		Tokens: []int32{0, 1, 2, 3}, Offsets: []int32{0, 1, 2, 3, 4}, Weights: []float32{1, 1, 1, 1},
	}
	table := &autograd.Matrix{Name: "table", Data: encoder.Table, Rows: 4, Cols: 16, Stride: 16}
	solver := &autograd.AdaGrad{}
	for step := range 201 {
		loss, gradient, err := engine.Gradient(batch)
		if err != nil {
			fmt.Println(err)
			return
		}
		if step%200 == 0 {
			fmt.Printf("step %d: loss %.2f\n", step, loss)
		}
		solver.Begin()
		if err := solver.Update(table, batch.Rows, gradient.Rows, 0.3); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// step 0: loss 0.30
	// step 200: loss 0.00
}
