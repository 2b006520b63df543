package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"

	"github.com/edsrzf/mmap-go"
)

// OpenFile opens the index at path where it lies: the file is mapped into memory
// and the system reads what searches touch, so that the first answer comes
// at once and an index larger than the memory can be searched. Changes stay in
// memory, as after LoadFile; see OpenDurable for those that last.
//
// What is small is checked when the file is opened: everything but links of
// level 0 and vectors. These are checked, as by Load, before the first change,
// and by Verify, Vector, or a search with SearchOptions.Allowed; damage in them
// that nobody has looked for can make a search miss vectors or return wrong ones,
// and nothing worse.
//
// The file may be replaced (SaveFile) while it is open, but not on Windows, and
// must not be written to. It stays mapped until the index is garbage. A file of
// an older version, an LSH index, and any file where mapping fails, is loaded as
// by LoadFile.
func OpenFile(path string) (Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, explainOpen(err)
	}
	defer f.Close()
	m := mapFile(f)
	if m == nil {
		return LoadFile(path)
	}
	ix, err := openImage(m)
	if errors.Is(err, errToLoad) {
		unmap(m)
		return LoadFile(path)
	}
	if err != nil {
		unmap(m)
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// The arrays of the store are memory that the collector does not know.
	switch ix := ix.(type) {
	case *flat:
		runtime.AddCleanup(ix, unmap, m)
	case *graph:
		runtime.AddCleanup(ix, unmap, m)
	}
	return ix, nil
}

// mapFile maps f, or returns nil where that cannot be. What is written to the
// memory is copied by the system first.
func mapFile(f *os.File) mmap.MMap {
	if !littleEndian {
		return nil
	}
	m, err := mmap.Map(f, mmap.COPY, 0)
	if err != nil {
		return nil
	}
	return m
}

func unmap(m mmap.MMap) {
	_ = m.Unmap() // an address space that is left over does no harm
}

// errToLoad says that a file has to be loaded.
var errToLoad = errors.New("to be loaded")

// sectionOf is a section of a file in memory.
type sectionOf struct {
	name  string
	whole []byte // name, length, payload
	sum   uint32
}

func (s sectionOf) payload() []byte { return s.whole[headBytes:] }

// check compares the checksum.
func (s sectionOf) check(r *reader) error {
	r.name = s.name
	if sum := crc32.Checksum(s.whole, castagnoli); sum != s.sum {
		return r.damaged("checksum %08x, the file says %08x", sum, s.sum)
	}
	return nil
}

// image is a file of version 3 in memory.
type image struct {
	reader
	file []byte
	at   int
}

// next cuts off the section that has to come next, with the pad before it.
func (m *image) section(name string, padded bool) (sectionOf, error) {
	if padded {
		pad, err := m.section("pad", false)
		if err != nil {
			return pad, err
		}
		if err := pad.check(&m.reader); err != nil {
			return pad, err
		}
	}
	m.name = name
	s := sectionOf{name: name}
	left := m.file[m.at:]
	if len(left) < headBytes {
		return s, m.cut(headBytes - len(left))
	}
	var want [8]byte
	copy(want[:], name)
	if [8]byte(left) != want {
		return s, m.damaged("another section is in its place: %q", left[:8])
	}
	length := binary.LittleEndian.Uint64(left[8:])
	if have := uint64(len(left) - headBytes); length > have || have-length < 4 {
		return s, m.cut(int(min(length+4-have, 1<<62)))
	}
	s.whole = left[:headBytes+int(length)]
	s.sum = binary.LittleEndian.Uint32(left[len(s.whole):])
	m.at += len(s.whole) + 4
	return s, nil
}

func (m *image) cut(bytes int) error {
	return m.damaged("the file ends %d bytes before it should: %w", bytes, io.ErrUnexpectedEOF)
}

// rows cuts off a section that is n rows of width words of size bytes.
func (m *image) rows(name string, n, width, size int) (sectionOf, error) {
	s, err := m.section(name, true)
	if err != nil {
		return s, err
	}
	if want := uint64(n) * uint64(width) * uint64(size); uint64(len(s.payload())) != want {
		return s, m.damaged("%d bytes, expected %d", len(s.payload()), want)
	}
	if n > 0 && m.aligned(s) != 0 {
		return s, m.damaged("it begins %d bytes off", m.aligned(s))
	}
	return s, nil
}

// aligned is how far the payload is off a multiple of alignment.
func (m *image) aligned(s sectionOf) int {
	return (m.at - 4 - len(s.payload())) % alignment
}
