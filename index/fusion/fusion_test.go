package fusion

import (
	"math"
	"testing"
)

// Of the scores 2, 4, 4, 4, 5, 5, 7, 9 the mean is 5 and the deviation 2.
func TestStats(t *testing.T) {
	s := Measure([]float32{2, 4, 4, 4, 5, 5, 7, 9})
	if s.Mean != 5 || s.Deviation != 2 {
		t.Fatalf("%+v", s)
	}
	if z := s.Z(9); z != 2 {
		t.Errorf("z of 9: %v", z)
	}
	if z := Measure([]float32{3, 3, 3}).Z(7); z != 0 {
		t.Errorf("z among equal scores: %v", z)
	}
	if s := Measure(nil); s != (Stats{}) {
		t.Errorf("no scores: %+v", s)
	}
	if got := Combine(2, -1, 0.25); math.Abs(got-(-0.25)) > 1e-12 {
		t.Errorf("combined: %v", got)
	}
	for _, m := range Modes() {
		if m.Validate() != nil || m.Summary() == "" {
			t.Errorf("mode %s", m)
		}
	}
	if err := Mode("x").Validate(); err == nil || err.Error() != `Mode must be hybrid, dense or bm25, got "x"` {
		t.Errorf("%v", err)
	}
}
