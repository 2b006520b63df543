package index

import (
	"context"
	"fmt"
)

// fillPortion is the number of vectors that Fill collects before it adds them.
const fillPortion = 1024

// Fill is FillLabeled with the labels 0, 1, 2, ….
func Fill(ctx context.Context, o Options, name string, read func(add func(total int64, vector []float32) error) error, progress func(done, total int64)) (Index, error) {
	next := int64(-1)
	return FillLabeled(ctx, o, name, func(add func(total, label int64, vector []float32) error) error {
		return read(func(total int64, vector []float32) error {
			next++
			return add(total, next, vector)
		})
	}, progress)
}

// FillLabeled builds an index of the vectors that read passes to add, one at a time, with their
// labels. The first one sets o.Dim. With the kind Auto, which is the default here, the index becomes an HNSW index when there are too many
// vectors for a Flat one. total is the number of vectors to
// expect, or 0 if it is unknown. progress is called with the number of vectors in the index and
// with total. Errors about vectors start with name, which names their source. If read adds no
// vector, it returns a nil Index.
func FillLabeled(ctx context.Context, o Options, name string, read func(add func(total, label int64, vector []float32) error) error, progress func(done, total int64)) (Index, error) {
	if o.Kind == "" {
		o.Kind = Auto
	}
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
		if o.Kind == Auto && ix.Options().Kind == Flat {
			var err error
			ix, err = Settle(ctx, ix, nil)
			return err
		}
		return nil
	}
	err := read(func(total, label int64, vector []float32) (err error) {
		known = total
		if ix == nil {
			o.Dim = len(vector)
			if ix, err = New(o); err != nil {
				return err
			}
		}
		labels, pending = append(labels, label), append(pending, vector...)
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
