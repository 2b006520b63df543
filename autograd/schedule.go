package autograd

// LinearDecay is the learning-rate schedule of word2vec: a straight line from
// Start down to End.
type LinearDecay struct {
	Start float64
	End   float64
}

// At returns the learning rate at progress, the part of the training that is
// behind, from 0 to 1.
func (s LinearDecay) At(progress float64) float64 {
	progress = min(max(progress, 0), 1)
	return s.Start + (s.End-s.Start)*progress
}
