// Package container reads and writes files that consist of checksummed sections.
//
// All numbers are little endian:
//
//	magic    8 bytes
//	version  uint32
//	sections, each of which is
//	    name      8 bytes, padded with zeros
//	    length    uint64, of the payload
//	    payload
//	    checksum  uint32, CRC-32C of name, length and payload
//
// Nothing follows the last section. From version 3 a section "pad" of zeros can
// precede a section, so that its payload begins at a multiple of 64 and
// can be used where it is. From version 4 a section can have blocks, each with a checksum in
// the last section, so that a part of it can be checked when it is used (see [Blocks]).
//
// A [Writer] writes a file, a [Reader] reads one from a stream, and an [Image] is
// a file in memory, usually mapped. Neither trusts the file: every length is
// checked before it is used, and memory is only allocated for what was read.
package container

import (
	"fmt"
	"hash/crc32"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// The format versions that a Writer writes. Readers accept all versions up to Version.
const (
	Plain   = 3     // without blocks
	Blocked = 4     // with blocks
	Coded   = 5     // with blocks, and codes that are relative to a center
	Kept    = 6     // with blocks, and what is kept of the vectors
	Short   = 7     // with blocks, and codes that can be shorter
	Wide    = 8     // with blocks, and the lengths of vectors that float32 arithmetic does not suit
	Tight   = 9     // with blocks, and codes without padding
	Slack   = 10    // with blocks, and where walks end
	Version = Slack // the last one
)

// alignment is the alignment of padded payloads, in bytes.
const alignment = 64

const (
	magic       = "\x89LVINDEX"
	headerBytes = len(magic) + 4
	headBytes   = 8 + 8 // of a section before its payload
	firstPadded = 3     // the first version with pads

	firstBlocked = Blocked // the first version with blocks
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const damagedHint = "the file is damaged or truncated: rebuild the index or restore a backup"

// Damaged returns an error that names a section and describes the damage.
func Damaged(section, format string, args ...any) error {
	return fault.New(damagedHint, "index: section %s: %w", section, fmt.Errorf(format, args...))
}

// truncated returns the error for a file that ends early.
func truncated(section string, missing uint64) error {
	return Damaged(section, "the file ends %d bytes too early: %w", missing, io.ErrUnexpectedEOF)
}

func badChecksum(section string, got, want uint32) error {
	return Damaged(section, "the checksum is %08x, expected %08x", got, want)
}

func wrongSection(section string, found []byte) error {
	return Damaged(section, "found %q in its place", found)
}

func trailing(section string) error {
	return fault.New(damagedHint, "index: unexpected data after section %s, the last one", section)
}

// checkHeader checks the magic and the version, and returns the version.
func checkHeader(found []byte, version uint32) (int, error) {
	if string(found) != magic {
		return 0, fault.New("name a file that was saved as an index", "index: not an index file: it starts with %q", found)
	}
	if version < 1 || version > Version {
		return 0, fault.New("the file may come from a newer release: update this one",
			"index: unsupported format version %d: this release reads versions 1 to %d", version, Version)
	}
	return int(version), nil
}

// sectionName returns the name as it is stored.
func sectionName(name string) (field [8]byte) {
	copy(field[:], name)
	return field
}
