// Package tensorfile reads the headers of safetensors files.
// https://huggingface.co/docs/safetensors
package tensorfile

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// MaxHeader is the maximum header length that the safetensors library accepts, in bytes: its
// MAX_HEADER_SIZE.
const MaxHeader = 100_000_000

// Entry is one tensor in the header.
type Entry struct {
	Name       string
	DType      string
	Shape      []int
	Begin, End int64 // bytes, from the end of the header
}

// Read reads the header of a file of size bytes, -1 if that is unknown, up to the values. start is where
// they begin.
func Read(r io.Reader, size int64) (entries []Entry, metadata map[string]string, start int64, err error) {
	var first [8]byte
	if _, err := io.ReadFull(r, first[:]); err != nil {
		return nil, nil, 0, noEOF(err)
	}
	n := binary.LittleEndian.Uint64(first[:])
	if n > MaxHeader || size >= 0 && n > uint64(size)-8 {
		if size < 0 {
			return nil, nil, 0, fmt.Errorf("header: its length is %s (at most %d are read)", fault.Count(int(n), "byte"), MaxHeader)
		}
		return nil, nil, 0, fmt.Errorf("header: its length is %s, but the file has %d (at most %d are read)", fault.Count(int(n), "byte"), size-8, MaxHeader)
	}
	var header bytes.Buffer // grows with what there is
	if _, err := io.CopyN(&header, r, int64(n)); err != nil {
		return nil, nil, 0, noEOF(err)
	}
	start = int64(8 + n)
	left := int64(-1)
	if size >= 0 {
		left = size - start
	}
	entries, metadata, err = Parse(header.Bytes(), left)
	return entries, metadata, start, err
}

// Parse reads the JSON of a header and returns the tensors in the order of their
// values, and the metadata. dataSize is the number of bytes after the header, -1 if it is unknown; the
// tensors must cover each of them exactly once.
//
// Repeated names, shapes that do not match their range, and ranges that overlap, leave gaps or
// exceed the file are errors.
func Parse(header []byte, dataSize int64) (entries []Entry, metadata map[string]string, err error) {
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	err = eachField(d, func(name string) error {
		if name == "__metadata__" {
			metadata = map[string]string{}
			return eachField(d, func(key string) error {
				var s string
				err := d.Decode(&s)
				metadata[key] = s
				return plainjson.Error(err)
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
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	if rest := bytes.TrimRight(header[d.InputOffset():], " "); len(rest) > 0 {
		return nil, nil, fmt.Errorf("header: unexpected %.20q after the JSON", rest)
	}
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.End, b.End))
	})
	var at int64
	for _, e := range entries {
		switch {
		case e.Begin < at:
			return nil, nil, fmt.Errorf("tensor %q: its bytes %d to %d overlap those before %d", e.Name, e.Begin, e.End, at)
		case e.Begin > at:
			return nil, nil, fmt.Errorf("tensor %q: bytes %d to %d before it belong to no tensor", e.Name, at, e.Begin)
		case dataSize >= 0 && e.End > dataSize:
			return nil, nil, fmt.Errorf("tensor %q: its bytes %d to %d go beyond the %d in the file", e.Name, e.Begin, e.End, dataSize)
		}
		at = e.End
	}
	if dataSize >= 0 && at != dataSize {
		return nil, nil, fmt.Errorf("found %s after the last tensor", fault.Count(int(dataSize-at), "byte"))
	}
	return entries, metadata, nil
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

// parseEntry reads what the header says of a tensor.
func parseEntry(d *json.Decoder, name string) (Entry, error) {
	e := Entry{Name: name, Begin: -1}
	err := eachField(d, func(field string) error {
		switch field {
		case "dtype":
			return plainjson.Error(d.Decode(&e.DType))
		case "shape":
			return plainjson.Error(d.Decode(&e.Shape))
		case "data_offsets":
			var offsets []int64
			if err := d.Decode(&offsets); err != nil {
				return plainjson.Error(err)
			}
			if len(offsets) != 2 {
				return fmt.Errorf("expected 2 numbers but found %d", len(offsets))
			}
			e.Begin, e.End = offsets[0], offsets[1]
			return nil
		}
		return fmt.Errorf("unknown field")
	})
	if err != nil {
		return e, err
	}
	if e.Begin < 0 || e.End < e.Begin {
		return e, fmt.Errorf("%d to %d is not a range of bytes", e.Begin, e.End)
	}
	return e, nil
}

// noEOF returns io.ErrUnexpectedEOF instead of io.EOF, for data that must not end yet.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
