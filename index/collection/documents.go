package collection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/luminavec/luminavec/internal/fault"
)

// documentsFile is a bbolt database with one bucket that maps labels (8 bytes, big endian, so
// that keys are sorted in the order in which they are written) to documents.
const documentsFile = "documents.db"

var documentsBucket = []byte("documents")

// lockTimeout is the time to wait for the lock of another process. Readers share a lock, so
// only a writer can hold it.
const lockTimeout = 2 * time.Second

// appendDocument encodes a document as its line number and the length of the file name, both
// as uvarints, the file name, and the text.
func appendDocument(dst []byte, d Document) []byte {
	dst = binary.AppendUvarint(dst, uint64(d.Line))
	dst = binary.AppendUvarint(dst, uint64(len(d.File)))
	dst = append(dst, d.File...)
	return append(dst, d.Text...)
}

func parseDocument(b []byte) (Document, bool) {
	line, n := binary.Uvarint(b)
	if n <= 0 {
		return Document{}, false
	}
	b = b[n:]
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return Document{}, false
	}
	b = b[n:]
	return Document{File: string(b[:size]), Line: int64(line), Text: string(b[size:])}, true
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

// close closes the database, or only its file if bbolt panicked.
func (d *database) close() error {
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
	return fault.New(hintRebuild, "%s is damaged: %w", path, err)
}

// documentWriter fills a new database. It syncs only in close, because the folder is not used
// before.
type documentWriter struct{ database }

func createDocuments(dir string) (*documentWriter, error) {
	w := &documentWriter{database{path: filepath.Join(dir, documentsFile)}}
	err := w.fenced(func() error {
		if err := w.open(0o644, bolt.Options{Timeout: lockTimeout, NoSync: true, NoGrowSync: true}); err != nil {
			return fmt.Errorf("creating %s: %w", documentsFile, err)
		}
		return w.db.Update(func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket(documentsBucket)
			return err
		})
	})
	if err != nil {
		w.abort()
		return nil, err
	}
	return w, nil
}

// put stores documents under consecutive labels, which increase from call to call.
func (w *documentWriter) put(first int64, docs []Document) error {
	return w.fenced(func() error {
		return w.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(documentsBucket)
			b.FillPercent = 1 // keys only increase, so no page needs room for more
			// bbolt uses the values until the transaction ends, so each has its own memory.
			for i, d := range docs {
				if err := b.Put(key(first+int64(i)), appendDocument(nil, d)); err != nil {
					return fmt.Errorf("storing the document of %s:%d: %w", d.File, d.Line, err)
				}
			}
			return nil
		})
	})
}

func (w *documentWriter) finish() error {
	if err := w.fenced(w.db.Sync); err != nil {
		w.abort()
		return fmt.Errorf("writing %s: %w", documentsFile, err)
	}
	return w.close()
}

func (w *documentWriter) abort() {
	_ = w.close() // the folder is discarded, so the error does not matter
}

// documentReader returns documents by label. The file is open read-only with a shared lock:
// queries never change it, and any number may run at once.
type documentReader struct{ database }

func openDocuments(dir string) (*documentReader, error) {
	r := &documentReader{database{path: filepath.Join(dir, documentsFile)}}
	err := r.fenced(func() error {
		// bbolt would create a missing file, and would report an empty one only later.
		if info, err := os.Stat(r.path); err != nil {
			return err
		} else if info.Size() == 0 {
			return fault.New(hintRebuild, "%s is empty", r.path)
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
				return fault.New(hintRebuild, "%s contains no documents", r.path)
			}
			return nil
		})
	})
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// get returns the documents of labels, in the same order.
func (r *documentReader) get(labels []int64) ([]Document, error) {
	docs := make([]Document, len(labels))
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
					return fault.New(hintRebuild, "%s: document %d, which is in the index, is missing or damaged", r.path, label)
				}
			}
			return nil
		})
	})
	return docs, err
}
