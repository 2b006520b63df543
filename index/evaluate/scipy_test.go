package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// Correlations with ties, bootstrap intervals and paired tests are those of SciPy, which
// testdata/by_scipy.py computed. What is drawn at random agrees within a few standard errors.
func TestAgainstSciPy(t *testing.T) {
	data, err := os.ReadFile("testdata/by_scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Correlations []struct {
			X, Y              []float64
			Spearman, Pearson float64
		}
		Paired []struct {
			X, Y       []float64
			P          float64
			Exact      bool
			CI         []float64
			SpearmanCI []float64 `json:"spearman_ci"`
		}
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for i, c := range want.Correlations {
		if s, p := Spearman(c.X, c.Y), Pearson(c.X, c.Y); math.Abs(s-c.Spearman) > 1e-12 || math.Abs(p-c.Pearson) > 1e-12 {
			t.Errorf("correlation %d: %v and %v, want %v and %v", i, s, p, c.Spearman, c.Pearson)
		}
	}
	for i, c := range want.Paired {
		got := testPaired("a", "b", c.X, c.Y, 10000)
		tolerance := 1e-12
		if !c.Exact {
			tolerance = 4*math.Sqrt(c.P*(1-c.P)/randomizations) + 2./randomizations
		}
		if math.Abs(got.P-c.P) > tolerance {
			t.Errorf("paired %d: p %v, want %v within %v", i, got.P, c.P, tolerance)
		}
		near := func(name string, got *Interval, want []float64, share float64) {
			if tolerance := share * (want[1] - want[0]); math.Abs(got.Low-want[0]) > tolerance || math.Abs(got.High-want[1]) > tolerance {
				t.Errorf("paired %d: interval of the %s %v, want %v", i, name, got, want)
			}
		}
		near("mean", got.Interval, c.CI, 0.03)
		if c.SpearmanCI != nil {
			near("correlation", spearmanInterval(c.X, c.Y, 10000), c.SpearmanCI, 0.04)
		}
	}
}
