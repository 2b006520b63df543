package checkpoints

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// MaxVectorDim is the greatest length of a vector that is read.
const MaxVectorDim = 1 << 14

// Vectors are the word vectors of a file or a folder, opened and not read yet. The
// format is told by the content:
//
//	word2vec      text: the numbers of words and dimensions, then a word and its
//	              values a line, as word2vec, gensim and fastText (.vec) write it
//	word2vec-bin  the same with binary values, as word2vec and gensim write it
//	glove         text without the first line
//	npy           a NumPy array of float32 or float64, a row a word; the words are
//	              the lines of a file of the same folder, vocab.tsv
//	model         a model folder of this program
//	safetensors   a folder with vocab.tsv and, in model.safetensors, the tensor
//	              embedding.weight or embeddings: a model without its MANIFEST
//
// Files may be compressed by gzip, bzip2 or zstd.
type Vectors struct {
	Path   string // as it was named
	Format string
	Dim    int         // length of a vector
	Rows   int64       // as the file says; 0: it does not
	Model  *Checkpoint // of a model folder, else nil

	reader   rowReader
	input    *text.Unpacked // nil for a folder
	closers  []io.Closer
	stats    VectorStats
	progress func(done, size int64)
}

// VectorsOptions say how OpenVectors reads.
type VectorsOptions struct {
	// State is whether Model has its training state, if the folder has. Default
	// false.
	State bool
	// Vocabulary is the file with the words of an array, each a line, with or
	// without a tab and its count. Default: vocab.tsv in the folder of the array.
	Vocabulary string
	// OnProgress hears how much of the file has been read. Default: nobody.
	OnProgress func(done, size int64)
}

// VectorRow is a word and its vector, valid until the function that was called
// with it returns.
type VectorRow struct {
	Token  []byte    // UTF-8, without tab and line break, not empty
	Count  int64     // in the text that it was learnt from; -1: unknown
	Values []float32 // Dim of them, finite
}

// VectorStats is what a pass over vectors met.
type VectorStats struct {
	Rows          int64  // those left out too
	Unusable      int64  // left out: the word is empty, or has a tab or a line break in it
	FirstUnusable string // where the first of them stands: "file:line"; "" when there is none
	Repaired      int64  // words in which bytes that are no UTF-8 became U+FFFD
}

// rowReader reads rows one behind the other.
type rowReader interface {
	// next returns the next row, io.EOF behind the last. Its token may be any bytes,
	// its values any numbers.
	next() (VectorRow, error)
	// place says where the last row stands: "line 12" as "file:12".
	place() string
}

// OpenVectors looks at a file, or reads and verifies a model folder. Its error
// says what a file is that holds no word vectors. Close the vectors when done.
//
// A first line that claims more than there is costs no memory: rows are read one
// at a time.
func OpenVectors(ctx context.Context, path string, o VectorsOptions) (*Vectors, error) {
	v := &Vectors{Path: path, progress: o.OnProgress}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return v, v.openFolder(ctx, o)
	}
	in, err := text.Unpack(ctx, path)
	if err != nil {
		return nil, err
	}
	v.input = in
	v.closers = append(v.closers, in)
	if err := v.detect(ctx, in.Reader, o); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// Close closes the files.
func (v *Vectors) Close() error {
	var errs []error
	for _, c := range v.closers {
		errs = append(errs, c.Close())
	}
	v.closers = nil
	return errors.Join(errs...)
}

// Stats tells about the pass of Each.
func (v *Vectors) Stats() VectorStats { return v.stats }

// Place says where the row stands that Each gave last: "vectors.txt:12", or
// "vectors.bin: byte 4711".
func (v *Vectors) Place() string { return v.reader.place() }

