package agents

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// argument is an argument of a tool.
type argument struct {
	name     string
	about    string
	number   bool // a whole number; otherwise a text
	required bool
	least    int64
	most     int64 // of a number
	initial  int64 // of a number that is left out
	values   []string
}

// schemaOf returns the JSON schema of arguments.
func schemaOf(known []argument) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, a := range known {
		p := map[string]any{"type": "string", "description": a.about}
		switch {
		case a.number:
			p["type"], p["minimum"], p["maximum"] = "integer", a.least, a.most
			if a.initial >= a.least {
				p["default"] = a.initial
			}
		case a.values != nil:
			p["enum"] = a.values
		case a.required:
			p["minLength"] = 1
		}
		properties[a.name] = p
		if a.required {
			required = append(required, a.name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// badArgument is the error for an argument.
type badArgument struct{ error }

func (b *badArgument) Unwrap() error { return b.error }

// bad returns the error for an argument.
func bad(name, format string, args ...any) error {
	return &badArgument{fmt.Errorf("%s "+format, append([]any{name}, args...)...)}
}

// arguments are those of a call. The first that is wrong is the error.
type arguments struct {
	known map[string]argument
	given map[string]json.RawMessage
	err   error
}

// parse reads the arguments of a call.
func parse(tool string, data json.RawMessage, known []argument) (*arguments, error) {
	a := &arguments{known: map[string]argument{}}
	var names []string
	for _, k := range known {
		a.known[k.name] = k
		names = append(names, k.name)
	}
	if len(data) > 0 {
		if err := plainjson.Unmarshal(data, &a.given); err != nil {
			return nil, &badArgument{fault.New("they are an object, as in: {"+example(known)+"}", "the arguments of %s: %w", tool, err)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.given)) {
		if _, ok := a.known[name]; !ok {
			return nil, &badArgument{fault.New(tool+" takes "+fault.Names(names), "unknown argument %.60q", name)}
		}
		if string(a.given[name]) == "null" {
			delete(a.given, name)
		}
	}
	for _, k := range known {
		if k.required && a.given[k.name] == nil {
			return nil, &badArgument{fault.New(k.about, "the argument %q is missing", k.name)}
		}
	}
	return a, nil
}

func example(known []argument) string {
	if known[0].number {
		return fmt.Sprintf("%q: 1", known[0].name)
	}
	return fmt.Sprintf("%q: \"…\"", known[0].name)
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// has reports whether an argument was given.
func (a *arguments) has(name string) bool { return a.given[name] != nil }

// text returns a text, "" if it was left out.
func (a *arguments) text(name string) string {
	data := a.given[name]
	if data == nil {
		return ""
	}
	var s string
	if err := plainjson.Unmarshal(data, &s); err != nil {
		a.fail(bad(name, "must be a text in quotes, got %.60s", data))
		return ""
	}
	k := a.known[name]
	if k.values != nil && !slices.Contains(k.values, s) {
		a.fail(bad(name, "must be %s, got %.60q", fault.OneOf(k.values), s))
	}
	if k.required && strings.TrimSpace(s) == "" {
		a.fail(bad(name, "must not be empty"))
	}
	return s
}

// number returns a whole number.
func (a *arguments) number(name string) int64 {
	data, k := a.given[name], a.known[name]
	if data == nil {
		return k.initial
	}
	var n int64
	if json.Unmarshal(data, &n) != nil {
		var f float64
		if json.Unmarshal(data, &f) != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			a.fail(bad(name, "must be a whole number from %d to %d, got %.60s", k.least, k.most, data))
			return k.initial
		}
		n = int64(f)
	}
	if n < k.least || n > k.most {
		a.fail(bad(name, "must be from %d to %d, got %d", k.least, k.most, n))
		return k.initial
	}
	return n
}

func typeOf[T any]() reflect.Type {
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
