// Package tokenizerjson is the layout of tokenizer.json, the file of Hugging Face's
// tokenizers library.
package tokenizerjson

import (
	"encoding/json"

	"github.com/luminavec/luminavec/internal/plainjson"
)

// File is a tokenizer.json: its sections, one for each stage of a tokenizer. A section
// that is nil is null in the file. What the sections hold is in the packages of the
// stages: normalizers, pretokenizers and models.
type File struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []AddedToken    `json:"added_tokens"` // sorted by id
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         json.RawMessage `json:"model"`
}

// AddedToken is a token that is found in the text itself, not by the model.
type AddedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter or digit is beside it
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // found in the normalized text
	Special    bool   `json:"special"`
}

// Marshal returns the file as JSON.
func (f File) Marshal() ([]byte, error) {
	f.Version = "1.0"
	if f.AddedTokens == nil {
		f.AddedTokens = []AddedToken{}
	}
	return plainjson.Marshal(f, "")
}
