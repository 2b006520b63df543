package text

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/plainjson"
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
	json json.RawMessage // nil: the value is text, or a tree
	tree *tree
}

// tree is an array or, with names, an object that was not read from JSON.
type tree struct {
	names []string
	items []Value
}

// size returns the approximate memory that the value uses, in bytes.
func (v Value) size() int {
	n := len(v.text) + len(v.json)
	if v.tree != nil {
		for _, item := range v.tree.items {
			n += 64 + item.size()
		}
	}
	return n
}

// The kinds of values, as messages name them.
const (
	kindString = "a string"
	kindList   = "an array"
	kindObject = "an object"
	kindNumber = "a number"
	kindNull   = "null"
	kindBinary = "binary data"
)

// Kind returns "a string", "a number", "an array", "an object", "true or false" or "null".
func (v Value) Kind() string {
	if v.tree != nil {
		if v.tree.names != nil {
			return kindObject
		}
		return kindList
	}
	if v.json == nil {
		return kindString
	}
	return kindOf(v.json)
}

// binary reports whether the value is, or has in it, binary data.
func (v Value) binary() bool {
	return v.tree == nil && v.json != nil && kindOf(v.json) == kindBinary || v.tree != nil && slices.ContainsFunc(v.tree.items, Value.binary)
}

// Text returns the text of a string; ok is false for any other value.
func (v Value) Text() (text string, ok bool) {
	if v.tree != nil {
		return "", false
	}
	if v.json == nil {
		return v.text, true
	}
	if kindOf(v.json) != kindString || json.Unmarshal(v.json, &text) != nil {
		return "", false
	}
	return text, true
}

// Literal returns the text of a string, and any other value as it is written in the file, or
// as JSON.
func (v Value) Literal() string {
	if v.tree != nil {
		return string(v.appendJSON(nil))
	}
	if text, ok := v.Text(); ok {
		return text
	}
	return string(v.json)
}

// List returns the values of an array; ok is false for any other value.
func (v Value) List() (list []Value, ok bool) {
	if v.tree != nil {
		return v.tree.items, v.tree.names == nil
	}
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
		return kindNull
	case 0:
		return kindBinary
	}
	return kindNumber
}

// appendJSON appends the value as JSON.
func (v Value) appendJSON(dst []byte) []byte {
	switch {
	case v.json != nil:
		return append(dst, v.json...)
	case v.tree == nil:
		dst, _ = plainjson.AppendString(dst, v.text) // text is UTF-8
		return dst
	}
	open, end := byte('['), byte(']')
	if v.tree.names != nil {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i, item := range v.tree.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.tree.names != nil {
			dst = append(Value{text: v.tree.names[i]}.appendJSON(dst), ':')
		}
		dst = item.appendJSON(dst)
	}
	return append(dst, end)
}
