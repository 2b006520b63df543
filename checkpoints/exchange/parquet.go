package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/spool"

	"github.com/parquet-go/parquet-go/format"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/parquetfile"
	"github.com/luminavec/luminavec/internal/fault"
)

// Parquet: a table with the columns of csv, in which the vector is a list. The type of the
// values, the dimensions and the scale are also in the metadata of the file.
func init() {
	Register(Format{
		Name: "parquet", Extensions: []string{".parquet", ".pq"}, Binary: true,
		Description: "a Parquet table: id, fields, text, vector as a list of fixed size",
		Holds:       Holds{IDs: Inside, Fields: Inside, Texts: true, Words: Inside, DTypes: DTypes()},
		Detect: func(head Head) Match {
			if bytes.HasPrefix(head.Data, []byte("PAR1")) {
				return Yes
			}
			return No
		},
		Read:  readParquet,
		Write: writeParquet,
		Extend: func(path string, shape Shape) (Base, error) {
			f, err := os.Open(path)
			if err != nil {
				return Base{}, err
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return Base{}, err
			}
			end, footer, err := parquetfile.Extend(f, info.Size(), parquetSchema(shape))
			var other *parquetfile.OtherColumns
			if errors.As(err, &other) {
				return Base{}, otherColumns(path, other.Columns, columnNames(shape))
			}
			extra, _ := json.Marshal(footer)
			return Base{End: end, Extra: extra}, err
		},
	})
}

// Keys of the metadata.
const (
	parquetDType = "luminavec.dtype"
	parquetDim   = "luminavec.dimensions"
	parquetScale = "luminavec.scale"
)

var parquetTypes = map[DType]parquetfile.Type{"": parquetfile.Float32, Float32: parquetfile.Float32, Float16: parquetfile.Float16, Int8: parquetfile.Int8, Binary: parquetfile.Uint8}

func parquetSchema(shape Shape) parquetfile.Schema {
	s := parquetfile.Schema{Vector: "vector", Type: parquetTypes[shape.DType], Width: shape.Dim}
	s.Metadata = []format.KeyValue{
		parquetfile.Metadata(parquetDType, string(cmp.Or(shape.DType, Float32))),
		parquetfile.Metadata(parquetDim, strconv.Itoa(shape.Dim)),
	}
	switch s.Type {
	case parquetfile.Int8:
		s.Metadata = append(s.Metadata, parquetfile.Metadata(parquetScale, strconv.FormatFloat(float64(shape.Scale), 'g', -1, 32)))
	case parquetfile.Uint8:
		s.Width = Binary.Bytes(shape.Dim)
	}
	shape.DType = Float32 // the scale is in the metadata
	names := columnNames(shape)
	s.Texts, s.Integers = names[:len(names)-1], shape.Integers
	return s
}

// parquetRows writes the rows of a table.
type parquetRows struct {
	shape  Shape
	w      *parquetfile.Writer
	texts  []string
	vector []byte
}

func writeParquet(w io.Writer, shape Shape) (RowWriter, error) {
	var footer []byte
	if shape.After.Bytes > 0 {
		if err := json.Unmarshal(shape.After.Extra, &footer); err != nil {
			return nil, fmt.Errorf("the row groups that were written: %w", err)
		}
	}
	file, err := parquetfile.NewWriter(w, parquetSchema(shape), shape.After.Bytes, footer)
	return &parquetRows{shape: shape, w: file}, err
}

func (p *parquetRows) Write(row Row) error {
	p.texts = p.texts[:0]
	if p.shape.HasID {
		p.texts = append(p.texts, row.ID)
	}
	p.texts = append(p.texts, row.Fields...)
	if p.shape.Text {
		p.texts = append(p.texts, string(row.Token))
	}
	p.vector = p.shape.DType.appendPacked(p.vector[:0], row.Values)
	return p.w.Write(p.texts, p.vector)
}

func (p *parquetRows) Finish() error { return p.w.Finish() }

func (p *parquetRows) Mark() (Mark, bool) {
	rows, size, footer, ok := p.w.Mark()
	if !ok {
		return Mark{}, false
	}
	extra, err := json.Marshal(footer)
	return Mark{Rows: rows, Bytes: size, Extra: extra}, err == nil
}

// parquetReader reads the rows of a table.
type parquetReader struct {
	v      *Vectors
	t      *parquetfile.File
	binary []byte // of a vector of Binary; nil: others
	bits   []float32
}

