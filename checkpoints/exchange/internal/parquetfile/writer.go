package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic = "PAR1"

	// groupBytes is the size from which a row group is complete, and pageBytes that of a page.
	groupBytes = 16 << 20
	pageBytes  = 1 << 20
)

// Writer writes a table.
type Writer struct {
	w       io.Writer
	schema  Schema
	columns []column // of text, then the vectors
	footer  format.FileMetaData
	size    int64 // bytes written
	rows    int64 // buffered
	held    int   // bytes buffered
	buffer  []byte
}

// column buffers the values of a row group, as the encoding PLAIN writes them.
type column struct {
	data  []byte
	pages []page // complete ones
	rows  int    // of the last page
}

// page is a part of a column.
type page struct{ rows, end int }

// NewWriter returns a writer of a new table or, if size is not 0, one that goes on after size
// bytes with the row groups of footer, from Mark or Extend.
func NewWriter(w io.Writer, s Schema, size int64, footer []byte) (*Writer, error) {
	out := &Writer{w: w, schema: s, size: size, columns: make([]column, len(s.Texts)+1), footer: metadata(s)}
	if size == 0 {
		return out, out.write([]byte(magic))
	}
	var old format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &old); err != nil {
		return nil, fmt.Errorf("the row groups that were written: %w", err)
	}
	out.footer.RowGroups, out.footer.NumRows = old.RowGroups, old.NumRows
	return out, nil
}

// metadata is the footer of a table without rows.
func metadata(s Schema) format.FileMetaData {
	m := format.FileMetaData{Version: 2, CreatedBy: "luminavec"}
	m.Schema = append(m.Schema, format.SchemaElement{Name: "schema", NumChildren: thrift.New(int32(len(s.Texts) + 1))})
	required, repeated := thrift.New(format.Required), thrift.New(format.Repeated)
	for _, name := range s.Texts {
		if s.integer(name) {
			m.Schema = append(m.Schema, format.SchemaElement{Type: thrift.New(format.Int64), RepetitionType: required, Name: name})
			continue
		}
		m.Schema = append(m.Schema, format.SchemaElement{Type: thrift.New(format.ByteArray), RepetitionType: required, Name: name,
			ConvertedType: thrift.New(deprecated.UTF8), LogicalType: format.LogicalType{Value: &format.StringType{}}})
	}
	element := format.SchemaElement{Type: thrift.New(format.Float), RepetitionType: required, Name: "element"}
	switch s.Type {
	case Float16:
		element.Type, element.TypeLength, element.LogicalType = thrift.New(format.FixedLenByteArray), thrift.New(int32(2)), format.LogicalType{Value: &format.Float16Type{}}
	case Int8:
		element.Type, element.ConvertedType, element.LogicalType = thrift.New(format.Int32), thrift.New(deprecated.Int8), format.LogicalType{Value: &format.IntType{BitWidth: 8, IsSigned: true}}
	case Uint8:
		element.Type, element.ConvertedType, element.LogicalType = thrift.New(format.Int32), thrift.New(deprecated.Uint8), format.LogicalType{Value: &format.IntType{BitWidth: 8}}
	}
	m.Schema = append(m.Schema,
		format.SchemaElement{RepetitionType: required, Name: s.Vector, NumChildren: thrift.New(int32(1)), ConvertedType: thrift.New(deprecated.List), LogicalType: format.LogicalType{Value: &format.ListType{}}},
		format.SchemaElement{RepetitionType: repeated, Name: "list", NumChildren: thrift.New(int32(1))}, element)
	m.KeyValueMetadata = append(append(m.KeyValueMetadata, s.Metadata...), Metadata("ARROW:schema", arrowSchema(s)))
	return m
}

// integer reports whether a column of Texts has whole numbers.
func (s *Schema) integer(name string) bool { return slices.Contains(s.Integers, name) }

