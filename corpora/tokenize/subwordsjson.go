package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// huggingFace is what a tokenizer.json of Hugging Face says about how text becomes
// tokens. Truncation, padding, the post-processor and the decoder are about what is
// done with tokens, and passed over.
type huggingFace struct {
	AddedTokens  []AddedToken    `json:"added_tokens"`
	Normalizer   json.RawMessage `json:"normalizer"`
	PreTokenizer json.RawMessage `json:"pre_tokenizer"`
	Model        json.RawMessage `json:"model"`
}

// subwordJSON is a model, but for what is of one type only.
type subwordJSON struct {
	Type     string          `json:"type"`
	Vocab    json.RawMessage `json:"vocab"`
	Merges   json.RawMessage `json:"merges"`
	Unknown  string          `json:"unk_token"`
	Prefix   *string         `json:"continuing_subword_prefix"`
	MaxChars *int            `json:"max_input_chars_per_word"`
}

const (
	hintKnown = "tokenizer.json with a model BPE, Unigram, WordPiece or WordLevel and the usual normalizers and pre_tokenizers is read"

	ContinuingPrefix = "##"
	defaultMaxChars  = 100
)

// parseSubwords reads a tokenizer.json of Hugging Face; name stands in errors.
func parseSubwords(name string, data []byte) (*subwords, error) {
	var f huggingFace
	var m subwordJSON
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: no tokenizer: %w", name, err)
	}
	if len(f.Model) > 0 {
		if err := json.Unmarshal(f.Model, &m); err != nil {
			return nil, fault.New(hintOtherFile, "%s: model: %w", name, err)
		}
	}
	if m.Type == "" { // as old files of Hugging Face have it
		switch {
		case len(m.Merges) > 0:
			m.Type = "BPE"
		case m.MaxChars != nil:
			m.Type = "WordPiece"
		}
	}
	switch m.Type {
	case "BPE", "Unigram", "WordPiece", "WordLevel":
	default:
		return nil, fault.New(hintKnown, "%s: model of type %q is not supported", name, m.Type)
	}
	s := &subwords{file: bytes.Clone(data), unknown: -1}
	var err error
	if s.splitting, err = ParsePreTokenizer(f.Normalizer, f.PreTokenizer); err != nil {
		return nil, fault.New(hintKnown, "%s: %w", name, err)
	}
	if err := s.newModel(m, f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: %w", name, err)
	}
	if err := s.addTokens(f.AddedTokens); err != nil {
		return nil, fault.New(hintKnown, "%s: %w", name, err)
	}
	return s, nil
}

// newModel makes the vocabulary and the model.
func (s *subwords) newModel(m subwordJSON, f huggingFace) error {
	var ids map[string]int
	var uni unigramJSON
	var err error
	if m.Type == "Unigram" {
		if err = json.Unmarshal(f.Model, &uni); err == nil {
			ids, err = uni.ids()
		}
	} else {
		ids, err = vocabIDs(m.Vocab)
	}
	if err == nil {
		err = s.setVocabulary(ids, f.AddedTokens)
	}
	if err != nil {
		return fmt.Errorf("vocabulary: %w", err)
	}
	if id, ok := ids[m.Unknown]; ok {
		s.unknown = int32(id)
	} else if m.Type == "WordPiece" || m.Type == "WordLevel" {
		return fmt.Errorf("unk_token %q is not in the vocabulary", m.Unknown)
	}
	switch m.Type {
	case "BPE":
		model, err := newBPEModel(f.Model, ids)
		if err != nil {
			return fmt.Errorf("model: %w", err)
		}
		if s.splitting.uncut() && model.cutsBefore(Metaspace) {
			s.splitting.marked = Metaspace
		}
		s.model = model
	case "Unigram":
		model, err := newUnigramModel(uni, ids)
		if err != nil {
			return fmt.Errorf("model: %w", err)
		}
		s.model, s.unknown = model, model.unknown
	case "WordPiece":
		if s.model, err = newWordPieceModel(ids, m.Unknown, orElse(m.Prefix, ContinuingPrefix), orElse(m.MaxChars, defaultMaxChars)); err != nil {
			return fmt.Errorf("model: %w", err)
		}
	case "WordLevel":
		s.model = &wordListModel{ids, s.unknown}
	}
	return nil
}

