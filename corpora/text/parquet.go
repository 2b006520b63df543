package text

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/luminavec/luminavec/internal/fault"
)

// Parquet is the format of Apache Parquet. The records are rows, their positions are row
// numbers, and only the columns in RecordOptions.Fields are read, a page of each at a time. A list
// is an array, and a group or a map an object or an array of objects; numbers, decimals and
// booleans are written as in JSON, dates and times as in ISO 8601, UUIDs in hexadecimal. A column
// of bytes without a type is text if its bytes are UTF-8.
//
// Pages are compressed with Snappy, gzip, Brotli, zstd or LZ4. LZO and encrypted files are errors.
var Parquet = Register(&Format{Name: "Parquet", Magic: "PAR1", Detect: func(Head) Confidence { return No }, Open: openParquet})

const (
	// maxParquetFooter is the maximum size of the description at the end of a file, in bytes.
	maxParquetFooter = 256 << 20
	// maxParquetColumns is the maximum number of columns and groups.
	maxParquetColumns = 65_534
	// maxParquetDepth is how deep columns may be nested.
	maxParquetDepth = 64

	hintParquet = "the file is damaged or incomplete: copy or download it again, and compare its size"
)

// parquetRecords reads the rows of a file.
type parquetRecords struct {
	file    *File
	at      ReaderAtCloser
	groups  []format.RowGroup
	names   []string       // of the columns that are read
	nodes   []*parquetNode // of the columns that are read
	leaves  []*parquetLeaf
	float16 map[int]bool // leaves with numbers of 16 bits
	group   int          // row groups that have been opened
	rows    int64        // that are left in the current one
	row     int64        // of the file, from 1
}

func openParquet(f *File) (RecordReader, error) {
	at, size, err := f.At()
	if err != nil {
		return nil, err
	}
	p := &parquetRecords{file: f, at: counterAt{at, &f.source.consumed}}
	if err := p.fenced(func() error { return p.open(size) }); err != nil {
		at.Close()
		return nil, err
	}
	return p, nil
}

// counterAt counts the bytes that are read.
type counterAt struct {
	ReaderAtCloser
	n *atomic.Int64
}

func (c counterAt) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.ReaderAtCloser.ReadAt(p, offset)
	c.n.Add(int64(n))
	return n, err
}

// fenced calls code that uses the decoder, which may panic on a damaged file, also by reading
// memory that does not exist.
func (p *parquetRecords) fenced(call func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if x := recover(); x != nil {
			err = p.damaged(fmt.Errorf("decoder failed: %w", fault.Recovered(x)))
		}
	}()
	return call()
}

// damaged returns the error for a file that cannot be decoded.
func (p *parquetRecords) damaged(err error) error {
	if fault.Hint(err) != "" {
		return err
	}
	return fault.New(hintParquet, "%s: bad Parquet data: %w", Describe(p.file.Name), err)
}

// open reads the description of the file.
func (p *parquetRecords) open(size int64) error {
	about, err := readParquetFooter(p.at, size, Describe(p.file.Name))
	if err != nil {
		return p.damaged(err)
	}
	p.groups = about.RowGroups
	p.float16 = float16Columns(about)
	root, chunks, err := parquetColumns(about)
	if err != nil {
		return p.damaged(plainParquet(err))
	}
	if err := p.choose(root); err != nil {
		return err
	}
	for _, l := range p.leaves {
		var ok bool
		if l.chunk, ok = chunks[l.column.Index()].(*parquet.FileColumnChunk); !ok {
			return p.damaged(errors.New("it cannot be read"))
		}
	}
	return nil
}

// float16Columns are the indices of the leaves with numbers of 16 bits, a type that the decoder drops.
func float16Columns(about *format.FileMetaData) map[int]bool {
	leaves := map[int]bool{}
	i := 0
	for _, column := range about.Schema {
		if _, ok := column.LogicalType.Value.(*format.Float16Type); ok {
			leaves[i] = true
		}
		if column.Type.Valid {
			i++
		}
	}
	return leaves
}

// pagesOffset is where the pages of each column of parquetColumns begin.
const pagesOffset = 4

