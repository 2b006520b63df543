package container

import (
	"encoding/binary"
	"hash/crc32"
	"os"

	"github.com/luminavec/luminavec/internal/mapped"
)

// Map maps f into memory, or returns nil if that is not possible. See [mapped.Map].
func Map(f *os.File) []byte { return mapped.Map(f) }

// Unmap undoes Map. Nothing may still refer to the memory.
func Unmap(file []byte) { mapped.Unmap(file) }

// An Image is a file in memory.
type Image struct {
	file    []byte
	at      int
	version int
	last    string // the section before at
}

// NewImage returns an image whose header was checked.
func NewImage(file []byte) (*Image, error) {
	if len(file) < headerBytes {
		return nil, truncated("header", uint64(headerBytes-len(file)))
	}
	version, err := checkHeader(file[:len(magic)], binary.LittleEndian.Uint32(file[len(magic):]))
	return &Image{file: file, at: headerBytes, version: version}, err
}

// Version returns the format version of the file.
func (m *Image) Version() int { return m.version }

// A Section is a section of an image.
type Section struct {
	name    string
	content []byte // name, length and payload
	sum     uint32
}

// Payload returns the payload.
func (s Section) Payload() []byte { return s.content[headBytes:] }

// Check compares the checksum.
func (s Section) Check() error {
	if sum := crc32.Checksum(s.content, castagnoli); sum != s.sum {
		return badChecksum(s.name, sum, s.sum)
	}
	return nil
}

// Section returns the next section, which must have this name. Its checksum was
// not compared.
func (m *Image) Section(name string) (Section, error) {
	s := Section{name: name}
	left := m.file[m.at:]
	if len(left) < headBytes {
		return s, truncated(name, uint64(headBytes-len(left)))
	}
	if [8]byte(left) != sectionName(name) {
		return s, wrongSection(name, left[:8])
	}
	length := binary.LittleEndian.Uint64(left[8:])
	if have := uint64(len(left) - headBytes); length > have || have-length < 4 {
		return s, truncated(name, length+4-have)
	}
	s.content = left[:headBytes+int(length)]
	s.sum = binary.LittleEndian.Uint32(left[len(s.content):])
	m.at += len(s.content) + 4
	m.last = name
	return s, nil
}

// AlignedSection returns a section that is preceded by a pad and consists of rows
// of rowBytes bytes, n of them unless n is negative.
func (m *Image) AlignedSection(name string, n, rowBytes int) (Section, error) {
	pad, err := m.Section("pad")
	if err == nil {
		err = pad.Check()
	}
	if err != nil {
		return pad, err
	}
	s, err := m.Section(name)
	if err != nil {
		return s, err
	}
	size := len(s.Payload())
	if n < 0 && size%rowBytes != 0 {
		return s, Damaged(name, "it has %d bytes, expected a multiple of %d", size, rowBytes)
	}
	if want := uint64(n) * uint64(rowBytes); n >= 0 && uint64(size) != want {
		return s, Damaged(name, "it has %d bytes, expected %d", size, want)
	}
	if off := (m.at - 4 - size) % alignment; size > 0 && off != 0 {
		return s, Damaged(name, "it begins %d bytes after a multiple of %d", off, alignment)
	}
	return s, nil
}

// Finish checks that nothing follows the last section.
func (m *Image) Finish() error {
	if m.at != len(m.file) {
		return trailing(m.last)
	}
	return nil
}
