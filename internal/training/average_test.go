package training_test

import (
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/training"
)

func table(values ...float32) checkpoints.Tensor {
	return checkpoints.Tensor{Shape: []int{len(values), 1}, Data: values}
}

// Rows of one number, computed by hand: the parent is 1, and the parts have moved it by 2 and by 4.
// The second row was trained in the second part alone, and the third in none.
func TestMergeByHand(t *testing.T) {
	for _, c := range []struct {
		method training.Method
		want   []float64
	}{
		// Shares of 1/4 and 3/4: 1/4·3 + 3/4·5 = 4.5; 1/4·1 + 3/4·5 = 4; 1.
		{training.Mean, []float64{4.5, 4, 1}},
		// Counts 1 and 1, then 0 and 7: (3+5)/2 = 4; 5; 1.
		{training.RowMean, []float64{4, 5, 1}},
		// k = ln 2, so one step goes half of the way and two go 3/4: γ = (3/4)/(1/2+1/2),
		// 1 + 3/4·(2+4) = 5.5; γ = 1 where one part alone has trained: 5; 1.
		{training.Summed, []float64{5.5, 5, 1}},
		// μ = 1 − 1/2, d = Σ/n: 3, 2, 0; v was 1: v = 1/2 + d = 3.5, 2.5, 0.5; 1 + v/2 + d.
		{training.Momentum, []float64{1 + 1.75 + 3, 1 + 1.25 + 2, 1 + 0.25}},
	} {
		m := training.Table{
			Parts: []checkpoints.Tensor{table(3, 1, 1), table(5, 5, 1)}, Parent: table(1, 1, 1),
			Counts: [][]float32{{1, 0, 0}, {1, 7, 0}}, Shares: []float64{0.25, 0.75}, Rate: math.Ln2, Kept: table(1, 1, 1),
		}
		got, err := m.Merge(c.method)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if x := float64(got.Row(i)[0]); math.Abs(x-want) > 1e-6 {
				t.Errorf("%s: row %d is %g, want %g", c.method, i, x, want)
			}
		}
		if c.method == training.Momentum && math.Abs(float64(m.Kept.Row(0)[0])-3.5) > 1e-6 {
			t.Errorf("the velocity is %v, want 3.5", m.Kept.Row(0))
		}
	}
	bad := training.Table{Parts: []checkpoints.Tensor{table(3), table(1, 2)}, Shares: []float64{0.5, 0.5}}
	if _, err := bad.Merge(training.Mean); err == nil || !strings.Contains(err.Error(), "shapes of the parts differ") {
		t.Errorf("error %v", err)
	}
	bad = training.Table{Parts: []checkpoints.Tensor{table(float32(math.Inf(1)))}, Shares: []float64{1}}
	if _, err := bad.Merge(training.Mean); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("error %v", err)
	}
}

// Two parts have moved (1, 1) by (2, 0) and (2, 5), so by D = (4, 5). Along u = (0.6, 0.8) that is
// 6.4, and across it, in the direction w = (-0.8, 0.6), -0.2; the rest r of the rounds before is 2
// and 5, or (-2.8, 4.6). Computed by hand:
//
// Each part has one step. Along, 8k = ln 4, one step goes 3/4 of the way and two go 15/16, so a =
// (15/16)/(3/2) = 5/8: 5/8·2 + 5/8·(2 − 5/8)·6.4 = 6.75 is applied, 3/8·2 + 9/64·6.4 = 1.65 is kept.
// Across, 8k = ln 2, a = (3/4)/1: 3/4·5 + 15/16·(−0.2) = 3.5625 and 1/4·5 + 1/16·(−0.2) = 1.2375.
// The second row, of which one part has all steps, moves by r + D and keeps nothing; so does the
// third, which nobody has trained.
func TestAdaptiveByHand(t *testing.T) {
	rows := func(values ...float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{len(values) / 2, 2}, Data: values}
	}
	m := training.Table{
		Parts: []checkpoints.Tensor{rows(3, 1, 1, 1, 1, 1), rows(3, 6, 5, 7, 1, 1)}, Parent: rows(1, 1, 1, 1, 1, 1),
		Counts: [][]float32{{1, 0, 0}, {1, 7, 0}}, Kept: rows(-2.8, 4.6, 0.5, -0.25, 0.5, 0),
		Rate: math.Ln2 / 8, Along: math.Ln2 / 4, Direction: []float32{0.6, 0.8},
	}
	got, err := m.Merge(training.Adaptive)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][4]float64{{2.2, 8.5375, 0, 2.0625}, {5.5, 6.75, 0, 0}, {1.5, 1, 0, 0}} {
		row, kept := got.Row(i), m.Kept.Row(i)
		for k, x := range []float32{row[0], row[1], kept[0], kept[1]} {
			if math.Abs(float64(x)-want[k]) > 1e-5 {
				t.Errorf("row %d: %v, kept %v, want %v", i, row, kept, want)
				break
			}
		}
	}
	m = training.Table{Parts: []checkpoints.Tensor{rows(0, 0)}, Parent: rows(0, 0), Kept: checkpoints.NewTensor(2, 2)}
	if _, err := m.Merge(training.Adaptive); err == nil || !strings.Contains(err.Error(), "has kept differs") {
		t.Errorf("error %v", err)
	}
}

