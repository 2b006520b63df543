package models

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

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
	most    int    // characters of a word; longer ones are unknown
	longest int    // bytes of the longest token
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
	m := &wordPiece{ids: ids, prefix: plainjson.Or(j.Prefix, ContinuingPrefix), most: plainjson.Or(j.MaxChars, MaxInputChars)}
	for token := range ids {
		m.longest = max(m.longest, len(token))
	}
	if m.unknown, err = unknownID(ids, j.Unknown); err != nil {
		return nil, err
	}
	vocab := model.Vocab(ids)
	err = fenced(func() error {
		m.model = wordpiece.NewWordPieceBuilder().Vocab(&vocab).UnkToken(j.Unknown).
			ContinuingSubwordPrefix(m.prefix).MaxInputCharsPerWord(m.most).Build()
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
	if len(word) > longWord {
		return m.long(ids, ends, word)
	}
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

// longWord is the number of bytes above which long is used.
const longWord = 512

// long is Tokens for long words, which take that library a time that grows with the cube of
// their length.
func (m *wordPiece) long(ids, ends []int32, word []byte) ([]int32, []int32) {
	first := len(ids)
	unknown := func() ([]int32, []int32) {
		return append(ids[:first], m.unknown), append(ends[:first], int32(len(word)))
	}
	if utf8.RuneCount(word) > m.most {
		return unknown()
	}
	var key []byte
	for from := 0; from < len(word); {
		key = key[:0]
		if from > 0 {
			key = append(key, m.prefix...)
		}
		start := len(key)
		key = append(key, word[from:min(len(word), from+m.longest)]...)
		for {
			if id, ok := m.ids[string(key)]; ok && len(key) > start {
				from += len(key) - start
				ids, ends = append(ids, int32(id)), append(ends, int32(from))
				break
			}
			if len(key) <= start+1 {
				return unknown()
			}
			key = key[:len(key)-1]
		}
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
