package corpora

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// huggingFace is what a tokenizer.json of Hugging Face says about how text becomes
// tokens. Truncation, padding, the post-processor and the decoder are about what is
// done with tokens, and passed over.
type huggingFace struct {
	AddedTokens []struct {
		ID         int    `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		Normalized bool   `json:"normalized"`
	} `json:"added_tokens"`
	Normalizer *struct {
		Type    string `json:"type"`
		Clean   *bool  `json:"clean_text"`
		Chinese *bool  `json:"handle_chinese_chars"`
		Strip   *bool  `json:"strip_accents"`
		Lower   *bool  `json:"lowercase"`
	} `json:"normalizer"`
	PreTokenizer *typeJSON `json:"pre_tokenizer"`
	Model        struct {
		Type     string          `json:"type"`
		Vocab    json.RawMessage `json:"vocab"`
		Unknown  string          `json:"unk_token"`
		Prefix   *string         `json:"continuing_subword_prefix"`
		MaxChars *int            `json:"max_input_chars_per_word"`
	} `json:"model"`
}

const (
	hintKnown = "tokenizer.json of a WordPiece model with BertNormalizer and BertPreTokenizer is read, and those that train has written"

	defaultPrefix   = "##"
	defaultMaxChars = 100
)

// parseSubwords reads a tokenizer.json of Hugging Face; name stands in errors.
func parseSubwords(name string, data []byte) (*subwords, error) {
	var f huggingFace
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: no tokenizer: %w", name, err)
	}
	if f.Model.Type != "WordPiece" {
		return nil, fault.New(hintKnown, "%s: model of type %q is not supported", name, f.Model.Type)
	}
	if f.Normalizer == nil || f.Normalizer.Type != "BertNormalizer" {
		return nil, fault.New(hintKnown, "%s: a normalizer other than BertNormalizer is not supported", name)
	}
	if f.PreTokenizer == nil || f.PreTokenizer.Type != "BertPreTokenizer" {
		return nil, fault.New(hintKnown, "%s: a pre_tokenizer other than BertPreTokenizer is not supported", name)
	}
	on := func(b *bool, otherwise bool) bool {
		if b == nil {
			return otherwise
		}
		return *b
	}
	s := &subwords{file: bytes.Clone(data), prefix: defaultPrefix}
	s.bert = bertOptions{clean: on(f.Normalizer.Clean, true), chinese: on(f.Normalizer.Chinese, true), lower: on(f.Normalizer.Lower, true)}
	s.bert.strip = on(f.Normalizer.Strip, s.bert.lower)
	if f.Model.Prefix != nil {
		s.prefix = *f.Model.Prefix
	}
	maxChars := defaultMaxChars
	if f.Model.MaxChars != nil {
		maxChars = *f.Model.MaxChars
	}
	if err := s.setVocabulary(&f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: vocabulary: %w", name, err)
	}
	unknown, ok := s.vocabulary.ID(f.Model.Unknown)
	if !ok {
		return nil, fault.New(hintOtherFile, "%s: unk_token %q is not in the vocabulary", name, f.Model.Unknown)
	}
	s.unknown = unknown
	for _, a := range f.AddedTokens {
		if a.SingleWord || a.Normalized {
			return nil, fault.New(hintKnown, "%s: added token %q: single_word and normalized are not supported", name, a.Content)
		}
		s.added = append(s.added, addedToken{a.Content, int32(a.ID)})
		s.begins[a.Content[0]] = true
	}
	if err := s.newWordPiece(f.Model.Unknown, maxChars); err != nil {
		return nil, fmt.Errorf("%s: model: %w", name, err)
	}
	return s, nil
}

// setVocabulary puts the tokens of the model, and those added behind them, in the
// order of their ids.
func (s *subwords) setVocabulary(f *huggingFace) error {
	ids, err := vocabIDs(f.Model.Vocab)
	if err != nil {
		return err
	}
	for _, a := range f.AddedTokens {
		if a.Content == "" {
			return fmt.Errorf("an added token is empty")
		}
		if id, ok := ids[a.Content]; ok && id != a.ID {
			return fmt.Errorf("%q has the id %d, and %d as an added token", a.Content, id, a.ID)
		}
		ids[a.Content] = a.ID
	}
	tokens := make([]string, len(ids))
	used := make([]bool, len(ids))
	for token, id := range ids {
		if id < 0 || id >= len(ids) {
			return fmt.Errorf("id %d of %q is not below %d, the number of tokens", id, token, len(ids))
		}
		if used[id] {
			return fmt.Errorf("id %d is given to %q and to %q", id, min(tokens[id], token), max(tokens[id], token))
		}
		tokens[id], used[id] = token, true
	}
	if s.vocabulary, err = NewVocabulary(tokens, nil); err != nil {
		return err
	}
	for _, token := range s.vocabulary.tokens {
		s.tokens = append(s.tokens, []byte(token))
	}
	return nil
}

// vocabIDs reads the vocabulary of a model; a token that stands there twice is an
// error, where a map would take the last.
func vocabIDs(data json.RawMessage) (map[string]int, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it is no JSON object")
	}
	ids := map[string]int{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		token, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("%v is no token", t)
		}
		var id int
		if err := d.Decode(&id); err != nil {
			return nil, fmt.Errorf("id of %q: %w", token, err)
		}
		if was, twice := ids[token]; twice {
			return nil, fmt.Errorf("%q is there twice, with the ids %d and %d", token, was, id)
		}
		ids[token] = id
	}
	return ids, nil
}

// parseVocabText makes a WordPiece tokenizer of a vocab.txt of BERT: a token a
// line, its id the number of the line from 0. It is that of BERT's uncased models,
// unless the vocabulary has capital letters outside of [brackets].
func parseVocabText(name string, data []byte) (*subwords, error) {
	const hint = "name a tokenizer.json, or a vocab.txt of BERT with a token a line"
	var added []map[string]any
	var vocab bytes.Buffer
	seen := map[string]int{}
	lower := true
	for i, token := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		token = strings.TrimSuffix(token, "\r")
		if err := checkToken(token); err != nil {
			return nil, fault.New(hint, "%s:%d: bad token: %w", name, i+1, err)
		}
		if line, twice := seen[token]; twice {
			return nil, fault.New(hint, "%s:%d: token %q stands in line %d already", name, i+1, token, line)
		}
		seen[token] = i + 1
		bracketed := len(token) > 2 && token[0] == '[' && token[len(token)-1] == ']'
		if !bracketed && strings.ToLower(token) != token && utf8.RuneCountInString(token) > 1 {
			lower = false
		}
		switch token {
		case "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]":
			added = append(added, map[string]any{"id": i, "content": token, "single_word": false, "lstrip": false,
				"rstrip": false, "normalized": false, "special": true})
		}
		if i > 0 {
			vocab.WriteByte(',')
		}
		key, err := marshalPlain(token, "")
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&vocab, "%s:%d", key, i)
	}
	if _, ok := seen[unknownToken]; !ok {
		return nil, fault.New(hint, "%s: it has no token %s", name, unknownToken)
	}
	file, err := marshalPlain(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer": map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
			"strip_accents": nil, "lowercase": lower},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"}, "post_processor": nil,
		"decoder": map[string]any{"type": "WordPiece", "prefix": defaultPrefix, "cleanup": true},
		"model": map[string]any{"type": "WordPiece", "unk_token": unknownToken, "continuing_subword_prefix": defaultPrefix,
			"max_input_chars_per_word": defaultMaxChars, "vocab": json.RawMessage("{" + vocab.String() + "}")},
	}, "")
	if err != nil {
		return nil, err
	}
	return parseSubwords(name, file)
}