// addTokens makes what finds the added tokens, special ones first.
func (s *subwords) addTokens(tokens []AddedToken) error {
	if slices.ContainsFunc(tokens, func(a AddedToken) bool { return a.Normalized }) {
		s.splitting = s.splitting.slow()
	}
	for _, special := range []bool{true, false} {
		for _, a := range tokens {
			switch {
			case a.Special != special:
			case !a.Normalized:
				s.added.add(a.Content, a)
			default:
				text := string(newPipeline(s.splitting, false).normalise([]byte(a.Content)).text)
				if text == "" {
					return fmt.Errorf("added token %q: nothing is left of it when it is normalised", a.Content)
				}
				s.normalized.add(text, a)
			}
		}
	}
	return nil
}

// setVocabulary puts the tokens of the model, and those added behind them, in the
// order of their ids. An id that no token has, of which files have a few, gets a
// name that none has, and so do tokens that a file of tokens a line cannot hold.
func (s *subwords) setVocabulary(model map[string]int, added []AddedToken) error {
	ids := maps.Clone(model)
	for _, a := range added {
		if a.Content == "" {
			return errors.New("an added token is empty")
		}
		if id, ok := ids[a.Content]; ok && id != a.ID {
			return fmt.Errorf("%q has the id %d, and %d as an added token", a.Content, id, a.ID)
		}
		ids[a.Content] = a.ID
	}
	last := -1
	for _, id := range ids {
		last = max(last, id)
	}
	size := len(ids)
	if holes := last + 1 - len(ids); holes > 0 && holes <= len(ids)/4 {
		size = last + 1
	}
	if size == 0 {
		return errors.New("it has no tokens")
	}
	tokens := make([]string, size)
	used := make([]bool, size)
	for token, id := range ids {
		if id < 0 || id >= size {
			return fmt.Errorf("id %d of %q is not below %d, the number of tokens", id, token, size)
		}
		if used[id] {
			return fmt.Errorf("id %d is given to %q and to %q", id, min(tokens[id], token), max(tokens[id], token))
		}
		tokens[id], used[id] = token, true
	}
	for id, token := range tokens {
		name := token
		switch {
		case !used[id]:
			name = "[no token]"
		case strings.ContainsAny(token, "\t\n\r"):
			name = visible.Replace(token)
		default:
			continue
		}
		for _, taken := ids[name]; taken; _, taken = ids[name] {
			name += "#" + strconv.Itoa(id)
		}
		tokens[id], ids[name] = name, id
	}
	var err error
	if s.vocabulary, err = NewVocabulary(tokens, nil); err != nil {
		return err
	}
	for _, token := range s.vocabulary.tokens {
		s.tokens = append(s.tokens, []byte(token))
	}
	return nil
}

// visible has the signs that Unicode has for what a vocabulary cannot hold.
var visible = strings.NewReplacer("\t", "␉", "\n", "␊", "\r", "␍")

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
		if err := CheckToken(token); err != nil {
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
		key, err := plainjson.Marshal(token, "")
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&vocab, "%s:%d", key, i)
	}
	if _, ok := seen[UnknownToken]; !ok {
		return nil, fault.New(hint, "%s: it has no token %s", name, UnknownToken)
	}
	file, err := plainjson.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer": map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
			"strip_accents": nil, "lowercase": lower},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"}, "post_processor": nil,
		"decoder": map[string]any{"type": "WordPiece", "prefix": ContinuingPrefix, "cleanup": true},
		"model": map[string]any{"type": "WordPiece", "unk_token": UnknownToken, "continuing_subword_prefix": ContinuingPrefix,
			"max_input_chars_per_word": defaultMaxChars, "vocab": json.RawMessage("{" + vocab.String() + "}")},
	}, "")
	if err != nil {
		return nil, err
	}
	return parseSubwords(name, file)
}
