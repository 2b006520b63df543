package exchange

import "context"

// ReadVectors calls fn with each vector of a file or folder, in order, valid until fn
// returns; total is the number of vectors that the file states, 0 if it does not.
// Words are not needed.
func ReadVectors(ctx context.Context, path string, fn func(total int64, vector []float32) error) error {
	v, err := Open(ctx, path, Options{Unnamed: true})
	if err != nil {
		return err
	}
	defer v.Close()
	return v.Each(ctx, func(row Row) error { return fn(v.Rows, row.Values) })
}

// ReadAll returns all vectors of a file or folder, one after the other, and their
// dimension. Words are not needed.
func ReadAll(ctx context.Context, path string) (packed []float32, dim int, err error) {
	err = ReadVectors(ctx, path, func(_ int64, vector []float32) error {
		dim = len(vector)
		packed = append(packed, vector...)
		return nil
	})
	return packed, dim, err
}
