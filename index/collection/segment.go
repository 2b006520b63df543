package collection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/klauspost/compress/zstd"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/mapped"
)

// A segment is a file of passages that never changes:
//
//	magic                     8 bytes
//	blocks                    for each: a frame of rows, then a frame for each field that occurs in it
//	table                     a frame: names of fields and what values they have, then labels, and sizes and CRC-32C of the frames, of each block
//	size of table, CRC-32C    4 bytes each, little endian
//	magic                     8 bytes
//
// Frames are zstd, and the table has the CRC-32C of each, which is verified when it is read. A block has about
// blockBytes of text, which a query decompresses for each passage that it shows.
const (
	segmentMagic   = "lvpass\x03\n"
	segmentTrailer = 8 + len(segmentMagic)

	blockBytes = 48 << 10
	blockRows  = 4096

	// maxFrame bounds the memory that a frame may ask for.
	maxFrame = 1 << 30
)

var errTruncated = errors.New("it was cut short while it was open")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		panic(err)
	}
	return d
})

func pack(data []byte) []byte { return encoder().EncodeAll(data, nil) }

// unpack decompresses a frame.
func unpack(frame []byte) ([]byte, error) {
	data, err := decoder().DecodeAll(frame, nil)
	if err != nil {
		return nil, fmt.Errorf("a block cannot be decompressed: %w", err)
	}
	return data, nil
}

// segmentWriter writes a segment. Labels must increase.
type segmentWriter struct {
	w     io.Writer
	err   error
	table []byte // of the blocks so far
	names []string
	masks []byte         // what values each has, see maskOf
	index map[string]int // of names

	rows   []byte // of the block
	last   row    // the place of the last of them
	labels []int64
	kinds  map[int][]byte // kinds of values by field, a byte for each row up to the last that has it
	values map[int][]byte
	blocks int
	count  int64
}

func newSegmentWriter(w io.Writer) *segmentWriter {
	s := &segmentWriter{w: w, index: map[string]int{}, kinds: map[int][]byte{}, values: map[int][]byte{}}
	s.write([]byte(segmentMagic))
	return s
}

func (s *segmentWriter) write(p []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(p)
	}
}

// add appends a passage.
func (s *segmentWriter) add(r *row) error {
	n := len(s.labels)
	s.labels = append(s.labels, r.label)
	s.rows = appendRow(s.rows, r, &s.last)
	s.last.LastLine, s.last.End = max(r.FirstLine, r.LastLine), r.End
	for _, f := range r.Fields {
		kind := kindOf(f.Value)
		if kind == Missing {
			continue
		}
		i, ok := s.index[f.Name]
		if !ok {
			i = len(s.names)
			s.index[f.Name], s.names, s.masks = i, append(s.names, f.Name), append(s.masks, 0)
		}
		s.masks[i] |= maskOf(f.Value)
		if len(s.kinds[i]) > n {
			continue // the first of several fields of one name
		}
		s.kinds[i] = append(append(s.kinds[i], make([]byte, n-len(s.kinds[i]))...), byte(kind))
		s.values[i] = appendValue(s.values[i], f.Value)
	}
	if s.count++; len(s.rows) >= blockBytes || len(s.labels) == blockRows {
		s.flush()
	}
	return s.err
}

func (s *segmentWriter) flush() {
	if len(s.labels) == 0 {
		return
	}
	s.blocks++
	s.table = binary.AppendUvarint(s.table, uint64(len(s.labels)))
	last := int64(0)
	for _, label := range s.labels {
		s.table = binary.AppendUvarint(s.table, uint64(label-last))
		last = label
	}
	s.frame(s.rows)
	s.table = binary.AppendUvarint(s.table, uint64(len(s.kinds)))
	for _, i := range slices.Sorted(maps.Keys(s.kinds)) {
		s.table = binary.AppendUvarint(s.table, uint64(i))
		s.frame(append(appendText(nil, string(s.kinds[i])), s.values[i]...))
	}
	s.rows, s.labels, s.last = s.rows[:0], s.labels[:0], row{}
	clear(s.kinds)
	clear(s.values)
}

