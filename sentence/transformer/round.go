package transformer

import (
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/kernel/rounded"
)

// sample is text of several kinds, from which the sizes of the values inside a network are measured.
const sample = `The quick brown fox jumps over the lazy dog. | A man is playing a guitar on the street. |
In 1998, 42.5% of the 1,200 patients (aged 18–65) responded to treatment; p < 0.05. | How do I reset my password? |
The court held that the contract was void under section 12 of the Act. | Nein, das ist nicht möglich! | El gato está en la casa. |
def main(args): return [x ** 2 for x in args if x != None] | http://www.example.com/index.html?q=a&b=c | BREAKING: markets fall, oil up $3 |
Stock prices fell sharply on Monday after the company reported lower profits, and analysts said that the outlook remains weak. |
She said: "I don't know..." | the the the the the | 日本語のテキスト и русский | What causes the seasons? | two dogs run in the snow`

// each calls fn with the matrices of all layers.
func (w *weights) each(fn func(*linear)) {
	for i := range w.layers {
		y := &w.layers[i]
		for _, f := range []*linear{&y.qkv, &y.out, &y.first, &y.second} {
			fn(f)
		}
	}
}

// round replaces the matrices by ones rounded to 8 bits. Some columns of the values that they are multiplied with
// are far larger than others in trained networks, or far from zero; how much is measured on the sample.
func (e *Encoder) round() {
	var batch []input
	vectors := make([]float32, e.Dim()*strings.Count(sample, "|")+e.Dim())
	for i, text := range strings.Split(sample, "|") {
		ids, _ := e.tokenizer.encode(nil, strings.TrimSpace(text), e.config.MaxTokens)
		batch = append(batch, input{at: i, ids: ids})
	}
	s := scratch{ranges: map[*linear]*ranges{}}
	e.run(&s, batch, vectors)
	e.weights.each(func(f *linear) {
		middle, size := s.ranges[f].middles()
		if f.bytes = rounded.NewByteFactor(f.rows, f.cols, f.source, f.cols, middle, size); f.bytes != nil {
			f.factor = nil
		}
	})
}

// ranges are what is known of the columns of the values that a matrix is multiplied with.
type ranges struct {
	low, high, sum []float32
	rows           int
}

// middles returns the mean of each column, and the largest distance from it. It is the mean and not the middle
// between the extremes because those are far off in the vectors of the marks of the ends.
func (r *ranges) middles() (middle, size []float32) {
	middle, size = make([]float32, len(r.sum)), make([]float32, len(r.sum))
	for j, sum := range r.sum {
		middle[j] = sum / float32(r.rows)
		size[j] = max(r.high[j]-middle[j], middle[j]-r.low[j])
	}
	return middle, size
}

// note takes in the values that a matrix is multiplied with.
func (s *scratch) note(w *linear, x []float32, rows int) {
	r := s.ranges[w]
	if r == nil {
		r = &ranges{slices.Clone(x[:w.cols]), slices.Clone(x[:w.cols]), make([]float32, w.cols), 0}
		s.ranges[w] = r
	}
	r.rows += rows
	for i := range rows {
		for j, v := range x[i*w.cols : (i+1)*w.cols] {
			r.low[j], r.high[j], r.sum[j] = min(r.low[j], v), max(r.high[j], v), r.sum[j]+v
		}
	}
}
