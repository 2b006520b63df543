// Package oldtest writes what collections of format 1 had, to test that it can be read.
package oldtest

import (
	"encoding/binary"

	bolt "go.etcd.io/bbolt"

	"github.com/luminavec/luminavec/corpora/documents"
)

// Write creates a database of documents with the labels 0, 1, ….
func Write(path string, docs []documents.Passage) (err error) {
	db, err := bolt.Open(path, 0o644, nil)
	if err != nil {
		return err
	}
	defer func() {
		if e := db.Close(); err == nil {
			err = e
		}
	}()
	return db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("documents"))
		if err != nil {
			return err
		}
		b.FillPercent = 1 // keys only increase, so no page needs room for more
		for i, d := range docs {
			if err := b.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), Encode(d)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Encode returns a document as its line number and the length of the file name, both as uvarints, the file name, and the text.
func Encode(d documents.Passage) []byte {
	b := binary.AppendUvarint(nil, uint64(d.FirstLine))
	b = binary.AppendUvarint(b, uint64(len(d.Path)))
	b = append(b, d.Path...)
	return append(b, d.Text...)
}
