package words_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
	. "github.com/luminavec/luminavec/internal/words"
)

// What cannot be compiled is an error, also where gorgonia or the loss panics.
func TestObjectiveErrors(t *testing.T) {
	tables := randomTables(t, 10, 4, 0.1)
	broken := errors.New("broken loss")
	for _, c := range []struct {
		name, want string
		loss       Loss
	}{
		{"none", "no loss", nil},
		{"fails", "broken loss", func(Window) (*G.Node, error) { return nil, broken }},
		{"panics", "panic: broken loss", func(Window) (*G.Node, error) { return G.Must(nil, broken), nil }},
		{"no node", "graph engine", func(Window) (*G.Node, error) { return nil, nil }},
		{"no scalar", "graph engine", func(w Window) (*G.Node, error) { return G.HadamardProd(w.X, w.X) }},
		{"shapes", "graph engine", func(w Window) (*G.Node, error) { return G.HadamardProd(w.X, w.Y) }},
	} {
		if _, err := NewGraph(&Objective{Name: c.name, Loss: c.loss}, tables, 4, 3); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("loss %s: %v", c.name, err)
		}
	}
	if _, err := NewFused(&Objective{Name: "custom", Loss: SkipGram().Loss}, tables, 4, 3, 100); err == nil {
		t.Error("fused engine of an objective that has no fused operation: no error")
	}
	for _, size := range [][3]int{{0, 2, 1}, {1, 1, 1}, {1, 2, 0}} {
		if _, err := NewFused(SkipGram(), tables, size[0], size[1], size[2]); err == nil {
			t.Errorf("fused engine of sizes %v: no error", size)
		}
		if _, err := NewGraph(SkipGram(), tables, size[0], size[1]); err == nil && size[2] > 0 {
			t.Errorf("graph engine of sizes %v: no error", size)
		}
	}
}

// What the tables or the objective do not have cannot be asked for.
func TestVariantErrors(t *testing.T) {
	for _, v := range []Variant{{Sum: true}, {Positions: 4}} {
		if _, err := SkipGram().With(v); err == nil {
			t.Errorf("skip-gram with %+v: no error", v)
		}
	}
	o, err := CBOW().With(Variant{Positions: 4})
	if err != nil || !o.Labelled {
		t.Fatal(err)
	}
	tables := randomTables(t, 10, 4, 0.1)
	for range 2 {
		if _, err := NewFused(o, tables, 2, 1, 100); err == nil || !strings.Contains(err.Error(), "must be 4 position weights") {
			t.Errorf("fused engine: %v", err)
		}
		if _, err := NewGraph(o, tables, 2, 1); err == nil || !strings.Contains(err.Error(), "must be 4 position weights") {
			t.Errorf("graph engine: %v", err)
		}
		tables.AddPositions(3)
	}
}

// A loss that does not look at the mask meets zeros where a window is smaller
// than the largest, not what a window before left there.
func TestSmallWindowIsPadded(t *testing.T) {
	tables := randomTables(t, 10, 4, 0.5)
	e, err := NewGraph(&Objective{Name: "length", Loss: func(w Window) (*G.Node, error) {
		return G.Add(G.Must(G.Sum(G.Must(G.Square(w.X)))), G.Must(G.Sum(G.Must(G.Square(w.Y)))))
	}}, tables, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	outs := []int32{5, 6}
	for _, context := range [][]int32{{1, 2, 3, 4}, {7}, {8, 9}} {
		want := kernel.Dot(tables.OutRow(5), tables.OutRow(5)) + kernel.Dot(tables.OutRow(6), tables.OutRow(6))
		for _, id := range context {
			want += kernel.Dot(tables.InRow(id), tables.InRow(id))
		}
		loss, _, err := e.Step(AppendWindow(nil, context, outs), 0)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(loss-float64(want)) > 1e-5 {
			t.Errorf("%d context words: loss %g, want %g", len(context), loss, want)
		}
	}
}