// Eight parts come all the way, so a = 1/8. They have moved 1 by 1, 2, … 8: D = 36, and 2 is kept of
// earlier rounds: 2/8 + 1/8·(2 − 1/8)·36 = 8.6875 is applied, 7/8·2 + 49/64·36 = 29.3125 is kept. Of the variance,
// 8·(15/64)² + 8·(1/8·49/64)² = 0.51273 is there, so the third part, which is 1.5 below the mean, adds
// −1.5·√((1 − 0.51273)/(7/8)) = −1.11937.
func TestAdaptiveNoise(t *testing.T) {
	m := training.Table{Parent: table(1), Kept: table(2), Rate: 1, Lead: 2}
	for s := range 8 {
		m.Parts, m.Counts = append(m.Parts, table(float32(s+2))), append(m.Counts, []float32{50})
	}
	got, err := m.Merge(training.Adaptive)
	if err != nil {
		t.Fatal(err)
	}
	if x, kept := float64(got.Row(0)[0]), m.Kept.Row(0)[0]; math.Abs(x-(1+8.6875-1.11937)) > 1e-4 || kept != 29.3125 {
		t.Errorf("the row is %g, and %g is kept", x, kept)
	}
}

// Without counts, Adaptive is Momentum, also if the rounds before were averaged with it: the
// velocity 1 of two parts is a rest of (2−1)²/2.
func TestAdaptiveWithoutCounts(t *testing.T) {
	rest, err := training.Momentum.Convert(table(1), training.Adaptive, 2)
	if err != nil || rest.Row(0)[0] != 0.5 {
		t.Fatal(rest, err)
	}
	m := training.Table{Parts: []checkpoints.Tensor{table(3), table(5)}, Parent: table(1), Kept: rest}
	got, err := m.Merge(training.Adaptive)
	// As in TestMergeByHand: 1 + 1.75 + 3, and a velocity of 3.5.
	if err != nil || got.Row(0)[0] != 5.75 {
		t.Error(got, err)
	}
	if v, err := training.Adaptive.Convert(m.Kept, training.Momentum, 2); err != nil || v.Row(0)[0] != 3.5 {
		t.Error(v, err)
	}
}

func TestPrincipal(t *testing.T) {
	rows := func(values ...float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{len(values) / 2, 2}, Data: values}
	}
	for _, c := range []struct {
		tables        []checkpoints.Tensor
		weights       []float64
		u             []float32
		along, across float64
	}{
		// The second moment is diag(4, 1); the mean of the rows, (2, 0), is its direction.
		{[]checkpoints.Tensor{rows(2, 1, 2, -1)}, []float64{1, 1}, []float32{1, 0}, 4, 1},
		// diag(1/3, 6), while the mean is (1/3, 2); of two tables alike.
		{[]checkpoints.Tensor{rows(0, 3, 1, 0), rows(0, 3, 1, 0)}, []float64{2, 1}, []float32{0, 1}, 6, 1.0 / 3},
		{[]checkpoints.Tensor{rows(0, 0, 0, 0)}, []float64{1, 1}, nil, 0, 0},
		// The mean is zero, so no direction is found: diag(1, 0), half of it in each.
		{[]checkpoints.Tensor{rows(1, 0, -1, 0)}, []float64{1, 1}, nil, 0, 0.5},
		{[]checkpoints.Tensor{rows(1, 0, 1, 0)}, []float64{0, 0}, nil, 0, 0},
	} {
		u, along, across := training.Principal(c.tables, c.weights)
		if math.Abs(along-c.along) > 1e-6 || math.Abs(across-c.across) > 1e-6 || len(u) != len(c.u) {
			t.Errorf("%v: %v, %g, %g, want %v, %g, %g", c.tables, u, along, across, c.u, c.along, c.across)
			continue
		}
		for k, x := range u {
			if math.Abs(float64(x-c.u[k])) > 1e-6 {
				t.Errorf("%v: %v, want %v", c.tables, u, c.u)
			}
		}
	}
}

// The rounds of a run cover each of its blocks once.
func TestRoundBlocks(t *testing.T) {
	for _, blocks := range []int64{1, 7, 100, 1 << 62} {
		for _, rounds := range []int{1, 2, 3, 7, 1000} {
			last := int64(0)
			for r := 1; r <= rounds; r++ {
				from, to := training.RoundBlocks(blocks, r, rounds)
				if from != last || to < from {
					t.Fatalf("round %d of %d: %d to %d", r, rounds, from, to)
				}
				last = to
			}
			if last != blocks {
				t.Errorf("%d rounds end at %d of %d", rounds, last, blocks)
			}
		}
	}
}

func TestParseRound(t *testing.T) {
	if r, n, err := training.ParseRound("2/5"); r != 2 || n != 5 || err != nil {
		t.Error(r, n, err)
	}
	for _, s := range []string{"", "2", "0/5", "6/5", "a/5", "1/0", "-1/5", "1/5x", " 1/5", "1/99999999", "+1/5"} {
		if _, _, err := training.ParseRound(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}
