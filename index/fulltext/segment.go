package fulltext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	segmentapi "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"
	"github.com/klauspost/compress/zstd"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fileInfo is a file of the index.
type fileInfo struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	CRC   uint32 `json:"crc32c"`
}

// segmentInfo is a segment, as fulltext.json lists it.
type segmentInfo struct {
	Documents int       `json:"documents"`
	Postings  fileInfo  `json:"postings"`
	Labels    fileInfo  `json:"labels"`
	Packed    bool      `json:"packed,omitempty"` // labels are compressed; those of earlier releases are not
	Deleted   *fileInfo `json:"deleted,omitempty"`
}

// segment is an open segment. Documents have numbers from 0.
type segment struct {
	dir     string
	info    segmentInfo
	zap     segmentapi.Segment
	labels  []int64
	lengths []lengths
	deleted *roaring.Bitmap // may be nil

	byLabel []int32 // documents in the order of their labels; nil if that is their order
}

// lengths are the numbers of terms of a document.
type lengths struct{ heading, text int32 }

func (s *segment) path() string { return filepath.Join(s.dir, s.info.Postings.Name) }

func (s *segment) live() int {
	if s.deleted == nil {
		return len(s.labels)
	}
	return len(s.labels) - int(s.deleted.GetCardinality())
}

// openSegment opens the files of a segment, and compares their checksums: zap trusts what it reads,
// already when it opens a file, and would allocate what damaged bytes say.
func openSegment(dir string, info segmentInfo) (*segment, error) {
	s := &segment{dir: dir, info: info}
	for _, f := range []fileInfo{info.Postings, info.Labels} {
		if err := checkSize(dir, f); err != nil {
			return nil, err
		}
	}
	data, err := readFile(dir, info.Labels)
	if err != nil {
		return nil, err
	}
	if info.Packed {
		if data, err = unpacker().DecodeAll(data, nil); err != nil {
			return nil, fault.New(hintDamaged, "%s is damaged: %w", filepath.Join(dir, info.Labels.Name), err)
		}
	}
	if err := s.readLabels(data); err != nil {
		return nil, fault.New(hintDamaged, "%s is damaged: %w", filepath.Join(dir, info.Labels.Name), err)
	}
	if info.Deleted != nil {
		data, err := readFile(dir, *info.Deleted)
		if err != nil {
			return nil, err
		}
		if s.deleted, err = deletedSet(data, info.Documents); err != nil {
			return nil, fault.New(hintDamaged, "%s is damaged: %w", filepath.Join(dir, info.Deleted.Name), err)
		}
	}
	if err := sumFile(dir, info.Postings); err != nil {
		return nil, err
	}
	err = fenced(s.path(), func() error {
		s.zap, err = (&zap.ZapPlugin{}).Open(s.path())
		if err == nil && s.zap.Count() != uint64(info.Documents) {
			err = fmt.Errorf("it has %d documents, expected %d", s.zap.Count(), info.Documents)
		}
		return err
	})
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// fenced calls f, which reads the file path, and converts a panic to an error. SetPanicOnFault
// does the same for reads beyond the end of a mapped file, which would otherwise kill the process.
func fenced(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		var system *fs.PathError
		switch r := recover(); {
		case r == nil && errors.As(err, &system) && fault.Hint(err) == "":
			err = fault.New(hintDamaged, "reading %s: %w", path, err)
		case r != nil || err != nil && fault.Hint(err) == "": // zap's messages have bytes of the file
			err = fault.New(hintDamaged, "%s is damaged: its contents are inconsistent", path)
		}
	}()
	return f()
}

func checkSize(dir string, f fileInfo) error {
	path := filepath.Join(dir, f.Name)
	if f.Name != filepath.Base(f.Name) || f.Name == "." || f.Name == ".." {
		return fault.New(hintDamaged, "%s is damaged: invalid file name %q", filepath.Join(dir, infoFile), f.Name)
	}
	stat, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(hintDamaged, "%s is missing", path)
	case err != nil:
		return fmt.Errorf("open full-text index: %w", err)
	case stat.Size() != f.Bytes:
		return fault.New(hintDamaged, "%s is damaged: it has %d bytes, expected %d", path, stat.Size(), f.Bytes)
	}
	return nil
}

// readFile reads a file and compares its checksum.
func readFile(dir string, f fileInfo) ([]byte, error) {
	if err := checkSize(dir, f); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, f.Name))
	if err != nil {
		return nil, fmt.Errorf("open full-text index: %w", err)
	}
	return data, checkSum(dir, f, data)
}

func checkSum(dir string, f fileInfo, data []byte) error {
	if sum := crc32.Checksum(data, castagnoli); int64(len(data)) != f.Bytes || sum != f.CRC {
		return fault.New(hintDamaged, "%s is damaged: its checksum is %08x, expected %08x", filepath.Join(dir, f.Name), sum, f.CRC)
	}
	return nil
}

