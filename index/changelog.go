package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sync"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// A log holds the changes to an index since its file was written. All of it is
// little endian:
//
//	magic    8 bytes
//	version  uint32, 1
//	dim      uint32
//	name     uint64, of the log; the index file has the same
//	checksum uint32, CRC-32C of what is before
//	records, each of which is
//	    checksum  uint32, CRC-32C of the rest of the record
//	    length    uint32, of what follows
//	    number    uint64, of the change: each one more than the one before
//	    change    byte: added, deleted, updated
//	    label     int64
//	    vector    float32 × dim, as it is stored; none when deleted
const (
	logMagic   = "\x89LVINDLG"
	logVersion = 1
	logHead    = 8 + 4 + 4 + 8 + 4
	recordHead = 4 + 4
	recordBase = 8 + 1 + 8
)

// change is what a record says happened to a label.
type change byte

const (
	added change = 1 + iota
	deleted
	updated
)

// recordBytes is the length of a record.
func recordBytes(c change, dim int) int {
	if c == deleted {
		return recordHead + recordBase
	}
	return recordHead + recordBase + 4*dim
}

// mostSpare is the longest buffer, in bytes, that a log keeps for the next changes.
const mostSpare = 1 << 20

// changeLog is a log that is written to.
type changeLog struct {
	file *os.File
	dim  int

	mu      sync.Mutex
	done    sync.Cond // a write has ended
	pending []byte    // noted and not yet written
	spare   []byte
	noted   uint64 // the last change noted
	synced  uint64 // the last change on the disk
	writing bool
	err     error // the first failed write: nothing can be logged behind it
}

// syncLog brings a log to the disk, syncFolder its name. Tests that only count
// bytes do without.
var (
	syncLog    = (*os.File).Sync
	syncFolder = durable.SyncFolder
)

func newChangeLog(file *os.File, dim int, last uint64) *changeLog {
	l := &changeLog{file: file, dim: dim, noted: last, synced: last}
	l.done.L = &l.mu
	return l
}

// note logs a change. The caller holds mu, so that changes to one label are in
// the log in the order in which they were made.
func (s *store) note(c change, label int64, vector []float32) {
	if s.log == nil {
		return
	}
	s.log.note(s.changes.Add(1), c, label, vector)
}

func (l *changeLog) note(number uint64, c change, label int64, vector []float32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = appendRecord(l.pending, number, c, label, vector, l.dim)
	l.noted = number
}

func appendRecord(dst []byte, number uint64, c change, label int64, vector []float32, dim int) []byte {
	from := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(recordBytes(c, dim)-recordHead))
	dst = binary.LittleEndian.AppendUint64(dst, number)
	dst = append(dst, byte(c))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(label))
	if c != deleted {
		for _, v := range vector[:dim] {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		}
	}
	binary.LittleEndian.PutUint32(dst[from:], crc32.Checksum(dst[from+4:], castagnoli))
	return dst
}

// failed is the error of an earlier write.
func (l *changeLog) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// sync returns when all changes noted so far are on the disk. One caller writes
// for all that wait.
func (l *changeLog) sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for want := l.noted; l.synced < want && l.err == nil; {
		if l.writing {
			l.done.Wait()
			continue
		}
		buffer, upTo := l.pending, l.noted
		l.pending, l.writing = l.spare[:0], true
		l.mu.Unlock()
		_, err := l.file.Write(buffer)
		if err == nil {
			err = syncLog(l.file)
		}
		l.mu.Lock()
		l.writing = false
		if l.spare = nil; cap(buffer) <= mostSpare {
			l.spare = buffer
		}
		if err != nil {
			l.err = fault.New("free space, then open the index again: it has all that was written before",
				"index: the change is not in the log, and none after it will be: %w", err)
		} else {
			l.synced = upTo
		}
		l.done.Broadcast()
	}
	return l.err
}

