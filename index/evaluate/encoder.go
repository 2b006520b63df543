package evaluate

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/internal/fault"
)

// Encoder turns texts into vectors; *sentence.Encoder is one. A trainer that
// judges its model while it trains may have its own.
type Encoder interface {
	// Dim is the length of the vectors.
	Dim() int
	// EncodeBatch returns the vectors of texts one after the other, and the
	// number of known tokens of each text; where it is 0 the vector is zero. 0
	// threads are one per core.
	EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error)
}

// encodeTexts is how many texts are encoded at a time: enough to keep all
// cores at work, few enough for memory not to be felt.
const encodeTexts = 4096

// truncated is an Encoder of which the first values of a vector count.
type truncated struct {
	Encoder
	dim     int // of what counts
	threads int
}

// truncate makes the encoder of which the first dim values count; 0: all.
func truncate(e Encoder, dim, threads int) (*truncated, error) {
	if dim < 0 || dim > e.Dim() {
		return nil, fault.New("choose fewer, or leave the choice out to compare by all", "dim %d: the model's vectors have %d dimensions", dim, e.Dim())
	}
	if dim == 0 {
		dim = e.Dim()
	}
	return &truncated{e, dim, threads}, nil
}

// encode returns a function that gives the vector of each text, not
// normalised, and the number of known tokens of each.
func (t *truncated) encode(ctx context.Context, texts []string) (vector func(i int) []float32, known []int, err error) {
	vectors, known, err := t.EncodeBatch(ctx, texts, t.threads)
	if err != nil {
		return nil, nil, err
	}
	stride := t.Encoder.Dim()
	if len(vectors) != len(texts)*stride || len(known) != len(texts) {
		return nil, nil, fmt.Errorf("the encoder made %d numbers for %d texts of %d dimensions", len(vectors), len(texts), stride)
	}
	return func(i int) []float32 { return vectors[i*stride:][:t.dim:t.dim] }, known, nil
}
