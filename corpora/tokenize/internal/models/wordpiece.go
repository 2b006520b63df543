package models

import (
	"encoding/json"
	"sync"
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
// github.com/sugarme/tokenizer does the work for words with other characters than ASCII. It is
// fenced: that library panics on what it does not expect, and such a word is then unknown. ASCII
// words, for which it is the oracle, are split here with a trie.
type wordPiece struct {
	model   func() (wordpiece.WordPiece, error)
	trie    byteTrie // of all tokens
	starts  []int32  // by string of the trie: the id
	inside  int32    // the node of the trie where tokens inside a word begin; -1: none
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
	m.model = sync.OnceValues(func() (built wordpiece.WordPiece, err error) {
		vocab := model.Vocab(ids)
		err = fenced(func() error {
			built = wordpiece.NewWordPieceBuilder().Vocab(&vocab).UnkToken(j.Unknown).
				ContinuingSubwordPrefix(m.prefix).MaxInputCharsPerWord(m.most).Build()
			return nil
		})
		return built, err
	})
	tokens := make([]string, 0, len(ids))
	for token, id := range ids {
		tokens, m.starts = append(tokens, token), append(m.starts, int32(id))
	}
	m.trie = newByteTrie(tokens)
	for _, b := range []byte(m.prefix) {
		if m.inside = m.trie.child(m.inside, b); m.inside < 0 {
			break
		}
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
	if isASCII(word) {
		return m.ascii(ids, ends, word)
	}
	return m.other(ids, ends, word)
}

// ascii is Tokens for ASCII words.
func (m *wordPiece) ascii(ids, ends []int32, word []byte) ([]int32, []int32) {
	first, node := len(ids), int32(0)
	if len(word) > m.most {
		return append(ids, m.unknown), append(ends, int32(len(word)))
	}
	for from := 0; from < len(word); node = m.inside {
		token, end := int32(-1), from
		for at := from; at < len(word) && node >= 0; at++ {
			if node = m.trie.child(node, word[at]); node >= 0 && m.trie.ids[node] >= 0 {
				token, end = m.starts[m.trie.ids[node]], at+1
			}
		}
		if token < 0 {
			return append(ids[:first], m.unknown), append(ends[:first], int32(len(word)))
		}
		ids, ends, from = append(ids, token), append(ends, int32(end)), end
	}
	return ids, ends
}

func isASCII(word []byte) bool {
	for _, b := range word {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// other is Tokens for words of any characters.
func (m *wordPiece) other(ids, ends []int32, word []byte) ([]int32, []int32) {
	first, end := len(ids), 0
	err := fenced(func() error {
		model, err := m.model()
		if err != nil {
			return err
		}
		tokens, err := model.Tokenize(string(word))
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
