// Package plainjson writes JSON for people to read: <, > and & are not escaped, as
// encoding/json does for HTML. The errors of its Unmarshal do not mention types of Go.
package plainjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Unmarshal is json.Unmarshal with the errors that Error returns.
func Unmarshal(data []byte, to any) error { return Error(json.Unmarshal(data, to)) }

// Error returns an error of encoding/json in words that do not mention types of Go:
// `field "dim": expected a whole number but found a string`. Other errors are returned
// unchanged.
func Error(err error) error {
	var mistyped *json.UnmarshalTypeError
	if !errors.As(err, &mistyped) {
		return err
	}
	text := fmt.Sprintf("expected %s but found %s", kindOf(mistyped.Type), found(mistyped.Value))
	if mistyped.Field != "" {
		text = fmt.Sprintf("field %q: %s", mistyped.Field, text)
	}
	return &plainError{strings.Replace(err.Error(), mistyped.Error(), text, 1), err}
}

type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

// kindOf returns the JSON value that a type holds.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Interface:
		return "another value"
	}
	return "a whole number"
}

// found describes a value by the word that encoding/json has for it, such as "number 1.5".
func found(value string) string {
	if number, ok := strings.CutPrefix(value, "number "); ok {
		return number
	}
	switch value {
	case "object", "array":
		return "an " + value
	case "bool":
		return "true or false"
	}
	return "a " + value
}

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
