package vectors

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
)

// portion is how many vectors are read before they are added to an index.
const portion = 1024

// Index makes an index of the vectors of a file; the label of a vector is its row,
// from 0, and the first vector sets o.Dim. progress is called with the number of
// vectors in the index and the number in the file, 0 if that is unknown.
func Index(ctx context.Context, path string, o index.Options, progress func(done, total int64)) (index.Index, error) {
	var ix index.Index
	var pending []float32
	var labels []int64
	next := int64(0)
	flush := func(total int64) error {
		if len(labels) == 0 {
			return ctx.Err()
		}
		if err := ix.AddBatch(ctx, labels, pending); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		labels, pending = labels[:0], pending[:0]
		progress(next, total)
		return nil
	}
	total := int64(0)
	err := Read(ctx, path, func(n int64, vector []float32) (err error) {
		total = n
		if ix == nil {
			o.Dim = len(vector)
			if ix, err = index.New(o); err != nil {
				return err
			}
		}
		labels, pending = append(labels, next), append(pending, vector...)
		if next++; len(labels) < portion {
			return nil
		}
		return flush(n)
	})
	switch {
	case err != nil:
		return nil, err
	case ix == nil:
		return nil, fault.New(Hint, "%s holds no vectors", path)
	}
	return ix, flush(total)
}
