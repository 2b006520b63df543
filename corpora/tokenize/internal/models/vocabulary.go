package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// vocabulary is the "vocab" object of a model: the id of each token.
type vocabulary map[string]int

// UnmarshalJSON reports a token that occurs twice, where a map would keep the last.
func (v *vocabulary) UnmarshalJSON(data []byte) error {
	if ids, ok := plainVocabulary(data); ok {
		*v = ids
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("vocabulary: it is not a JSON object")
	}
	ids := vocabulary{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("vocabulary: %w", err)
		}
		token, ok := t.(string)
		if !ok {
			return fmt.Errorf("vocabulary: %v is not a token", t)
		}
		var id int
		if err := d.Decode(&id); err != nil {
			return fmt.Errorf("vocabulary: id of %q: %w", token, err)
		}
		if was, twice := ids[token]; twice {
			return fmt.Errorf("vocabulary: %q occurs twice, with the ids %d and %d", token, was, id)
		}
		ids[token] = id
	}
	*v = ids
	return nil
}

// plainVocabulary reads an object of strings and whole numbers much faster than encoding/json.
// It returns false for any other.
func plainVocabulary(data []byte) (vocabulary, bool) {
	space := func() {
		data = bytes.TrimLeft(data, " \t\r\n")
	}
	next := func(b byte) bool {
		if space(); len(data) == 0 || data[0] != b {
			return false
		}
		data = data[1:]
		return true
	}
	ids := make(vocabulary, len(data)/16)
	for first := true; ; first = false {
		switch {
		case first && !next('{'), !first && !next(','):
			return ids, next('}') && len(bytes.TrimSpace(data)) == 0 && !first
		case !next('"'):
			return nil, false
		}
		end, escaped := 0, false
		for end < len(data) && data[end] != '"' {
			if data[end] == '\\' {
				escaped = true
				end++
			}
			end++
		}
		if end >= len(data) {
			return nil, false
		}
		token := string(data[:end])
		if escaped || !utf8.ValidString(token) {
			if json.Unmarshal([]byte(`"`+token+`"`), &token) != nil {
				return nil, false
			}
		}
		if data = data[end+1:]; !next(':') {
			return nil, false
		}
		space()
		id, n := 0, 0
		for n < len(data) && n < 10 && '0' <= data[n] && data[n] <= '9' {
			id, n = 10*id+int(data[n]-'0'), n+1
		}
		if _, twice := ids[token]; twice || n == 0 || n == 10 || n > 1 && data[0] == '0' {
			return nil, false
		}
		ids[token], data = id, data[n:]
	}
}

// parse reads the fields of a model and its vocabulary.
func parse(data json.RawMessage, fields any) (map[string]int, error) {
	if err := json.Unmarshal(data, fields); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	var v struct {
		Vocab json.RawMessage `json:"vocab"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	var ids vocabulary
	if err := ids.UnmarshalJSON(v.Vocab); err != nil {
		return nil, err
	}
	return ids, nil
}

// unknownID returns the id of unk_token, which WordPiece and WordLevel need.
func unknownID(ids map[string]int, token string) (int32, error) {
	id, ok := ids[token]
	if !ok {
		return 0, fmt.Errorf("unk_token %q is not in the vocabulary", token)
	}
	return int32(id), nil
}
