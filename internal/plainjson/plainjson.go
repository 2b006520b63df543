// Package plainjson writes JSON for people to read: <, > and & are not escaped, as
// encoding/json does for HTML.
package plainjson

import (
	"bytes"
	"encoding/json"
)

// Marshal is json.Marshal, or json.MarshalIndent if indent is not empty, without
// HTML escapes.
func Marshal(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// AppendString appends s, valid UTF-8, as Marshal writes it.
func AppendString(dst []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == 0xe2 { // an escape, or maybe U+2028
			quoted, err := Marshal(s, "")
			return append(dst, quoted...), err
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"'), nil
}

// Or returns the value of an optional field of a JSON object: what p points to, or
// otherwise if the field is missing or null.
func Or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
