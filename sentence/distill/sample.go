package distill

import (
	"math/rand/v2"
	"slices"
)

// Sample is a random choice of texts, all equally likely (Vitter 1985, algorithm R), and the number of
// occurrences of each token in all of them.
type Sample struct {
	size, cut int
	rng       *rand.Rand
	texts     [][]int32
	seen      int64
	counts    []int64
}

// NewSample returns an empty sample for a vocabulary.
func NewSample(vocabulary int, o Options) *Sample {
	return &Sample{size: o.Texts, cut: o.MaxTokens, rng: rand.New(rand.NewPCG(o.Seed, 0)), counts: make([]int64, vocabulary)}
}

// Add offers a text, as the ids of its tokens, which it copies. Empty texts are ignored.
func (s *Sample) Add(ids []int32) {
	if len(ids) == 0 {
		return
	}
	for _, id := range ids {
		s.counts[id]++
	}
	ids = ids[:min(len(ids), s.cut)]
	s.seen++
	if len(s.texts) < s.size {
		s.texts = append(s.texts, slices.Clone(ids))
		return
	}
	if at := s.rng.Int64N(s.seen); at < int64(s.size) {
		s.texts[at] = append(s.texts[at][:0], ids...)
	}
}

// Len returns the number of texts in the sample, Seen that of all texts.
func (s *Sample) Len() int { return len(s.texts) }

// Seen returns the number of all texts that were offered and not empty.
func (s *Sample) Seen() int64 { return s.seen }

// weights are those of the tokens, a/(a + share).
func (s *Sample) weights(a float64) []float32 {
	total := 0.0
	for _, n := range s.counts {
		total += float64(n)
	}
	w := make([]float32, len(s.counts))
	for i, n := range s.counts {
		w[i] = float32(a / (a + float64(n)/max(1, total)))
	}
	return w
}
