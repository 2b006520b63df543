package distill

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Sample is a random choice of texts, all equally likely (Vitter 1985, algorithm R), and the number of
// occurrences of each token in all of them.
type Sample struct {
	size, cut  int
	rng        *rand.Rand
	texts      [][]int32 // as tokens of the model
	seen, long int64
	counts     []int64

	// With other tokens than the teacher's, see Retokenize.
	raw     []string            // the texts, before Retokenize
	own     *tokenize.Tokenizer // of the model
	teacher [][]int32           // the texts as tokens of the teacher
	ids     []int32
}

// NewSample returns an empty sample for a vocabulary.
func NewSample(vocabulary int, o Options) *Sample {
	return &Sample{size: o.Texts, cut: o.MaxTokens, rng: rand.New(rand.NewPCG(o.Seed, 0)), counts: make([]int64, vocabulary)}
}

// Add offers a text, as the ids of its tokens, which it copies. Empty texts are ignored.
func (s *Sample) Add(ids []int32) { s.add(ids) }

// AddText is Add for a text that is kept too, as far as the teacher reads it, for [Sample.Retokenize].
func (s *Sample) AddText(teacher *tokenize.Tokenizer, text string) {
	s.ids = teacher.Encode(s.ids[:0], text)
	at := s.add(s.ids)
	if at < 0 {
		return
	}
	if len(s.ids) > s.cut {
		text = text[:teacher.Tokens(text)[s.cut-1].End]
	}
	if at == len(s.raw) {
		s.raw = append(s.raw, "")
	}
	s.raw[at] = strings.Clone(text)
}

// add returns the place of the text in the sample, -1 if it was not chosen.
func (s *Sample) add(ids []int32) int {
	if len(ids) == 0 {
		return -1
	}
	for _, id := range ids {
		s.counts[id]++
	}
	if len(ids) > s.cut {
		ids = ids[:s.cut]
		s.long++
	}
	s.seen++
	if len(s.texts) < s.size {
		s.texts = append(s.texts, slices.Clone(ids))
		return len(s.texts) - 1
	}
	at := s.rng.Int64N(s.seen)
	if at >= int64(s.size) {
		return -1
	}
	s.texts[at] = append(s.texts[at][:0], ids...)
	return int(at)
}

// Len returns the number of texts in the sample, Seen that of all texts.
func (s *Sample) Len() int { return len(s.texts) }

// Seen returns the number of all texts that were offered and not empty.
func (s *Sample) Seen() int64 { return s.seen }

// Cut returns the number of all texts that were longer than Options.MaxTokens.
func (s *Sample) Cut() int64 { return s.long }

// Vocabulary returns the number of tokens of the model.
func (s *Sample) Vocabulary() int { return len(s.counts) }

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
