package checkpoints

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"unsafe"

	"github.com/luminavec/luminavec/internal/tensorfile"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/mapped"
)

// tableBlock is the size of the blocks of model.safetensors whose checksums are in model.blocks: a
// checksum takes little room, and comparing the first one takes little time.
const tableBlock = 64 << 10

// blocksMagic begins model.blocks. The size of a block follows as an unsigned 32-bit number, and then
// the CRC-32C of each block. Numbers are little-endian.
const blocksMagic = "LVBLOCKS"

// appendBlocks returns model.blocks.
func appendBlocks(sums *mapped.Sums) []byte {
	sums.End()
	return append(binary.LittleEndian.AppendUint32([]byte(blocksMagic), tableBlock), sums.List()...)
}

// parseBlocks returns the checksums and the size of a block of a file of size bytes.
func parseBlocks(data []byte, size int64) (sums []byte, block int, err error) {
	head := len(blocksMagic) + 4
	if len(data) < head || string(data[:len(blocksMagic)]) != blocksMagic {
		return nil, 0, fmt.Errorf("expected %q and checksums but found %.20q", blocksMagic, data)
	}
	n := binary.LittleEndian.Uint32(data[len(blocksMagic):])
	if n < 512 || n > 1<<30 || n&(n-1) != 0 {
		return nil, 0, fmt.Errorf("%d is not the size of a block", n)
	}
	sums = data[head:]
	if want := 4 * ((size + int64(n) - 1) / int64(n)); int64(len(sums)) != want {
		return nil, 0, fmt.Errorf("it has %d bytes of checksums, but %s has %d bytes, which require %d", len(sums), ModelFile, size, want)
	}
	return sums, int(n), nil
}

// mapping is model.safetensors mapped into memory. It stays mapped as long as it is reachable: the
// garbage collector does not know the memory that tensors use.
type mapping struct {
	dir    string // of the model, for errors
	file   []byte
	blocks *mapped.Blocks
}

// check compares the checksums of the blocks that hold these bytes, unless they have been compared
// before.
func (m *mapping) check(from, to int) error {
	if err := m.blocks.Check(from, to); err != nil {
		return m.fail(fmt.Errorf("damaged: %w", err))
	}
	return nil
}

func (m *mapping) fail(err error) error {
	return fault.New(hintDamaged, "model %s: %w", m.dir, &manifest.FileError{File: ModelFile, Err: err})
}

// truncated is the error for a fault.
func (m *mapping) truncated() error {
	return fault.New("do not change a model while it is in use, only replace it; if nobody did, check the disk", "model %s: %w", m.dir,
		&manifest.FileError{File: ModelFile, Err: errors.New("it was truncated while it was open, or the disk failed")})
}

// Mapped reports whether the values of t are in a file that is mapped into memory, see
// ReadOptions.Mapped.
func (t Tensor) Mapped() bool { return t.file != nil }

// Verify compares the checksums of the blocks of the file that hold the rows from from up to to,
// which must exist, unless they have been compared before. It must be called before rows of a mapped
// tensor are read. It does nothing for a tensor in memory.
func (t Tensor) Verify(from, to int) error {
	if t.file == nil {
		return nil
	}
	if t.Quantized == nil || t.Quantized.Mapping == nil {
		row := t.rowBytes()
		return t.file.check(t.at+from*row, t.at+to*row)
	}
	for _, row := range t.Quantized.Mapping[from:to] {
		if err := t.verifyStored(int(row)); err != nil {
			return err
		}
	}
	return nil
}

// rowBytes returns the bytes from one row in the file to the next.
func (t Tensor) rowBytes() int {
	if t.Quantized != nil {
		return t.Quantized.CodeBytes()
	}
	return 4 * t.rowStride()
}

// VerifyRows is Verify for the rows with these numbers.
func (t Tensor) VerifyRows(rows []int32) error {
	if t.file == nil {
		return nil
	}
	if q := t.Quantized; q != nil && q.Mapping != nil {
		for _, row := range rows {
			if err := t.verifyStored(int(q.Mapping[row])); err != nil {
				return err
			}
		}
		return nil
	}
	for _, row := range rows {
		if err := t.verifyStored(int(row)); err != nil {
			return err
		}
	}
	return nil
}

// verifyStored is Verify for a row in the file.
func (t Tensor) verifyStored(row int) error {
	size := t.rowBytes()
	from := t.at + row*size
	if err := t.file.blocks.Check(from, from+size); err != nil {
		return t.file.check(from, from+size)
	}
	return nil
}

// Unfault, when deferred, turns a fault of the goroutine into an error: the file of the tensor was
// truncated while it was open. Rows of a mapped tensor must be read under it.
//
//	defer t.Unfault(debug.SetPanicOnFault(true), &err)
//
// For a tensor in memory, it does nothing.
func (t Tensor) Unfault(was bool, err *error) {
	debug.SetPanicOnFault(was)
	if t.file == nil {
		return
	}
	if mapped.IsFault(recover()) {
		*err = t.file.truncated()
	}
	runtime.KeepAlive(t.file)
}

