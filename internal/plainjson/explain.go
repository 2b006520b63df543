package plainjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Explain returns an error with the message of err, in which the part that comes from package
// json for a value of the wrong type is in plain words, without the names of Go types:
//
//	"progress.blocks": expected a whole number but found a string
//
// The result wraps err. An error without such a part, including nil, is returned unchanged.
func Explain(err error) error {
	var e *json.UnmarshalTypeError
	if !errors.As(err, &e) {
		return err
	}
	what := fmt.Sprintf("expected %s but found %s", expected(e.Type), found(e.Value))
	if e.Field != "" {
		what = fmt.Sprintf("%.60q: %s", e.Field, what)
	}
	return &explained{strings.Replace(err.Error(), e.Error(), what, 1), err}
}

type explained struct {
	message string
	err     error
}

func (e *explained) Error() string { return e.message }
func (e *explained) Unwrap() error { return e.err }

// expected names the values that a Go type holds.
func expected(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch k := t.Kind(); {
	case k == reflect.Bool:
		return "true or false"
	case k == reflect.String:
		return "a string"
	case k >= reflect.Int && k <= reflect.Uintptr:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case k == reflect.Float32, k == reflect.Float64:
		return fmt.Sprintf("a number of %d bits", t.Bits())
	case k == reflect.Slice, k == reflect.Array:
		return "a list"
	}
	return "an object"
}

// found names a value as json.UnmarshalTypeError describes it.
func found(value string) string {
	switch value {
	case "string", "number":
		return "a " + value
	case "object":
		return "an object"
	case "array":
		return "a list"
	case "bool":
		return "true or false"
	}
	return fmt.Sprintf("%.40s", strings.TrimPrefix(value, "number "))
}
