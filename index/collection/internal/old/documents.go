// Package old reads the documents of collections of format 1, a bbolt database.
package old

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/fault"
)

// DocumentsFile is a bbolt database with one bucket that maps labels (8 bytes, big endian, so
// that keys are sorted in the order in which they are written) to documents.
const DocumentsFile = "documents.db"

var documentsBucket = []byte("documents")

// lockTimeout is the time to wait for the lock of another process. Readers share a lock, so
// only a writer can hold it.
const lockTimeout = 2 * time.Second

// parseDocument decodes a document: its line number and the length of the file name, both
// as uvarints, the file name, and the text.
func parseDocument(b []byte) (p documents.Passage, ok bool) {
	line, n := binary.Uvarint(b)
	if n <= 0 {
		return p, false
	}
	b = b[n:]
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return p, false
	}
	b = b[n:]
	return documents.Passage{Path: string(b[:size]), FirstLine: int(line), LastLine: int(line), Text: string(b[size:])}, true
}

func key(label int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(label)) }

// database is a bbolt database and its open file.
type database struct {
	path string
	db   *bolt.DB
	file *os.File

	mu     sync.Mutex
	broken bool // bbolt panicked, and may hold its locks: any call of it could wait forever
}

func (d *database) open(perm fs.FileMode, options bolt.Options) error {
	options.OpenFile = func(path string, flag int, perm fs.FileMode) (*os.File, error) {
		var err error
		d.file, err = os.OpenFile(path, flag, perm)
		return d.file, err
	}
	var err error
	d.db, err = bolt.Open(d.path, perm, &options)
	return err
}

// fenced calls f and converts a panic to an error: bbolt panics if pages are inconsistent.
// SetPanicOnFault does the same for reads beyond the end of the mapped file, which would
// otherwise kill the process.
func (d *database) fenced(f func() error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return damaged(d.path, errNotATree)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			d.broken, err = true, damaged(d.path, fault.Recovered(r))
		}
	}()
	return f()
}

// Close closes the database, or only its file if bbolt panicked.
func (d *database) Close() error {
	err := d.fenced(func() error {
		if d.db == nil {
			return nil
		}
		return d.db.Close()
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken && d.file != nil {
		d.file.Close()
	}
	return err
}

// damaged returns the error for a database that cannot be read. bbolt follows the numbers in a
// damaged page wherever they lead, which ends in an error of Go's runtime.
func damaged(path string, err error) error {
	var internal runtime.Error
	text, failed := strings.CutPrefix(err.Error(), "assertion failed: ")
	switch {
	case errors.As(err, &internal), errors.Is(err, io.EOF):
		err = errNotATree
	case failed:
		err = errors.New(text)
	}
	return fault.New(parts.Rebuild, "%s is damaged: %w", path, err)
}

// Documents returns documents by label. The file is open read-only with a shared lock:
// queries never change it, and any number may run at once.
type Documents struct{ database }

// OpenDocuments opens the documents of the collection in the folder dir.
func OpenDocuments(dir string) (*Documents, error) {
	r := &Documents{database{path: filepath.Join(dir, DocumentsFile)}}
	err := r.fenced(func() error {
		// bbolt would create a missing file, and would report an empty one only later.
		if info, err := os.Stat(r.path); err != nil {
			return err
		} else if info.Size() == 0 {
			return fault.New(parts.Rebuild, "%s is empty", r.path)
		}
		err := r.open(0o444, bolt.Options{ReadOnly: true, Timeout: lockTimeout})
		switch {
		case errors.Is(err, bolterrors.ErrTimeout):
			return fault.New("try again when the other program has finished", "%s is locked: another program is writing to it", r.path)
		case errors.Is(err, fs.ErrPermission):
			return fmt.Errorf("open documents: %w", err)
		case err != nil:
			return damaged(r.path, err)
		}
		return r.db.View(func(tx *bolt.Tx) error {
			if err := checkPages(tx, r.file); err != nil {
				return damaged(r.path, err)
			}
			if tx.Bucket(documentsBucket) == nil {
				return fault.New(parts.Rebuild, "%s contains no documents", r.path)
			}
			return nil
		})
	})
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Passages returns the documents of labels, in the same order.
func (r *Documents) Passages(labels []int64) ([]documents.Passage, error) {
	docs := make([]documents.Passage, len(labels))
	err := r.fenced(func() error {
		return r.db.View(func(tx *bolt.Tx) error {
			b := tx.Bucket(documentsBucket)
			for i, label := range labels {
				v := b.Get(key(label))
				var ok bool
				if v != nil {
					docs[i], ok = parseDocument(v)
				}
				if !ok {
					return fault.New(parts.Rebuild, "%s: document %d, which is in the index, is missing or damaged", r.path, label)
				}
			}
			return nil
		})
	})
	return docs, err
}

// Files returns the files that n documents come from, sorted by path.
func (r *Documents) Files(n int64) ([]*parts.Source, error) {
	byPath := map[string]*parts.Source{}
	for from := int64(0); from < n; from += 1024 {
		var labels []int64
		for label := from; label < min(n, from+1024); label++ {
			labels = append(labels, label)
		}
		docs, err := r.Passages(labels)
		if err != nil {
			return nil, err
		}
		for i, d := range docs {
			f := byPath[d.Path]
			if f == nil {
				f = &parts.Source{Path: d.Path, Size: -1}
				byPath[d.Path] = f
			}
			f.Text += int64(len(d.Text))
			f.Labels = parts.AppendLabel(f.Labels, from+int64(i))
		}
	}
	var files []*parts.Source
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		files = append(files, byPath[path])
	}
	return files, nil
}