// inMemory returns t, or a verified copy if it is mapped.
func (t Tensor) inMemory() (c Tensor, err error) {
	if t.file == nil {
		return t, nil
	}
	defer t.Unfault(debug.SetPanicOnFault(true), &err)
	if q := t.Quantized; q != nil { // codes that no row uses as well
		if err := t.file.check(t.at, t.at+len(q.Codes)); err != nil {
			return t, err
		}
		own := *q
		own.Codes = bytes.Clone(q.Codes)
		return Tensor{Shape: t.Shape, Quantized: &own}, nil
	}
	if err := t.Verify(0, t.Rows()); err != nil {
		return t, err
	}
	c = NewTensor(t.Shape...)
	for i := range t.Rows() {
		copy(c.Row(i), t.Row(i))
	}
	return c, nil
}

// mapTables maps the tables of the model and reads its other tensors. It returns false if they must
// be read as usual.
func (r *reader) mapTables(c *Checkpoint) (ok bool, err error) {
	listed, known := r.folder.Find(ModelFile)
	if _, ok := r.folder.Find(BlocksFile); !ok || !known || int64(int(listed.Size)) != listed.Size {
		return false, nil
	}
	var sums []byte
	var block int
	if err := r.file(BlocksFile, whole(func(data []byte) (err error) {
		sums, block, err = parseBlocks(data, listed.Size)
		return err
	})); err != nil {
		return false, err
	}
	file, err := mapFile(filepath.Join(r.dir, ModelFile), listed.Size)
	if file == nil || err != nil {
		return false, nil // reading it reports what is wrong
	}
	m := &mapping{dir: r.dir, file: file, blocks: mapped.NewBlocks(file, sums, block)}
	runtime.AddCleanup(m, mapped.Unmap, file)
	c.Tensors, err = r.mapTensors(m, c.Config)
	runtime.KeepAlive(m)
	return c.Tensors != nil, err
}

// mapFile maps a file that must have size bytes. It returns nil if that is not possible.
func mapFile(path string, size int64) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // opening a named pipe would wait
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return nil, err
	}
	return mapped.Map(f), nil
}

// mapTensors returns the tensors of a mapped file, nil if they must be read as usual.
func (r *reader) mapTensors(m *mapping, config Config) (_ map[string]Tensor, err error) {
	defer Tensor{file: m}.Unfault(debug.SetPanicOnFault(true), &err)
	if err := m.check(0, min(8, len(m.file))); err != nil {
		return nil, err
	}
	if len(m.file) < 8 || little.Uint64(m.file) > uint64(min(len(m.file)-8, tensorfile.MaxHeader)) {
		return nil, nil
	}
	start := 8 + int(little.Uint64(m.file))
	if err := m.check(0, start); err != nil {
		return nil, err
	}
	entries, err := parseHeader(m.file[8:start], int64(len(m.file)-start))
	if err != nil {
		return nil, nil
	}
	tensors := make(map[string]stored, len(entries))
	buffer := make([]byte, min(len(m.file), blockBytes)/8*8)
	for _, e := range entries {
		from, to := start+int(e.begin), start+int(e.end)
		if width := codeWidths[e.dtype]; width > 0 && config.Format >= formatQuantized {
			if e.checkRange(width) != nil {
				return nil, nil
			}
			if width == 1 {
				tensors[e.name] = stored{dtype: e.dtype, Tensor: Tensor{Shape: e.shape, file: m, at: from}, bytes: m.file[from:to:to]}
				continue
			}
			if err := m.check(from, to); err != nil {
				return nil, err
			}
			t, err := readIntegers(bytes.NewReader(m.file[from:to]), e, width)
			if err != nil {
				return nil, m.fail(err)
			}
			tensors[e.name] = t
			continue
		}
		number, err := e.check()
		if err != nil || e.dtype != "F32" && !(e.dtype == "I32" && config.Format == formatZeroRow) {
			return nil, nil
		}
		if e.dtype == "F32" && slices.Contains([]string{EmbeddingTensor, NGramTensor, tableTensor}, e.name) && len(e.shape) == 2 && from%4 == 0 {
			values := unsafe.Slice((*float32)(unsafe.Pointer(&m.file[from])), (to-from)/4)
			tensors[e.name] = stored{dtype: "F32", Tensor: Tensor{Shape: e.shape, Data: values, file: m, at: from}}
			continue
		}
		if err := m.check(from, to); err != nil {
			return nil, err
		}
		t := NewTensor(e.shape...)
		if err := readValues(r.ctx, io.Reader(bytes.NewReader(m.file[from:to])), e.name, t, number, buffer); err != nil {
			return nil, m.fail(err)
		}
		tensors[e.name] = stored{dtype: "F32", Tensor: t}
	}
	joined, err := joinTables(tensors, config.Dim)
	if err != nil {
		return nil, nil
	}
	return joined, nil
}