// parquetColumns returns the columns of a file and a chunk of each, which decodes pages that are
// not compressed: those of a pageStream. For them it makes a file that has only a footer.
func parquetColumns(about *format.FileMetaData) (*parquet.Column, []parquet.ColumnChunk, error) {
	group := format.RowGroup{}
	for _, column := range about.Schema {
		if column.Type.Valid {
			group.Columns = append(group.Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{
				Type: column.Type.V, Encoding: []format.Encoding{format.Plain}, PathInSchema: []string{column.Name},
				DataPageOffset: pagesOffset, TotalCompressedSize: math.MaxInt64 / 2}})
		}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &format.FileMetaData{Version: 1, Schema: about.Schema, RowGroups: []format.RowGroup{group}})
	if err != nil {
		return nil, nil, err
	}
	file := append([]byte("PAR1"), footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	file = append(file, "PAR1"...)
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(16<<10))
	if err != nil {
		return nil, nil, err
	}
	return f.Root(), f.RowGroups()[0].ColumnChunks(), nil
}

// plainParquet strips the name of the library from its errors.
func plainParquet(err error) error {
	if text := err.Error(); strings.Contains(text, "parquet-go") {
		return errors.New(strings.TrimPrefix(text, "parquet-go: "))
	}
	return err
}

// CheckParquet returns an error if the description at the end of a Parquet file of size bytes cannot be
// right, which a decoder would take for granted. It allocates a few times the length of the
// description at most. name is that of the file, for errors.
func CheckParquet(r io.ReaderAt, size int64, name string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.Recovered(v)
		}
	}()
	_, err = readParquetFooter(r, size, name)
	return err
}

// readParquetFooter returns the description at the end of the file, which has been checked.
func readParquetFooter(r io.ReaderAt, size int64, name string) (*format.FileMetaData, error) {
	footer, err := parquetFooter(r, size, name)
	if err != nil {
		return nil, err
	}
	var about format.FileMetaData
	var protocol thrift.CompactProtocol
	if err := thrift.NewDecoder(protocol.NewReaderFromBytes(footer)).Decode(&about); err != nil {
		return nil, fmt.Errorf("the footer: %w", err)
	}
	return &about, checkParquetFooter(&about, size)
}

// parquetFooter returns the description at the end of the file, in which lengths have been checked.
func parquetFooter(r io.ReaderAt, size int64, name string) ([]byte, error) {
	const ends = 4 + 4 + 4 // the marks at both ends, and the size of the footer
	if size < ends {
		return nil, fmt.Errorf("the file has only %d bytes", size)
	}
	var end [8]byte
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return nil, err
	}
	switch string(end[4:]) {
	case "PAR1":
	case "PARE":
		return nil, fault.New("write it again without encryption", "%s is encrypted", name)
	default:
		return nil, errors.New("the file does not end with PAR1")
	}
	n := int64(binary.LittleEndian.Uint32(end[:4]))
	if n > size-ends {
		return nil, fmt.Errorf("its footer is said to have %d bytes, but the file has %d", n, size)
	}
	if n > maxParquetFooter {
		return nil, fault.New("write it again with larger row groups or fewer columns", "%s: the footer is %d bytes long, the maximum is %d", name, n, maxParquetFooter)
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil {
		return nil, err
	}
	length, err := thriftStructSize(footer)
	if err != nil {
		return nil, fmt.Errorf("the footer: %w", err)
	}
	return footer[:length], nil
}

