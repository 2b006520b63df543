package plainjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestMarshal(t *testing.T) {
	v := map[string]any{"a": "<b> & c", "d": []int{1}}
	for indent, want := range map[string]string{
		"":   `{"a":"<b> & c","d":[1]}`,
		"  ": "{\n  \"a\": \"<b> & c\",\n  \"d\": [\n    1\n  ]\n}",
	} {
		if got, err := Marshal(v, indent); err != nil || string(got) != want {
			t.Errorf("indent %q: %s, %v", indent, got, err)
		}
	}
	if _, err := Marshal(func() {}, ""); err == nil {
		t.Error("a function was written as JSON")
	}
}

func TestAppendString(t *testing.T) {
	for _, s := range []string{"", "plain", "<naïve> & co", `say "no"`, `C:\temp`, "tab\tline\nbell\a", "\u2028 and \u2029", "…", "\x7f"} {
		want, err := Marshal(s, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := AppendString([]byte("x"), s)
		if err != nil || string(got) != "x"+string(want) {
			t.Errorf("%q is written as %s, want x%s (%v)", s, got, want, err)
		}
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil || back != s {
			t.Errorf("%q reads back as %q (%v)", s, back, err)
		}
	}
}

func TestOr(t *testing.T) {
	zero := 0
	if Or(nil, 5) != 5 || Or(&zero, 5) != 0 {
		t.Error("Or must return its default for nil only")
	}
}

// Errors name the field and the values, not types of Go; other errors are unchanged.
func TestError(t *testing.T) {
	type inner struct {
		Dim   int
		Names []string
	}
	for text, want := range map[string]string{
		`{"a":{"Dim":"x"}}`:       `field "a.Dim": expected a whole number but found a string`,
		`{"a":{"Dim":1.5}}`:       `field "a.Dim": expected a whole number but found 1.5`,
		`{"a":{"Dim":1e30}}`:      `field "a.Dim": expected a whole number but found 1e30`,
		`{"a":{"Names":{}}}`:      `field "a.Names": expected an array but found an object`,
		`{"a":{"Names":[true]}}`:  `field "a.Names": expected a string but found true or false`,
		`{"a":[]}`:                `field "a": expected an object but found an array`,
		`{"b":1}`:                 `field "b": expected true or false but found a number`,
		`{"f":"1"}`:               `field "f": expected a number but found a string`,
		`{"m":3}`:                 `field "m": expected an object but found a number`,
		`[]`:                      `expected an object but found an array`,
		`{"a":`:                   `unexpected end of JSON input`,
		`{"a":{"Dim":1}} `:        ``,
		`{"f":1e400,"m":{"x":1}}`: `field "f": expected a number but found 1e400`,
	} {
		var v struct {
			A *inner             `json:"a"`
			B bool               `json:"b"`
			F float64            `json:"f"`
			M map[string]float32 `json:"m"`
		}
		err := Unmarshal([]byte(text), &v)
		if got := fmt.Sprint(err); err != nil && got != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	wrapped := Error(fmt.Errorf("file: %w", json.Unmarshal([]byte(`"x"`), new(int))))
	if wrapped.Error() != "file: expected a whole number but found a string" {
		t.Error(wrapped)
	}
	if mistyped := (*json.UnmarshalTypeError)(nil); !errors.As(wrapped, &mistyped) || Error(io.EOF) != io.EOF || Error(nil) != nil {
		t.Error("the error is not wrapped, or another one changed")
	}
}
