package evaluate

import (
	"math"
	"slices"
	"testing"
)

func TestRanks(t *testing.T) {
	for _, c := range []struct{ in, want []float64 }{
		{nil, []float64{}},
		{[]float64{7}, []float64{1}},
		{[]float64{30, 10, 20}, []float64{3, 1, 2}},
		{[]float64{1, 2, 2, 3}, []float64{1, 2.5, 2.5, 4}},
		{[]float64{5, 5, 5}, []float64{2, 2, 2}},
		{[]float64{4, 1, 4, 1, 4}, []float64{4, 1.5, 4, 1.5, 4}},
	} {
		if got := ranks(c.in); !slices.Equal(got, c.want) {
			t.Errorf("ranks(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

// The expected values were computed by hand.
func TestCorrelation(t *testing.T) {
	for _, c := range []struct {
		name              string
		x, y              []float64
		spearman, pearson float64
	}{
		{"same order, not linear", []float64{1, 2, 3, 4}, []float64{1, 10, 100, 1000}, 1, 1543.5 / math.Sqrt(5*701520.75)},
		{"reversed", []float64{1, 2, 3}, []float64{6, 4, 2}, -1, -1},
		// Distinct ranks, one swap of neighbors: 1 - 6·2/(5·24) = 0.9.
		{"one swap", []float64{1, 2, 3, 4, 5}, []float64{1, 2, 4, 3, 5}, 0.9, 0.9},
		// Ranks 1 2.5 2.5 4 against 1 3 2 4: 4.5/sqrt(4.5·5).
		{"ties", []float64{1, 2, 2, 3}, []float64{1, 3, 2, 4}, 4.5 / math.Sqrt(22.5), 3 / math.Sqrt(10)},
		// The scale of a list does not matter, even if squares would overflow or underflow.
		{"huge", []float64{1e308, -1e308, 1e308}, []float64{3, 1, 3}, 1, 1},
		{"tiny", []float64{1e-300, 2e-300, 3e-300}, []float64{3, 2, 1}, -1, -1},
		// Ranks 1.5 1.5 3.5 3.5 against 1 2 3 4: 4/sqrt(4·5).
		{"ties on one side", []float64{0, 0, 1, 1}, []float64{1, 2, 3, 4}, 4 / math.Sqrt(20), 2 / math.Sqrt(5)},
	} {
		if got := Spearman(c.x, c.y); !(math.Abs(got-c.spearman) < 1e-12) {
			t.Errorf("%s: Spearman = %v, want %v", c.name, got, c.spearman)
		}
		if got := Pearson(c.x, c.y); !(math.Abs(got-c.pearson) < 1e-12) {
			t.Errorf("%s: Pearson = %v, want %v", c.name, got, c.pearson)
		}
		if a, b := Spearman(c.x, c.y), Spearman(c.y, c.x); a != b {
			t.Errorf("%s: Spearman is not symmetric: %v, %v", c.name, a, b)
		}
	}
	for _, c := range [][2][]float64{{nil, nil}, {{1}, {2}}, {{1, 1, 1}, {1, 2, 3}}, {{0.1, 0.1, 0.1}, {1, 2, 4}}, {{1, 2}, {4, 4}}} {
		if s, p := Spearman(c[0], c[1]), Pearson(c[0], c[1]); !math.IsNaN(s) || !math.IsNaN(p) {
			t.Errorf("the correlation of %v and %v is undefined; got %v and %v", c[0], c[1], s, p)
		}
	}
}

func TestCorrelationPanicsOnLengths(t *testing.T) {
	for name, f := range map[string]func(x, y []float64) float64{"Pearson": Pearson, "Spearman": Spearman} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != errLengths {
					t.Errorf("panicked with %v", r)
				}
			}()
			f([]float64{1}, nil)
		})
	}
}
