package text

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	// maxPageHeader is the maximum size of the header of a page; it may hold the smallest and the
	// largest value.
	maxPageHeader = 1 << 20
	// maxPage is the maximum size of a page after decompression. The limits below 64 MiB and
	// 16 million values are relaxed if the stored page is large.
	maxPage       = 1 << 30
	freePage      = 64 << 20
	freeValues    = 16 << 20
	maxExpansion  = 4096 // bytes for one stored byte
	parquetValues = 128  // values that are taken from a page at a time
)

// parquetLeaf reads the values of one column, row by row.
type parquetLeaf struct {
	column *parquet.Column
	path   string
	about  parquetType

	chunk  *parquet.FileColumnChunk // of parquetColumns: what decodes the pages
	stream pageStream
	pages  parquet.Pages // nil: no row group is open
	page   parquet.Page
	values parquet.ValueReader
	buffer [parquetValues]parquet.Value
	at, n  int // buffer[at:n] is waiting

	entries []parquetEntry // of the current row
	size    int            // of the current row, in bytes
}

// parquetEntry is a value of a row with its levels, which say where in lists and groups it is.
// Source: Melnik et al., Dremel, 2010, section 4.
type parquetEntry struct {
	repetition, definition int
	value                  Value
}

// open opens the column in a row group.
func (l *parquetLeaf) open(in io.ReaderAt, chunk *format.ColumnChunk) error {
	l.close()
	if chunk.FilePath != "" {
		return fault.New("read the files with the data", "column %q is stored in another file, %q", l.path, chunk.FilePath)
	}
	start := chunkStart(&chunk.MetaData)
	l.stream = pageStream{leaf: l, in: in, codec: chunk.MetaData.Codec, next: start, end: start + chunk.MetaData.TotalCompressedSize,
		ready: l.stream.ready[:0], stored: l.stream.stored, unpacked: l.stream.unpacked, offset: pagesOffset}
	l.pages = l.chunk.PagesFrom(&l.stream)
	return nil
}

// ParquetColumns opens the columns of a Parquet file as the reader of records does: pages are checked
// and decompressed within bounds, before the decoder has them.
type ParquetColumns struct {
	in     io.ReaderAt
	groups []format.RowGroup
	leaves []*parquet.Column
	chunks []parquet.ColumnChunk
	half   map[int]bool
}

// NewParquetColumns returns the columns of a file with this footer.
func NewParquetColumns(in io.ReaderAt, about *format.FileMetaData) (*ParquetColumns, error) {
	root, chunks, err := parquetColumns(about)
	if err != nil {
		return nil, plainParquet(err)
	}
	p := &ParquetColumns{in: in, groups: about.RowGroups, chunks: chunks, half: float16Columns(about)}
	var add func(c *parquet.Column)
	add = func(c *parquet.Column) {
		if c.Leaf() {
			p.leaves = append(p.leaves, c)
		}
		for _, child := range c.Columns() {
			add(child)
		}
	}
	add(root)
	return p, nil
}

// Pages opens the pages of a leaf in a row group, both counted from 0.
func (p *ParquetColumns) Pages(group, leaf int) (*ParquetPages, error) {
	chunk, ok := p.chunks[leaf].(*parquet.FileColumnChunk)
	if !ok || leaf >= len(p.groups[group].Columns) {
		return nil, errors.New("it cannot be read")
	}
	c := p.leaves[leaf]
	l := &parquetLeaf{column: c, path: Path(c.Path()).String(), about: typeOf(c, p.half[leaf]), chunk: chunk}
	return &ParquetPages{l}, l.open(p.in, &p.groups[group].Columns[leaf])
}

// ParquetPages are the pages of a column in a row group.
type ParquetPages struct{ leaf *parquetLeaf }

// ReadPage returns the next page, and io.EOF after the last.
func (p *ParquetPages) ReadPage() (parquet.Page, error) {
	page, err := p.leaf.pages.ReadPage()
	if err != nil && p.leaf.stream.err != nil {
		err = p.leaf.stream.err
	}
	return page, err
}

