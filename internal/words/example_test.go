package words_test

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/words"
)

// A new objective is a function that builds a graph. This one pulls every
// context word towards the true word, by half the squared distance of X·Yᵀ
// from 1 for it and from 0 for the negatives.
func ExampleNewGraph() {
	squared := &words.Objective{Name: "squared", Loss: func(w words.Window) (*G.Node, error) {
		y := G.Must(G.Transpose(w.Y))
		score := G.Must(G.HadamardProd(G.Must(G.Mul(w.X, y)), w.Mask))
		target := G.Must(G.HadamardProd(w.Mask, G.Must(G.Rectify(G.Must(G.Neg(w.Sign))))))
		miss := G.Must(G.Square(G.Must(G.Sub(score, target))))
		return G.Mul(G.Must(G.Sum(miss)), G.NewConstant(float32(0.5)))
	}}
	tables, err := words.NewTables(100, 16, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := words.NewGraph(squared, tables, 4, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	window := words.AppendWindow(nil, []int32{10, 11}, []int32{20, 21, 22})
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
