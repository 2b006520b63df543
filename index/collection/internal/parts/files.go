package parts

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/internal/fault"
)

// Source is a file that passages come from. Its number stays when it is renamed.
type Source struct {
	Number   uint64
	Path     string
	Kind     string
	Skipped  string // why it has no passages, or ""
	Size     int64  // -1 for what is not a file
	Modified time.Time
	Sum      [sha256.Size]byte
	Text     int64 // bytes of its passages
	Labels   []Run // its passages in their order
}

// Run is several labels that follow each other.
type Run struct{ first, count int64 }

// AppendLabel adds a label to runs.
func AppendLabel(runs []Run, label int64) []Run {
	if n := len(runs); n > 0 && runs[n-1].first+runs[n-1].count == label {
		runs[n-1].count++
		return runs
	}
	return append(runs, Run{label, 1})
}

// Count returns the number of passages of the file.
func (s *Source) Count() (n int64) {
	for _, r := range s.Labels {
		n += r.count
	}
	return n
}

// All returns the labels of the file.
func (s *Source) All() []int64 {
	labels := make([]int64, 0, s.Count())
	for _, r := range s.Labels {
		for i := range r.count {
			labels = append(labels, r.first+i)
		}
	}
	return labels
}

// A files part has three frames after its magic, each with its size in 4 bytes before it: the
// numbers and paths, which queries read; the rest about files; and of each segment the labels that
// it has no longer, because the passage was deleted or a newer segment has it.
const FilesMagic = "lvfile\x02\n"

// Table is the content of a files part.
type Table struct {
	Files []*Source
	Dead  []*roaring64.Bitmap // by segment, oldest first
}

// Marshal returns the content of a files part.
func (t *Table) Marshal() ([]byte, error) {
	paths := binary.AppendUvarint(nil, uint64(len(t.Files)))
	var rest []byte
	for _, f := range t.Files {
		paths = appendText(binary.AppendUvarint(paths, f.Number), f.Path)
		rest = appendText(appendText(rest, f.Kind), f.Skipped)
		rest = binary.AppendVarint(rest, f.Size)
		rest = binary.LittleEndian.AppendUint64(rest, uint64(f.Modified.UnixNano()))
		rest = append(rest, f.Sum[:]...)
		rest = binary.AppendUvarint(rest, uint64(f.Text))
		rest = binary.AppendUvarint(rest, uint64(len(f.Labels)))
		for _, r := range f.Labels {
			rest = binary.AppendUvarint(binary.AppendUvarint(rest, uint64(r.first)), uint64(r.count))
		}
	}
	dead := binary.AppendUvarint(nil, uint64(len(t.Dead)))
	for _, d := range t.Dead {
		d.RunOptimize()
		b, err := d.MarshalBinary()
		if err != nil {
			return nil, err
		}
		dead = appendText(dead, string(b))
	}
	data := []byte(FilesMagic)
	for _, part := range [][]byte{paths, rest, dead} {
		frame := Pack(part)
		data = binary.LittleEndian.AppendUint32(data, uint32(len(frame)))
		data = append(data, frame...)
	}
	return data, nil
}

// TableReader reads the parts of a table when they are needed.
type TableReader struct {
	path   string
	frames [3][]byte
}

// OpenTable reads a files part. size and sum, its SHA-256 in hexadecimal digits, are what the collection says.
func OpenTable(path string, size int64, want string) (*TableReader, error) {
	r := &TableReader{path: path}
	if stat, err := os.Stat(path); err != nil {
		return nil, err
	} else if stat.Size() != size || !stat.Mode().IsRegular() {
		return nil, r.damaged(fmt.Errorf("it has %d bytes, but %s says %d", stat.Size(), InfoFile, size))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if fmt.Sprintf("%x", sha256.Sum256(data)) != want {
		return nil, r.damaged(fmt.Errorf("its SHA-256 does not match %s", InfoFile))
	}
	in := &Reader{Data: data}
	if string(in.Bytes(len(FilesMagic))) != FilesMagic {
		return nil, r.damaged(ErrFormat)
	}
	for i := range r.frames {
		r.frames[i] = in.Bytes(int(in.Uint32()))
	}
	if in.Err != nil || len(in.Data) > 0 {
		return nil, r.damaged(ErrFormat)
	}
	return r, nil
}

func (r *TableReader) damaged(err error) error {
	return fault.New(Rebuild, "%s is damaged: %w", r.path, err)
}

func (r *TableReader) frame(i int) (*Reader, error) {
	data, err := Unpack(r.frames[i])
	if err != nil {
		return nil, r.damaged(err)
	}
	return &Reader{Data: data}, nil
}

func (r *TableReader) end(in *Reader) error {
	if in.Err != nil || len(in.Data) > 0 {
		return r.damaged(ErrFormat)
	}
	return nil
}

// Paths returns the paths of files by number.
func (r *TableReader) Paths() (map[uint64]string, error) {
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

// Files returns all about the files, in their order.
func (r *TableReader) Files() ([]*Source, error) {
	in, err := r.frame(0)
	if err != nil {
		return nil, err
	}
	files := make([]*Source, in.count())
	for i := range files {
		files[i] = &Source{Number: in.uvarint(), Path: in.text()}
	}
	if err := r.end(in); err != nil {
		return nil, err
	}
	if in, err = r.frame(1); err != nil {
		return nil, err
	}
	for _, f := range files {
		f.Kind, f.Skipped, f.Size = in.text(), in.text(), in.varint()
		if b := in.Bytes(8); b != nil {
			f.Modified = time.Unix(0, int64(binary.LittleEndian.Uint64(b)))
		}
		copy(f.Sum[:], in.Bytes(len(f.Sum)))
		f.Text = in.number()
		f.Labels = make([]Run, in.count())
		for i := range f.Labels {
			f.Labels[i] = Run{in.number(), in.number()}
			if f.Labels[i].first+f.Labels[i].count > MaxLabel {
				in.fail()
				break
			}
		}
	}
	return files, r.end(in)
}

// Dead returns the labels that each of n segments has no longer.
func (r *TableReader) Dead(n int) ([]*roaring64.Bitmap, error) {
	in, err := r.frame(2)
	if err != nil {
		return nil, err
	}
	if in.count() != n {
		return nil, r.damaged(ErrFormat)
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
		return ErrFormat
	}
	if err := b.UnmarshalBinary(data); err != nil {
		return err
	}
	return b.Validate()
}
