// Package idstore stores a long sequence of 32-bit ids in blocks: the first blocks in memory,
// the rest in a temporary file.
//
//	store := idstore.New(dir, idstore.MemoryBlocks)
//	err := store.Append(ids...) // as often as needed
//	err = store.Finish()
//	for i := range store.Blocks() {
//		block, err = store.Read(block[:0], i)
//	}
package idstore

import (
	"errors"
	"fmt"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	// BlockIDs is the number of ids of a block; the last block may be shorter.
	BlockIDs = 16384

	// BlockBytes is the size of a block in a file.
	BlockBytes = 4 * BlockIDs

	// MemoryBlocks is the usual number of blocks in memory, 256 MiB.
	MemoryBlocks = 256 << 20 / BlockBytes
)

// Store is a sequence of 32-bit ids in blocks, the first of them in memory, the rest in a
// file. It is written with Append, completed with Finish, and then read.
type Store struct {
	dir    string
	limit  int       // blocks in memory
	memory [][]int32 // blocks 0 to limit-1
	tail   []int32   // the block being filled
	n      int64     // entries
	file   *os.File  // blocks from limit on
	gone   bool      // Close does not remove the file: it has no name, or belongs to a cache
	raw    []byte

	keepName bool // see KeepName
}

// New returns an empty store of limit blocks in memory. The file, if it is needed, is
// created in the folder dir.
func New(dir string, limit int) *Store {
	return &Store{dir: dir, limit: limit, raw: make([]byte, BlockBytes)}
}

// KeepName makes the file keep its name until Close, as on systems where an open file
// cannot be removed. Elsewhere it loses its name at once, so that not even a killed
// process leaves it behind.
func (s *Store) KeepName() { s.keepName = true }

// Open returns a store of the n ids in f. Close closes f but does not remove it.
func Open(f *os.File, n int64) *Store { return &Store{file: f, gone: true, n: n} }

// Append adds ids at the end.
func (s *Store) Append(ids ...int32) error {
	for len(ids) > 0 {
		at := int(s.n % BlockIDs)
		if at == 0 {
			if i := int(s.n / BlockIDs); i < s.limit {
				s.tail = make([]int32, BlockIDs)
				s.memory = append(s.memory, s.tail)
			} else if i == s.limit {
				s.tail = make([]int32, BlockIDs)
			}
		}
		m := copy(s.tail[at:], ids)
		ids = ids[m:]
		s.n += int64(m)
		if at+m == BlockIDs {
			if err := s.write(BlockIDs); err != nil {
				return err
			}
		}
	}
	return nil
}

// Finish writes the last block, so that all ids can be read. More may be appended later.
func (s *Store) Finish() error {
	return s.write(int(s.n % BlockIDs))
}

// write writes the last block, of used ids, to the file if it belongs there.
func (s *Store) write(used int) error {
	i := (s.n - 1) / BlockIDs
	if used == 0 || i < int64(s.limit) {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "luminavec-ids-*")
		if err != nil {
			return spoolError("create", err)
		}
		s.file, s.gone = f, !s.keepName && os.Remove(f.Name()) == nil
	}
	raw := AppendIDs(s.raw[:0], s.tail[:used])
	if _, err := s.file.WriteAt(raw, (i-int64(s.limit))*BlockBytes); err != nil {
		return spoolError("write", err)
	}
	return nil
}

func spoolError(what string, err error) error {
	return fault.New("a large corpus needs 4 bytes of disk space per word: set TMPDIR to a folder with enough space",
		"cannot %s the file of token ids: %w", what, err)
}

// Len returns the number of ids.
func (s *Store) Len() int64 { return s.n }

// InMemory returns a block if it is in memory, nil if it is in the file. It must not be
// changed.
func (s *Store) InMemory(block int) []int32 {
	if block < len(s.memory) {
		return s.memory[block]
	}
	return nil
}

// Spooled reports whether some ids are in the file.
func (s *Store) Spooled() bool { return s.file != nil }

// Blocks returns the number of blocks.
func (s *Store) Blocks() int { return int((s.n + BlockIDs - 1) / BlockIDs) }

// Read appends block i to dst. It is safe for concurrent use.
func (s *Store) Read(dst []int32, i int) ([]int32, error) { return s.ReadInto(dst, nil, i) }

// ReadInto is Read with a buffer for the bytes of a block, which may be nil.
func (s *Store) ReadInto(dst []int32, raw []byte, i int) ([]int32, error) {
	if i < 0 || i >= s.Blocks() {
		return dst, fmt.Errorf("no block %d: the store has %d blocks", i, s.Blocks()) // none once it is closed
	}
	n := int(min(BlockIDs, s.n-int64(i)*BlockIDs))
	if i < s.limit {
		return append(dst, s.memory[i][:n]...), nil
	}
	if len(raw) < 4*n {
		raw = make([]byte, 4*n)
	}
	raw = raw[:4*n]
	if _, err := s.file.ReadAt(raw, int64(i-s.limit)*BlockBytes); err != nil {
		return dst, fmt.Errorf("cannot read the file of token ids: %w", err)
	}
	return DecodeIDs(dst, raw), nil
}

// Rewrite replaces the ids, block by block, by what change appends to dst. change must not
// append more ids than it has received so far, because the file is overwritten while it is
// read.
func (s *Store) Rewrite(change func(dst, ids []int32) ([]int32, error)) error {
	if err := s.Finish(); err != nil {
		return err
	}
	out := &Store{dir: s.dir, limit: s.limit, raw: s.raw, file: s.file, gone: s.gone, keepName: s.keepName}
	s.tail = nil
	var in, changed []int32
	for i := range s.Blocks() {
		var err error
		if in, err = s.Read(in[:0], i); err != nil {
			return err
		}
		if i < s.limit {
			s.memory[i] = nil
		}
		if changed, err = change(changed[:0], in); err != nil {
			return err
		}
		if err = out.Append(changed...); err != nil {
			return err
		}
	}
	if err := out.Finish(); err != nil {
		return err
	}
	*s = *out
	return nil
}

// Close frees the memory and removes the file.
func (s *Store) Close() error {
	s.memory, s.tail, s.n = nil, nil, 0
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	err := f.Close()
	if !s.gone {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
