package exchange

import (
	"context"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
)

// ReadVectors calls fn with each vector of a file or folder, in order, valid until fn
// returns; total is the number of vectors that the file states, 0 if it does not.
// Words are not needed. The result says what was read; it is closed.
func ReadVectors(ctx context.Context, path string, o Options, fn func(total int64, vector []float32) error) (*Vectors, error) {
	o.Unnamed = true
	v, err := Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	return v, v.Each(ctx, func(row Row) error { return fn(v.Rows, row.Values) })
}

// ReadLabeled calls fn with each vector and its label: its id, which must be a whole number, or
// without Options.IDs its row, from 0.
func ReadLabeled(ctx context.Context, path string, o Options, fn func(total, label int64, vector []float32) error) (*Vectors, error) {
	o.Unnamed = true
	v, err := Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	return v, v.Each(ctx, func(row Row) error {
		label := v.stats.Rows - 1
		if o.IDs {
			if label, err = strconv.ParseInt(string(row.Token), 10, 64); err != nil {
				return fault.Mention("labels are whole numbers: leave out IDs, and the label of a vector is its row, from 0", "%s: the id %.60q cannot be a label", v.Place(), row.Token)
			}
		}
		return fn(v.Rows, label, row.Values)
	})
}

// ReadAll returns all vectors of a file or folder, one after the other, and a closed Vectors
// that says what was read. Words are not needed.
func ReadAll(ctx context.Context, path string, o Options) (packed []float32, v *Vectors, err error) {
	v, err = ReadVectors(ctx, path, o, func(_ int64, vector []float32) error {
		packed = append(packed, vector...)
		return nil
	})
	return packed, v, err
}
