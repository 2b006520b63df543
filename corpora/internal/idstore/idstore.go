package idstore

import (
	"errors"
	"fmt"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	// BlockIDs is the number of entries of a block of the cache; the last
	// block may be shorter. Blocks do not depend on the number of threads, so
	// that work cut at blocks gives the same result on any machine.
	BlockIDs = 16384

	BlockBytes = 4 * BlockIDs

	// MemoryBlocks of ids, 256 MiB, stay in memory; what follows goes to a file.
	MemoryBlocks = 256 << 20 / BlockBytes
)

// Store is a sequence of 32-bit ids in blocks, the first of them in memory,
// the rest in a file. It is written from start to end, finished, and then read.
type Store struct {
	dir    string
	limit  int       // blocks in memory
	memory [][]int32 // blocks 0 to limit-1
	tail   []int32   // the block being filled
	n      int64     // entries
	file   *os.File  // blocks from limit on
	gone   bool      // the file has no name any more, or is that of a cache: close leaves it
	raw    []byte

	keepName bool // as where an open file cannot be removed; for tests
}

func New(dir string, limit int) *Store {
	return &Store{dir: dir, limit: limit, raw: make([]byte, BlockBytes)}
}

// Open returns a store of the n ids in f, which close closes and leaves in place.
func Open(f *os.File, n int64) *Store { return &Store{file: f, gone: true, n: n} }

// append adds ids at the end.
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

// finish writes what append still holds, so that all can be read. What is
// appended after it goes on behind.
func (s *Store) Finish() error {
	return s.write(int(s.n % BlockIDs))
}

// write puts the last block, of used entries, into the file if it belongs there.
func (s *Store) write(used int) error {
	i := (s.n - 1) / BlockIDs
	if used == 0 || i < int64(s.limit) {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "luminavec-ids-*")
		if err != nil {
			return spoolError("make", err)
		}
		// Where the system lets an open file lose its name, not even a killed
		// process leaves it behind.
		s.file, s.gone = f, !s.keepName && os.Remove(f.Name()) == nil
	}
	raw := AppendIDs(s.raw[:0], s.tail[:used])
	if _, err := s.file.WriteAt(raw, (i-int64(s.limit))*BlockBytes); err != nil {
		return spoolError("write", err)
	}
	return nil
}

func spoolError(what string, err error) error {
	return fault.New("a large corpus needs 4 bytes of disk a word: set TMPDIR to a folder with room",
		"cannot %s the file of token ids: %w", what, err)
}

// length is the number of ids.
func (s *Store) Len() int64 { return s.n }

// inMemory returns a block that is in memory, nil for one that is in the file. It must
// not be changed.
func (s *Store) InMemory(block int) []int32 {
	if block < len(s.memory) {
		return s.memory[block]
	}
	return nil
}

// blocks is the number of blocks.
func (s *Store) Blocks() int { return int((s.n + BlockIDs - 1) / BlockIDs) }

// read appends block i to dst. Goroutines may read at once.
func (s *Store) Read(dst []int32, i int) ([]int32, error) { return s.ReadInto(dst, nil, i) }

// readInto is read with room for the bytes of a block, which may be nil.
func (s *Store) ReadInto(dst []int32, raw []byte, i int) ([]int32, error) {
	if i < 0 || i >= s.Blocks() {
		return dst, fmt.Errorf("block %d: the token cache has %d blocks", i, s.Blocks()) // none once closed
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

// rewrite replaces the ids by what change makes of them, block after block;
// change must not append more than it was given so far. The file is
// overwritten behind the place where it is read.
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

// close gives the memory back and removes the file.
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
