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
			Counts: [][]float32{{1, 0, 0}, {1, 7, 0}}, Shares: []float64{0.25, 0.75}, Rate: math.Ln2, Velocity: table(1, 1, 1),
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
		if c.method == training.Momentum && math.Abs(float64(m.Velocity.Row(0)[0])-3.5) > 1e-6 {
			t.Errorf("the velocity is %v, want 3.5", m.Velocity.Row(0))
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
