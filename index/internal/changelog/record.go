// Package changelog keeps the changes to an index since its file was written, so
// that they survive a crash.
//
// All numbers are little endian:
//
//	magic    8 bytes
//	version  uint32, 1
//	dim      uint32
//	id       uint64, of the log; the index file stores the same
//	checksum uint32, CRC-32C of the preceding bytes
//	records, each of which is
//	    checksum  uint32, CRC-32C of the rest of the record
//	    length    uint32, of what follows
//	    number    uint64, of the change: one more than that of the previous record
//	    change    byte: added, deleted or updated
//	    label     int64
//	    vector    float32 × dim, as the index stores it; absent if deleted
//
// A record that the end of the file cuts off is an unfinished change and is
// dropped. A record that is damaged while whole ones follow is an error.
package changelog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	magic       = "\x89LVINDLG"
	version     = 1
	headerBytes = 8 + 4 + 4 + 8 + 4
	recordHead  = 4 + 4
	recordBase  = 8 + 1 + 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Change is the kind of change that a record describes.
type Change byte

// The changes, as they are stored.
const (
	Added Change = 1 + iota
	Deleted
	Updated
)

// A Record is a change.
type Record struct {
	Number uint64
	Change Change
	Label  int64
	Vector []float32 // empty if Deleted
}

// recordBytes returns the length of a record.
func recordBytes(c Change, dim int) int {
	if c == Deleted {
		return recordHead + recordBase
	}
	return recordHead + recordBase + 4*dim
}

// appendRecord appends a record. vector may be padded.
func appendRecord(dst []byte, number uint64, c Change, label int64, vector []float32, dim int) []byte {
	from := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(recordBytes(c, dim)-recordHead))
	dst = binary.LittleEndian.AppendUint64(dst, number)
	dst = append(dst, byte(c))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(label))
	if c != Deleted {
		for _, v := range vector[:dim] {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		}
	}
	binary.LittleEndian.PutUint32(dst[from:], crc32.Checksum(dst[from+4:], castagnoli))
	return dst
}

var errNoRecord = errors.New("not a record")

// parseRecord reads the record at the start of p into r and returns its length.
func parseRecord(r *Record, p []byte, dim int) (int, error) {
	if len(p) < recordHead+recordBase {
		return 0, errNoRecord
	}
	c := Change(p[recordHead+8])
	n := recordBytes(c, dim)
	if c < Added || c > Updated || len(p) < n || binary.LittleEndian.Uint32(p[4:]) != uint32(n-recordHead) ||
		binary.LittleEndian.Uint32(p) != crc32.Checksum(p[4:n], castagnoli) {
		return 0, errNoRecord
	}
	r.Number, r.Change = binary.LittleEndian.Uint64(p[recordHead:]), c
	r.Label = int64(binary.LittleEndian.Uint64(p[recordHead+9:]))
	r.Vector = r.Vector[:0]
	for at := recordHead + recordBase; at < n; at += 4 {
		r.Vector = append(r.Vector, math.Float32frombits(binary.LittleEndian.Uint32(p[at:])))
	}
	return n, nil
}

func header(dim int, id uint64) []byte {
	h := append([]byte(nil), magic...)
	h = binary.LittleEndian.AppendUint32(h, version)
	h = binary.LittleEndian.AppendUint32(h, uint32(dim))
	h = binary.LittleEndian.AppendUint64(h, id)
	return binary.LittleEndian.AppendUint32(h, crc32.Checksum(h, castagnoli))
}

// checkHeader checks that the log belongs to the index.
func checkHeader(h []byte, dim int, id uint64) error {
	const restore = "restore the log and the index file together, or remove the log to discard its changes"
	switch {
	case string(h[:8]) != magic:
		return fault.New(restore, "not the log of an index: it starts with %q", h[:8])
	case binary.LittleEndian.Uint32(h[headerBytes-4:]) != crc32.Checksum(h[:headerBytes-4], castagnoli):
		return fault.New(restore, "the header of the log is damaged")
	case binary.LittleEndian.Uint32(h[8:]) != version:
		return fault.New("the log may come from a newer release: update this one", "unsupported log version %d: this release reads version %d",
			binary.LittleEndian.Uint32(h[8:]), version)
	case binary.LittleEndian.Uint32(h[12:]) != uint32(dim) || binary.LittleEndian.Uint64(h[16:]) != id:
		return fault.New(restore, "the log belongs to another index")
	}
	return nil
}
