// Package normalizers implements the normalizers of Hugging Face's tokenizers library:
// the first stage of a subword tokenizer, which changes text before it is split into words.
//
//	"Ça va" ──► NFD ──► StripAccents ──► Lowercase ──► "ca va"
//
// Parse reads the "normalizer" section of a tokenizer.json and returns its steps.
// A step reads one [Text] and writes another, so that two buffers serve any
// number of steps; Text carries the original position of every byte along.
//
// To add a normalizer, implement [Step] in a new file and register the type with
// one line. The names and fields are those of tokenizer.json.
package normalizers

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Step is a normalizer. Apply returns in if it has nothing to change; otherwise it writes
// the changed text to out, which is empty, and returns out. A Step holds no
// state: goroutines may share it.
type Step interface {
	Apply(in, out *Text) *Text
}

// maxSteps limits the number of steps and the depth of nested sequences.
const maxSteps = 64

// kinds holds, by type, what makes the steps of a JSON object.
var kinds = map[string]func(data json.RawMessage) ([]Step, error){}

// register makes Parse accept a type.
func register(kind string, parse func(data json.RawMessage) ([]Step, error)) { kinds[kind] = parse }

// fixed is for a type without settings.
func fixed(step Step) func(json.RawMessage) ([]Step, error) {
	return func(json.RawMessage) ([]Step, error) { return []Step{step}, nil }
}

// Parse reads the "normalizer" section of a tokenizer.json, which may be empty or null.
func Parse(data json.RawMessage) ([]Step, error) { return appendSteps(nil, data, 0) }

func appendSteps(steps []Step, data json.RawMessage, depth int) ([]Step, error) {
	if len(data) == 0 || string(data) == "null" {
		return steps, nil
	}
	var j struct {
		Type        string            `json:"type"`
		Normalizers []json.RawMessage `json:"normalizers"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if depth > maxSteps || len(steps) > maxSteps {
		return nil, fmt.Errorf("more than %d steps", maxSteps)
	}
	if j.Type == "Sequence" {
		var err error
		for _, part := range j.Normalizers {
			if steps, err = appendSteps(steps, part, depth+1); err != nil {
				return nil, err
			}
		}
		return steps, nil
	}
	parse := kinds[j.Type]
	if parse == nil {
		return nil, fmt.Errorf("type %q is not supported", j.Type)
	}
	more, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.Type, err)
	}
	return append(steps, more...), nil
}

// Repair replaces each byte that is not UTF-8 by U+FFFD. It comes before all other
// steps when the text is not valid.
type Repair struct{}

func (Repair) Apply(in, out *Text) *Text {
	out.Reset()
	for i := 0; i < len(in.Bytes); {
		r, n := utf8.DecodeRune(in.Bytes[i:])
		out.put(in, r, i, i+n)
		i += n
	}
	return out
}
