package sentence

import (
	"context"
	"runtime"

	"github.com/sourcegraph/conc/pool"
)

// batchTexts is the number of texts that a goroutine takes at a time: enough to keep scheduling
// cheap, and few enough to react quickly to a canceled context.
const batchTexts = 64

// EncodeBatch encodes texts on threads goroutines (0: one per core). The vectors are
// consecutive, len(texts) × Dim numbers in the order of the texts; known holds the number of
// known tokens of each text, and where it is 0 the vector is zero. The result does not depend
// on threads. If ctx is canceled, the call soon returns its error.
func (e *Encoder) EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error) {
	dim := e.Dim()
	vectors = make([]float32, len(texts)*dim)
	known = make([]int, len(texts))
	if err := e.encodeBatch(ctx, vectors, known, texts, threads); err != nil {
		return nil, nil, err
	}
	return vectors, known, nil
}

// encodeBatch is EncodeBatch that writes to slices of the right length.
func (e *Encoder) encodeBatch(ctx context.Context, vectors []float32, known []int, texts []string, threads int) error {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	if threads == 1 {
		return e.encodeTexts(ctx, vectors, known, texts)
	}
	dim := e.Dim()
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(threads)
	for from := 0; from < len(texts) && ctx.Err() == nil; from += batchTexts {
		to := min(from+batchTexts, len(texts))
		workers.Go(func(ctx context.Context) error {
			return e.encodeTexts(ctx, vectors[from*dim:to*dim], known[from:to], texts[from:to])
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// encodeTexts is encodeBatch on one goroutine.
func (e *Encoder) encodeTexts(ctx context.Context, vectors []float32, known []int, texts []string) (err error) {
	dim := e.Dim()
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if known[i], err = e.Encode(vectors[i*dim:(i+1)*dim], text); err != nil {
			return err
		}
	}
	return nil
}
