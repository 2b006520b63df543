package exchange

import "context"

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

// ReadAll returns all vectors of a file or folder, one after the other, and a closed Vectors
// that says what was read. Words are not needed.
func ReadAll(ctx context.Context, path string, o Options) (packed []float32, v *Vectors, err error) {
	v, err = ReadVectors(ctx, path, o, func(_ int64, vector []float32) error {
		packed = append(packed, vector...)
		return nil
	})
	return packed, v, err
}
