package text

import (
	"encoding/json"
	"strings"
)

// Path names a member of a record, starting at the outermost object.
type Path []string

// ParsePath splits a path at its dots: "meta.title" is title in the object meta. \. is a dot in
// a name.
func ParsePath(path string) Path {
	const dot = "\x00" // stands for \. since names hold no NUL
	parts := strings.Split(strings.ReplaceAll(path, `\.`, dot), ".")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], dot, ".")
	}
	return parts
}

// String returns the path in the form that ParsePath reads.
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, name := range p {
		parts[i] = strings.ReplaceAll(name, ".", `\.`)
	}
	return strings.Join(parts, ".")
}

// Value is a field of a record: a text, or any JSON value.
type Value struct {
	text string
	json json.RawMessage // nil: the value is text
}

// The kinds of values, as messages name them.
const (
	kindString = "a string"
	kindList   = "an array"
	kindObject = "an object"
	kindNumber = "a number"
)

// Kind returns "a string", "a number", "an array", "an object", "true or false" or "null".
func (v Value) Kind() string {
	if v.json == nil {
		return kindString
	}
	return kindOf(v.json)
}

// Text returns the text of a string; ok is false for any other value.
func (v Value) Text() (text string, ok bool) {
	if v.json == nil {
		return v.text, true
	}
	if kindOf(v.json) != kindString || json.Unmarshal(v.json, &text) != nil {
		return "", false
	}
	return text, true
}

// Literal returns the text of a string, and any other value as it is written in the file.
func (v Value) Literal() string {
	if text, ok := v.Text(); ok {
		return text
	}
	return string(v.json)
}

// List returns the values of an array; ok is false for any other value.
func (v Value) List() (list []Value, ok bool) {
	var items []json.RawMessage
	if v.Kind() != kindList || json.Unmarshal(v.json, &items) != nil {
		return nil, false
	}
	list = make([]Value, len(items))
	for i, item := range items {
		list[i].json = item
	}
	return list, true
}

// kindOf returns the kind of a JSON value, by its first byte.
func kindOf(value []byte) string {
	if len(value) == 0 {
		return "empty"
	}
	switch value[0] {
	case '{':
		return kindObject
	case '[':
		return kindList
	case '"':
		return kindString
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return kindNumber
}
