package cli

import (
	"encoding/json"
	"io"
)

// WriteJSON writes v as indented JSON and a line break, with <, > and & as they
// are.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// WriteJSONEach writes one value as WriteJSON does, and several as one object a
// line, so that a tool that reads a stream of values reads both.
func WriteJSONEach[T any](w io.Writer, values []T) error {
	if len(values) == 1 {
		return WriteJSON(w, values[0])
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSONLine writes v as JSON on one line.
func WriteJSONLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
