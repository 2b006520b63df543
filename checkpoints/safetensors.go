package checkpoints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/luminavec/luminavec/internal/tensorfile"

	"github.com/luminavec/luminavec/internal/fault"
)

// entry is one tensor in the header of a safetensors file.
type entry struct {
	name       string
	dtype      string
	shape      []int
	begin, end int64 // bytes, from the end of the header
}

// packHeader lays out tensors and returns the start of the file, up to the values.
func packHeader(tensors []Saved) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteString(`{"__metadata__":{"format":"pt"}`)
	var at int64
	for _, t := range tensors {
		number, width := t.dtype()
		n := Tensor{Shape: t.Shape}.values() * width
		if at > math.MaxInt64-n {
			return nil, fmt.Errorf("tensor %q: the file would be too large", t.Name)
		}
		key, err := json.Marshal(t.Name)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		shape, err := json.Marshal(t.Shape)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		fmt.Fprintf(&b, `,%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, key, number, shape, at, at+n)
		at += n
	}
	b.WriteByte('}')
	b.WriteString(strings.Repeat(" ", -b.Len()&63)) // values start at a multiple of 64
	if b.Len()-8 > tensorfile.MaxHeader {
		return nil, fmt.Errorf("a header of %d bytes exceeds what other programs accept (%d)", b.Len()-8, tensorfile.MaxHeader)
	}
	head := b.Bytes()
	little.PutUint64(head, uint64(len(head)-8))
	return head, nil
}

// parseHeader returns the tensors of a header in the order of their values. dataSize is the number of
// bytes after the header.
func parseHeader(header []byte, dataSize int64) ([]entry, error) {
	found, _, err := tensorfile.Parse(header, dataSize)
	return entriesOf(found), err
}

func entriesOf(found []tensorfile.Entry) []entry {
	entries := make([]entry, len(found))
	for i, e := range found {
		entries[i] = entry{e.Name, e.DType, e.Shape, e.Begin, e.End}
	}
	return entries
}

// check returns the type of a tensor that is to be read.
func (e *entry) check() (numberType, error) {
	t, ok := numberTypes[e.dtype]
	if t.decode == nil || t.whole && t.bytes > 1 && len(e.shape) != 1 {
		what := fmt.Sprintf("values of the type %.40q", e.dtype)
		if ok {
			what = fmt.Sprintf("%s (%s)", t.name, e.dtype)
		}
		return t, fault.New("save it as float32 in the program that wrote it: tensor.float()",
			"tensor %q holds %s; vectors are floating-point numbers (F32, F16, BF16 or F64)", e.name, what)
	}
	return t, e.checkRange(t.bytes)
}

// checkRange checks that the shape fits the range of values of width bytes.
func (e *entry) checkRange(width int) error {
	if err := (Tensor{Shape: e.shape}).checkShape(); err != nil {
		return fmt.Errorf("tensor %q: %w", e.name, err)
	}
	if want := (Tensor{Shape: e.shape}).values() * int64(width); e.end-e.begin != want {
		return fmt.Errorf("tensor %q: shape %v takes %d bytes, but its range, %d to %d, has %d", e.name, e.shape, want, e.begin, e.end, e.end-e.begin)
	}
	return nil
}
