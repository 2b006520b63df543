package distill

import (
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/train"
)

// besideRows are the rows of the model beside, times the weights of their tokens.
type besideRows struct {
	dim, stride int
	rows        []float32
}

// besides returns the rows of a model with the same tokens; none if it is nil.
func besides(tokens *tokenize.Vocabulary, e *sentence.Encoder) (b besideRows, err error) {
	if e == nil {
		return b, nil
	}
	folded, err := e.Fold()
	if err != nil {
		return b, err
	}
	c := folded.Checkpoint()
	table := c.Embedding()
	if !slices.Equal(tokens.Tokens(), c.Vocabulary.Tokens()) || table.Quantized != nil || c.Config.Encoder.Pooling != string(sentence.Mean) {
		return b, fault.Field("Beside", "train it with the same tokenizer, that of the teacher by default, and do not compress it",
			"must be a table of the same tokens in float32")
	}
	return besideRows{table.Shape[1], table.Stride, table.Data}, nil
}

// join puts the rows beside those of the table, each half scaled so that the texts' vectors in it have
// the same length on average.
func (d *distillation) join(b besideRows) {
	if b.dim == 0 {
		return
	}
	dim, stride := d.e.Dim, kernel.Stride(d.e.Dim)
	e := &train.Parameters{Rows: d.tokens, Dim: dim + b.dim, Table: kernel.Aligned(d.tokens * kernel.Stride(dim+b.dim))}
	wide := kernel.Stride(e.Dim)
	ratio := d.meanLength(d.e.Table, stride, dim, d.weights) / max(d.meanLength(b.rows, b.stride, b.dim, nil), 1e-30)
	for id := range d.tokens {
		row := e.Table[id*wide:]
		copy(row, d.e.Table[id*stride:][:dim])
		kernel.Axpy(row[dim:][:b.dim], float32(ratio)/d.weights[id], b.rows[id*b.stride:][:b.dim])
	}
	d.e = e
}
