package words

import (
	"fmt"
	"math/rand/v2"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Tables holds the two V×d weight matrices of a word objective. Each row is
// padded with zeros to Stride values, a multiple of 16, and starts at a
// 64-byte boundary; the zeros stay zero under every update.
//
// The engines of several goroutines may share one Tables: they then update
// rows without locks (Hogwild; Niu, Recht, Ré and Wright, 2011).
type Tables struct {
	Rows   int       // V, the number of words
	Dim    int       // d, the length of a vector
	Stride int       // floats between rows
	In     []float32 // the word vectors, V×Stride
	Out    []float32 // the output (context) vectors, V×Stride

	// Position holds the position weights of an objective that has them,
	// Positions×Stride.
	Position []float32

	// NGrams holds the vectors of character n-grams, a multiple of Stride, and
	// Bag returns those of a word, in memory that does not change. The vector of a
	// word is then the mean of its row of In and of these (Bojanowski, Grave,
	// Joulin and Mikolov, 2017). Without n-grams both are nil.
	NGrams []float32
	Bag    func(word int32) []int32

	// Frozen marks the words whose vector does not change; nil: none. N-grams are not
	// part of frozen words.
	Frozen []bool
}

// NewTables returns tables as word2vec starts them: input vectors uniform in
// [-1/2d, 1/2d), drawn from seed, and output vectors zero.
func NewTables(rows, dim int, seed uint64) (*Tables, error) {
	if rows < 1 || dim < 1 {
		return nil, fmt.Errorf("tables must have at least 1 row and 1 dimension, got %d and %d", rows, dim)
	}
	stride := kernel.Stride(dim)
	t := &Tables{
		Rows: rows, Dim: dim, Stride: stride,
		In:  kernel.Aligned(rows * stride),
		Out: kernel.Aligned(rows * stride),
	}
	t.uniform(t.In, seed, streamRows)
	return t, nil
}

// The second word of a seed distinguishes the streams of one seed.
const (
	streamRows   = 0x6c756d696e61
	streamNGrams = 0x6e6772616d73
)

// uniform fills a table with numbers from [-1/2d, 1/2d).
func (t *Tables) uniform(table []float32, seed, stream uint64) {
	rng := rand.New(rand.NewPCG(seed, stream))
	for r := range len(table) / t.Stride {
		row := t.row(table, int32(r))
		for i := range row {
			row[i] = (rng.Float32() - 0.5) / float32(t.Dim)
		}
	}
}

// AddPositions adds position weights, all 1: every place in the window has the same weight.
func (t *Tables) AddPositions(count int) {
	t.Position = kernel.Aligned(count * t.Stride)
	for r := range count {
		row := t.row(t.Position, int32(r))
		for i := range row {
			row[i] = 1
		}
	}
}

// AddNGrams adds the vectors of rows character n-grams, drawn like those of the
// words; bag returns the rows of a word.
func (t *Tables) AddNGrams(rows int, bag func(word int32) []int32, seed uint64) {
	t.NGrams, t.Bag = kernel.Aligned(rows*t.Stride), bag
	t.uniform(t.NGrams, seed, streamNGrams)
}

// Vectors returns the words' vectors, V×Stride: In, or a new table where a vector
// is composed of several rows.
func (t *Tables) Vectors() []float32 {
	if t.NGrams == nil {
		return t.In
	}
	v := kernel.Aligned(t.Rows * t.Stride)
	for word := range int32(t.Rows) {
		t.compose(t.padded(v, word), word)
	}
	return v
}

// SetVector makes x, of length Dim, the vector of a word by changing its own row, not its
// n-grams.
func (t *Tables) SetVector(word int32, x []float32) {
	own, bag := t.in(word), t.bag(word)
	for k, v := range x {
		own[k] = float32(1+len(bag)) * v
		for _, gram := range bag {
			own[k] -= t.row(t.NGrams, gram)[k]
		}
	}
}

// compose sets dst, Stride long, to the vector of a word.
func (t *Tables) compose(dst []float32, word int32) {
	bag := t.bag(word)
	kernel.GatherRows(dst, t.padded(t.In, word), t.NGrams, t.Stride, bag, 1/float32(1+len(bag)))
}

// bag returns the n-grams that are part of a word's vector.
func (t *Tables) bag(word int32) []int32 {
	if t.Bag == nil || t.frozen(word) {
		return nil
	}
	return t.Bag(word)
}

func (t *Tables) frozen(word int32) bool { return t.Frozen != nil && t.Frozen[word] }

// in returns the unpadded input row of word id; out returns the output row.
func (t *Tables) in(id int32) []float32  { return t.row(t.In, id) }
func (t *Tables) out(id int32) []float32 { return t.row(t.Out, id) }

// position returns the unpadded weights of a place in the window.
func (t *Tables) position(place int32) []float32 { return t.row(t.Position, place) }

// padded returns a row with its padding.
func (t *Tables) padded(table []float32, id int32) []float32 {
	return table[int(id)*t.Stride : int(id+1)*t.Stride]
}

func (t *Tables) row(table []float32, id int32) []float32 {
	at := int(id) * t.Stride
	return table[at : at+t.Dim]
}