// Close frees what is held.
func (p *ParquetPages) Close() { p.leaf.close() }

// pageStream is the pages of a column in a row group as the decoder reads them: checked,
// decompressed, and with headers that say so. The decoder itself would take as much memory as
// damaged data asks for.
type pageStream struct {
	leaf      *parquetLeaf
	in        io.ReaderAt
	codec     format.CompressionCodec
	next, end int64  // where the next page begins, and the last one ends
	offset    int64  // of ready in the stream
	ready     []byte // what the decoder reads next
	stored    []byte // a page as it is stored
	unpacked  []byte // and after decompression
	err       error
}

// ReadAt reads the stream from front to back.
func (s *pageStream) ReadAt(p []byte, offset int64) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if offset != s.offset {
		s.err = errors.New("the dictionary is missing")
		return 0, s.err
	}
	if len(s.ready) == 0 {
		if s.next == s.end {
			return 0, io.EOF
		}
		at := s.next
		if err := s.page(); err != nil {
			s.err = fmt.Errorf("the page at byte %d: %w", at, err)
			return 0, s.err
		}
	}
	n := copy(p, s.ready)
	s.ready, s.offset = s.ready[n:], s.offset+int64(n)
	return n, nil
}

// page makes the next page ready.
func (s *pageStream) page() error {
	var h format.PageHeader
	if err := s.header(&h); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	if err := s.leaf.checkPage(&h, s.end-s.next); err != nil {
		return err
	}
	n := int(h.CompressedPageSize)
	s.stored = slices.Grow(s.stored[:0], n)[:n]
	if err := readAtFull(s.in, s.stored, s.next); err != nil {
		return err
	}
	s.next += int64(n)
	if sum := crc32.ChecksumIEEE(s.stored); h.CRC != 0 && uint32(h.CRC) != sum {
		return fmt.Errorf("its checksum is %08x, expected %08x", sum, uint32(h.CRC))
	}
	levels, codec := 0, s.codec
	if v2 := &h.DataPageHeaderV2; h.Type == format.DataPageV2 {
		levels = int(v2.V.RepetitionLevelsByteLength + v2.V.DefinitionLevelsByteLength) // which are not compressed
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			codec = format.Uncompressed
		}
		v2.V.IsCompressed.V, v2.V.IsCompressed.Valid, v2.V.Statistics = false, true, format.Statistics{}
	}
	h.DataPageHeader.V.Statistics = format.Statistics{}
	size := int(h.UncompressedPageSize)
	s.unpacked = slices.Grow(s.unpacked[:0], size)[:size]
	copy(s.unpacked, s.stored[:levels])
	if err := unpackPage(s.unpacked[levels:], codec, s.stored[levels:]); err != nil {
		return err
	}
	h.CompressedPageSize, h.CRC = h.UncompressedPageSize, 0
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		return err
	}
	s.ready = append(append(s.ready[:0], header...), s.unpacked...)
	return nil
}

// header reads the header of the next page.
func (s *pageStream) header(h *format.PageHeader) error {
	for size := int64(1 << 10); ; size *= 8 {
		n := min(size, s.end-s.next)
		s.stored = slices.Grow(s.stored[:0], int(n))[:n]
		if err := readAtFull(s.in, s.stored, s.next); err != nil {
			return err
		}
		length, err := thriftStructSize(s.stored)
		if err == nil {
			s.next += int64(length)
			return thrift.NewDecoder(new(thrift.CompactProtocol).NewReaderFromBytes(bytes.Clone(s.stored[:length]))).Decode(h)
		}
		if err != errThriftShort || size >= maxPageHeader || n < size {
			return err
		}
	}
}

// readAtFull fills p.
func readAtFull(in io.ReaderAt, p []byte, offset int64) error {
	n, err := in.ReadAt(p, offset)
	if err == io.EOF {
		err = nil
		if n < len(p) {
			err = io.ErrUnexpectedEOF
		}
	}
	return err
}

