package exchange

import (
	"math"
	"reflect"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// newSmall returns a model of four words with character n-grams and values at the edges
// of float32, in rows with a stride.
func newSmall(t testing.TB) *checkpoints.Checkpoint {
	t.Helper()
	v, err := tokenize.NewVocabulary([]string{"the", "of", "naïve", "cat"}, []int64{90, 40, 7, 5})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	grams, err := tokenize.NewNGrams(v, tokenize.NGramOptions{Min: 3, Max: 4, Buckets: 1000})
	if err != nil {
		t.Fatal(err)
	}
	table := checkpoints.NewTensor(grams.Rows(), 3)
	for i := range table.Rows() {
		copy(table.Row(i), []float32{float32(i), 0.5, -float32(i) / 3})
	}
	words := checkpoints.Tensor{Shape: []int{4, 3}, Stride: 5, Data: make([]float32, 20)}
	for i, row := range [][]float32{{1, -2.5, 0.1}, {math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1))}, {0, 1e-20, 3}, {7, 8, 9}} {
		copy(words.Row(i), row)
	}
	return &checkpoints.Checkpoint{
		Config:    checkpoints.Config{Kind: "skipgram", Dim: 3, NGrams: grams.Options()},
		Tokenizer: tokenizer, Vocabulary: v, NGrams: grams,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: words, checkpoints.NGramTensor: table},
	}
}

// wantSameTensors compares tensors bit by bit.
func wantSameTensors(t *testing.T, got, want map[string]checkpoints.Tensor) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for name, w := range want {
		g, ok := got[name]
		if !ok || !reflect.DeepEqual(g.Shape, w.Shape) {
			t.Errorf("tensor %q has shape %v, want %v", name, g.Shape, w.Shape)
			continue
		}
		for i := range w.Rows() {
			for j, v := range w.Row(i) {
				if math.Float32bits(g.Row(i)[j]) != math.Float32bits(v) {
					t.Errorf("tensor %q[%d][%d] = %v, want %v", name, i, j, g.Row(i)[j], v)
				}
			}
		}
	}
}
