package evaluate

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/internal/fault"
)

// Encoder encodes texts as vectors. *sentence.Encoder implements it, and so can a model that is
// still being trained.
type Encoder interface {
	// Dim returns the dimension of the vectors.
	Dim() int
	// EncodeBatch returns the vectors of texts, packed, and the number of known tokens of
	// each text, whose vector is zero if that is 0. With 0 threads it uses one per core.
	EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error)
}

// encodeTexts is the number of texts encoded at a time: enough to use all cores, and few
// enough to need little memory.
const encodeTexts = 4096

// maxThreads is the maximum number of goroutines of an evaluation, as of an index.
const maxThreads = 4096

func checkThreads(n int) error {
	if n < 0 || n > maxThreads {
		return fault.Field("Threads", "0 uses one per core", "must be from 0 to %d, got %d", maxThreads, n)
	}
	return nil
}

// truncated is an Encoder that uses only the first values of a vector.
type truncated struct {
	Encoder
	dim     int // number of values used
	threads int
}

// truncate returns the encoder that uses the first dim values, or all if dim is 0.
func truncate(e Encoder, dim, threads int) (*truncated, error) {
	if dim < 0 {
		return nil, fault.Field("Dim", "0 compares all dimensions", "must be at least 0, got %d", dim)
	}
	if dim > e.Dim() {
		return nil, fault.Field("Dim", "", "must not exceed the %d dimensions of the model, got %d", e.Dim(), dim)
	}
	if dim == 0 {
		dim = e.Dim()
	}
	return &truncated{e, dim, threads}, nil
}

// encode returns a function that returns the vector of each text, not normalized, and the
// number of known tokens of each.
func (t *truncated) encode(ctx context.Context, texts []string) (vector func(i int) []float32, known []int, err error) {
	vectors, known, err := t.EncodeBatch(ctx, texts, t.threads)
	if err != nil {
		return nil, nil, err
	}
	stride := t.Encoder.Dim()
	if len(vectors) != len(texts)*stride || len(known) != len(texts) {
		return nil, nil, fmt.Errorf("the encoder returned %d values for %d texts of %d dimensions", len(vectors), len(texts), stride)
	}
	return func(i int) []float32 { return vectors[i*stride:][:t.dim:t.dim] }, known, nil
}
