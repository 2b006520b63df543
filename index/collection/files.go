package collection

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/internal/fault"
)

// source is a file that passages come from. Its number stays when it is renamed.
type source struct {
	number   uint64
	path     string
	kind     string
	skipped  string // why it has no passages, or ""
	size     int64  // -1 for what is not a file
	modified time.Time
	sum      [sha256.Size]byte
	text     int64 // bytes of its passages
	labels   []run // its passages in their order
}

// run is several labels that follow each other.
type run struct{ first, count int64 }

// appendLabel adds a label to runs.
func appendLabel(runs []run, label int64) []run {
	if n := len(runs); n > 0 && runs[n-1].first+runs[n-1].count == label {
		runs[n-1].count++
		return runs
	}
	return append(runs, run{label, 1})
}

func (s *source) count() (n int64) {
	for _, r := range s.labels {
		n += r.count
	}
	return n
}

// all returns the labels of the file.
func (s *source) all() []int64 {
	labels := make([]int64, 0, s.count())
	for _, r := range s.labels {
		for i := range r.count {
			labels = append(labels, r.first+i)
		}
	}
	return labels
}

// A files part has three frames after its magic, each with its size in 4 bytes before it: the
// numbers and paths, which queries read; the rest about files; and of each segment the labels that
// it has no longer, because the passage was deleted or a newer segment has it.
const filesMagic = "lvfile\x02\n"

// table is the content of a files part.
type table struct {
	files []*source
	dead  []*roaring64.Bitmap // by segment, oldest first
}

func (t *table) marshal() ([]byte, error) {
	paths := binary.AppendUvarint(nil, uint64(len(t.files)))
	var rest []byte
	for _, f := range t.files {
		paths = appendText(binary.AppendUvarint(paths, f.number), f.path)
		rest = appendText(appendText(rest, f.kind), f.skipped)
		rest = binary.AppendVarint(rest, f.size)
		rest = binary.LittleEndian.AppendUint64(rest, uint64(f.modified.UnixNano()))
		rest = append(rest, f.sum[:]...)
		rest = binary.AppendUvarint(rest, uint64(f.text))
		rest = binary.AppendUvarint(rest, uint64(len(f.labels)))
		for _, r := range f.labels {
			rest = binary.AppendUvarint(binary.AppendUvarint(rest, uint64(r.first)), uint64(r.count))
		}
	}
	dead := binary.AppendUvarint(nil, uint64(len(t.dead)))
	for _, d := range t.dead {
		d.RunOptimize()
		b, err := d.MarshalBinary()
		if err != nil {
			return nil, err
		}
		dead = appendText(dead, string(b))
	}
	data := []byte(filesMagic)
	for _, part := range [][]byte{paths, rest, dead} {
		frame := pack(part)
		data = binary.LittleEndian.AppendUint32(data, uint32(len(frame)))
		data = append(data, frame...)
	}
	return data, nil
}

// filesReader reads the parts of a table when they are needed.
type filesReader struct {
	path   string
	frames [3][]byte
}

func openTable(path string, p Part) (*filesReader, error) {
	r := &filesReader{path: path}
	if stat, err := os.Stat(path); err != nil {
		return nil, err
	} else if stat.Size() != p.Size || !stat.Mode().IsRegular() {
		return nil, r.damaged(fmt.Errorf("it has %d bytes, but %s says %d", stat.Size(), infoFile, p.Size))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if fmt.Sprintf("%x", sha256.Sum256(data)) != p.SHA256 {
		return nil, r.damaged(fmt.Errorf("its SHA-256 does not match %s", infoFile))
	}
	in := &reader{data: data}
	if string(in.bytes(len(filesMagic))) != filesMagic {
		return nil, r.damaged(errFormat)
	}
	for i := range r.frames {
		r.frames[i] = in.bytes(int(in.uint32()))
	}
	if in.err != nil || len(in.data) > 0 {
		return nil, r.damaged(errFormat)
	}
	return r, nil
}

func (r *filesReader) damaged(err error) error {
	return fault.New(hintRebuild, "%s is damaged: %w", r.path, err)
}

func (r *filesReader) frame(i int) (*reader, error) {
	data, err := unpack(r.frames[i])
	if err != nil {
		return nil, r.damaged(err)
	}
	return &reader{data: data}, nil
}

func (r *filesReader) end(in *reader) error {
	if in.err != nil || len(in.data) > 0 {
		return r.damaged(errFormat)
	}
	return nil
}

// paths returns the paths of files by number.
func (r *filesReader) paths() (map[uint64]string, error) {
	in, err := r.frame(0)
	if err != nil {
		return nil, err
	}
	n := in.count()
	paths := make(map[uint64]string, n)
	for range n {
		number := in.uvarint()
		paths[number] = in.text()
	}
	return paths, r.end(in)
}

// files returns all about the files, in their order.
func (r *filesReader) files() ([]*source, error) {
	in, err := r.frame(0)
	if err != nil {
		return nil, err
	}
	files := make([]*source, in.count())
	for i := range files {
		files[i] = &source{number: in.uvarint(), path: in.text()}
	}
	if err := r.end(in); err != nil {
		return nil, err
	}
	if in, err = r.frame(1); err != nil {
		return nil, err
	}
	for _, f := range files {
		f.kind, f.skipped, f.size = in.text(), in.text(), in.varint()
		if b := in.bytes(8); b != nil {
			f.modified = time.Unix(0, int64(binary.LittleEndian.Uint64(b)))
		}
		copy(f.sum[:], in.bytes(len(f.sum)))
		f.text = in.number()
		f.labels = make([]run, in.count())
		for i := range f.labels {
			f.labels[i] = run{in.number(), in.number()}
			if f.labels[i].first+f.labels[i].count > maxLabel {
				in.fail()
				break
			}
		}
	}
	return files, r.end(in)
}

// dead returns the labels that each of n segments has no longer.
func (r *filesReader) dead(n int) ([]*roaring64.Bitmap, error) {
	in, err := r.frame(2)
	if err != nil {
		return nil, err
	}
	if in.count() != n {
		return nil, r.damaged(errFormat)
	}
	dead := make([]*roaring64.Bitmap, n)
	for i := range dead {
		dead[i] = roaring64.New()
		if err := unmarshalBitmap(dead[i], []byte(in.text())); err != nil {
			return nil, r.damaged(err)
		}
	}
	return dead, r.end(in)
}

// unmarshalBitmap reads a bitmap. The library allocates what the first number says, panics for some
// inputs, and reads others that it panics for later, unless they are validated.
func unmarshalBitmap(b *roaring64.Bitmap, data []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Recovered(r)
		}
	}()
	const each = 12 // bytes, at least
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8)/each {
		return errFormat
	}
	if err := b.UnmarshalBinary(data); err != nil {
		return err
	}
	return b.Validate()
}
