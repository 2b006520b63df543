package text

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/pipe"
)

// maxZstdWindow bounds the memory one zstd frame can ask for: zstd --long=29.
const maxZstdWindow = 512 << 20

// compression is detected from the first bytes of a file, never from its name: a .gz file that
// has already been decompressed is read as plain text, and a gzip file named corpus.txt does
// not turn into garbage tokens.
type compression int

const (
	uncompressed compression = iota
	gzipped
	bzipped
	zstandard
)

func (c compression) String() string {
	return [...]string{"plain", "gzip", "bzip2", "zstd"}[c]
}

// detect returns the compression that the first bytes of a file show; 10 are enough.
func detect(head []byte) compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}): // RFC 1952: magic, deflate
		return gzipped
	case len(head) >= 10 && bytes.HasPrefix(head, []byte("BZh")) && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90"): // a block, or an empty file's end
		return bzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), // RFC 8878: frame
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}): // skippable frame
		return zstandard
	}
	return uncompressed
}

// mayBeCompressed reports whether more bytes could make detect find a compression.
func mayBeCompressed(head []byte) bool {
	if len(head) == 0 {
		return true
	}
	skippable := append([]byte{head[0]&0x0f | 0x50}, 0x2a, 0x4d, 0x18)
	for _, magic := range [][]byte{{0x1f, 0x8b, 0x08}, []byte("BZh"), {0x28, 0xb5, 0x2f, 0xfd}, skippable} {
		n := min(len(head), len(magic))
		if bytes.Equal(head[:n], magic[:n]) {
			return true
		}
	}
	return false
}

// peek returns the next n bytes of r, fewer at its end. From a stream that may block, such as a
// terminal or a pipe, it returns whatever arrives first.
func peek(r *bufio.Reader, n int, blocking bool) ([]byte, error) {
	if blocking {
		if head, err := r.Peek(1); err != nil {
			return head, err
		}
		n = min(n, r.Buffered())
	}
	return r.Peek(n)
}

// containers are formats that hold text but are not text; the hint says what to do.
var containers = []struct{ magic, name, hint string }{
	{"PK\x03\x04", "a zip archive (or an office document)", "extract it and name the text files in it"},
	{"\xfd7zXZ\x00", "an xz file", "decompress it first: xz -dc FILE | ... -"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive", "extract it and name the text files in it"},
	{"\x04\x22\x4d\x18", "an lz4 file", "decompress it first: lz4 -dc FILE | ... -"},
	{"%PDF-", "a PDF document", "convert it to text first: pdftotext FILE"},
	{"\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"},
	{"\xfe\xff", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE"},
}

// decompress opens one input, counts its bytes in s.consumed and decompresses them; their first
// bytes select the format. The returned reader can peek at the first 64 KiB.
func (s *Source) decompress(ctx context.Context, e entry) (*bufio.Reader, func(), error) {
	var closers []func()
	closeAll := func() {
		for i := len(closers) - 1; i >= 0; i-- {
			closers[i]()
		}
	}
	var in io.Reader
	if e.blocking {
		// The pump must stop when this read does, even before the end of the text.
		pumpCtx, cancel := context.WithCancel(ctx)
		closers = append(closers, cancel)
		in = pipe.NewReader(pumpCtx, e.open)
	} else {
		raw, err := e.open()
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, func() { raw.Close() })
		in = raw
	}
	stored := bufio.NewReaderSize(counter{in, &s.consumed}, 128<<10)
	head, err := peek(stored, 10, e.blocking)
	for err == nil && len(head) < 10 && mayBeCompressed(head) {
		head, err = stored.Peek(len(head) + 1)
	}
	if err != nil && err != io.EOF {
		closeAll()
		return nil, nil, readError(e.name, uncompressed, int64(len(head)), err)
	}
	text, end := io.Reader(stored), &lastRead{in: stored}
	kind := detect(head)
	if e.inside {
		kind = uncompressed
	}
	switch kind {
	case gzipped:
		z, err := newGzipMembers(stored)
		if err != nil {
			closeAll()
			return nil, nil, readError(e.name, kind, 0, err)
		}
		closers = append(closers, func() { z.Close() })
		text = z
	case bzipped:
		text = bzip2.NewReader(end)
	case zstandard:
		z, err := zstd.NewReader(end, zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			closeAll()
			return nil, nil, readError(e.name, kind, 0, err)
		}
		closers = append(closers, z.Close)
		text = z
	}
	unpacked := bufio.NewReaderSize(&located{r: text, name: e.name, kind: kind, end: end}, headBytes)
	return unpacked, closeAll, nil
}

// located adds the file and the number of bytes read to the errors of a reader.
type located struct {
	r    io.Reader
	name string
	kind compression
	end  *lastRead // of compressed data
	n    int64
}

func (l *located) Read(p []byte) (n int, err error) {
	defer func() { // a decoder that panics on a damaged file fails like one that returns an error
		if x := recover(); x != nil {
			err = readError(l.name, l.kind, l.n, fmt.Errorf("decoder failed: %w", fault.Recovered(x)))
		}
	}()
	n, err = l.r.Read(p)
	l.n += int64(n)
	if err != nil && err != io.EOF {
		if l.n > 0 && l.kind > gzipped && l.end.trailing(l.kind, err) {
			err = errTrailing
		}
		err = readError(l.name, l.kind, l.n, err)
	}
	return n, err
}

func readError(name string, kind compression, n int64, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || fault.Hint(err) != "" {
		return err // not an error in the data, or already complete
	}
	switch {
	case kind == uncompressed:
		return fmt.Errorf("cannot read %s after %d bytes: %w", Describe(name), n, fault.Cause(err))
	case err == errTrailing, errors.Is(err, gzip.ErrHeader) && n > 0:
		return fault.New("the file was changed after it was compressed: copy or download it again, and compare its size",
			"%s: its %s data ends after %d bytes of text, but other bytes follow", Describe(name), kind, n)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.New("the file is incomplete: copy or download it again, and compare its size",
			"%s: %s data ends too early, after %d bytes of text: %w", Describe(name), kind, n, err)
	}
	return fault.New("the file is damaged: copy or download it again, and compare its checksum",
		"%s: bad %s data after %d bytes of text: %w", Describe(name), kind, n, err)
}
