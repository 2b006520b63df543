package evaluate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// errNoTable is the message of the panic of NewWordVectors. checkpoints.Read never returns such
// a checkpoint.
const errNoTable = "evaluate: the checkpoint has no vocabulary or no embedding table of its length"

// WordVectors holds the vocabulary of a model and a copy of its vectors, divided by their
// lengths, so that dot products are cosines. Words that are not in the vocabulary are composed
// from their character n-grams if the model has n-grams. WordVectors is immutable, and its
// methods are safe for concurrent use.
type WordVectors struct {
	vocabulary *tokenize.Vocabulary
	tokenizer  *tokenize.Tokenizer // may be nil: words are then looked up unchanged
	dim        int
	stride     int
	unit       []float32               // rows of length 1 (or 0), padded to stride; whole(Len()) rows
	parts      *checkpoints.Checkpoint // only the n-grams of the model; nil if it has none
}

// Neighbor is a word and the cosine between its vector and the query.
type Neighbor struct {
	Word  string  `json:"word"`
	Score float32 `json:"score"`
}

// NewWordVectors copies the embedding table of c. It panics if c has no vocabulary or the table
// does not have a row for each of its tokens.
func NewWordVectors(c *checkpoints.Checkpoint) *WordVectors {
	t := c.Embedding()
	if c.Vocabulary == nil || len(t.Shape) != 2 || t.Shape[0] != c.Vocabulary.Len() {
		panic(errNoTable)
	}
	rows, dim := t.Shape[0], t.Shape[1]
	if t.Validate() != nil {
		panic(errNoTable)
	}
	w := &WordVectors{vocabulary: c.Vocabulary, tokenizer: c.Tokenizer, dim: dim, stride: kernel.Stride(dim)}
	if c.NGrams != nil {
		table := map[string]checkpoints.Tensor{checkpoints.NGramTensor: c.Tensors[checkpoints.NGramTensor]}
		w.parts = &checkpoints.Checkpoint{NGrams: c.NGrams, Tensors: table}
	}
	w.unit = kernel.Aligned(whole(rows) * w.stride)
	for i := range rows {
		unit(w.row(int32(i)), t.Row(i))
	}
	return w
}

// whole rounds a number of rows up to those that kernel.Dots compares at a time. It adds the
// products of further rows in another order, so that equal rows would get unequal scores.
func whole(rows int) int { return (rows + 7) &^ 7 }

// unit sets dst to x divided by its length. A vector that is zero or not finite becomes zero.
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

// Len returns the number of words.
func (w *WordVectors) Len() int { return w.vocabulary.Len() }

// Dim returns the dimension of the vectors.
func (w *WordVectors) Dim() int { return w.dim }

func (w *WordVectors) row(id int32) []float32 {
	return w.unit[int(id)*w.stride : (int(id)+1)*w.stride]
}

// ID returns the row of a word. It looks up the word unchanged, in normal form C, and then as the model's tokenizer
// normalizes it: an uncased model finds "Paris" as "paris".
func (w *WordVectors) ID(word string) (int32, bool) {
	if id, ok := w.vocabulary.ID(word); ok {
		return id, true
	}
	if id, ok := w.vocabulary.ID(norm.NFC.String(word)); ok {
		return id, true
	}
	folded, ok := w.fold(word)
	if !ok {
		return -1, false
	}
	return w.vocabulary.ID(folded)
}

// fold returns the word as the tokenizer normalizes it, if the result is a single word.
func (w *WordVectors) fold(word string) (string, bool) {
	if w.tokenizer == nil {
		return "", false
	}
	return w.tokenizer.Word(word)
}

// vector returns the padded vector of length 1 of a word, and its row, or -1 if the vector is
// composed. ok is false if the word has no vector.
func (w *WordVectors) vector(word string) (v []float32, id int32, ok bool) {
	if id, ok := w.ID(word); ok {
		return w.row(id), id, true
	}
	v, n := w.compose(word)
	return v, -1, n > 0
}

// compose returns the padded vector of length 1 of a word that is not in the vocabulary, and the
// number of n-grams it is the mean of.
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

// Composed returns the number of character n-grams of which the vector of a word is the mean: 0
// for a word of the vocabulary, and for one without a vector.
func (w *WordVectors) Composed(word string) int {
	if _, known := w.ID(word); known {
		return 0
	}
	_, n := w.compose(word)
	return n
}

// Similarity returns the cosine of the vectors of two words, and false if one has no vector. It is
// exactly 1 for equal vectors.
func (w *WordVectors) Similarity(a, b string) (float64, bool) {
	x, _, ok := w.vector(a)
	if !ok {
		return 0, false
	}
	y, _, ok := w.vector(b)
	if !ok {
		return 0, false
	}
	return cosine(x, y), true
}

// Neighbors returns the k words whose vectors are nearest to that of a word, excluding the word.
// If the word has no vector, it returns an error whose hint suggests known spellings.
func (w *WordVectors) Neighbors(word string, k int) ([]Neighbor, error) {
	v, ids, err := w.vectors(word)
	if err != nil {
		return nil, err
	}
	return w.nearest(v[0], k, ids)
}

// Analogy answers "a is to b as c is to …" with the k words nearest to b - a + c (of unit
// vectors: 3CosAdd), excluding the three words.
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

// vectors looks up words. The error names the first one without a vector.
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
	hint := fmt.Sprintf("the model has %d words: train on more text that contains this one", w.Len())
	if w.tokenizer != nil && w.tokenizer.Subwords() {
		hint = "the model's tokens are parts of words: encode the word as a text instead"
	}
	if near := w.vocabulary.Nearest(ask, 3); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return fault.New(hint, "unknown word %q", word)
}

// nearest scans the whole table.
func (w *WordVectors) nearest(target []float32, k int, exclude []int32) ([]Neighbor, error) {
	return w.best(k, exclude, func(from int, scores []float32) {
		kernel.Dots(scores, target, w.unit[from*w.stride:], w.stride)
	})
}

// best returns the k words of the highest scores. score sets those of the rows from from on.
func (w *WordVectors) best(k int, exclude []int32, score func(from int, scores []float32)) ([]Neighbor, error) {
	if k < 1 {
		return nil, errors.New("the number of neighbors must be positive")
	}
	best := make([]Neighbor, 0, min(k, w.Len())+1)
	scores := make([]float32, 1024)
	for from := 0; from < w.Len(); from += len(scores) {
		block := scores[:min(len(scores), w.Len()-from)]
		score(from, scores[:whole(len(block))])
		for i, score := range block {
			if len(best) == k && score <= best[k-1].Score || slices.Contains(exclude, int32(from+i)) {
				continue
			}
			n := Neighbor{w.vocabulary.Token(int32(from + i)), score}
			// After equal ones, so that the more frequent word comes first.
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