func (s *segmentWriter) frame(data []byte) {
	frame := pack(data)
	s.table = binary.AppendUvarint(s.table, uint64(len(frame)))
	s.table = binary.LittleEndian.AppendUint32(s.table, crc32.Checksum(frame, castagnoli))
	s.write(frame)
}

// finish writes what is left. The file is complete then, but not closed.
func (s *segmentWriter) finish() error {
	s.flush()
	head := append(appendTexts(nil, s.names), s.masks...)
	head = binary.AppendUvarint(head, uint64(s.blocks))
	frame := pack(append(head, s.table...))
	s.write(frame)
	end := binary.LittleEndian.AppendUint32(nil, uint32(len(frame)))
	end = binary.LittleEndian.AppendUint32(end, crc32.Checksum(frame, castagnoli))
	s.write(append(end, segmentMagic...))
	return s.err
}

// block is where a block of a segment is.
type block struct {
	labels  []int64
	rows    span
	columns []columnSpan
}

type span struct {
	from, to int64
	sum      uint32
}

type columnSpan struct {
	field int
	span
}

// segment is an open segment.
type segment struct {
	path   string
	file   *os.File
	data   []byte // mapped, or nil
	names  []string
	masks  []byte
	blocks []block
}

// openSegment opens a segment and reads its table. size is what the collection says it has.
func openSegment(path string, size int64) (_ *segment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &segment{path: path, file: f}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != size || size < int64(len(segmentMagic)+segmentTrailer) {
		return nil, s.damaged(fmt.Errorf("it has %d bytes, but %s says %d", info.Size(), infoFile, size))
	}
	s.data = mapped.Map(f)
	if err := s.readTable(size); err != nil {
		return nil, s.damaged(err)
	}
	return s, nil
}

func (s *segment) damaged(err error) error {
	return fault.New(hintRebuild, "%s is damaged: %w", s.path, err)
}

// bytes calls use with the bytes of a part of the file.
func (s *segment) bytes(at span, use func([]byte) error) (err error) {
	if s.data == nil {
		b := make([]byte, at.to-at.from)
		if _, err := s.file.ReadAt(b, at.from); err != nil {
			return s.damaged(err)
		}
		return use(b)
	}
	was := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(was)
		if mapped.IsFault(recover()) {
			err = s.damaged(errTruncated)
		}
	}()
	return use(s.data[at.from:at.to])
}

// frame returns the decompressed data of a frame.
func (s *segment) frame(at span) (data []byte, err error) {
	err = s.bytes(at, func(b []byte) error {
		if crc32.Checksum(b, castagnoli) != at.sum {
			return s.damaged(fmt.Errorf("the checksum of the block at byte %d does not match", at.from))
		}
		if data, err = unpack(b); err != nil {
			return s.damaged(err)
		}
		return nil
	})
	return data, err
}

