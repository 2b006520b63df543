package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode"
)

// WriteJSON writes v as indented JSON and a line break, with <, > and & as they
// are.
func WriteJSON(w io.Writer, v any) error {
	e := jsonEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// WriteJSONEach writes one value as WriteJSON does, and several as one object a
// line, so that a tool that reads a stream of values reads both.
func WriteJSONEach[T any](w io.Writer, values []T) error {
	if len(values) == 1 {
		return WriteJSON(w, values[0])
	}
	for _, v := range values {
		if err := WriteJSONLine(w, v); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSONLine writes v as JSON on one line.
func WriteJSONLine(w io.Writer, v any) error { return jsonEncoder(w).Encode(v) }

func jsonEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(escaped{w})
	e.SetEscapeHTML(false)
	return e
}

// escaped escapes the control characters that encoding/json leaves as they are, so that text from a
// file cannot steer the terminal. An encoder writes each value by one call.
type escaped struct{ w io.Writer }

func (e escaped) Write(p []byte) (int, error) {
	var out []byte
	from := 0
	for i, r := range string(p) {
		if r < 0x7f || !unicode.IsControl(r) && !isBidiControl(r) {
			continue
		}
		out = fmt.Appendf(append(out, p[from:i]...), `\u%04x`, r)
		from = i + len(string(r))
	}
	if from == 0 {
		return e.w.Write(p)
	}
	if _, err := e.w.Write(append(out, p[from:]...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
