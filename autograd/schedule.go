package autograd

import "math"

// A Schedule gives the learning rate over the course of a run.
type Schedule interface {
	// At returns the learning rate at progress, which is the fraction of the run that is
	// complete, from 0 to 1.
	At(progress float64) float64
}

// LinearDecay is the learning-rate schedule of word2vec: a straight line from
// Start down to End.
type LinearDecay struct {
	Start float64
	End   float64
}

// At returns the learning rate at progress, from 0 to 1.
func (s LinearDecay) At(progress float64) float64 {
	progress = min(max(progress, 0), 1)
	return s.Start + (s.End-s.Start)*progress
}

// WarmupLinear rises linearly from Start to Peak during the fraction Warmup of the run, from 0
// to 1 (Goyal et al., 2017), and then falls linearly to End.
type WarmupLinear struct {
	Warmup           float64
	Start, Peak, End float64
}

// At returns the learning rate at progress, from 0 to 1.
func (s WarmupLinear) At(progress float64) float64 {
	up, part := warmup(s.Warmup, progress)
	if up {
		return LinearDecay{s.Start, s.Peak}.At(part)
	}
	return LinearDecay{s.Peak, s.End}.At(part)
}

// WarmupCosine rises like WarmupLinear and then falls along half a period of a cosine
// (Loshchilov and Hutter, 2017, equation 5, without restarts).
type WarmupCosine struct {
	Warmup           float64
	Start, Peak, End float64
}

// At returns the learning rate at progress, from 0 to 1.
func (s WarmupCosine) At(progress float64) float64 {
	up, part := warmup(s.Warmup, progress)
	if up {
		return LinearDecay{s.Start, s.Peak}.At(part)
	}
	return s.End + (s.Peak-s.End)*(1+math.Cos(math.Pi*part))/2
}

// warmup reports whether progress is before the peak, and which fraction of the rise or fall
// is complete.
func warmup(until, progress float64) (up bool, part float64) {
	progress = min(max(progress, 0), 1)
	if progress < until {
		return true, progress / until
	}
	if until >= 1 {
		return false, 0
	}
	return false, (progress - until) / (1 - until)
}
