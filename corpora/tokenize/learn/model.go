package learn

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
)

// Model is a kind of subword tokenizer: WordPiece, BPE or Unigram.
type Model string

// kind is how a model is learned.
type kind struct {
	summary   string  // a few words for help texts
	defaults  Options // those that differ from the defaults of other models
	unknown   string  // special token that the model needs; "" none
	maxLength int     // limit of MaxLength, which must then be set; 0: none
	alphabet  []rune  // fixed alphabet; nil: the characters of the text

	// sections returns the tokenizer.json without its model and special tokens.
	sections func(o Options) tokenizerjson.File
	// learn returns the model section. It fills in its fields of the Result.
	learn func(ctx context.Context, o Options, t *Result, words []countedWord, alphabet []rune) (json.RawMessage, error)
}

var kinds = map[Model]kind{}

// register adds a model.
func register(m Model, k kind) { kinds[m] = k }

// Models returns all models that can be learned, sorted.
func Models() []Model { return slices.Sorted(maps.Keys(kinds)) }

// Summary describes the model in a few words. It is empty for an unknown one.
func (m Model) Summary() string { return kinds[m].summary }

// file returns the tokenizer.json of o without its model: the sections that do not depend
// on the text.
func (o Options) file() tokenizerjson.File {
	f := kinds[o.Model].sections(o)
	for id, token := range o.Special {
		f.AddedTokens = append(f.AddedTokens, tokenizerjson.AddedToken{ID: id, Content: token, Special: true})
	}
	return f
}
