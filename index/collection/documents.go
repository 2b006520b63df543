package collection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
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

// fenced calls f and converts a panic to an error: bbolt panics if pages are inconsistent.
// SetPanicOnFault does the same for reads beyond the end of the mapped file, which would
// otherwise kill the process.
func fenced(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fault.New(hintRebuild, "%s is damaged: %v", path, r)
		}
	}()
	return f()
}

// documentWriter fills a new database. It syncs only in close, because the folder is not used
// before.
type documentWriter struct {
	path string
	db   *bolt.DB
}

func createDocuments(dir string) (*documentWriter, error) {
	w := &documentWriter{path: filepath.Join(dir, documentsFile)}
	err := fenced(w.path, func() error {
		var err error
		w.db, err = bolt.Open(w.path, 0o644, &bolt.Options{Timeout: lockTimeout, NoSync: true, NoGrowSync: true})
		if err != nil {
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
	return fenced(w.path, func() error {
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

func (w *documentWriter) close() error {
	return fenced(w.path, func() error {
		if err := w.db.Sync(); err != nil {
			w.db.Close()
			return fmt.Errorf("writing %s: %w", documentsFile, err)
		}
		return w.db.Close()
	})
}

func (w *documentWriter) abort() {
	if w.db != nil {
		// The folder is discarded, so the error does not matter.
		_ = fenced(w.path, w.db.Close)
	}
}

// documentReader returns documents by label. The file is open read-only with a shared lock:
// queries never change it, and any number may run at once.
type documentReader struct {
	path string
	db   *bolt.DB
}

func openDocuments(dir string) (*documentReader, error) {
	r := &documentReader{path: filepath.Join(dir, documentsFile)}
	err := fenced(r.path, func() error {
		var err error
		// bbolt would create a missing file, and would report an empty one only later.
		if info, err := os.Stat(r.path); err != nil {
			return err
		} else if info.Size() == 0 {
			return fault.New(hintRebuild, "%s is empty", r.path)
		}
		r.db, err = bolt.Open(r.path, 0o444, &bolt.Options{ReadOnly: true, Timeout: lockTimeout})
		switch {
		case errors.Is(err, bolterrors.ErrTimeout):
			return fault.New("try again when the other program has finished", "%s is locked: another program is writing to it", r.path)
		case errors.Is(err, fs.ErrPermission):
			return fmt.Errorf("open documents: %w", err)
		case err != nil:
			return fault.New(hintRebuild, "%s is damaged: %w", r.path, err)
		}
		file, err := os.Open(r.path)
		if err != nil {
			return err
		}
		defer file.Close()
		return r.db.View(func(tx *bolt.Tx) error {
			if err := checkPages(tx, file); err != nil {
				return fault.New(hintRebuild, "%s is damaged: %w", r.path, err)
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
	err := fenced(r.path, func() error {
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

func (r *documentReader) close() error {
	if r.db == nil {
		return nil
	}
	return fenced(r.path, r.db.Close)
}
