package models

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// vocabulary is the "vocab" object of a model: the id of each token.
type vocabulary map[string]int

// UnmarshalJSON reports a token that occurs twice, where a map would keep the last.
func (v *vocabulary) UnmarshalJSON(data []byte) error {
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
