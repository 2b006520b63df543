package train_test

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/sentence/train"
)

// A loss of your own is a function that builds a graph from cosines. This one pulls the
// cosine of a pair towards 1 and that of an anchor with the next positive towards 0, by
// half the squared distance.
func ExampleNewGraphOf() {
	own := func(t train.Nodes) (*G.Node, error) {
		cells := G.Must(G.Add(t.Pair, t.Next))
		miss := G.Must(G.Square(G.Must(G.Sub(G.Must(G.HadamardProd(t.Cosine, cells)), t.Pair))))
		return G.Mul(G.Must(G.Sum(miss)), G.NewConstant(0.5/float32(t.Examples)))
	}
	encoder := &train.Parameters{Rows: 4, Dim: 16, Table: make([]float32, 4*16)}
	for i := range encoder.Table {
		encoder.Table[i] = float32(i*i%7) - 3
	}
	engine, err := train.NewGraphOf(encoder, own, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	// Two pairs of texts of one token each: 0 goes with 2, 1 with 3.
	batch := &train.Batch{
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
