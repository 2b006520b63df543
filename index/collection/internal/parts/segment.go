package parts

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

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/mapped"
)

// A segment is a file of passages that never changes:
//
//	magic                     8 bytes
//	blocks                    for each: a frame of rows, one of their texts, then a frame for each field that occurs in it
//	table                     a frame: names of fields and what values they have, then labels, and sizes and CRC-32C of the frames, of each block
//	size of table, CRC-32C    4 bytes each, little endian
//	magic                     8 bytes
//
// A frame of rows is all about them but their texts. Frames are zstd, and the table has the CRC-32C of each, which is verified when it is read. A block has about
// blockBytes of text, which a query decompresses for each passage that it shows.
const (
	SegmentMagic   = "lvpass\x04\n"
	mixedMagic     = "lvpass\x03\n" // of earlier releases: each text of a row follows its length
	SegmentTrailer = 8 + len(SegmentMagic)

	blockBytes = 64 << 10
	blockRows  = 4096

	// maxFrame bounds the memory that a frame may ask for.
	maxFrame = 1 << 30
)

var errTruncated = errors.New("it was cut short while it was open")

// Castagnoli is the table of CRC-32C.
var Castagnoli = crc32.MakeTable(crc32.Castagnoli)

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithEncoderCRC(false))
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

// Pack compresses a frame.
func Pack(data []byte) []byte { return encoder().EncodeAll(data, nil) }

// Unpack decompresses a frame.
func Unpack(frame []byte) ([]byte, error) { return unpackTo(nil, frame) }

// unpackTo decompresses a frame to the memory of room, if that suffices.
func unpackTo(room, frame []byte) ([]byte, error) {
	data, err := decoder().DecodeAll(frame, room[:0])
	if err != nil {
		return nil, fmt.Errorf("a block cannot be decompressed: %w", err)
	}
	return data, nil
}

// Writer writes a segment. Labels must increase.
type Writer struct {
	w     io.Writer
	err   error
	table []byte // of the blocks so far
	names []string
	masks []byte         // what values each has, see maskOf
	index map[string]int // of names

	rows   []byte // of the block
	texts  []byte
	last   Row // the place of the last of them
	labels []int64
	kinds  map[int][]byte // kinds of values by field, a byte for each row up to the last that has it
	values map[int][]byte
	blocks int
	count  int64
}

// NewWriter returns a writer of a segment.
func NewWriter(w io.Writer) *Writer {
	s := &Writer{w: w, index: map[string]int{}, kinds: map[int][]byte{}, values: map[int][]byte{}}
	s.write([]byte(SegmentMagic))
	return s
}

func (s *Writer) write(p []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(p)
	}
}

// Add appends a passage.
func (s *Writer) Add(r *Row) error {
	n := len(s.labels)
	s.labels = append(s.labels, r.Label)
	s.rows, s.texts = appendRow(s.rows, s.texts, r, &s.last)
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
	if s.count++; len(s.rows)+len(s.texts) >= blockBytes || len(s.labels) == blockRows {
		s.flush()
	}
	return s.err
}

func (s *Writer) flush() {
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
	s.frame(s.texts)
	s.table = binary.AppendUvarint(s.table, uint64(len(s.kinds)))
	for _, i := range slices.Sorted(maps.Keys(s.kinds)) {
		s.table = binary.AppendUvarint(s.table, uint64(i))
		s.frame(append(appendText(nil, string(s.kinds[i])), s.values[i]...))
	}
	s.rows, s.texts, s.labels, s.last = s.rows[:0], s.texts[:0], s.labels[:0], Row{}
	clear(s.kinds)
	clear(s.values)
}

func (s *Writer) frame(data []byte) {
	frame := Pack(data)
	s.table = binary.AppendUvarint(s.table, uint64(len(frame)))
	s.table = binary.LittleEndian.AppendUint32(s.table, crc32.Checksum(frame, Castagnoli))
	s.write(frame)
}

// Finish writes what is left. The file is complete then, but not closed.
func (s *Writer) Finish() error {
	s.flush()
	head := append(appendTexts(nil, s.names), s.masks...)
	head = binary.AppendUvarint(head, uint64(s.blocks))
	frame := Pack(append(head, s.table...))
	s.write(frame)
	end := binary.LittleEndian.AppendUint32(nil, uint32(len(frame)))
	end = binary.LittleEndian.AppendUint32(end, crc32.Checksum(frame, Castagnoli))
	s.write(append(end, SegmentMagic...))
	return s.err
}

