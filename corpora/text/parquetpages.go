package text

import (
	"errors"
	"fmt"
	"io"

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
func (l *parquetLeaf) open(at io.ReaderAt, parts *parquet.File, number int, group parquet.RowGroup) error {
	l.close()
	meta := &parts.Metadata().RowGroups[number].Columns[l.column.Index()]
	switch first := parts.Metadata().RowGroups[0].Columns[l.column.Index()].MetaData.Codec; {
	case meta.FilePath != "":
		return fault.New("read the files with the data", "the column %q is stored in another file, %q", l.path, meta.FilePath)
	case meta.MetaData.Codec != first:
		return fault.New("write the file again with one compression", "the column %q is compressed with %v in the first row group and with %v in row group %d", l.path, first, meta.MetaData.Codec, number+1)
	case meta.MetaData.Codec == format.Lz4 || meta.MetaData.Codec == format.LZO:
		return fault.New("write the file again with zstd, gzip, Snappy, Brotli or LZ4_RAW", "the column %q is compressed with %v, which is not supported", l.path, meta.MetaData.Codec)
	}
	if err := l.checkPages(at, &meta.MetaData); err != nil {
		return err
	}
	chunk, ok := group.ColumnChunks()[l.column.Index()].(*parquet.FileColumnChunk)
	if !ok {
		return errors.New("the column cannot be read")
	}
	l.pages = chunk.PagesFrom(at)
	return nil
}

// checkPages checks the headers of all pages of a column: the decoder allocates what they say.
func (l *parquetLeaf) checkPages(at io.ReaderAt, meta *format.ColumnMetaData) error {
	var protocol thrift.CompactProtocol
	offset := chunkStart(meta)
	window := make([]byte, 0, 4<<10)
	for end := offset + meta.TotalCompressedSize; offset < end; {
		var n int
		for size := cap(window); ; size *= 4 {
			window = append(window[:0], make([]byte, min(int64(size), end-offset))...)
			if _, err := at.ReadAt(window, offset); err != nil && err != io.EOF {
				return err
			}
			var err error
			if n, err = thriftStructSize(window); err == nil {
				break
			}
			if err != errThriftShort || size >= maxPageHeader || int64(len(window)) == end-offset {
				return fmt.Errorf("the header of the page at byte %d: %w", offset, err)
			}
		}
		var header format.PageHeader
		if err := thrift.NewDecoder(protocol.NewReaderFromBytes(window[:n])).Decode(&header); err != nil {
			return fmt.Errorf("the header of the page at byte %d: %w", offset, err)
		}
		if err := l.checkPage(&header, end-offset-int64(n)); err != nil {
			return fmt.Errorf("the page at byte %d: %w", offset, err)
		}
		offset += int64(n) + int64(header.CompressedPageSize)
	}
	return nil
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
			int64(v2.RepetitionLevelsByteLength)+int64(v2.DefinitionLevelsByteLength) > stored {
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
			parquet.Release(l.page)
			l.page, l.values = nil, nil
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

// close ends the reading of the row group.
func (l *parquetLeaf) close() {
	if l.page != nil {
		parquet.Release(l.page)
	}
	if l.pages != nil {
		l.pages.Close()
	}
	l.pages, l.page, l.values, l.at, l.n = nil, nil, nil, 0, 0
}
