package parquetfile

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/half"
)

// File is a table that is read.
type File struct {
	f       *parquet.File
	columns *text.ParquetColumns
	names   []string
	fit     []string // columns that can hold vectors
	vector  *parquet.Column
	others  []*parquet.Column // that are read with the vectors; nil: not in the table
	group   int
	cells   []*cells // of the row group
	row     int64
	width   int
	texts   []string
	values  []float32
}

// open opens a file; what parquet-go panics at is an error.
func open(r io.ReaderAt, size int64) (f *parquet.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.Recovered(v)
		}
	}()
	if err := text.CheckParquet(r, size, "the file"); err != nil {
		return nil, err
	}
	return parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

// Open reads the footer of a table.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, err
	}
	t := &File{f: f}
	if t.columns, err = text.NewParquetColumns(r, f.Metadata()); err != nil {
		return nil, err
	}
	for _, c := range f.Root().Columns() {
		t.names = append(t.names, c.Name())
		if leaf := leafOf(c); leaf != nil && leaf.MaxRepetitionLevel() == 1 && t.reader(leaf) != nil {
			t.fit = append(t.fit, c.Name())
		}
	}
	// A page is held in memory. What its chunk says bounds it, before it is read.
	for _, group := range f.Metadata().RowGroups {
		for _, c := range group.Columns {
			if m := c.MetaData; m.TotalCompressedSize > size || m.TotalUncompressedSize < 0 {
				return nil, fmt.Errorf("the footer states a column of %d bytes in a file of %d", m.TotalCompressedSize, size)
			}
		}
	}
	return t, nil
}

// Names are the columns of the table, and Fit those of them that can hold vectors: lists of
// numbers.
func (t *File) Names() []string { return t.names }
func (t *File) Fit() []string   { return t.fit }

// Columns lists the columns with their types.
func (t *File) Columns() []string { return Columns(t.f.Root()) }

// Rows is the number of rows.
func (t *File) Rows() int64 { return t.f.NumRows() }

// Metadata returns the value of a key of the file.
func (t *File) Metadata(key string) (string, bool) { return t.f.Lookup(key) }

// Close releases the pages that are held.
func (t *File) Close() error {
	for _, c := range t.cells {
		if c != nil {
			c.pages.Close()
		}
	}
	t.cells = nil
	return nil
}

// leafOf returns the only leaf below c, or nil.
func leafOf(c *parquet.Column) *parquet.Column {
	for !c.Leaf() {
		if len(c.Columns()) != 1 {
			return nil
		}
		c = c.Columns()[0]
	}
	return c
}

// reader returns how the values of a leaf are read, nil if they are not numbers of a vector.
func (t *File) reader(leaf *parquet.Column) func(parquet.Value) float32 {
	switch leaf.Type().Kind() {
	case parquet.Float:
		return func(v parquet.Value) float32 { return v.Float() }
	case parquet.Double:
		return func(v parquet.Value) float32 { return float32(v.Double()) }
	case parquet.FixedLenByteArray:
		if _, ok := t.element(leaf).LogicalType.Value.(*format.Float16Type); ok && leaf.Type().Length() == 2 {
			return func(v parquet.Value) float32 { return half.Value(little.Uint16(v.ByteArray())) }
		}
	case parquet.Int32:
		if bits, _ := integer(leaf); bits == 8 {
			return func(v parquet.Value) float32 { return float32(v.Int32()) }
		}
	}
	return nil
}

// element returns what the footer says of a leaf, of which parquet-go drops the type Float16.
func (t *File) element(leaf *parquet.Column) format.SchemaElement {
	i := 0
	for _, e := range t.f.Metadata().Schema {
		if !e.Type.Valid {
			continue
		}
		if i == leaf.Index() {
			return e
		}
		i++
	}
	return format.SchemaElement{}
}

// integer returns the bits of the whole numbers of a leaf, and whether they are signed.
func integer(leaf *parquet.Column) (bits int, signed bool) {
	if logical := leaf.Type().LogicalType(); logical != nil {
		if t, ok := logical.Value.(*format.IntType); ok {
			return int(t.BitWidth), t.IsSigned
		}
	}
	return 0, false
}

// TypeName describes the type of a column: "text", "list of float", "list of 64-bit integers".
func TypeName(c *parquet.Column) string {
	leaf := leafOf(c)
	if leaf == nil {
		return "struct"
	}
	name := strings.ToLower(leaf.Type().String())
	switch bits, signed := integer(leaf); {
	case bits > 0 && signed:
		name = fmt.Sprintf("%d-bit integer", bits)
	case bits > 0:
		name = fmt.Sprintf("unsigned %d-bit integer", bits)
	case leaf.Type().Kind() == parquet.ByteArray && strings.Contains(name, "string"):
		name = "text"
	}
	for range leaf.MaxRepetitionLevel() {
		name = "list of " + name
	}
	return name
}

// Type is how the vectors are stored. Call it after Select.
func (t *File) Type() Type {
	leaf := leafOf(t.vector)
	switch bits, signed := integer(leaf); {
	case bits == 8 && signed:
		return Int8
	case bits == 8:
		return Uint8
	case leaf.Type().Kind() == parquet.FixedLenByteArray:
		return Float16
	}
	return Float32
}

