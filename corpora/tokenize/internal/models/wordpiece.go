package models

import (
	"encoding/json"
	"fmt"

	"github.com/sugarme/tokenizer/model"
	"github.com/sugarme/tokenizer/model/wordpiece"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

func init() { register("WordPiece", "max_input_chars_per_word", parseWordPiece) }

const (
	// ContinuingPrefix begins the tokens inside a word in BERT's vocabularies.
	ContinuingPrefix = "##"
	// MaxInputChars is the default limit, in characters, above which a word is unknown.
	MaxInputChars = 100
)

// wordPiece splits a word into the longest tokens that fit, from the left. The model of
// github.com/sugarme/tokenizer does the work. It is fenced: that library panics
// on what it does not expect, and such a word is then unknown.
type wordPiece struct {
	model   wordpiece.WordPiece
	ids     map[string]int
	prefix  string // of tokens inside a word
	unknown int32
}

func parseWordPiece(data json.RawMessage) (Model, error) {
	var j struct {
		Unknown  string  `json:"unk_token"`
		Prefix   *string `json:"continuing_subword_prefix"`
		MaxChars *int    `json:"max_input_chars_per_word"`
	}
	ids, err := parse(data, &j)
	if err != nil {
		return nil, err
	}
	m := &wordPiece{ids: ids, prefix: plainjson.Or(j.Prefix, ContinuingPrefix)}
	if m.unknown, err = unknownID(ids, j.Unknown); err != nil {
		return nil, err
	}
	vocab := model.Vocab(ids)
	err = fenced(func() error {
		m.model = wordpiece.NewWordPieceBuilder().Vocab(&vocab).UnkToken(j.Unknown).
			ContinuingSubwordPrefix(m.prefix).MaxInputCharsPerWord(plainjson.Or(j.MaxChars, MaxInputChars)).Build()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

func (m *wordPiece) Vocabulary() map[string]int { return m.ids }
func (m *wordPiece) Unknown() int32             { return m.unknown }
func (m *wordPiece) NewWorker() Worker          { return m }

func (m *wordPiece) Tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	first, end := len(ids), 0
	err := fenced(func() error {
		tokens, err := m.model.Tokenize(string(word))
		for i, t := range tokens {
			if end += len(t.Value); i > 0 {
				end -= len(m.prefix)
			}
			ids, ends = append(ids, int32(t.Id)), append(ends, int32(min(max(end, 0), len(word))))
		}
		return err
	})
	if err != nil {
		ids, ends = append(ids[:first], m.unknown), append(ends[:first], 0)
	}
	if len(ids) == first+1 { // one token for all of it: the word itself, or the unknown token
		ends[first] = int32(len(word))
	}
	return ids, ends
}

// fenced calls f and turns a panic into an error.
func fenced(f func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fault.Recovered(x)
		}
	}()
	return f()
}
