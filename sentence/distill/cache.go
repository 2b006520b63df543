package distill

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/half"
)

// cache is the file of the teacher's vectors: a header, then the vectors of the texts of the sample, as
// float16, in its order.
type cache struct {
	file *os.File
	path string
	dim  int
	row  []byte
}

const (
	cacheHead  = "luminavec-teacher-1\n"
	cacheStart = len(cacheHead) + sha256.Size
)

// block is the number of texts that are encoded and written at a time.
const block = 1024

// fingerprint identifies the teacher and the texts: it hashes their ids and the vectors of some tokens.
func fingerprint(ctx context.Context, t Teacher, s *Sample, o Options) (id [sha256.Size]byte, err error) {
	h := sha256.New()
	write := func(v any) { _ = binary.Write(h, binary.LittleEndian, v) } // a hash never fails
	write(int64(o.MaxTokens))
	for _, text := range s.forTeacher() {
		write(int32(len(text)))
		write(text)
	}
	var tokens [][]int32
	for id := range int32(min(t.Tokenizer().Vocabulary().Len(), 256)) {
		tokens = append(tokens, []int32{id})
	}
	vectors, err := t.EncodeTokens(ctx, tokens, o.MaxTokens, o.Threads)
	if err != nil {
		return id, err
	}
	write(vectors)
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// openCache opens the file at path, "" for a temporary one, and returns how many vectors it has.
func openCache(path string, replace bool, id [sha256.Size]byte, dim int) (c *cache, have int, err error) {
	c = &cache{path: path, dim: dim, row: make([]byte, 2*dim)}
	if path == "" {
		if c.file, err = os.CreateTemp("", "luminavec-teacher-*"); err != nil {
			return nil, 0, err
		}
		c.path = c.file.Name()
	} else {
		if c.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
			return nil, 0, err
		}
		head := make([]byte, cacheStart)
		n, err := io.ReadFull(c.file, head)
		switch {
		case err == nil && string(head) == cacheHead+string(id[:]):
			info, err := c.file.Stat()
			if err != nil {
				return nil, 0, errors.Join(err, c.file.Close())
			}
			return c, int(info.Size()-int64(cacheStart)) / (2 * dim), nil
		case n > 0 && string(head[:min(n, len(cacheHead))]) != cacheHead[:min(n, len(cacheHead))]:
			return nil, 0, errors.Join(fault.New("name another file", "%s is not a file of a teacher's vectors", path), c.file.Close())
		case err == nil && !replace:
			return nil, 0, errors.Join(fault.Field("Cache", "name another file, or set ReplaceCache",
				"has vectors of another teacher, other texts or other options: %s", path), c.file.Close())
		}
	}
	if err = c.file.Truncate(0); err == nil {
		_, err = c.file.WriteAt([]byte(cacheHead+string(id[:])), 0)
	}
	if err != nil {
		return nil, 0, errors.Join(c.explain(err), c.file.Close())
	}
	return c, 0, nil
}

func (c *cache) explain(err error) error {
	return fault.New("free space or name another file, then run the same command: it goes on with what is written", "teacher's vectors: %s: %w", c.path, err)
}

// fill encodes the texts that the cache lacks.
func (c *cache) fill(ctx context.Context, t Teacher, s *Sample, o Options, have int) error {
	if have > len(s.texts) {
		have = 0
	}
	buffer, texts := make([]byte, 0, block*2*c.dim), s.forTeacher()
	for from := have; from < len(texts); from += block {
		o.progress("teacher", from, len(texts))
		vectors, err := t.EncodeTokens(ctx, texts[from:min(from+block, len(texts))], o.MaxTokens, o.Threads)
		if err != nil {
			return err
		}
		buffer = buffer[:0]
		for _, v := range vectors {
			buffer = binary.LittleEndian.AppendUint16(buffer, half.Of(v))
		}
		if _, err := c.file.WriteAt(buffer, int64(cacheStart)+int64(from)*int64(2*c.dim)); err != nil {
			return c.explain(err)
		}
	}
	o.progress("teacher", len(s.texts), len(s.texts))
	return nil
}

// read sets dst to the vector of text i.
func (c *cache) read(dst []float32, i int) error {
	if _, err := c.file.ReadAt(c.row, int64(cacheStart)+int64(i)*int64(2*c.dim)); err != nil {
		return fmt.Errorf("teacher's vectors: %s: %w", c.path, err)
	}
	for j := range dst {
		dst[j] = half.Value(binary.LittleEndian.Uint16(c.row[2*j:]))
	}
	return nil
}

// close removes the file, because a run that ends well needs it no more, if it is temporary.
func (c *cache) close(temporary bool) error {
	err := c.file.Close()
	if temporary {
		if removing := os.Remove(c.path); err == nil && !errors.Is(removing, fs.ErrNotExist) {
			err = removing
		}
	}
	return err
}