// Write writes a row: its texts, which are decimal in columns of whole numbers, and its vector in little-endian values of the schema's type.
func (w *Writer) Write(texts []string, vector []byte) error {
	for i, text := range texts {
		c := &w.columns[i]
		if before := len(c.data); w.schema.integer(w.schema.Texts[i]) {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fmt.Errorf("column %s: %.40q is not a whole number", w.schema.Texts[i], text)
			}
			c.data = little.AppendUint64(c.data, uint64(n))
			w.held += len(c.data) - before
		} else {
			c.data = append(little.AppendUint32(c.data, uint32(len(text))), text...)
			w.held += len(c.data) - before
		}
		c.grew(false)
	}
	c := &w.columns[len(w.columns)-1]
	c.data = append(c.data, vector...)
	c.grew(false)
	w.held += len(vector)
	if w.rows++; w.held < groupBytes {
		return nil
	}
	return w.flush()
}

// grew counts a row and completes the page if it is large enough, or it is the last one.
func (c *column) grew(last bool) {
	start := 0
	if len(c.pages) > 0 {
		start = c.pages[len(c.pages)-1].end
	}
	if !last {
		c.rows++
	}
	if c.rows > 0 && (last || len(c.data)-start >= pageBytes) {
		c.pages = append(c.pages, page{c.rows, len(c.data)})
		c.rows = 0
	}
}

func (w *Writer) write(b []byte) error {
	n, err := w.w.Write(b)
	w.size += int64(n)
	return err
}

// flush writes a row group.
func (w *Writer) flush() error {
	if w.rows == 0 {
		return nil
	}
	group := format.RowGroup{NumRows: w.rows, FileOffset: w.size, Ordinal: int16(min(len(w.footer.RowGroups), math.MaxInt16))}
	for i := range w.columns {
		chunk, err := w.chunk(i)
		if err != nil {
			return err
		}
		group.Columns = append(group.Columns, format.ColumnChunk{MetaData: chunk})
		group.TotalByteSize += chunk.TotalUncompressedSize
	}
	group.TotalCompressedSize = group.TotalByteSize
	w.footer.RowGroups = append(w.footer.RowGroups, group)
	w.footer.NumRows += w.rows
	w.rows, w.held = 0, 0
	return nil
}

// chunk writes the pages of a column.
func (w *Writer) chunk(i int) (m format.ColumnMetaData, err error) {
	c, vectors := &w.columns[i], i == len(w.schema.Texts)
	c.grew(true)
	start := w.size
	bytewise := vectors && w.schema.Type.size() == 1
	m = format.ColumnMetaData{Type: format.ByteArray, Encoding: []format.Encoding{format.Plain, format.RLE}, NumValues: w.rows}
	if vectors {
		m.PathInSchema = []string{w.schema.Vector, "list", "element"}
		m.NumValues = w.rows * int64(w.schema.Width)
		m.Type = [...]format.Type{format.Float, format.FixedLenByteArray, format.Int32, format.Int32}[w.schema.Type]
	} else {
		m.PathInSchema = []string{w.schema.Texts[i]}
		if w.schema.integer(w.schema.Texts[i]) {
			m.Type = format.Int64
		}
	}
	encoding := format.Plain
	if bytewise { // a number of 8 bits would take 32: it is an index into all of them
		encoding = format.RLEDictionary
		m.Encoding = append(m.Encoding, encoding)
		m.DictionaryPageOffset = w.size
		w.buffer = w.buffer[:0]
		for b := range 256 {
			x := int32(b)
			if w.schema.Type == Int8 {
				x = int32(int8(b))
			}
			w.buffer = little.AppendUint32(w.buffer, uint32(x))
		}
		if err := w.page(format.PageHeader{Type: format.DictionaryPage,
			DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: 256, Encoding: format.Plain})}); err != nil {
			return m, err
		}
	}
	m.DataPageOffset = w.size
	from := 0
	for _, p := range c.pages {
		values := p.rows
		w.buffer = w.buffer[:0]
		if vectors {
			values *= w.schema.Width
			w.buffer = appendLevels(w.buffer, p.rows, w.schema.Width)
		}
		if bytewise {
			w.buffer = append(w.buffer, 8) // bits of an index
			w.buffer = binary.AppendUvarint(w.buffer, uint64((values+7)/8)<<1|1)
		}
		w.buffer = append(w.buffer, c.data[from:p.end]...)
		if bytewise {
			w.buffer = append(w.buffer, make([]byte, -values&7)...)
		}
		from = p.end
		if err := w.page(format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{NumValues: int32(values),
			Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}); err != nil {
			return m, err
		}
	}
	c.data, c.pages = c.data[:0], c.pages[:0]
	m.TotalUncompressedSize = w.size - start
	m.TotalCompressedSize = m.TotalUncompressedSize
	return m, nil
}