// checkParquetFooter checks what the decoder takes for granted.
func checkParquetFooter(about *format.FileMetaData, size int64) error {
	if len(about.Schema) == 0 || len(about.Schema) > maxParquetColumns {
		return fmt.Errorf("the footer lists %d columns, expected 1 to %d", len(about.Schema), maxParquetColumns)
	}
	leaves, open := 0, []int32{1} // how many children are still to come, at each level
	for i, column := range about.Schema {
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			return fmt.Errorf("the footer lists column %q after the last one", column.Name)
		}
		open[len(open)-1]--
		if column.Type.Valid {
			leaves++
		}
		if length := column.TypeLength; length.Valid && (length.V < 0 || length.V > MaxRecord) {
			return fmt.Errorf("column %q has values of %d bytes", column.Name, length.V)
		}
		n := column.NumChildren
		switch {
		case !n.Valid || n.V == 0:
		case n.V < 0 || int(n.V) >= len(about.Schema)-i || column.Type.Valid:
			return fmt.Errorf("column %q has %d columns", column.Name, n.V)
		case len(open) > maxParquetDepth:
			return fmt.Errorf("columns are nested more than %d levels deep", maxParquetDepth)
		default:
			open = append(open, n.V)
		}
	}
	for len(open) > 0 && open[len(open)-1] == 0 {
		open = open[:len(open)-1]
	}
	if len(open) > 0 {
		return errors.New("the footer lacks columns")
	}
	for g := range about.RowGroups {
		group := &about.RowGroups[g]
		if len(group.Columns) != leaves || group.NumRows < 0 {
			return fmt.Errorf("row group %d has %d columns and %d rows, expected %d columns", g+1, len(group.Columns), group.NumRows, leaves)
		}
		for c := range group.Columns {
			meta := &group.Columns[c].MetaData
			start := chunkStart(meta)
			if start < 0 || meta.DataPageOffset < 0 || meta.DataPageOffset > size || meta.TotalCompressedSize < 0 ||
				start > size || meta.TotalCompressedSize > size-start || meta.NumValues < 0 {
				return fmt.Errorf("column %d of row group %d is said to be at byte %d, %d bytes long, but the file has %d",
					c+1, g+1, start, meta.TotalCompressedSize, size)
			}
		}
	}
	return nil
}

// chunkStart returns where the pages of a column begin.
func chunkStart(meta *format.ColumnMetaData) int64 {
	if meta.DictionaryPageOffset != 0 {
		return meta.DictionaryPageOffset
	}
	return meta.DataPageOffset
}

// Close closes the file.
func (p *parquetRecords) Close() error {
	for _, l := range p.leaves {
		l.close()
	}
	return p.at.Close()
}

// Next reads the next row.
func (p *parquetRecords) Next(r *Record) error {
	return p.fenced(func() error { return p.next(r) })
}

func (p *parquetRecords) next(r *Record) error {
	for p.rows == 0 {
		if err := p.nextGroup(); err != nil {
			return err
		}
	}
	p.rows--
	p.row++
	at := Position{File: p.file.Name, Line: p.row, Rows: true}
	size := 0
	for _, l := range p.leaves {
		if err := l.row(); err != nil {
			return p.damaged(fmt.Errorf("row %d of column %q: %w", p.row, l.path, plainParquet(err)))
		}
		size += l.size
	}
	if size > MaxRecord {
		return &BadRecord{at, TooLong, fault.New("split a long text into several rows", "the record is longer than %d MiB", MaxRecord>>20)}
	}
	values := make([]Value, len(p.nodes))
	for i, n := range p.nodes {
		values[i] = n.value(at, p.file)
	}
	*r = Record{Position: at, Names: p.names, values: values}
	return nil
}

// nextGroup opens the next row group. It returns io.EOF after the last one.
func (p *parquetRecords) nextGroup() error {
	for _, l := range p.leaves {
		if more, err := l.more(); err != nil || more {
			if err == nil {
				err = errors.New("it has more rows than the footer says")
			}
			return p.damaged(fmt.Errorf("row group %d, column %q: %w", p.group, l.path, plainParquet(err)))
		}
	}
	if p.group == len(p.groups) {
		return io.EOF
	}
	group := &p.groups[p.group]
	p.group++
	for _, l := range p.leaves {
		if err := l.open(p.at, &group.Columns[l.column.Index()]); err != nil {
			return p.damaged(fmt.Errorf("row group %d, column %q: %w", p.group, l.path, plainParquet(err)))
		}
	}
	if p.rows = group.NumRows; len(p.leaves) == 0 {
		p.row, p.rows = p.row+p.rows, 0
	}
	return nil
}
