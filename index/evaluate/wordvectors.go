package evaluate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// errNoTable is the message of the panic that NewWordVectors gives for a
// checkpoint that is not one: checkpoints.Read returns none such.
const errNoTable = "evaluate: the checkpoint has no vocabulary or no embedding table of its length"

// WordVectors is a model's vocabulary with a copy of its vectors brought to
// length 1, so that a dot product is a cosine. A word that the vocabulary does not
// have is composed of its character n-grams where the model has them. It never
// changes; its methods may be called by several goroutines at once.
type WordVectors struct {
	vocabulary *tokenize.Vocabulary
	tokenizer  *tokenize.Tokenizer // may be nil: words are looked up as they are
	dim        int
	stride     int
	unit       []float32               // rows of length 1 (or 0), padded to stride
	parts      *checkpoints.Checkpoint // the n-grams of the model and no more; nil: none
}

// Neighbor is a word and the cosine of its vector with what was asked for.
type Neighbor struct {
	Word  string  `json:"word"`
	Score float32 `json:"score"`
}

// NewWordVectors copies the embedding table of c. It panics when c has no
// vocabulary or its table has not a row for each token of it.
func NewWordVectors(c *checkpoints.Checkpoint) *WordVectors {
	t := c.Embedding()
	if c.Vocabulary == nil || len(t.Shape) != 2 || t.Shape[0] != c.Vocabulary.Len() {
		panic(errNoTable)
	}
	rows, dim := t.Shape[0], t.Shape[1]
	from := t.Stride
	if from == 0 {
		from = dim
	}
	if from < dim || len(t.Data) < (rows-1)*from+dim {
		panic(errNoTable)
	}
	w := &WordVectors{vocabulary: c.Vocabulary, tokenizer: c.Tokenizer, dim: dim, stride: kernel.Stride(dim)}
	if c.NGrams != nil {
		table := map[string]checkpoints.Tensor{checkpoints.NGramTensor: c.Tensors[checkpoints.NGramTensor]}
		w.parts = &checkpoints.Checkpoint{NGrams: c.NGrams, Tensors: table}
	}
	w.unit = kernel.Aligned(rows * w.stride)
	for i := range rows {
		unit(w.row(int32(i)), t.Data[i*from:i*from+dim])
	}
	return w
}

// unit sets dst to x divided by its length. What has no direction (zero, or not
// finite) becomes zero.
func unit(dst, x []float32) {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	n := math.Sqrt(s)
	if n == 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		clear(dst)
		return
	}
	for i, v := range x {
		dst[i] = float32(float64(v) / n)
	}
}

// Len is the number of words, Dim the length of their vectors.
func (w *WordVectors) Len() int { return w.vocabulary.Len() }

// Dim is the length of the vectors.
func (w *WordVectors) Dim() int { return w.dim }

func (w *WordVectors) row(id int32) []float32 {
	return w.unit[int(id)*w.stride : (int(id)+1)*w.stride]
}

// ID returns a word's row. The word is looked up as it is and then as the
// model's tokenizer would write it: an uncased model finds "Paris" as "paris".
func (w *WordVectors) ID(word string) (int32, bool) {
	if id, ok := w.vocabulary.ID(word); ok {
		return id, true
	}
	folded, ok := w.fold(word)
	if !ok {
		return -1, false
	}
	return w.vocabulary.ID(folded)
}

// fold returns the word as the tokenizer writes it, if it is one word to it.
func (w *WordVectors) fold(word string) (string, bool) {
	if w.tokenizer == nil {
		return "", false
	}
	return w.tokenizer.Word(word)
}

// vector returns a word's vector of length 1, padded, and its row; -1 when it is
// composed. false: the word has no vector.
func (w *WordVectors) vector(word string) (v []float32, id int32, ok bool) {
	if id, ok := w.ID(word); ok {
		return w.row(id), id, true
	}
	v, n := w.compose(word)
	return v, -1, n > 0
}

