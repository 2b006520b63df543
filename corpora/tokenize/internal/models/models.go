// Package models implements the models of Hugging Face's tokenizers library: the last
// stage of a subword tokenizer, which splits a word into tokens of its vocabulary.
//
//	"unfathomable" ──► WordPiece ──► un ##fat ##hom ##able ──► 4895 27753 23393 3085
//
// Parse reads the "model" section of a tokenizer.json. To add a model, implement [Model] and
// [Worker] in a new file and register the type with one line.
package models

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Model splits words into tokens. It does not change once made; workers do the work.
type Model interface {
	// Vocabulary returns the ids of the tokens. The caller must not change it.
	Vocabulary() *Tokens
	// Unknown returns the id of the token for unknown text, -1 if there is none.
	Unknown() int32
	NewWorker() Worker
}

// Worker cuts words. It owns buffers: each goroutine needs its own.
type Worker interface {
	// Tokens appends the ids of the tokens of a word to ids, and to ends the byte of
	// the word where each ends.
	Tokens(ids, ends []int32, word []byte) ([]int32, []int32)
}

// UnsupportedError is the error of Parse for a type that is not registered.
type UnsupportedError struct{ name string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("model of type %q is not supported", e.name)
}

// kind is a type of model.
type kind struct {
	name string
	// telltale is a field that only this type has: files of early versions do not
	// name the type.
	telltale string
	parse    func(s Section) (Model, error)
}

var kinds []kind // sorted by name

// register makes Parse accept a type.
func register(name, telltale string, parse func(s Section) (Model, error)) {
	kinds = append(kinds, kind{name, telltale, parse})
	slices.SortFunc(kinds, func(a, b kind) int { return cmp.Compare(a.name, b.name) })
}

// Types returns the names of the supported types.
func Types() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Section is the "model" section of a tokenizer.json.
type Section struct {
	Fields json.RawMessage // all of it, but null for Vocab and Merges

	// Vocab and Merges are its large fields, of which the text is not copied and not read again and
	// again; nil: they are in Fields. Tokens may share their memory.
	Vocab, Merges json.RawMessage

	Known *Tokens // the tokens that Vocab probably has, which are then not indexed again; nil: not known
}

// parse reads the fields of a model and its vocabulary.
func (s Section) parse(fields any) (*Tokens, error) {
	if err := json.Unmarshal(s.Fields, fields); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if s.Vocab == nil {
		var v struct {
			Vocab json.RawMessage `json:"vocab"`
		}
		if err := json.Unmarshal(s.Fields, &v); err != nil {
			return nil, fmt.Errorf("model: %w", err)
		}
		s.Vocab = v.Vocab
	}
	ids, err := ReadTokens(s.Vocab, s.Known)
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	return ids, nil
}

// Parse reads the "model" section of a tokenizer.json.
func Parse(s Section) (Model, error) {
	var fields map[string]json.RawMessage
	if len(s.Fields) > 0 {
		if err := json.Unmarshal(s.Fields, &fields); err != nil {
			return nil, fmt.Errorf("model: %w", err)
		}
	}
	var name string
	if t, ok := fields["type"]; ok {
		if err := json.Unmarshal(t, &name); err != nil {
			return nil, fmt.Errorf("model: %w", err)
		}
	}
	for _, k := range kinds {
		_, has := fields[k.telltale]
		if k.name == name || name == "" && k.telltale != "" && has {
			return k.parse(s)
		}
	}
	return nil, &UnsupportedError{name}
}

// Unknown is the name of the token for unknown text in BERT's vocabularies.
const Unknown = "[UNK]"

// CheckToken returns an error if a vocabulary cannot hold the token.
func CheckToken(token string) error {
	switch {
	case token == "":
		return fmt.Errorf("it is empty")
	case !utf8.ValidString(token):
		return fmt.Errorf("%q is not valid UTF-8", token)
	case strings.ContainsAny(token, "\t\n\r"):
		return fmt.Errorf("%q contains a tab or a line break", token)
	}
	return nil
}