// page writes the page in buffer.
func (w *Writer) page(h format.PageHeader) error {
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(w.buffer)), int32(len(w.buffer))
	h.CRC = int32(crc32.ChecksumIEEE(w.buffer))
	b, err := thrift.Marshal(new(thrift.CompactProtocol), h)
	if err != nil {
		return err
	}
	if err := w.write(b); err != nil {
		return err
	}
	return w.write(w.buffer)
}

// appendLevels appends the repetition levels of rows with width values each, 0 for the first and
// 1 for the others, and their definition levels, which are all 1: as runs, after the length of
// each.
func appendLevels(b []byte, rows, width int) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	for range rows {
		b = append(b, 1<<1, 0)
		if width > 1 {
			b = append(binary.AppendUvarint(b, uint64(width-1)<<1), 1)
		}
	}
	little.PutUint32(b[at:], uint32(len(b)-at-4))
	at = len(b)
	b = append(b, 0, 0, 0, 0)
	b = append(binary.AppendUvarint(b, uint64(rows*width)<<1), 1)
	little.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// Mark returns the number of rows and bytes written, and the row groups, for NewWriter. ok is
// false if rows are buffered, for which there is no place in the file yet.
func (w *Writer) Mark() (rows, size int64, footer []byte, ok bool) {
	if w.rows > 0 {
		return 0, 0, nil, false
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), w.footer)
	return w.footer.NumRows, w.size, footer, err == nil
}

// Finish writes what is buffered, and the footer.
func (w *Writer) Finish() error {
	if err := w.flush(); err != nil {
		return err
	}
	b, err := thrift.Marshal(new(thrift.CompactProtocol), w.footer)
	if err != nil {
		return err
	}
	b = little.AppendUint32(b, uint32(len(b)))
	return w.write(append(b, magic...))
}

// Extend returns where the footer of a table begins, and its row groups, for NewWriter. It is an
// error if its columns are not those of s.
func Extend(r io.ReaderAt, size int64, s Schema) (end int64, footer []byte, err error) {
	f, err := open(r, size)
	if err != nil {
		return 0, nil, err
	}
	protocol := new(thrift.CompactProtocol)
	want, err1 := thrift.Marshal(protocol, format.FileMetaData{Schema: metadata(s).Schema})
	has, err2 := thrift.Marshal(protocol, format.FileMetaData{Schema: f.Metadata().Schema})
	if err1 != nil || err2 != nil || !bytes.Equal(want, has) {
		return 0, nil, &OtherColumns{Columns(f.Root())}
	}
	footer, err = thrift.Marshal(protocol, *f.Metadata())
	if err != nil {
		return 0, nil, err
	}
	tail := make([]byte, 8)
	if _, err := r.ReadAt(tail, size-8); err != nil {
		return 0, nil, err
	}
	return size - 8 - int64(little.Uint32(tail)), footer, nil
}

// OtherColumns is the error for a table with columns of other names or types.
type OtherColumns struct{ Columns []string }

func (e *OtherColumns) Error() string { return fmt.Sprintf("it has the columns %q", e.Columns) }

// Columns are the names and types of the columns of a table.
func Columns(root *parquet.Column) []string {
	var list []string
	for _, c := range root.Columns() {
		list = append(list, c.Name()+" ("+TypeName(c)+")")
	}
	return list
}
