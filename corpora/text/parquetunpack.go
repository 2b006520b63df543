package text

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/luminavec/luminavec/internal/fault"
)

// unpackPage decompresses a page of Parquet into dst, which must have the length of the page. It
// takes no more memory than that, whatever the data says.
func unpackPage(dst []byte, codec format.CompressionCodec, stored []byte) error {
	n, size, err := 0, len(dst), error(nil)
	switch codec {
	case format.Uncompressed:
		copy(dst, stored)
		n = len(stored)
	case format.Snappy:
		if n, err = snappy.DecodedLen(stored); err == nil && n == size {
			var out []byte
			out, err = snappy.Decode(dst, stored)
			n = copy(dst, out)
		}
	case format.Gzip:
		var in *gzip.Reader
		if in, err = gzip.NewReader(bytes.NewReader(stored)); err == nil {
			n, err = readWhole(in, dst)
		}
	case format.Brotli:
		n, err = readWhole(brotli.NewReader(bytes.NewReader(stored)), dst)
	case format.Zstd:
		in, ok := zstdPages.Get().(*zstd.Decoder)
		if !ok {
			return errors.New("zstd failed")
		}
		var out []byte
		out, err = in.DecodeAll(stored, dst[:0:size])
		n = copy(dst, out)
		zstdPages.Put(in)
	case format.Lz4Raw:
		n, err = lz4.UncompressBlock(stored, dst)
	case format.Lz4:
		n, err = unpackHadoop(dst, stored)
	default:
		return fault.New("write the file again with zstd, gzip or Snappy", "compression %v is not supported", codec)
	}
	if err == nil && n != size {
		err = fmt.Errorf("it holds %d bytes, expected %d", n, size)
	}
	if err != nil {
		return fmt.Errorf("bad %v data: %w", codec, err)
	}
	return nil
}

// zstdPages are decoders that never return more than their destination has room for.
var zstdPages = sync.Pool{New: func() any {
	in, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil
	}
	return in
}}

// readWhole fills dst and returns its length, or one more if in has more.
func readWhole(in io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(in, dst)
	if err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = nil
		}
		return n, err
	}
	var more [1]byte
	for range 100 { // as io.ErrNoProgress
		m, err := in.Read(more[:])
		switch {
		case m > 0:
			return n + 1, nil
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
	return n, io.ErrNoProgress
}

// unpackHadoop decompresses what Parquet calls LZ4: blocks of Hadoop, each after its size with and
// without compression or, by some writers, one bare block. Source: Parquet's Compression.md, and
// Apache Arrow's Lz4HadoopRawCodec.
func unpackHadoop(dst, stored []byte) (int, error) {
	total := 0
	for rest := stored; ; {
		if len(rest) == 0 && total > 0 {
			return total, nil
		}
		if len(rest) < 8 {
			break
		}
		size, packed := uint64(binary.BigEndian.Uint32(rest)), uint64(binary.BigEndian.Uint32(rest[4:]))
		if packed > uint64(len(rest)-8) || size > uint64(len(dst)-total) {
			break
		}
		n, err := lz4.UncompressBlock(rest[8:8+packed], dst[total:total+int(size)])
		if err != nil || n != int(size) {
			break
		}
		total, rest = total+n, rest[8+packed:]
	}
	return lz4.UncompressBlock(stored, dst)
}
