package checkpoints

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/tensorfile"

	"github.com/luminavec/luminavec/internal/fault"
)

var little = binary.LittleEndian

// blockBytes is how much of a tensor is converted between two checks of the context.
const blockBytes = 256 << 10

// Saved is a tensor to be written to a safetensors file, row by row.
type Saved struct {
	Name  string
	Shape []int

	// Row returns the values of row i, stored as float32 (F32). They are read before the next call.
	Row func(i int) []float32
	// Whole returns value i of a tensor of one dimension, stored as a 32-bit integer (I32). nil:
	// Row returns the values.
	Whole func(i int) int

	// Bytes are the values of a tensor of bytes, which has no Row: signed (I8) or, with Unsigned,
	// unsigned (U8).
	Bytes    []byte
	Unsigned bool
}

// dtype returns the type of the values in the header, and the bytes of one.
func (s Saved) dtype() (name string, width int64) {
	switch {
	case s.Bytes != nil && s.Unsigned:
		return "U8", 1
	case s.Bytes != nil:
		return "I8", 1
	case s.Whole != nil:
		return "I32", 4
	}
	return "F32", 4
}

// saved returns tensors in the order in which they are written. static says that the vector of a
// text is the mean of rows of the table of the vocabulary.
func saved(tensors map[string]Tensor, static bool) ([]Saved, error) {
	var list []Saved
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if err := tensors[name].Validate(); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		t, err := tensors[name].inMemory()
		if err != nil {
			return nil, err
		}
		if t.Quantized != nil {
			list = append(list, t.Quantized.saved(tableNames(name, t.Quantized.DType, static))...)
			continue
		}
		list = append(list, Saved{Name: name, Shape: t.Shape, Row: t.Row})
	}
	slices.SortFunc(list, func(a, b Saved) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// writeTensors writes a safetensors file with the tensors sorted by name. A value that is
// not finite is an error.
func writeTensors(ctx context.Context, w io.Writer, tensors map[string]Tensor, static bool) error {
	list, err := saved(tensors, static)
	if err != nil {
		return err
	}
	return WriteTensors(ctx, w, list)
}

// WriteTensors writes a safetensors file, one block of rows at a time. A value that is not finite,
// a shape that is not positive and a name that occurs twice are errors.
func WriteTensors(ctx context.Context, w io.Writer, tensors []Saved) error {
	names := map[string]bool{}
	for _, t := range tensors {
		if t.Name == "" || t.Name == "__metadata__" || names[t.Name] {
			return fmt.Errorf("%q cannot be the name of a tensor", t.Name)
		}
		names[t.Name] = true
		if err := (Tensor{Shape: t.Shape}).checkShape(); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	head, err := packHeader(tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	block := make([]byte, 0, blockBytes)
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := w.Write(block)
		block = block[:0]
		return err
	}
	for _, t := range tensors {
		shape := Tensor{Shape: t.Shape}
		if t.Whole != nil {
			for i := range shape.Cols() {
				if cap(block)-len(block) < 4 {
					if err := flush(); err != nil {
						return err
					}
				}
				block = little.AppendUint32(block, uint32(t.Whole(i)))
			}
			continue
		}
		if t.Bytes != nil {
			if err := flush(); err != nil {
				return err
			}
			if _, err := w.Write(t.Bytes); err != nil {
				return err
			}
			continue
		}
		for i := range shape.Rows() {
			row := t.Row(i)
			for done := 0; done < len(row); {
				if cap(block)-len(block) < 4 {
					if err := flush(); err != nil {
						return err
					}
				}
				n := min(len(row)-done, (cap(block)-len(block))/4)
				out := block[len(block) : len(block)+4*n]
				if bad := encode(out, row[done:done+n]); bad >= 0 {
					return notFinite(t.Name, shape, i, done+bad, row[done+bad])
				}
				block = block[:len(block)+4*n]
				done += n
			}
		}
	}
	return flush()
}

// encode writes src to dst, 4 bytes per value, and returns the index of the first value
// that is not finite, -1 if all are.
//
//	for i, v := range src {
//		little.PutUint32(dst[4*i:], math.Float32bits(v))
//	}
func encode(dst []byte, src []float32) (bad int) {
	dst = dst[:4*len(src)]
	bad = -1
	for i, v := range src {
		bits := math.Float32bits(v)
		if bits&exponent == exponent && bad < 0 {
			bad = i
		}
		little.PutUint32(dst[4*i:4*i+4], bits)
	}
	return bad
}

// decode reads dst from src, 4 bytes per value, and returns the index of the first value
// that is not finite, -1 if all are.
func decode(dst []float32, src []byte) (bad int) {
	src = src[:4*len(dst)]
	bad = -1
	for i := range dst {
		bits := little.Uint32(src[4*i : 4*i+4])
		if bits&exponent == exponent && bad < 0 {
			bad = i
		}
		dst[i] = math.Float32frombits(bits)
	}
	return bad
}

// exponent is all ones in infinities and NaN.
const exponent = 0x7f800000

// ReadTensors reads the safetensors file at path: all tensors or, if names are given, those of
// these names; the others then have only their Shape. Floating-point numbers of 16 bits (F16 and
// BF16) are converted to float32 exactly, those of 64 bits (F64) to the nearest. Integers are
// read only from tensors of one dimension; other types are an error that names them.
func ReadTensors(ctx context.Context, path string, names ...string) (map[string]Tensor, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tensors, err := readTensors(ctx, f, info.Size(), names...)
	if err != nil {
		return nil, fault.New(cmp.Or(fault.Hint(err), hintDamaged), "%s: %w", path, err)
	}
	return tensors, nil
}

// readTensors is ReadTensors for a file of size bytes. Whatever the header says, it allocates no
// more than size bytes plus the padding of rows.
func readTensors(ctx context.Context, r io.Reader, size int64, names ...string) (map[string]Tensor, error) {
	all, err := readStored(ctx, r, size, false, names...)
	if err != nil {
		return nil, err
	}
	tensors := make(map[string]Tensor, len(all))
	for name, t := range all {
		tensors[name] = t.Tensor
	}
	return tensors, nil
}

// readStored is readTensors for a file that, if codes is set, may hold the integers of quantized
// tables, which it does not convert.
func readStored(ctx context.Context, r io.Reader, size int64, codes bool, names ...string) (map[string]stored, error) {
	var first [8]byte
	if size < int64(len(first)) {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file", size)
	}
	if _, err := io.ReadFull(r, first[:]); err != nil {
		return nil, noEOF(err)
	}
	if string(first[:]) == "version " {
		return nil, fault.New("fetch the file itself: git lfs pull", "a pointer of Git LFS, not a file of tensors")
	}
	found, _, _, err := tensorfile.Read(io.MultiReader(bytes.NewReader(first[:]), r), size)
	if err != nil {
		return nil, err
	}
	entries := entriesOf(found)
	tensors := make(map[string]stored, len(entries))
	buffer := make([]byte, min(size, blockBytes)/8*8)
	for _, e := range entries {
		if len(names) > 0 && !slices.Contains(names, e.name) {
			if _, err := io.CopyN(io.Discard, r, e.end-e.begin); err != nil {
				return nil, fmt.Errorf("tensor %q: %w", e.name, noEOF(err))
			}
			tensors[e.name] = stored{Tensor: Tensor{Shape: e.shape}}
			continue
		}
		if width := codeWidths[e.dtype]; codes && width > 0 {
			if tensors[e.name], err = readIntegers(r, e, width); err != nil {
				return nil, err
			}
			continue
		}
		number, err := e.check()
		if err != nil {
			return nil, err
		}
		t := NewTensor(e.shape...)
		if err := readValues(ctx, r, e.name, t, number, buffer); err != nil {
			return nil, err
		}
		tensors[e.name] = stored{dtype: "F32", Tensor: t}
	}
	return tensors, nil
}

// readValues fills the rows of t.
func readValues(ctx context.Context, r io.Reader, name string, t Tensor, number numberType, buffer []byte) error {
	rows, cols, width := t.Rows(), t.Cols(), number.bytes
	left := t.values() * int64(width)
	var have []byte // read and not yet decoded
	for i := range rows {
		row := t.Row(i)
		for done := 0; done < cols; {
			if len(have) == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
				have = buffer[:min(int64(len(buffer)), left)]
				if _, err := io.ReadFull(r, have); err != nil {
					return fmt.Errorf("tensor %q: row %d: %w", name, i, noEOF(err))
				}
				left -= int64(len(have))
			}
			n := min(cols-done, len(have)/width)
			if bad := number.read(row[done:done+n], have[:width*n]); bad >= 0 {
				return notFinite(name, t, i, done+bad, row[done+bad])
			}
			have = have[width*n:]
			done += n
		}
	}
	return nil
}

// noEOF returns io.ErrUnexpectedEOF instead of io.EOF, for data that must not end yet.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
