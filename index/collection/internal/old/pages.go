package old

import (
	"encoding/binary"
	"errors"
	"io"

	bolt "go.etcd.io/bbolt"
)

// bbolt descends from page to page without remembering where it has been: pages that form a
// cycle would exhaust the stack, which cannot be recovered. A page begins with its id
// (uint64), its flags and number of elements (uint16 each) and its overflow (uint32); an
// element of a branch page is the position and the size of a key (uint32 each) and the id of
// the page below (uint64).
const (
	pageHeader    = 16
	branchElement = 16
	branchFlag    = 1

	// maxDepth is far more than the depth of a valid tree, which is 4 for a terabyte.
	maxDepth = 32
)

var errNotATree = errors.New("its pages do not form a tree")

// checkPages walks the pages of the bucket and of the root above it. Each page of a tree has
// one parent, so a page that is met twice is an error.
func checkPages(tx *bolt.Tx, file io.ReaderAt) error {
	w := pageWalk{file: file, size: int64(tx.DB().Info().PageSize), pages: tx.Size() / int64(tx.DB().Info().PageSize), seen: map[uint64]bool{}}
	if err := w.walk(uint64(tx.Cursor().Bucket().Root()), 0); err != nil {
		return err
	}
	b := tx.Bucket(documentsBucket)
	if b == nil || b.Root() == 0 { // a small bucket has no page of its own
		return nil
	}
	return w.walk(uint64(b.Root()), 0)
}

type pageWalk struct {
	file        io.ReaderAt
	size, pages int64
	seen        map[uint64]bool
}

func (w *pageWalk) walk(page uint64, depth int) error {
	if page >= uint64(w.pages) || w.seen[page] || depth > maxDepth {
		return errNotATree
	}
	w.seen[page] = true
	var head [pageHeader]byte
	at := int64(page) * w.size
	if _, err := w.file.ReadAt(head[:], at); err != nil {
		return err
	}
	if binary.NativeEndian.Uint16(head[8:])&branchFlag == 0 {
		return nil
	}
	elements := make([]byte, branchElement*int(binary.NativeEndian.Uint16(head[10:])))
	if _, err := w.file.ReadAt(elements, at+pageHeader); err != nil {
		return err
	}
	for ; len(elements) > 0; elements = elements[branchElement:] {
		if err := w.walk(binary.NativeEndian.Uint64(elements[8:]), depth+1); err != nil {
			return err
		}
	}
	return nil
}
