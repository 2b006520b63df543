package changelog

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// maxSpare is the size in bytes of the largest buffer that a log keeps for the next
// changes.
const maxSpare = 1 << 20

// A Log is a log that is open for writing. Its methods may be called from several
// goroutines at once.
type Log struct {
	file *os.File
	dim  int

	mu      sync.Mutex
	written sync.Cond // a write has ended
	pending []byte    // noted but not written
	spare   []byte
	noted   uint64 // the last change noted
	synced  uint64 // the last change on disk
	writing bool
	err     error // the first failed write: nothing can be logged after it
}

// syncFile and syncFolder can be replaced by tests.
var (
	syncFile   = (*os.File).Sync
	syncFolder = durable.SyncFolder
)

// SkipSync makes logs skip fsync until restore is called. It is for tests that do
// not simulate a crash of the machine.
func SkipSync() (restore func()) {
	before := syncFile
	syncFile = func(*os.File) error { return nil }
	return func() { syncFile = before }
}

// Last returns the number of the last change noted.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.noted
}

// Note adds a change, to be written by Sync. The caller orders changes to one label.
func (l *Log) Note(number uint64, c Change, label int64, vector []float32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = appendRecord(l.pending, number, c, label, vector, l.dim)
	l.noted = number
}

// Err returns the error of an earlier write, or [ErrClosed].
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Sync returns when all changes noted so far are on disk. If several callers wait, one of them
// writes for all.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for want := l.noted; l.synced < want && l.err == nil; {
		if l.writing {
			l.written.Wait()
			continue
		}
		buffer, upTo := l.pending, l.noted
		l.pending, l.writing = l.spare[:0], true
		l.mu.Unlock()
		_, err := l.file.Write(buffer)
		if err == nil {
			err = syncFile(l.file)
		}
		l.mu.Lock()
		l.writing = false
		if l.spare = nil; cap(buffer) <= maxSpare {
			l.spare = buffer
		}
		if err != nil {
			l.err = fault.New("free disk space, then open the index again: it contains all changes that were logged before",
				"index: the change could not be logged, and later ones will not be: %w", err)
		} else {
			l.synced = upTo
		}
		l.written.Broadcast()
	}
	return l.err
}

// Restart empties the log after the index file was written with all its changes. No
// change may be noted meanwhile, but earlier ones may still be on their way to disk.
func (l *Log) Restart() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.writing {
		l.written.Wait()
	}
	err := l.file.Truncate(headerBytes)
	if err == nil {
		_, err = l.file.Seek(headerBytes, 0)
	}
	if err == nil {
		err = syncFile(l.file)
	}
	if err != nil {
		l.err = fmt.Errorf("index: log: %w", err)
		return l.err
	}
	l.pending, l.synced, l.err = l.pending[:0], l.noted, nil
	return nil
}

// ErrClosed is the error of a log after Close.
var ErrClosed = errors.New("index: the log is closed")

// Close closes the file. Nothing can be logged afterwards.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = ErrClosed
	return l.file.Close()
}
