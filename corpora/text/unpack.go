package text

import (
	"bufio"
	"context"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// Unpacked is the content of one input as bytes, for files that are not text, such as
// vectors.
type Unpacked struct {
	*bufio.Reader // of the content, after decompression
	source        *Source
	done          func()
	compressed    bool
}

// unpackedBuffer is how far Peek of an Unpacked can look ahead, in bytes.
const unpackedBuffer = 1 << 20

// Unpack opens path, a file or "-" for standard input, and decompresses it as Source.Read does:
// gzip, bzip2 and zstd, detected from the first bytes. Peek can look ahead up to 1 MiB. Errors
// name the file and the number of bytes read. The caller must close it.
func Unpack(ctx context.Context, path string) (*Unpacked, error) {
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	if len(s.entries) != 1 {
		return nil, fault.New("name one of them", "%s is %d files, not one", path, len(s.entries))
	}
	e := s.entries[0]
	compressed := true // assumed, as a stream shows its start only once
	if !e.blocking {
		f, err := e.open()
		if err != nil {
			return nil, err
		}
		head := make([]byte, 10)
		n, _ := io.ReadFull(f, head) // decompress reports errors
		f.Close()
		compressed = detect(head[:n]) != uncompressed
	}
	r, done, err := s.decompress(ctx, e)
	if err != nil {
		return nil, err
	}
	return &Unpacked{bufio.NewReaderSize(r, unpackedBuffer), s, done, compressed}, nil
}

// Size returns the number of bytes of the file as it is stored, or 0 if it is unknown.
func (u *Unpacked) Size() int64 { return u.source.Size() }

// Compressed reports whether the content may differ in length from Size.
func (u *Unpacked) Compressed() bool { return u.compressed }

// Consumed returns how many of Size bytes have been read so far.
func (u *Unpacked) Consumed() int64 { return u.source.Consumed() }

// Close closes the file.
func (u *Unpacked) Close() error {
	u.done()
	return nil
}
