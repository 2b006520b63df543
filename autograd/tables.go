package autograd

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
}

// NewTables returns tables as word2vec starts them: input vectors uniform in
// [-1/2d, 1/2d), drawn from seed, and output vectors zero.
func NewTables(rows, dim int, seed uint64) (*Tables, error) {
	if rows < 1 || dim < 1 {
		return nil, fmt.Errorf("tables of %d rows and dimension %d: both must be at least 1", rows, dim)
	}
	stride := kernel.Stride(dim)
	t := &Tables{
		Rows: rows, Dim: dim, Stride: stride,
		In:  kernel.Aligned(rows * stride),
		Out: kernel.Aligned(rows * stride),
	}
	rng := rand.New(rand.NewPCG(seed, 0x6c756d696e61)) // the second word only tells this stream from others of the same seed
	for r := range rows {
		row := t.In[r*stride : r*stride+dim]
		for i := range row {
			row[i] = (rng.Float32() - 0.5) / float32(dim)
		}
	}
	return t, nil
}

// in returns the unpadded input row of word id; out the output row.
func (t *Tables) in(id int32) []float32  { return t.row(t.In, id) }
func (t *Tables) out(id int32) []float32 { return t.row(t.Out, id) }

func (t *Tables) row(table []float32, id int32) []float32 {
	at := int(id) * t.Stride
	return table[at : at+t.Dim]
}
