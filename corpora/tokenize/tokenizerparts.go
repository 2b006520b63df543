package tokenize

import (
	"encoding/json"

	"github.com/luminavec/luminavec/internal/plainjson"
)

// Parts are the sections of a tokenizer.json of Hugging Face's library; nil
// is null.
type Parts struct {
	Added         []AddedToken    // in the order of their ids
	Normalizer    json.RawMessage // see parseSplitting
	PreTokenizer  json.RawMessage
	PostProcessor json.RawMessage
	Decoder       json.RawMessage
	Model         json.RawMessage
}

// tokenizer writes the tokenizer.json of p and reads it: what it returns is what
// any reader of that file gets. name stands in errors.
func (p Parts) Tokenizer(name string) (*Tokenizer, error) {
	if p.Added == nil {
		p.Added = []AddedToken{}
	}
	file, err := plainjson.Marshal(struct {
		Version       string          `json:"version"`
		Truncation    json.RawMessage `json:"truncation"`
		Padding       json.RawMessage `json:"padding"`
		Added         []AddedToken    `json:"added_tokens"`
		Normalizer    json.RawMessage `json:"normalizer"`
		PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
		PostProcessor json.RawMessage `json:"post_processor"`
		Decoder       json.RawMessage `json:"decoder"`
		Model         json.RawMessage `json:"model"`
	}{"1.0", nil, nil, p.Added, p.Normalizer, p.PreTokenizer, p.PostProcessor, p.Decoder, p.Model}, "")
	if err != nil {
		return nil, err
	}
	sub, err := parseSubwords(name, file)
	if err != nil {
		return nil, err
	}
	return (&Tokenizer{sub: sub}).WithVocabulary(sub.vocabulary)
}