// Block is where a block of a segment is.
type Block struct {
	Labels  []int64
	rows    Span
	texts   Span
	Columns []ColumnSpan
}

// Span is where a frame of a segment is.
type Span struct {
	from, to int64
	sum      uint32
}

// ColumnSpan is where the values of a field are, by its number among the names of the segment.
type ColumnSpan struct {
	Field int
	Span
}

// Segment is an open segment.
type Segment struct {
	path   string
	file   *os.File
	data   []byte // mapped, or nil
	Names  []string
	Masks  []byte
	Blocks []Block
	mixed  bool // texts follow their lengths
}

// OpenSegment opens a segment and reads its table. size is what the collection says it has.
func OpenSegment(path string, size int64) (_ *Segment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &Segment{path: path, file: f}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != size || size < int64(len(SegmentMagic)+SegmentTrailer) {
		return nil, s.Damaged(fmt.Errorf("it has %d bytes, but %s says %d", info.Size(), InfoFile, size))
	}
	s.data = mapped.Map(f)
	if err := s.readTable(size); err != nil {
		return nil, s.Damaged(err)
	}
	return s, nil
}

// Damaged returns the error for a segment that cannot be read.
func (s *Segment) Damaged(err error) error {
	return fault.New(Rebuild, "%s is damaged: %w", s.path, err)
}

// bytes calls use with the bytes of a part of the file.
func (s *Segment) bytes(at Span, use func([]byte) error) (err error) {
	if s.data == nil {
		b := make([]byte, at.to-at.from)
		if _, err := s.file.ReadAt(b, at.from); err != nil {
			return s.Damaged(err)
		}
		return use(b)
	}
	was := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(was)
		if mapped.IsFault(recover()) {
			err = s.Damaged(errTruncated)
		}
	}()
	return use(s.data[at.from:at.to])
}

// frame returns the decompressed data of a frame, in the memory of room if that suffices.
func (s *Segment) frame(at Span, room []byte) (data []byte, err error) {
	err = s.bytes(at, func(b []byte) error {
		if crc32.Checksum(b, Castagnoli) != at.sum {
			return s.Damaged(fmt.Errorf("the checksum of the block at byte %d does not match", at.from))
		}
		if data, err = unpackTo(room, b); err != nil {
			return s.Damaged(err)
		}
		return nil
	})
	return data, err
}

func (s *Segment) readTable(size int64) error {
	var frame []byte
	from := size - int64(SegmentTrailer)
	err := s.bytes(Span{from: from, to: size}, func(b []byte) error {
		n := int64(binary.LittleEndian.Uint32(b))
		magic := string(b[8:])
		s.mixed = magic == mixedMagic
		if magic != SegmentMagic && !s.mixed || n > from-int64(len(SegmentMagic)) {
			return ErrFormat
		}
		sum := binary.LittleEndian.Uint32(b[4:])
		from -= n
		return s.bytes(Span{from: from, to: from + n}, func(b []byte) error {
			if crc32.Checksum(b, Castagnoli) != sum {
				return fmt.Errorf("the checksum of its table does not match")
			}
			var err error
			frame, err = Unpack(b)
			return err
		})
	})
	if err != nil {
		return err
	}
	err = s.bytes(Span{to: int64(len(SegmentMagic))}, func(b []byte) error {
		if s.mixed != (string(b) == mixedMagic) || !s.mixed && string(b) != SegmentMagic {
			return ErrFormat
		}
		return nil
	})
	if err != nil {
		return err
	}
	r := &Reader{Data: frame}
	s.Names = r.texts()
	s.Masks = r.Bytes(len(s.Names))
	s.Blocks = make([]Block, r.count())
	at, last := int64(len(SegmentMagic)), int64(-1)
	next := func() Span {
		n := r.number()
		if n > from-at {
			r.fail()
			n = 0
		}
		at += n
		return Span{at - n, at, r.Uint32()}
	}
	for i := range s.Blocks {
		b := &s.Blocks[i]
		b.Labels = make([]int64, r.count())
		label := int64(0)
		for j := range b.Labels {
			label += r.number()
			if label <= last || label >= MaxLabel {
				r.fail()
				break
			}
			b.Labels[j], last = label, label
		}
		b.rows = next()
		if !s.mixed {
			b.texts = next()
		}
		b.Columns = make([]ColumnSpan, r.count())
		for j := range b.Columns {
			field := r.number()
			if field >= int64(len(s.Names)) || j > 0 && int(field) <= b.Columns[j-1].Field {
				r.fail()
				break
			}
			b.Columns[j] = ColumnSpan{int(field), next()}
		}
		if r.Err != nil || len(b.Labels) == 0 {
			return ErrFormat
		}
	}
	if r.Err != nil || len(r.Data) > 0 || at != from {
		return ErrFormat
	}
	return nil
}

