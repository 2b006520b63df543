// Package vectors writes the vectors of texts, and reads files of vectors that
// another program computed, one row at a time. The format is detected from the content:
//
//   - a NumPy array (.npy) of float32 or float64, one row a vector;
//   - text, "word value value …" a line, with or without word2vec's first line;
//   - word2vec's binary format (.bin);
//   - JSON, an object whose member "vectors" is an object of arrays.
//
// Text and binary files may be compressed.
package vectors

import (
	"bufio"
	"bytes"
	"context"
	"os"

	"github.com/sbinet/npyio/npy"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// Hint says which files are read.
const Hint = "vectors are a .npy array of float32 or float64, or word vectors as text, word2vec's .bin or JSON"

// Read calls fn with each vector of the file at path, in their order, valid until
// fn returns; total is how many there are, as the file says, or 0. All have the
// same length. Values may be any numbers. Errors name the file and the place.
func Read(ctx context.Context, path string, fn func(total int64, vector []float32) error) error {
	f := &file{ctx: ctx, path: path, fn: fn}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReaderSize(in, 1<<20)
	switch head, _ := r.Peek(len(npy.Magic)); {
	case bytes.Equal(head, npy.Magic[:]):
		return f.npy(r)
	case bytes.HasPrefix(head, []byte("{")):
		return f.json(r)
	}
	v, err := checkpoints.OpenVectors(ctx, path, checkpoints.VectorsOptions{})
	if err == nil {
		defer v.Close()
		if v.Format == "word2vec-bin" {
			return f.binary(v)
		}
	}
	return f.text() // it says best what is wrong with text
}

// file is a file that is read.
type file struct {
	ctx   context.Context
	path  string
	fn    func(total int64, vector []float32) error
	total int64
}

// ReadAll returns all vectors of a file, one after another, and their length.
func ReadAll(ctx context.Context, path string) (packed []float32, dim int, err error) {
	err = Read(ctx, path, func(_ int64, vector []float32) error {
		dim = len(vector)
		packed = append(packed, vector...)
		return nil
	})
	if err == nil && dim == 0 {
		err = fault.New(Hint, "%s holds no vectors", path)
	}
	return packed, dim, err
}