func readParquet(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	file, size, err := v.file(ctx, r)
	if err != nil {
		return nil, err
	}
	bad := func(err error) error {
		return fault.New("the file is damaged or truncated: write or copy it again", "%s: not a Parquet table that can be read: %w", v.Name(), err)
	}
	t, err := parquetfile.Open(file, size)
	if err != nil {
		return nil, bad(err)
	}
	v.closers = append(v.closers, t)
	column, err := pickColumn(v.Options.VectorColumn, t.Names(), append([]string{}, t.Fit()...))
	if err != nil {
		if len(t.Fit()) == 0 && v.Options.VectorColumn == "" {
			return nil, fault.New("a column of vectors is a list of float, double or half values; the columns are "+fault.Names(t.Columns()), "%s: no column holds vectors", v.Name())
		}
		return nil, fault.Mention(fault.Hint(err), "%s: %w", v.Name(), err)
	}
	rows := t.Rows()
	if rows < 1 {
		return nil, fault.New(Hint(), "%s: no vectors", v.Name())
	}
	width, err := t.Select(column, "id", "text")
	switch {
	case err != nil && !slices.Contains(t.Fit(), column):
		return nil, fault.Mention("name another one with VectorColumn; the columns are "+fault.Names(t.Columns()), "%s: column %s does not hold vectors: expected a list of float, double or half values", v.Name(), column)
	case err != nil:
		return nil, fault.New("each row needs a vector of the same length, without missing values", "%s: %w", v.Name(), err)
	}
	p := &parquetReader{v: v, t: t}
	v.detail += ", column " + column
	switch t.Type() {
	case parquetfile.Float16:
		v.setDType(Float16, 0)
	case parquetfile.Int8:
		v.setDType(Int8, 1)
		if text, ok := t.Metadata(parquetScale); ok {
			scale, err := strconv.ParseFloat(text, 32)
			if err != nil || !(scale > 0) {
				return nil, fault.New("write the file again", "%s: the scale %.40q in the metadata is not a positive number", v.Name(), text)
			}
			v.Scale = float32(scale)
		}
	case parquetfile.Uint8:
		stored, _ := t.Metadata(parquetDType)
		text, _ := t.Metadata(parquetDim)
		bits, _ := strconv.Atoi(text)
		if stored != string(Binary) {
			if v.Options.DType != Binary {
				return nil, fault.Mention("if they are packed signs, set DType to binary", "%s: column %s holds unsigned 8-bit integers, not vectors", v.Name(), column)
			}
			bits = 8 * width
		}
		if bits < 1 || bits > MaxDim || Binary.Bytes(bits) != width {
			return nil, fault.New("write the file again", "%s: %.20q dimensions do not fit rows of %d bytes", v.Name(), text, width)
		}
		v.setDType(Binary, 0)
		p.binary, p.bits, width = make([]byte, width), make([]float32, bits), bits
	}
	if err := v.SetRows(rows); err != nil {
		return nil, err
	}
	return p, v.SetDim(int64(width))
}

func (p *parquetReader) Place() string { return fmt.Sprintf("%s: row %d", p.v.Name(), p.v.stats.Rows) }

func (p *parquetReader) Next() (Row, error) {
	vector, texts, err := p.t.Next()
	if err == io.EOF {
		return Row{}, err
	}
	if err != nil {
		return Row{}, fault.New("each row needs a vector of the same length, without missing values; a file that ends early is truncated", "%s: %w", p.v.Name(), err)
	}
	switch p.v.DType {
	case Int8:
		for i := range vector {
			vector[i] *= p.v.Scale
		}
	case Binary:
		for i, x := range vector {
			p.binary[i] = byte(x)
		}
		Binary.unpack(p.bits, p.binary, 0)
		vector = p.bits
	}
	return Row{Token: []byte(texts[1]), Count: -1, Values: vector, ID: texts[0]}, nil
}

// file returns the input for reading at any place: a stream, or a compressed file, is copied to a
// temporary one.
func (v *Vectors) file(ctx context.Context, r io.Reader) (io.ReaderAt, int64, error) {
	if info, err := os.Stat(v.Path); err == nil && info.Mode().IsRegular() && !v.input.Compressed() {
		f, err := os.Open(v.Path)
		if err != nil {
			return nil, 0, err
		}
		v.closers = append(v.closers, f)
		return f, info.Size(), nil
	}
	f, err := os.CreateTemp("", "luminavec-*.tmp")
	if err != nil {
		return nil, 0, spool.Error(err)
	}
	v.closers = append(v.closers, &temporary{f})
	os.Remove(f.Name()) // where the system allows it, so that nothing is left behind
	size, err := io.Copy(f, readerOf(ctx, r))
	return f, size, err
}

// readerOf ends with the context.
func readerOf(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// temporary is a file that is removed when it is closed.
type temporary struct{ *os.File }

func (t *temporary) Close() error {
	err := t.File.Close()
	os.Remove(t.Name())
	return err
}
