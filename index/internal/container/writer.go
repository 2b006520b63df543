package container

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/luminavec/luminavec/internal/mapped"
)

// A Writer writes a file. After an error it does nothing; Flush returns the error.
type Writer struct {
	to   *bufio.Writer
	at   int    // bytes written
	sum  uint32 // checksum of the section so far
	word [8]byte
	err  error

	version int
	blocked bool         // the section has blocks
	blocks  *mapped.Sums // checksums of the blocks so far
}

// NewWriter returns a writer of a file of a version from Plain on, that has written the header.
func NewWriter(to io.Writer, version int) *Writer {
	w := &Writer{to: bufio.NewWriterSize(to, 1<<16), version: version, blocks: mapped.NewSums(blockBytes)}
	w.Bytes([]byte(magic))
	w.Uint32(uint32(w.version))
	return w
}

// Section begins a section whose payload has length bytes. End ends it.
func (w *Writer) Section(name string, length int) {
	w.sum = 0
	field := sectionName(name)
	w.Bytes(field[:])
	w.Uint64(uint64(length))
}

// AlignedSection begins a section whose payload is aligned.
func (w *Writer) AlignedSection(name string, length int) {
	next := w.at + headBytes + 4 + headBytes // the payload, if the pad is empty
	n := (alignment - next%alignment) % alignment
	w.Section("pad", n)
	w.Bytes(make([]byte, n))
	w.End()
	w.Section(name, length)
}

// Bytes writes p.
func (w *Writer) Bytes(p []byte) {
	if w.err != nil {
		return
	}
	w.sum = crc32.Update(w.sum, castagnoli, p)
	if w.blocked {
		w.blocks.Write(p)
	}
	w.at += len(p)
	_, w.err = w.to.Write(p)
}

// Byte writes one byte.
func (w *Writer) Byte(v byte) { w.Bytes(append(w.word[:0], v)) }

// Uint32 writes a 4-byte number.
func (w *Writer) Uint32(v uint32) { w.Bytes(binary.LittleEndian.AppendUint32(w.word[:0], v)) }

// Uint64 writes an 8-byte number.
func (w *Writer) Uint64(v uint64) { w.Bytes(binary.LittleEndian.AppendUint64(w.word[:0], v)) }

// End ends a section with its checksum.
func (w *Writer) End() {
	w.blocks.End()
	w.blocked = false
	w.Uint32(w.sum)
}

// Flush writes the buffer and returns the first error of the Writer.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.to.Flush()
	}
	return w.err
}
