package sentence

import (
	"math"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The row of a token is the vector of the text that is this token alone, whatever the pooling.
func TestTokenVectors(t *testing.T) {
	words := wordList(9)
	for _, pooling := range Poolings {
		for _, s := range []shape{{dim: 7}, {dim: 7, hidden: 5}, {dim: 7, out: 4}, {dim: 7, hidden: 5, out: 4}} {
			l := randomLayers(t, s, len(words))
			if l.Pooling = pooling; pooling == SIF {
				l.Weights = &checkpoints.Tensor{Shape: []int{9}, Data: []float32{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}}
			}
			e, err := New(l)
			if err != nil {
				t.Fatal(err)
			}
			c, err := TokenVectors(e.Checkpoint())
			if err != nil {
				t.Fatal(err)
			}
			for i, word := range words {
				want := make([]float32, e.Dim())
				if _, err := e.Encode(want, word); err != nil {
					t.Fatal(err)
				}
				row := c.Embedding().Row(i)
				cosine := kernel.Dot(row, want) / float32(math.Sqrt(float64(kernel.Dot(row, row)*kernel.Dot(want, want))))
				if kernel.Dot(want, want) > 0 && !(cosine > 1-1e-5) {
					t.Errorf("%s %+v: %s has %v, its row is %v", pooling, s, word, want, row)
				}
			}
		}
	}
}
