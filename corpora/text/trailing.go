package text

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// errTrailing is the error for bytes after compressed data that are not compressed data. The
// decoders report up to a few of them as data that ends too early.
var errTrailing = errors.New("other bytes follow")

// gzipMembers reads the members of a gzip file, one after the other. Zeros after the last one
// are ignored, as gzip does: they fill the last block of a tape.
type gzipMembers struct {
	*gzip.Reader
	in *bufio.Reader // from which the members are read
}

func newGzipMembers(in *bufio.Reader) (*gzipMembers, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipMembers{z, in}, nil
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		n, err := g.Reader.Read(p)
		if n > 0 || err != io.EOF {
			if err == io.EOF {
				err = nil // it comes again
			}
			return n, err
		}
		next, err := g.in.Peek(3)
		switch {
		case detect(next) == gzipped:
			if err := g.Reset(g.in); err != nil {
				return 0, err
			}
			g.Multistream(false)
			continue
		case len(next) == 0:
			return 0, err
		case bytes.HasPrefix([]byte{0x1f, 0x8b}, next):
			return 0, io.ErrUnexpectedEOF
		}
		for {
			switch b, err := g.in.ReadByte(); {
			case err != nil:
				return 0, err
			case b != 0:
				return 0, errTrailing
			}
		}
	}
}

// lastRead passes on what a decoder reads, and remembers the end of it.
type lastRead struct {
	in    *bufio.Reader
	sizes [4]int   // of the last reads that were asked for
	last  [16]byte // the last bytes that were read
}

func (l *lastRead) Read(p []byte) (int, error) {
	l.sizes = [4]int{l.sizes[1], l.sizes[2], l.sizes[3], len(p)}
	n, err := l.in.Read(p)
	l.remember(p[max(0, n-len(l.last)):n])
	return n, err
}

func (l *lastRead) ReadByte() (byte, error) {
	b, err := l.in.ReadByte()
	if err == nil {
		l.remember([]byte{b})
	}
	return b, err
}

func (l *lastRead) remember(p []byte) {
	copy(l.last[:], l.last[len(p):])
	copy(l.last[len(l.last)-len(p):], p)
}

// trailing reports whether the error of a decoder, which has returned text, is about bytes after
// the data.
func (l *lastRead) trailing(kind compression, err error) bool {
	var structural bzip2.StructuralError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		after := l.bzip2After()
		if kind == zstandard {
			after = l.zstdAfter()
		}
		rest := l.last[len(l.last)-after:]
		return after > 0 && !mayBeCompressed(rest) // such as the beginning of a further frame
	case errors.As(err, &structural): // of the header of a further stream
		return slices.Contains([]string{"bad magic value in continuation file", "non-Huffman entropy encoding", "invalid compression level"}, string(structural))
	}
	return errors.Is(err, zstd.ErrMagicMismatch)
}

// zstdAfter returns the number of bytes after zstd data, of one to three, or 0. Where a frame
// begins, the decoder asks for one byte and then for three, or for the rest of them. Elsewhere
// it does so only after having asked for one or three.
func (l *lastRead) zstdAfter() int {
	if detect(l.last[len(l.last)-4:]) == zstandard {
		return 0 // a frame has begun
	}
	for after, sizes := range [][]int{1: {1, 3}, 2: {1, 3, 2}, 3: {1, 3, 1}} {
		if at := len(l.sizes) - len(sizes); after > 0 && slices.Equal(l.sizes[at:], sizes) && l.sizes[at-1] != 1 && l.sizes[at-1] != 3 {
			return after
		}
	}
	return 0
}

// bzip2After returns the number of bytes after bzip2 data, of one to three, or 0. The data ends
// with the 48 bits of a magic number, a checksum of 32 bits, and up to 7 bits to fill the last
// byte.
func (l *lastRead) bzip2After() int {
	bit := func(i int) uint64 { return uint64(l.last[i/8]>>(7-i%8)) & 1 }
	for after := 1; after <= 3; after++ {
		for fill := range 8 {
			from := 8*(len(l.last)-after) - fill - 80
			var magic uint64
			for i := range 48 {
				magic = magic<<1 | bit(from+i)
			}
			if magic == 0x177245385090 {
				return after
			}
		}
	}
	return 0
}