// restart empties the log, all changes of which are in the index file. Nobody
// changes the index meanwhile, but a change made before may still be on its way
// to the disk.
func (l *changeLog) restart() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.writing {
		l.done.Wait()
	}
	err := l.file.Truncate(logHead)
	if err == nil {
		_, err = l.file.Seek(logHead, 0)
	}
	if err == nil {
		err = syncLog(l.file)
	}
	if err != nil {
		l.err = fmt.Errorf("index: log: %w", err)
		return l.err
	}
	l.pending, l.synced, l.err = l.pending[:0], l.noted, nil
	return nil
}

func logHeader(dim int, name uint64) []byte {
	h := append([]byte(nil), logMagic...)
	h = binary.LittleEndian.AppendUint32(h, logVersion)
	h = binary.LittleEndian.AppendUint32(h, uint32(dim))
	h = binary.LittleEndian.AppendUint64(h, name)
	return binary.LittleEndian.AppendUint32(h, crc32.Checksum(h, castagnoli))
}

// checkLogHeader tells whether the log belongs to the index.
func checkLogHeader(h []byte, dim int, name uint64) error {
	const restore = "restore the log and the index file together, or remove the log to do without its changes"
	switch {
	case string(h[:8]) != logMagic:
		return fault.New(restore, "this is no log of an index: it begins %q", h[:8])
	case binary.LittleEndian.Uint32(h[logHead-4:]) != crc32.Checksum(h[:logHead-4], castagnoli):
		return fault.New(restore, "the head of the log is damaged")
	case binary.LittleEndian.Uint32(h[8:]) != logVersion:
		return fault.New("it may come from a newer release: update this one", "log version %d, this program reads %d",
			binary.LittleEndian.Uint32(h[8:]), logVersion)
	case binary.LittleEndian.Uint32(h[12:]) != uint32(dim) || binary.LittleEndian.Uint64(h[16:]) != name:
		return fault.New(restore, "the log belongs to another index")
	}
	return nil
}

// record is a change read from a log.
type record struct {
	number uint64
	change change
	label  int64
	vector []float32
}

var errBadRecord = errors.New("no record")

// parseRecord reads the record that p begins with, into r, and returns its
// length.
func parseRecord(r *record, p []byte, dim int) (int, error) {
	if len(p) < recordHead+recordBase {
		return 0, errBadRecord
	}
	c := change(p[recordHead+8])
	n := recordBytes(c, dim)
	if c < added || c > updated || len(p) < n || binary.LittleEndian.Uint32(p[4:]) != uint32(n-recordHead) ||
		binary.LittleEndian.Uint32(p) != crc32.Checksum(p[4:n], castagnoli) {
		return 0, errBadRecord
	}
	r.number, r.change = binary.LittleEndian.Uint64(p[recordHead:]), c
	r.label = int64(binary.LittleEndian.Uint64(p[recordHead+9:]))
	r.vector = r.vector[:0]
	for at := recordHead + recordBase; at < n; at += 4 {
		r.vector = append(r.vector, math.Float32frombits(binary.LittleEndian.Uint32(p[at:])))
	}
	return n, nil
}

// recordBehind tells whether a whole record begins anywhere behind the first byte
// of what is left of a log.
func recordBehind(in *bufio.Reader, dim int) (bool, error) {
	longest := recordBytes(added, dim)
	var r record
	for {
		p, err := in.Peek(2 * longest)
		if err != nil && err != io.EOF {
			return false, err
		}
		last := longest
		if err == io.EOF {
			last = len(p) - 1
		}
		for at := 1; at <= last; at++ {
			if _, err := parseRecord(&r, p[at:], dim); err == nil {
				return true, nil
			}
		}
		if err == io.EOF {
			return false, nil
		}
		if _, err := in.Discard(longest); err != nil {
			return false, err
		}
	}
}

var errLogClosed = errors.New("index: the log is closed")

// close gives the file back; nothing can be logged any more.
func (l *changeLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = errLogClosed
	return l.file.Close()
}