// Select chooses the column of vectors, one of Fit, and the columns that are read with it as
// texts, if the table has them. It returns the length of the first vector.
func (t *File) Select(vector string, texts ...string) (width int, err error) {
	t.vector = t.f.Root().Column(vector)
	if t.vector == nil || !slices.Contains(t.fit, vector) {
		return 0, fmt.Errorf("column %q does not hold vectors", vector)
	}
	for _, name := range texts {
		c := t.f.Root().Column(name)
		if c != nil && !c.Leaf() {
			c = nil
		}
		t.others = append(t.others, c)
	}
	t.texts = make([]string, len(texts))
	if t.values, _, err = t.next(); err != nil {
		return 0, err
	}
	t.width = len(t.values)
	t.Close()
	t.group, t.row = 0, 0
	return t.width, nil
}

// Next returns the next vector and the texts beside it, valid until the next call, and io.EOF
// after the last.
func (t *File) Next() (vector []float32, texts []string, err error) {
	vector, texts, err = t.next()
	if err == nil && len(vector) != t.width {
		err = fmt.Errorf("row %d: expected %d values in column %s but found %d", t.row, t.width, t.vector.Name(), len(vector))
	}
	return vector, texts, err
}

func (t *File) next() (_ []float32, _ []string, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // of a damaged page, the decoder may read what does not exist
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("row %d: %w", t.row+1, fault.Recovered(v))
		}
	}()
	groups := t.f.RowGroups()
	for t.cells == nil || t.cells[0].done() {
		if t.cells != nil {
			if err := t.cells[0].failed(); err != nil {
				return nil, nil, fmt.Errorf("row %d: %w", t.row+1, err)
			}
			t.Close()
			t.group++
		}
		if t.group == len(groups) {
			return nil, nil, io.EOF
		}
		leaf := leafOf(t.vector)
		if err := t.open(leaf, t.reader(leaf)); err != nil {
			return nil, nil, err
		}
		for _, c := range t.others {
			if err := t.open(c, nil); err != nil {
				return nil, nil, err
			}
		}
	}
	t.row++
	if t.values, err = t.cells[0].vector(t.values[:0]); err != nil {
		return nil, nil, fmt.Errorf("row %d: column %s: %w", t.row, t.vector.Name(), err)
	}
	for i, c := range t.cells[1:] {
		if c == nil {
			continue
		}
		if t.texts[i], err = c.text(); err != nil {
			return nil, nil, fmt.Errorf("row %d: column %s: %w", t.row, t.others[i].Name(), err)
		}
	}
	return t.values, t.texts, nil
}

// cells reads the values of a column in a row group.
type cells struct {
	leaf   *parquet.Column
	pages  *text.ParquetPages
	values parquet.ValueReader
	number func(parquet.Value) float32
	buffer []parquet.Value
	next   []parquet.Value // of buffer, not yet returned
	err    error
}

// open adds a column of the row group to t.cells, nil if leaf is nil.
func (t *File) open(leaf *parquet.Column, number func(parquet.Value) float32) error {
	if leaf == nil {
		t.cells = append(t.cells, nil)
		return nil
	}
	pages, err := t.columns.Pages(t.group, leaf.Index())
	if err != nil {
		return fmt.Errorf("column %s: %w", leaf.Name(), err)
	}
	t.cells = append(t.cells, &cells{leaf: leaf, pages: pages, number: number, buffer: make([]parquet.Value, 1024)})
	return nil
}

// done fills the buffer and reports whether there is no further value.
func (c *cells) done() bool {
	for len(c.next) == 0 && c.err == nil {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				c.err = err
				break
			}
			c.values = page.Values()
		}
		n, err := c.values.ReadValues(c.buffer)
		c.next = c.buffer[:n]
		if err == io.EOF {
			c.values = nil
		} else if err != nil {
			c.err = err
		}
	}
	return len(c.next) == 0
}

// failed returns the error that ended the column, nil if it was its end.
func (c *cells) failed() error {
	if errors.Is(c.err, io.EOF) && !errors.Is(c.err, io.ErrUnexpectedEOF) {
		return nil
	}
	return c.err
}

// vector appends the values of a row to dst.
func (c *cells) vector(dst []float32) ([]float32, error) {
	for first := true; !c.done(); first = false {
		v := c.next[0]
		if !first && v.RepetitionLevel() == 0 {
			return dst, nil
		}
		if v.DefinitionLevel() < c.leaf.MaxDefinitionLevel() || v.IsNull() {
			if first && len(c.next) > 0 && v.DefinitionLevel() < c.leaf.MaxDefinitionLevel()-1 {
				return nil, errors.New("the vector is missing (null) or empty")
			}
			return nil, errors.New("the vector is empty, or one of its values is missing (null)")
		}
		dst = append(dst, c.number(v))
		if len(dst) > 1<<16 {
			return nil, fmt.Errorf("a vector of more than %d values", 1<<16)
		}
		c.next = c.next[1:]
	}
	return dst, c.failed()
}

// text returns the value of a row as text, "" if it is missing.
func (c *cells) text() (string, error) {
	if c.done() {
		return "", errors.Join(c.failed(), errors.New("ends before the vectors"))
	}
	v := c.next[0]
	c.next = c.next[1:]
	if v.IsNull() {
		return "", nil
	}
	if k := c.leaf.Type().Kind(); k == parquet.ByteArray || k == parquet.FixedLenByteArray {
		return string(v.ByteArray()), nil
	}
	return v.String(), nil
}
