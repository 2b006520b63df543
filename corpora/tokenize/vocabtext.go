package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// parseVocabText makes a WordPiece tokenizer of a vocab.txt of BERT: a token per line,
// whose id is the number of the line, from 0. It has the options of BERT's uncased models,
// unless the vocabulary contains capital letters outside of [brackets].
func parseVocabText(name string, data []byte) (*subwords, error) {
	const hint = "name a tokenizer.json, or a vocab.txt of BERT with one token per line"
	var added []map[string]any
	var vocab bytes.Buffer
	seen := map[string]int{}
	lower := true
	for i, token := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		token = strings.TrimSuffix(token, "\r")
		if err := models.CheckToken(token); err != nil {
			return nil, fault.New(hint, "%s:%d: bad token: %w", name, i+1, err)
		}
		if line, twice := seen[token]; twice {
			return nil, fault.New(hint, "%s:%d: token %q is already on line %d", name, i+1, token, line)
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
	if _, ok := seen[models.Unknown]; !ok {
		return nil, fault.New(hint, "%s: the token %s is missing", name, models.Unknown)
	}
	// Models contain this file, so the order of its keys, which is that of a map, must not change.
	file, err := plainjson.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer": map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
			"strip_accents": nil, "lowercase": lower},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"}, "post_processor": nil,
		"decoder": map[string]any{"type": "WordPiece", "prefix": models.ContinuingPrefix, "cleanup": true},
		"model": map[string]any{"type": "WordPiece", "unk_token": models.Unknown, "continuing_subword_prefix": models.ContinuingPrefix,
			"max_input_chars_per_word": models.MaxInputChars, "vocab": json.RawMessage("{" + vocab.String() + "}")},
	}, "")
	if err != nil {
		return nil, err
	}
	return split(file).subwords(name, nil)
}
