package collection

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/sentence"
)

// What wrote format 1, to test that it can be read.

// Document is a text and its origin.
type Document struct {
	Text, File string
	Line       int64
}

// appendDocument encodes a document as its line number and the length of the file name, both
// as uvarints, the file name, and the text.
func appendDocument(dst []byte, d Document) []byte {
	dst = binary.AppendUvarint(dst, uint64(d.Line))
	dst = binary.AppendUvarint(dst, uint64(len(d.File)))
	dst = append(dst, d.File...)
	return append(dst, d.Text...)
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

// buildOld returns a collection of format 1 with the texts as the lines of "f.txt", all of which the
// model knows.
func buildOld(t testing.TB, texts ...string) string {
	t.Helper()
	dir, enc := filepath.Join(t.TempDir(), "old"), sentence.WorkedExample()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(dir, 0o777))
	docs := make([]Document, len(texts))
	ix, err := index.New(index.Options{Dim: enc.Dim()})
	check(err)
	for i, text := range texts {
		docs[i] = Document{text, "f.txt", int64(i + 1)}
		vectors, _, err := enc.EncodeBatch(context.Background(), []string{text}, 1)
		check(err)
		check(ix.Add(int64(i), vectors))
	}
	check(index.SaveFile(filepath.Join(dir, indexFile), ix, false))
	w, err := createDocuments(dir)
	check(err)
	check(w.put(0, docs))
	check(w.finish())
	folded, err := enc.Fold()
	check(err)
	check(checkpoints.Write(context.Background(), filepath.Join(dir, modelDir), folded.Checkpoint(), checkpoints.WriteOptions{}))
	info, err := json.MarshalIndent(map[string]any{"format": 1, "documents": len(texts), "skipped": 0, "dim": 2, "metric": "cosine", "kind": "hnsw", "created": "2026-01-02T03:04:05Z"}, "", "  ")
	check(err)
	check(os.WriteFile(filepath.Join(dir, infoFile), append(info, '\n'), 0o666))
	var files []manifest.File
	for _, name := range []string{infoFile, documentsFile, indexFile, modelManifest} {
		f, err := manifest.Sum(context.Background(), dir, name)
		check(err)
		files = append(files, f)
	}
	check(os.WriteFile(filepath.Join(dir, manifestFile), format.Marshal(files), 0o666))
	return dir
}