// Find returns the block and the row of a label.
func (s *Segment) Find(label int64) (b, i int, ok bool) {
	b, ok = slices.BinarySearchFunc(s.Blocks, label, func(b Block, label int64) int { return CompareLabels(b.Labels[0], label) })
	if ok {
		return b, 0, true
	}
	if b == 0 {
		return 0, 0, false
	}
	i, ok = slices.BinarySearch(s.Blocks[b-1].Labels, label)
	return b - 1, i, ok
}

// CompareLabels compares labels for package slices.
func CompareLabels(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Room is memory for the data of a block. The zero value has none.
type Room struct{ rows, texts []byte }

// Rows decodes the rows of a block that are wanted, in their order. Their texts share the memory of room, or
// have their own if it is nil.
func (s *Segment) Rows(n int, room *Room, wanted func(i int) bool, use func(i int, r Row)) error {
	if room == nil {
		room = new(Room)
	}
	b := &s.Blocks[n]
	texts := new(Reader)
	if !s.mixed {
		data, err := s.frame(b.texts, room.texts)
		if err != nil {
			return err
		}
		texts.Data, room.texts = data, data
	}
	return s.rows(b, room, texts, func(i int, r Row) {
		if wanted(i) {
			use(i, r)
		}
	})
}

// Places decodes the rows of a block without their texts and fields.
func (s *Segment) Places(n int, use func(i int, r Row)) error {
	if !s.mixed {
		return s.rows(&s.Blocks[n], new(Room), nil, use)
	}
	return s.rows(&s.Blocks[n], new(Room), nil, func(i int, r Row) {
		r.Text = ""
		use(i, r)
	})
}

// rows decodes the rows of a block. Without texts, the rows have none.
func (s *Segment) rows(b *Block, room *Room, texts *Reader, use func(i int, r Row)) error {
	data, err := s.frame(b.rows, room.rows)
	if err != nil {
		return err
	}
	room.rows = data
	r := &Reader{Data: data}
	if s.mixed {
		texts = r
	}
	var last Row
	for i, label := range b.Labels {
		last = r.row(label, &last, texts)
		if r.Err != nil {
			break
		}
		use(i, last)
	}
	if r.Err != nil || len(r.Data) > 0 || texts != nil && len(texts.Data) > 0 {
		return s.Damaged(ErrFormat)
	}
	return nil
}

// Live returns the rows of a block that are not dead.
func (s *Segment) Live(n int, dead *roaring64.Bitmap, withFields bool) ([]Row, error) {
	labels := s.Blocks[n].Labels
	rows := make([]Row, 0, len(labels))
	byRow := make(map[int]*Row, len(labels))
	err := s.Rows(n, nil, func(i int) bool { return !dead.Contains(uint64(labels[i])) }, func(i int, r Row) {
		rows = append(rows, r)
		byRow[i] = &rows[len(rows)-1]
	})
	if err == nil && withFields {
		err = s.Fields(n, byRow)
	}
	return rows, err
}

// Column decodes the values of a field in a block. The rows beyond kinds do not have it.
func (s *Segment) Column(at Span) (kinds []byte, values *Reader, err error) {
	data, err := s.frame(at, nil)
	if err != nil {
		return nil, nil, err
	}
	r := &Reader{Data: data}
	kinds = r.Bytes(r.count())
	return kinds, r, r.Err
}

// Fields sets the fields of rows of a block.
func (s *Segment) Fields(n int, rows map[int]*Row) error {
	b := &s.Blocks[n]
	for _, c := range b.Columns {
		kinds, values, err := s.Column(c.Span)
		if err != nil {
			return err
		}
		for i, kind := range kinds {
			v := values.Value(ValueKind(kind))
			if values.Err != nil || i >= len(b.Labels) {
				return s.Damaged(ErrFormat)
			}
			if r := rows[i]; r != nil && v != nil {
				r.Fields = append(r.Fields, documents.Field{Name: s.Names[c.Field], Value: v})
			}
		}
	}
	return nil
}

// Close closes the file.
func (s *Segment) Close() {
	if s.data != nil {
		mapped.Unmap(s.data)
		s.data = nil
	}
	s.file.Close()
}
