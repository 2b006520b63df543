package container

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A Reader reads a file from a stream.
type Reader struct {
	from    *bufio.Reader
	version int
	name    string // of the section
	left    uint64 // bytes of its payload not yet read
	sum     uint32
	buffer  [4096]byte
	pending []byte // read but not yet returned
}

// NewReader returns a reader that has read the header.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{from: bufio.NewReaderSize(from, 1<<16), name: "header", left: uint64(headerBytes)}
	p, err := r.Next(headerBytes)
	if err != nil {
		return nil, err
	}
	r.version, err = checkHeader(p[:len(magic)], binary.LittleEndian.Uint32(p[len(magic):]))
	return r, err
}

// Version returns the format version of the file.
func (r *Reader) Version() int { return r.version }

// Damaged returns an error that names the current section and describes the damage.
func (r *Reader) Damaged(format string, args ...any) error {
	return Damaged(r.name, format, args...)
}

// Section begins the next section, which must have this name.
func (r *Reader) Section(name string) error {
	r.name, r.sum, r.left = name, 0, headBytes
	head, err := r.Next(headBytes)
	if err != nil {
		return err
	}
	if [8]byte(head) != sectionName(name) {
		return wrongSection(name, head[:8])
	}
	r.left = binary.LittleEndian.Uint64(head[8:])
	return nil
}

// Whole reads a section of the given length.
func (r *Reader) Whole(name string, length int) ([]byte, error) {
	if err := r.Section(name); err != nil {
		return nil, err
	}
	if err := r.Expect(uint64(length)); err != nil {
		return nil, err
	}
	p := make([]byte, length)
	if err := r.Fill(p); err != nil {
		return nil, err
	}
	return p, r.End()
}

// AlignedSection begins a section that is preceded by a pad, in versions with pads.
func (r *Reader) AlignedSection(name string) error {
	if r.version < firstPadded {
		return r.Section(name)
	}
	if err := r.Section("pad"); err != nil {
		return err
	}
	if r.left >= alignment {
		return r.Damaged("it has %d bytes, expected fewer than %d", r.left, alignment)
	}
	for r.More() {
		if _, err := r.Next(1); err != nil {
			return err
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	return r.Section(name)
}

// Expect checks the length of the section that has just begun.
func (r *Reader) Expect(length uint64) error {
	if r.left != length {
		return r.Damaged("it has %d bytes, expected %d", r.left, length)
	}
	return nil
}

// More reports whether the payload has more bytes.
func (r *Reader) More() bool { return r.left > 0 || len(r.pending) > 0 }

// Next returns the next n ≤ 16 bytes of the payload, which are valid until the next
// call.
func (r *Reader) Next(n int) ([]byte, error) {
	if len(r.pending) < n {
		kept := copy(r.buffer[:], r.pending)
		more := int(min(r.left, uint64(len(r.buffer)-kept)))
		if kept+more < n {
			return nil, r.incomplete()
		}
		got, err := io.ReadFull(r.from, r.buffer[kept:kept+more])
		if err != nil {
			return nil, r.failed(got, err)
		}
		r.sum = crc32.Update(r.sum, castagnoli, r.buffer[kept:kept+more])
		r.left -= uint64(more)
		r.pending = r.buffer[:kept+more]
	}
	p := r.pending[:n]
	r.pending = r.pending[n:]
	return p, nil
}

// Fill reads the next len(dst) bytes of the payload.
func (r *Reader) Fill(dst []byte) error {
	n := copy(dst, r.pending)
	r.pending = r.pending[n:]
	if dst = dst[n:]; uint64(len(dst)) > r.left {
		return r.incomplete()
	}
	got, err := io.ReadFull(r.from, dst)
	if err != nil {
		return r.failed(got, err)
	}
	r.sum = crc32.Update(r.sum, castagnoli, dst)
	r.left -= uint64(len(dst))
	return nil
}

func (r *Reader) incomplete() error { return r.Damaged("its length ends inside a value") }

func (r *Reader) failed(got int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return truncated(r.name, r.left-uint64(got))
	}
	return fmt.Errorf("index: section %s: %w", r.name, err)
}

// Uint32 reads a 4-byte number.
func (r *Reader) Uint32() (uint32, error) {
	p, err := r.Next(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(p), nil
}

// End checks that the whole payload was read, and its checksum.
func (r *Reader) End() error {
	if r.More() {
		return r.Damaged("it has %d bytes too many", r.left+uint64(len(r.pending)))
	}
	sum := r.sum
	r.left = 4
	stored, err := r.Uint32()
	if err != nil {
		return err
	}
	if stored != sum {
		return badChecksum(r.name, sum, stored)
	}
	return nil
}

// Finish checks that nothing follows the section that has just ended.
func (r *Reader) Finish() error {
	if _, err := r.from.ReadByte(); err == nil {
		return trailing(r.name)
	} else if err != io.EOF {
		return fmt.Errorf("index: after section %s: %w", r.name, err)
	}
	return nil
}
