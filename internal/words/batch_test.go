package words_test

import (
	"fmt"
	"testing"

	. "github.com/luminavec/luminavec/internal/words"
)

// A word counts by its distance: the nearest whole, the farthest least, none not at all.
func TestLinearPlaces(t *testing.T) {
	for window, want := range map[int]string{1: "[1 1]", 2: "[0.5 1 1 0.5]", 4: "[0.25 0.5 0.75 1 1 0.75 0.5 0.25]"} {
		if got := fmt.Sprint(LinearPlaces(window)); got != want {
			t.Errorf("window %d: %s, want %s", window, got, want)
		}
	}
}

func TestBadBatches(t *testing.T) {
	tables := randomTables(t, 10, 4, 0.1)
	graph, err := NewGraph(SkipGram(), tables, 4, 3)
	if err != nil {
		t.Fatal(err)
	}
	fused, err := NewFused(SkipGram(), tables, 4, 3, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		batch []int32
	}{
		{"cut", []int32{2, 1, 2, 3}},
		{"no context", []int32{0, 1, 2, 3}},
		{"row past the end", []int32{1, 10, 1, 2, 3}},
		{"negative row", []int32{1, 0, 1, -2, 3}},
	} {
		before := clone(tables)
		if _, _, err := graph.Step(c.batch, 0.1); err == nil {
			t.Errorf("graph engine: %s: no error", c.name)
		}
		if _, _, err := fused.Step(c.batch, 0.1); err == nil {
			t.Errorf("fused engine: %s: no error", c.name)
		}
		if maxDifference(before.In, tables.In) != 0 || maxDifference(before.Out, tables.Out) != 0 {
			t.Errorf("%s: the tables changed", c.name)
		}
	}
	if _, _, err := fused.Step(make([]int32, 101), 0.1); err == nil {
		t.Error("fused engine: a batch over its capacity: no error")
	}
	if _, _, err := graph.Step(AppendWindow(nil, []int32{1, 2, 3, 4, 5}, []int32{1, 2, 3}), 0.1); err == nil {
		t.Error("graph engine: too many context words: no error")
	}
}

// Labelled windows that are none are errors in both engines, with words that are
// rows and with composed ones, and leave the tables as they were.
func TestBadLabelledBatches(t *testing.T) {
	objective, err := CBOW().With(Variant{Positions: 4})
	if err != nil {
		t.Fatal(err)
	}
	plain := randomTables(t, bagWords, 4, 0.1)
	plain.AddPositions(4)
	composed := clone(plain)
	composed.AddNGrams(bagRows, bags(1), 1)
	for _, tables := range []*Tables{plain, composed} {
		for engine, e := range engines(t, objective, tables, tables, 4, 3) {
			for _, c := range []struct {
				name  string
				batch []int32
			}{
				{"header cut", []int32{1, 1}},
				{"cut", []int32{2, 2, 0, 1, 2, 3}},
				{"no context", []int32{0, 1, 0, 3}},
				{"long context", []int32{5, 1, 0, 1, 2, 3, 4, 5, 6}},
				{"no outputs", []int32{1, 0, 0, 1}},
				{"many outputs", []int32{1, 4, 0, 1, 2, 3, 4, 5}},
				{"row past the end", []int32{1, 1, 0, bagWords, 1}},
				{"context below 0", []int32{1, 1, 0, -1, 1}},
				{"output past the end", []int32{1, 1, 0, 1, bagWords}},
				{"complement past the end", []int32{1, 1, 0, 1, ^bagWords}},
				{"place past the end", []int32{2, 1, 3, 1, 2, 1}},
				{"place below 0", []int32{1, 1, -1, 1, 2}},
			} {
				before := clone(tables)
				good := AppendLabelled(nil, 0, []int32{1, 2}, []int32{3, ^4})
				_, _, err := e.Step(append(good, c.batch...), 0.1)
				if err == nil {
					t.Errorf("%s engine: %s: no error", engine, c.name)
				}
				if engine == "fused" && difference(before, tables) != 0 { // the graph engine goes window by window
					t.Errorf("%s: the tables changed", c.name)
				}
			}
		}
	}
}