// Each calls fn with every row in the order of the file, once. A word that comes
// twice is given twice. A row of another length, a value that is no finite number,
// an end before the last row and more behind it are errors that say where. Rows
// whose word no vocabulary can hold are left out and counted. An error of fn ends
// the pass and is returned as it is; so does the end of ctx.
func (v *Vectors) Each(ctx context.Context, fn func(VectorRow) error) error {
	for {
		if v.stats.Rows%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.tell()
		}
		row, err := v.reader.next()
		if err == io.EOF {
			if v.Rows > 0 && v.stats.Rows != v.Rows {
				return fault.New("the file was cut: copy or download it again, and compare its size",
					"%s: it ends after %d of %d rows", v.Path, v.stats.Rows, v.Rows)
			}
			if v.stats.Rows == 0 {
				return fault.New(hintVectors, "%s: there are no vectors in it", v.Path)
			}
			v.tell()
			return nil
		}
		if err != nil {
			return err
		}
		v.stats.Rows++
		if at := notFiniteAt(row.Values); at >= 0 {
			return fault.New("every value must be a finite number: leave such rows out",
				"%s: value %d of %.40q is %v", v.Place(), at+1, row.Token, row.Values[at])
		}
		if !utf8.Valid(row.Token) {
			v.stats.Repaired++
			row.Token = bytes.ToValidUTF8(row.Token, []byte("\uFFFD"))
		}
		if len(row.Token) == 0 || bytes.ContainsAny(row.Token, "\t\n\r") {
			if v.stats.Unusable == 0 {
				v.stats.FirstUnusable = v.Place()
			}
			v.stats.Unusable++
			continue
		}
		if err := fn(row); err != nil {
			return err
		}
	}
}

func (v *Vectors) tell() {
	if v.progress != nil && v.input != nil {
		v.progress(v.input.Consumed(), v.input.Size())
	}
}

// notFiniteAt returns the index of the first NaN or infinity, -1: there is none.
func notFiniteAt(values []float32) int {
	for i, x := range values {
		if math.Float32bits(x)&exponent == exponent {
			return i
		}
	}
	return -1
}

// stored is an upper bound of the rows that a plain file of known size can hold
// when each takes least bytes; -1 when nothing is known.
func (v *Vectors) stored(least int) int64 {
	if v.input == nil || v.input.Size() == 0 || v.input.Compressed() {
		return -1
	}
	return v.input.Size() / int64(least)
}

const hintVectors = "vectors are read in the formats word2vec (text and binary), GloVe, fastText .vec, npy, and from a model folder"

// setDim checks and sets the dimension that a file says.
func (v *Vectors) setDim(dim int64) error {
	if dim < 1 || dim > MaxVectorDim {
		return fault.New(hintVectors, "%s: vectors of %d dimensions; 1 to %d are read", v.Path, dim, MaxVectorDim)
	}
	v.Dim = int(dim)
	return nil
}

// setRows checks and sets the number of rows that a file says.
func (v *Vectors) setRows(rows int64) error {
	if rows < 1 || rows > math.MaxInt32 {
		return fault.New(hintVectors, "%s: it says that it has %d rows; 1 to %d are read", v.Path, rows, math.MaxInt32)
	}
	v.Rows = rows
	return nil
}

// beside names a file of the folder that path is in.
func beside(path, name string) string { return filepath.Join(filepath.Dir(path), name) }

// cutHere makes the end of a file inside a row an error that says where.
func (v *Vectors) cutHere(row int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		of := ""
		if v.Rows > 0 {
			of = fmt.Sprintf(" of %d", v.Rows)
		}
		return fault.New("the file was cut: copy or download it again, and compare its size",
			"%s: it ends inside row %d%s", v.Path, row, of)
	}
	return err
}

// nothingMore makes sure that a binary file ends, but for line ends, behind its
// last row, and returns io.EOF.
func (v *Vectors) nothingMore(r *bufio.Reader) error {
	for {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return err
		case b != '\n' && b != '\r':
			return fault.New("the numbers at its start are wrong, or files were put together: write it again",
				"%s: there is more after the last of %d rows", v.Path, v.Rows)
		}
	}
}
