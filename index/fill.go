package index

import (
	"context"
	"fmt"
)

// fillPortion is how many vectors Fill collects before it adds them.
const fillPortion = 1024

// Fill makes an index of the vectors that read passes on, one at a time; the label of
// a vector is its number, from 0, and the first one sets o.Dim. total is the number of
// vectors to come, 0 if it is unknown; progress is called with the number of vectors in
// the index and with total. An error about a vector begins with name, where the vectors
// come from. The index is nil if there was no vector.
func Fill(ctx context.Context, o Options, name string, read func(add func(total int64, vector []float32) error) error, progress func(done, total int64)) (Index, error) {
	var ix Index
	var pending []float32
	var labels []int64
	next, known := int64(0), int64(0)
	flush := func() error {
		if len(labels) == 0 {
			return ctx.Err()
		}
		if err := ix.AddBatch(ctx, labels, pending); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		labels, pending = labels[:0], pending[:0]
		progress(next, known)
		return nil
	}
	err := read(func(total int64, vector []float32) (err error) {
		known = total
		if ix == nil {
			o.Dim = len(vector)
			if ix, err = New(o); err != nil {
				return err
			}
		}
		labels, pending = append(labels, next), append(pending, vector...)
		if next++; len(labels) < fillPortion {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return nil, err
	}
	return ix, nil
}