// sumFile compares the checksum of a file without holding it in memory.
func sumFile(dir string, f fileInfo) error {
	path := filepath.Join(dir, f.Name)
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open full-text index: %w", err)
	}
	defer in.Close()
	sum := crc32.New(castagnoli)
	if _, err := io.CopyBuffer(sum, struct{ io.Reader }{in}, make([]byte, 256<<10)); err != nil {
		return fault.New(hintDamaged, "reading %s: %w", path, err)
	}
	if sum.Sum32() != f.CRC {
		return fault.New(hintDamaged, "%s is damaged: its checksum is %08x, expected %08x", path, sum.Sum32(), f.CRC)
	}
	return nil
}

// verify compares the checksums of all files of the segment with what is on the disk now.
func (s *segment) verify() error {
	files := []fileInfo{s.info.Postings, s.info.Labels}
	if s.info.Deleted != nil {
		files = append(files, *s.info.Deleted)
	}
	for _, f := range files {
		if err := checkSize(s.dir, f); err != nil {
			return err
		}
		if err := sumFile(s.dir, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *segment) close() error {
	if s.zap == nil {
		return nil
	}
	z := s.zap
	s.zap = nil
	return fenced(s.path(), z.Close)
}

var packer = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
})

var unpacker = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		panic(err)
	}
	return d
})

// appendLabels encodes, for each document, its label as a difference from the one before, and its
// lengths.
func appendLabels(dst []byte, labels []int64, all []lengths) []byte {
	last := int64(0)
	for i, label := range labels {
		dst = binary.AppendVarint(dst, label-last)
		dst = binary.AppendUvarint(dst, uint64(all[i].heading))
		dst = binary.AppendUvarint(dst, uint64(all[i].text))
		last = label
	}
	return dst
}

func (s *segment) readLabels(data []byte) error {
	n := s.info.Documents
	if n < 1 || n > len(data)/3 {
		return fmt.Errorf("%d documents in %d bytes", n, len(data))
	}
	s.labels, s.lengths = make([]int64, n), make([]lengths, n)
	last, sorted := int64(0), true
	for i := range n {
		delta, a := binary.Varint(data)
		if a <= 0 {
			return io.ErrUnexpectedEOF
		}
		heading, b := binary.Uvarint(data[a:])
		if b <= 0 {
			return io.ErrUnexpectedEOF
		}
		text, c := binary.Uvarint(data[a+b:])
		if c <= 0 {
			return io.ErrUnexpectedEOF
		}
		if last += delta; last < 0 || heading > 1<<30 || text > 1<<30 {
			return fmt.Errorf("invalid entry of document %d", i)
		}
		sorted = sorted && (i == 0 || delta > 0)
		s.labels[i], s.lengths[i] = last, lengths{int32(heading), int32(text)}
		data = data[a+b+c:]
	}
	if len(data) > 0 {
		return fmt.Errorf("%d bytes too many", len(data))
	}
	s.order(sorted)
	return nil
}

// order prepares find.
func (s *segment) order(sorted bool) {
	s.byLabel = nil
	if sorted {
		return
	}
	s.byLabel = make([]int32, len(s.labels))
	for i := range s.byLabel {
		s.byLabel[i] = int32(i)
	}
	slices.SortFunc(s.byLabel, func(a, b int32) int {
		switch {
		case s.labels[a] < s.labels[b]:
			return -1
		case s.labels[a] > s.labels[b]:
			return 1
		}
		return int(a) - int(b)
	})
}

// find returns the number of a live document.
func (s *segment) find(label int64) (int, bool) {
	doc := -1
	if s.byLabel == nil {
		// Most labels follow each other.
		if at := label - s.labels[0]; at >= 0 && at < int64(len(s.labels)) && s.labels[at] == label {
			doc = int(at)
		} else if label < s.labels[0] || label > s.labels[len(s.labels)-1] {
			return -1, false
		} else if at, ok := slices.BinarySearch(s.labels, label); ok {
			doc = at
		}
	} else {
		at, ok := slices.BinarySearchFunc(s.byLabel, label, func(d int32, l int64) int {
			switch {
			case s.labels[d] < l:
				return -1
			case s.labels[d] > l:
				return 1
			}
			return 0
		})
		// Of documents with one label, all but the last are deleted.
		for ; ok && at < len(s.byLabel) && s.labels[s.byLabel[at]] == label; at++ {
			if d := int(s.byLabel[at]); s.deleted == nil || !s.deleted.Contains(uint32(d)) {
				doc = d
			}
		}
	}
	return doc, doc >= 0 && (s.deleted == nil || !s.deleted.Contains(uint32(doc)))
}

// linkOrCopy makes a hard link of the file source, or a copy. A file of that name is replaced.
func linkOrCopy(target, source string) error {
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(source, target) == nil {
		return nil
	}
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := durable.CreateFile(target, true)
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Commit()
}