// compose returns the vector of length 1, padded, of a word that the vocabulary
// does not have, and of how many n-grams it is the mean.
func (w *WordVectors) compose(word string) ([]float32, int) {
	if w.parts == nil {
		return nil, 0
	}
	if w.tokenizer != nil {
		var one bool
		if word, one = w.fold(word); !one {
			return nil, 0
		}
	}
	v := kernel.Aligned(w.stride)
	n := w.parts.Compose(v[:w.dim], word)
	unit(v, v)
	return v, n
}

// Composed is of how many character n-grams the vector of a word is the mean: 0
// for a word of the vocabulary, and for one that has no vector.
func (w *WordVectors) Composed(word string) int {
	if _, known := w.ID(word); known {
		return 0
	}
	_, n := w.compose(word)
	return n
}

// Similarity is the cosine of two words' vectors; false when one has none.
func (w *WordVectors) Similarity(a, b string) (float64, bool) {
	x, _, ok := w.vector(a)
	if !ok {
		return 0, false
	}
	y, _, ok := w.vector(b)
	if !ok {
		return 0, false
	}
	return float64(kernel.Dot(x, y)), true
}

// Neighbors returns the k words whose vectors are nearest to the word's, the
// word itself excluded. A word without a vector is an error whose hint suggests
// spellings that the model knows.
func (w *WordVectors) Neighbors(word string, k int) ([]Neighbor, error) {
	v, ids, err := w.vectors(word)
	if err != nil {
		return nil, err
	}
	return w.nearest(v[0], k, ids)
}

// Analogy answers "a is to b as c is to …" with the k words nearest to
// b - a + c (of unit vectors: 3CosAdd), the three words excluded.
func (w *WordVectors) Analogy(a, b, c string, k int) ([]Neighbor, error) {
	v, ids, err := w.vectors(a, b, c)
	if err != nil {
		return nil, err
	}
	target := kernel.Aligned(w.stride)
	kernel.Axpy(target, 1, v[1])
	kernel.Axpy(target, -1, v[0])
	kernel.Axpy(target, 1, v[2])
	unit(target, target)
	return w.nearest(target, k, ids)
}

// vectors looks words up; the error names the first that has no vector.
func (w *WordVectors) vectors(words ...string) ([][]float32, []int32, error) {
	vectors, ids := make([][]float32, len(words)), make([]int32, len(words))
	for i, word := range words {
		var ok bool
		if vectors[i], ids[i], ok = w.vector(word); !ok {
			return nil, nil, w.unknown(word)
		}
	}
	return vectors, ids, nil
}

func (w *WordVectors) unknown(word string) error {
	if strings.TrimSpace(word) == "" {
		return fault.New("name a word", "the word is empty")
	}
	ask := word
	if folded, ok := w.fold(word); ok {
		ask = folded
	}
	hint := fmt.Sprintf("it is not among the model's %d words; train on text that uses it, or lower --min-count", w.Len())
	if w.tokenizer != nil && w.tokenizer.Subwords() {
		hint = "the model's tokens are parts of words: embed text makes the vector of any word, embed explain shows its parts"
	}
	if near := w.vocabulary.Nearest(ask, 3); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return fault.New(hint, "unknown word %q", word)
}

// nearest scans the whole table.
func (w *WordVectors) nearest(target []float32, k int, exclude []int32) ([]Neighbor, error) {
	if k < 1 {
		return nil, errors.New("the number of neighbours must be at least 1")
	}
	best := make([]Neighbor, 0, min(k, w.Len())+1)
	scores := make([]float32, 1024)
	for from := 0; from < w.Len(); from += len(scores) {
		block := scores[:min(len(scores), w.Len()-from)]
		kernel.Dots(block, target, w.unit[from*w.stride:], w.stride)
		for i, score := range block {
			if len(best) == k && score <= best[k-1].Score || slices.Contains(exclude, int32(from+i)) {
				continue
			}
			n := Neighbor{w.vocabulary.Token(int32(from + i)), score}
			// After equals, so that the more frequent word comes first.
			at, _ := slices.BinarySearchFunc(best, n, func(a, b Neighbor) int {
				if c := cmp.Compare(b.Score, a.Score); c != 0 {
					return c
				}
				return -1
			})
			if best = slices.Insert(best, at, n); len(best) > k {
				best = best[:k]
			}
		}
	}
	return best, nil
}
