package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

const damagedHint = "the file is damaged or was cut short: build the index again, or restore a copy"

// reader reads values and sections of an untrusted file. It never reads more
// than was asked for into memory, so that what is allocated follows what is
// really there, whatever lengths the file claims.
type reader struct {
	from    *bufio.Reader
	version int
	name    string // of the section
	left    uint64 // of its payload
	sum     uint32
	buffer  [4096]byte
	pending []byte // read, not yet handed out

	logName, changes uint64 // as in options
}

// damaged is an error that names the section and what is wrong in it.
func (r *reader) damaged(format string, args ...any) error {
	return fault.New(damagedHint, "index: section %s: %w", r.name, fmt.Errorf(format, args...))
}

// section begins the section that has to come next.
func (r *reader) section(name string) error {
	r.name, r.sum, r.left = name, 0, 16
	field, err := r.next(16)
	if err != nil {
		return err
	}
	var want [8]byte
	copy(want[:], name)
	if [8]byte(field[:8]) != want {
		return r.damaged("another section is in its place: %q", field[:8])
	}
	r.left = binary.LittleEndian.Uint64(field[8:])
	return nil
}

// begin is section for one that a pad goes before, from version 3.
func (r *reader) begin(name string) error {
	if r.version >= 3 {
		if err := r.section("pad"); err != nil {
			return err
		}
		if r.left >= alignment {
			return r.damaged("%d bytes, expected less than %d", r.left, alignment)
		}
		for r.left > 0 || len(r.pending) > 0 {
			if _, err := r.next(1); err != nil {
				return err
			}
		}
		if err := r.end(); err != nil {
			return err
		}
	}
	return r.section(name)
}

// expect checks the length of the section.
func (r *reader) expect(length uint64) error {
	if r.left != length {
		return r.damaged("%d bytes, expected %d", r.left, length)
	}
	return nil
}

// next returns the next n bytes of the section, n ≤ 16, valid until the call
// after.
func (r *reader) next(n int) ([]byte, error) {
	if len(r.pending) < n {
		kept := copy(r.buffer[:], r.pending)
		more := int(min(r.left, uint64(len(r.buffer)-kept)))
		if kept+more < n {
			return nil, r.damaged("its length leaves a value incomplete")
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

// fill reads the next len(dst) bytes of the section.
func (r *reader) fill(dst []byte) error {
	n := copy(dst, r.pending)
	r.pending = r.pending[n:]
	if dst = dst[n:]; uint64(len(dst)) > r.left {
		return r.damaged("its length leaves a value incomplete")
	}
	got, err := io.ReadFull(r.from, dst)
	if err != nil {
		return r.failed(got, err)
	}
	r.sum = crc32.Update(r.sum, castagnoli, dst)
	r.left -= uint64(len(dst))
	return nil
}

func (r *reader) failed(got int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.damaged("the file ends %d bytes before it should: %w", r.left-uint64(got), io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("index: section %s: %w", r.name, err)
}

func (r *reader) uint32() (uint32, error) {
	p, err := r.next(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(p), nil
}

// id reads an id below n, or none.
func (r *reader) id(n int) (id, error) {
	v, err := r.uint32()
	if err != nil {
		return none, err
	}
	if c := id(v); c >= none && int(c) < n {
		return c, nil
	}
	return none, r.damaged("vector number %d, but there are %d", int32(v), n)
}

// end checks that the section is used up, and its checksum.
func (r *reader) end() error {
	if r.left != 0 || len(r.pending) != 0 {
		return r.damaged("%d bytes too many", r.left+uint64(len(r.pending)))
	}
	sum := r.sum
	r.left = 4
	stored, err := r.uint32()
	if err != nil {
		return err
	}
	if stored != sum {
		return r.damaged("checksum %08x, the file says %08x", sum, stored)
	}
	return nil
}
