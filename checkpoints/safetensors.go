package checkpoints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// maxHeader is the maximum header length that the safetensors library accepts, in bytes: its
// MAX_HEADER_SIZE.
const maxHeader = 100_000_000

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
	if b.Len()-8 > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes exceeds what other programs accept (%d)", b.Len()-8, maxHeader)
	}
	head := b.Bytes()
	little.PutUint64(head, uint64(len(head)-8))
	return head, nil
}

// parseHeader reads the JSON of a header and returns the tensors in the order of their
// values. dataSize is the number of bytes after the header; the tensors must cover
// each of them exactly once.
//
// Repeated names, shapes that do not match their range, and ranges that overlap, leave gaps or
// exceed the file are errors.
func parseHeader(header []byte, dataSize int64) ([]entry, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	var entries []entry
	err := eachField(d, func(name string) error {
		if name == "__metadata__" {
			return eachField(d, func(string) error {
				var s string
				return plainjson.Error(d.Decode(&s))
			})
		}
		e, err := parseEntry(d, name)
		if err != nil {
			return err
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if rest := bytes.TrimRight(header[d.InputOffset():], " "); len(rest) > 0 {
		return nil, fmt.Errorf("header: unexpected %.20q after the JSON", rest)
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		if a.begin != b.begin {
			return compare(a.begin, b.begin)
		}
		return compare(a.end, b.end)
	})
	var at int64
	for _, e := range entries {
		switch {
		case e.begin < at:
			return nil, fmt.Errorf("tensor %q: its bytes %d to %d overlap those before %d", e.name, e.begin, e.end, at)
		case e.begin > at:
			return nil, fmt.Errorf("tensor %q: bytes %d to %d before it belong to no tensor", e.name, at, e.begin)
		case e.end > dataSize:
			return nil, fmt.Errorf("tensor %q: its bytes %d to %d go beyond the %d in the file", e.name, e.begin, e.end, dataSize)
		}
		at = e.end
	}
	if at != dataSize {
		return nil, fmt.Errorf("found %s after the last tensor", fault.Count(int(dataSize-at), "byte"))
	}
	return entries, nil
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// eachField reads an object from d and calls fn after each name, to read the value.
// Unlike json.Unmarshal it rejects repeated names.
func eachField(d *json.Decoder, fn func(name string) error) error {
	t, err := d.Token()
	if err != nil {
		return noEOF(err)
	}
	if t != json.Delim('{') {
		return fmt.Errorf("expected an object but found %s", tokenText(t))
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return noEOF(err)
		}
		name, ok := t.(string)
		if !ok {
			return fmt.Errorf("expected a name but found %s", tokenText(t))
		}
		if seen[name] {
			return fmt.Errorf("%q occurs twice", name)
		}
		seen[name] = true
		if err := fn(name); err != nil {
			return fmt.Errorf("%q: %w", name, noEOF(err))
		}
	}
	_, err = d.Token()
	return noEOF(err)
}

// tokenText returns a JSON token as it appears in an error.
func tokenText(t json.Token) string {
	if t == nil {
		return "null"
	}
	return fmt.Sprint(t)
}

func parseEntry(d *json.Decoder, name string) (entry, error) {
	e := entry{name: name, begin: -1}
	err := eachField(d, func(field string) error {
		switch field {
		case "dtype":
			return plainjson.Error(d.Decode(&e.dtype))
		case "shape":
			return plainjson.Error(d.Decode(&e.shape))
		case "data_offsets":
			var offsets []int64
			if err := d.Decode(&offsets); err != nil {
				return plainjson.Error(err)
			}
			if len(offsets) != 2 {
				return fmt.Errorf("expected 2 numbers but found %d", len(offsets))
			}
			e.begin, e.end = offsets[0], offsets[1]
			return nil
		}
		return fmt.Errorf("unknown field")
	})
	if err != nil {
		return e, err
	}
	if e.begin < 0 || e.end < e.begin {
		return e, fmt.Errorf("%d to %d is not a range of bytes", e.begin, e.end)
	}
	return e, nil
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