func (s *segment) readTable(size int64) error {
	var frame []byte
	from := size - int64(segmentTrailer)
	err := s.bytes(span{from: from, to: size}, func(b []byte) error {
		n := int64(binary.LittleEndian.Uint32(b))
		if string(b[8:]) != segmentMagic || n > from-int64(len(segmentMagic)) {
			return errFormat
		}
		sum := binary.LittleEndian.Uint32(b[4:])
		from -= n
		return s.bytes(span{from: from, to: from + n}, func(b []byte) error {
			if crc32.Checksum(b, castagnoli) != sum {
				return fmt.Errorf("the checksum of its table does not match")
			}
			var err error
			frame, err = unpack(b)
			return err
		})
	})
	if err != nil {
		return err
	}
	err = s.bytes(span{to: int64(len(segmentMagic))}, func(b []byte) error {
		if string(b) != segmentMagic {
			return errFormat
		}
		return nil
	})
	if err != nil {
		return err
	}
	r := &reader{data: frame}
	s.names = r.texts()
	s.masks = r.bytes(len(s.names))
	s.blocks = make([]block, r.count())
	at, last := int64(len(segmentMagic)), int64(-1)
	next := func() span {
		n := r.number()
		if n > from-at {
			r.fail()
			n = 0
		}
		at += n
		return span{at - n, at, r.uint32()}
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		b.labels = make([]int64, r.count())
		label := int64(0)
		for j := range b.labels {
			label += r.number()
			if label <= last || label >= maxLabel {
				r.fail()
				break
			}
			b.labels[j], last = label, label
		}
		b.rows = next()
		b.columns = make([]columnSpan, r.count())
		for j := range b.columns {
			field := r.number()
			if field >= int64(len(s.names)) || j > 0 && int(field) <= b.columns[j-1].field {
				r.fail()
				break
			}
			b.columns[j] = columnSpan{int(field), next()}
		}
		if r.err != nil || len(b.labels) == 0 {
			return errFormat
		}
	}
	if r.err != nil || len(r.data) > 0 || at != from {
		return errFormat
	}
	return nil
}

// find returns the block and the row of a label.
func (s *segment) find(label int64) (b, i int, ok bool) {
	b, ok = slices.BinarySearchFunc(s.blocks, label, func(b block, label int64) int { return compareLabels(b.labels[0], label) })
	if ok {
		return b, 0, true
	}
	if b == 0 {
		return 0, 0, false
	}
	i, ok = slices.BinarySearch(s.blocks[b-1].labels, label)
	return b - 1, i, ok
}

func compareLabels(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// rows decodes the rows of a block that are wanted, in their order.
func (s *segment) rows(n int, wanted func(i int) bool, use func(i int, r row)) error {
	b := &s.blocks[n]
	data, err := s.frame(b.rows)
	if err != nil {
		return err
	}
	r := &reader{data: data}
	var last row
	for i, label := range b.labels {
		last = r.row(label, &last)
		if r.err != nil {
			break
		}
		if wanted(i) {
			use(i, last)
		}
	}
	if r.err != nil || len(r.data) > 0 {
		return s.damaged(errFormat)
	}
	return nil
}

// live returns the rows of a block that are not dead.
func (s *segment) live(n int, dead *roaring64.Bitmap, withFields bool) ([]row, error) {
	labels := s.blocks[n].labels
	rows := make([]row, 0, len(labels))
	byRow := make(map[int]*row, len(labels))
	err := s.rows(n, func(i int) bool { return !dead.Contains(uint64(labels[i])) }, func(i int, r row) {
		rows = append(rows, r)
		byRow[i] = &rows[len(rows)-1]
	})
	if err == nil && withFields {
		err = s.fields(n, byRow)
	}
	return rows, err
}

// column decodes the values of a field in a block. The rows beyond kinds do not have it.
func (s *segment) column(at span) (kinds []byte, values *reader, err error) {
	data, err := s.frame(at)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{data: data}
	kinds = r.bytes(r.count())
	return kinds, r, r.err
}

// fields sets the fields of rows of a block.
func (s *segment) fields(n int, rows map[int]*row) error {
	b := &s.blocks[n]
	for _, c := range b.columns {
		kinds, values, err := s.column(c.span)
		if err != nil {
			return err
		}
		for i, kind := range kinds {
			v := values.value(ValueKind(kind))
			if values.err != nil || i >= len(b.labels) {
				return s.damaged(errFormat)
			}
			if r := rows[i]; r != nil && v != nil {
				r.Fields = append(r.Fields, field(s.names[c.field], v))
			}
		}
	}
	return nil
}

func (s *segment) close() {
	if s.data != nil {
		mapped.Unmap(s.data)
		s.data = nil
	}
	s.file.Close()
}
