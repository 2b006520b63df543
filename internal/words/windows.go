package words

import (
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
)

// Windows turns token ids into the windows of the word objectives: the words around a center,
// the center, and the negative samples that the window shares; for hierarchical softmax, the
// path of the center instead of the center and the negatives. Several goroutines may use it.
type Windows struct {
	keep     []uint32 // keep[w]/2³²: the probability that subsampling keeps w
	noise    *Noise
	window   int // greatest distance of a context word
	negative int
	fixed    bool     // every window has the full reach
	placed   bool     // write placed windows
	labelled bool     // write labelled windows
	tree     *Huffman // of hierarchical softmax, or nil
}

// NewWindows returns the windows of the options over v.
func NewWindows(v *tokenize.Vocabulary, o *Options) *Windows {
	p := corpora.KeepProbabilities(v, o.Subsample)
	w := &Windows{
		keep:     make([]uint32, len(p)),
		window:   o.Window,
		negative: o.Negative,
		fixed:    o.Windows == WindowsWeighted || o.Windows == WindowsFull,
		placed:   o.Windows == WindowsWeighted,
		labelled: o.variant().Labelled,
	}
	if o.Loss == LossHS {
		w.tree = NewHuffman(v)
	} else {
		w.noise = NewNoise(v, o.NoiseExponent)
	}
	for i, q := range p {
		w.keep[i] = threshold(float64(q))
	}
	return w
}

// Outputs returns the number of output rows of a window, the center and the
// negatives, or the length of the longest path.
func (w *Windows) Outputs() int {
	if w.tree != nil {
		return w.tree.Depth()
	}
	return 1 + w.negative
}

// maxContext returns the greatest number of context words of a window.
func (w *Windows) maxContext() int { return 2 * w.window }

// maxSize returns the greatest number of batch entries of a window.
func (w *Windows) maxSize() int { return 3 + w.maxContext() + w.Outputs() }

// Scratch holds the buffers of one goroutine's calls to Each.
type Scratch struct {
	line  []int32
	outs  []int32
	words []int32
	batch []int32

	counts []float32 // adds up the words that subsampling keeps; nil: they are not counted
}

// Each draws the windows of ids (lines ended by corpora.LineEnd, which windows do not cross)
// and calls step with batches of at most capacity entries. It returns the number of words in
// ids.
//
// Words are dropped by subsampling before windows are formed, and the reach of drawn
// windows is drawn from 1 to Window, both as in word2vec.
func (w *Windows) Each(ids []int32, rng *training.Random, capacity int, s *Scratch, step func(batch []int32) error) (words int64, err error) {
	s.batch = s.batch[:0]
	for at := 0; at < len(ids); {
		s.line = s.line[:0]
		for ; at < len(ids) && ids[at] != corpora.LineEnd; at++ {
			words++
			id := ids[at]
			if uint32(rng.Next()>>32) <= w.keep[id] {
				s.line = append(s.line, id)
			}
		}
		at++ // the line end
		if s.counts != nil {
			for _, id := range s.line {
				s.counts[id]++
			}
		}
		for center := range s.line {
			if len(s.batch)+w.maxSize() > capacity {
				if err := step(s.batch); err != nil {
					return words, err
				}
				s.batch = s.batch[:0]
			}
			w.appendWindow(center, rng, s)
		}
	}
	if len(s.batch) == 0 {
		return words, nil
	}
	return words, step(s.batch)
}

// appendWindow draws the window around s.line[center] and appends it to the
// batch, unless the line has no other word.
func (w *Windows) appendWindow(center int, rng *training.Random, s *Scratch) {
	reach := w.window
	if !w.fixed {
		reach = 1 + training.Below(rng.Next(), w.window)
	}
	lo, hi := max(0, center-reach), min(len(s.line), center+reach+1)
	if hi-lo < 2 {
		return
	}
	word := s.line[center]
	s.words = append(append(s.words[:0], s.line[lo:center]...), s.line[center+1:hi]...)
	if w.tree != nil {
		s.batch = AppendLabelled(s.batch, w.window-(center-lo), s.words, w.tree.Path(word))
		return
	}
	s.outs = append(s.outs[:0], word)
	for range w.negative {
		s.outs = append(s.outs, w.negativeFor(word, rng))
	}
	if w.placed {
		s.batch = AppendPlaced(s.batch, w.window-(center-lo), s.words, s.outs)
		return
	}
	if !w.labelled {
		s.batch = AppendWindow(s.batch, s.words, s.outs)
		return
	}
	for j := range s.outs[1:] {
		s.outs[1+j] = ^s.outs[1+j]
	}
	// The nearest word on the left is at the place before the middle.
	s.batch = AppendLabelled(s.batch, w.window-(center-lo), s.words, s.outs)
}

// negativeFor draws a negative sample that is not the word itself.
func (w *Windows) negativeFor(word int32, rng *training.Random) int32 {
	for range 32 {
		if n := w.noise.Draw(rng.Next()); n != word {
			return n
		}
	}
	return (word + 1) % int32(len(w.keep)) // the word is nearly all of the noise
}
