package autograd

import (
	"math"
	"testing"
)

func TestLinearDecay(t *testing.T) {
	s := LinearDecay{Start: 0.4, End: 0.1}
	for progress, want := range map[float64]float64{-1: 0.4, 0: 0.4, 0.5: 0.25, 1: 0.1, 2: 0.1} {
		if got := s.At(progress); math.Abs(got-want) > 1e-15 {
			t.Errorf("At(%g) = %g, want %g", progress, got, want)
		}
	}
}

func TestWarmup(t *testing.T) {
	linear := WarmupLinear{Warmup: 0.2, Start: 0.1, Peak: 1.1, End: 0.3}
	cosine := WarmupCosine{Warmup: 0.2, Start: 0.1, Peak: 1.1, End: 0.3}
	for _, c := range []struct {
		s              Schedule
		progress, want float64
	}{
		{linear, -1, 0.1}, {linear, 0, 0.1}, {linear, 0.1, 0.6}, {linear, 0.2, 1.1}, {linear, 0.6, 0.7}, {linear, 1, 0.3}, {linear, 2, 0.3},
		{cosine, 0, 0.1}, {cosine, 0.1, 0.6}, {cosine, 0.2, 1.1}, {cosine, 0.4, 0.7 + 0.4*math.Sqrt(0.5)}, {cosine, 0.6, 0.7}, {cosine, 1, 0.3},
		{WarmupLinear{Peak: 2, End: 1}, 0, 2}, {WarmupCosine{Peak: 2}, 1, 0},
		{WarmupLinear{Warmup: 1, Peak: 2, End: 1}, 0.5, 1}, {WarmupLinear{Warmup: 1, Peak: 2, End: 1}, 1, 2},
	} {
		if got := c.s.At(c.progress); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: At(%g) = %g, want %g", c.s, c.progress, got, c.want)
		}
	}
}