// checkPage checks the header of a page after which the column has left bytes.
func (l *parquetLeaf) checkPage(h *format.PageHeader, left int64) error {
	stored, size := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if stored < 0 || stored > left {
		return fmt.Errorf("it is said to have %d bytes, but the column has %d more", stored, left)
	}
	if size < 0 || size > maxPage || size > freePage && size/maxExpansion > stored {
		return fmt.Errorf("it is said to hold %d bytes in %d stored ones", size, stored)
	}
	values, least := int64(0), int64(0) // and the fewest bytes that so many values take
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		values = int64(h.DictionaryPageHeader.V.NumValues)
		least = values * int64(l.about.least)
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		values = int64(h.DataPageHeader.V.NumValues)
		if l.column.MaxDefinitionLevel() == 0 && h.DataPageHeader.V.Encoding == format.Plain {
			least = values * int64(l.about.least)
		}
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		v2 := &h.DataPageHeaderV2.V
		values = int64(v2.NumValues)
		if v2.NumNulls < 0 || v2.NumNulls > v2.NumValues || v2.NumRows < 0 || v2.NumRows > v2.NumValues ||
			v2.RepetitionLevelsByteLength < 0 || v2.DefinitionLevelsByteLength < 0 ||
			int64(v2.RepetitionLevelsByteLength)+int64(v2.DefinitionLevelsByteLength) > min(stored, size) {
			return errors.New("its header contradicts itself")
		}
	default:
		return errors.New("it is not a page of data")
	}
	if values < 0 || values > max(freeValues, size) || least > size {
		return fmt.Errorf("it is said to hold %d values in %d bytes", values, size)
	}
	return nil
}

// peek makes the next value buffer[at]. It returns io.EOF after the last one.
func (l *parquetLeaf) peek() error {
	for l.at == l.n {
		if l.pages == nil {
			return io.EOF
		}
		if l.values == nil {
			page, err := l.pages.ReadPage()
			if err != nil && l.stream.err != nil {
				return l.stream.err
			}
			if err != nil {
				return err
			}
			l.page, l.values = page, page.Values()
		}
		n, err := l.values.ReadValues(l.buffer[:])
		l.at, l.n = 0, n
		if err != nil && err != io.EOF {
			return err
		}
		if n == 0 { // all values of the page have been converted
			l.release()
		}
	}
	return nil
}

// more reports whether values of the row group are left.
func (l *parquetLeaf) more() (bool, error) {
	err := l.peek()
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
}

// row reads the values of the next row. Of a row that is too long it counts the bytes only.
func (l *parquetLeaf) row() error {
	clear(l.entries)
	l.entries, l.size = l.entries[:0], 0
	for first := true; ; first = false {
		if err := l.peek(); err == io.EOF && !first {
			return nil
		} else if err == io.EOF {
			return errors.New("it has fewer rows than the footer says")
		} else if err != nil {
			return err
		}
		v := &l.buffer[l.at]
		repetition, definition := v.RepetitionLevel(), v.DefinitionLevel()
		switch {
		case first && repetition > 0:
			return errors.New("a row begins in the middle of a list")
		case !first && repetition == 0:
			return nil
		case repetition > l.column.MaxRepetitionLevel() || definition > l.column.MaxDefinitionLevel():
			return errors.New("a level is out of range")
		}
		l.at++
		e := parquetEntry{repetition, definition, nullValue}
		if definition == l.column.MaxDefinitionLevel() {
			e.value = l.about.convert(*v)
		}
		if l.size += 16 + e.value.size(); l.size <= MaxRecord+MaxRecord/2 {
			l.entries = append(l.entries, e)
		}
	}
}

// release gives up the current page.
func (l *parquetLeaf) release() {
	if l.page != nil {
		parquet.Release(l.page)
	}
	l.page, l.values, l.at, l.n = nil, nil, 0, 0
}

// close ends the reading of the row group.
func (l *parquetLeaf) close() {
	l.release()
	if l.pages != nil {
		l.pages.Close()
		l.pages = nil
	}
}
