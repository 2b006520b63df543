package models

import (
	"maps"
	"strings"
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
// words, for which it is the oracle, are split here with a trie. Neither is made for a few words,
// such as a question, which take less time than that.
type wordPiece struct {
	model   func() (wordpiece.WordPiece, error)
	trie    func() *wordTrie
	ids     *Tokens
	prefix  string // of tokens inside a word
	most    int    // characters of a word; longer ones are unknown
	longest int    // bytes of the longest token
	unknown int32
}

// wordTrie is a trie of all tokens.
type wordTrie struct {
	byteTrie
	starts []int32 // by string of the trie: the id
	inside int32   // the node of the trie where tokens inside a word begin; -1: none
}

func parseWordPiece(s Section) (Model, error) {
	var j struct {
		Unknown  string  `json:"unk_token"`
		Prefix   *string `json:"continuing_subword_prefix"`
		MaxChars *int    `json:"max_input_chars_per_word"`
	}
	ids, err := s.parse(&j)
	if err != nil {
		return nil, err
	}
	m := &wordPiece{ids: ids, prefix: plainjson.Or(j.Prefix, ContinuingPrefix), most: plainjson.Or(j.MaxChars, MaxInputChars)}
	for token := range ids.All() {
		m.longest = max(m.longest, len(token))
	}
	if m.unknown, err = unknownID(ids, j.Unknown); err != nil {
		return nil, err
	}
	m.model = sync.OnceValues(func() (built wordpiece.WordPiece, err error) {
		vocab := model.Vocab(maps.Collect(ids.All()))
		err = fenced(func() error {
			built = wordpiece.NewWordPieceBuilder().Vocab(&vocab).UnkToken(j.Unknown).
				ContinuingSubwordPrefix(m.prefix).MaxInputCharsPerWord(m.most).Build()
			return nil
		})
		return built, err
	})
	m.trie = sync.OnceValue(m.newTrie)
	return m, nil
}

func (m *wordPiece) newTrie() *wordTrie {
	t := &wordTrie{}
	list := make([]string, 0, m.ids.Len())
	for token, id := range m.ids.All() {
		list, t.starts = append(list, token), append(t.starts, int32(id))
	}
	t.byteTrie = newByteTrie(list)
	for _, b := range []byte(m.prefix) {
		if t.inside = t.child(t.inside, b); t.inside < 0 {
			break
		}
	}
	return t
}

func (m *wordPiece) Vocabulary() *Tokens { return m.ids }
func (m *wordPiece) Unknown() int32      { return m.unknown }
func (m *wordPiece) NewWorker() Worker   { return &wordPieceWorker{wordPiece: m} }

// wordPieceWorker is a wordPiece that counts its words.
type wordPieceWorker struct {
	*wordPiece
	words int
}

// fewWords is the number of words that are split without a trie: about half as many as it has time for
// while the trie of a vocabulary of 30,000 tokens is made.
const fewWords = 10_000

func (w *wordPieceWorker) Tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	switch w.words++; {
	case w.words <= fewWords || len(word) > longWord:
		return w.plain(ids, ends, word)
	case isASCII(word):
		return w.ascii(ids, ends, word)
	}
	return w.other(ids, ends, word)
}

// ascii is Tokens for ASCII words.
func (m *wordPiece) ascii(ids, ends []int32, word []byte) ([]int32, []int32) {
	t := m.trie()
	first, node := len(ids), int32(0)
	if len(word) > m.most {
		return append(ids, m.unknown), append(ends, int32(len(word)))
	}
	for from := 0; from < len(word); node = t.inside {
		token, end := int32(-1), from
		for at := from; at < len(word) && node >= 0; at++ {
			if node = t.child(node, word[at]); node >= 0 && t.ids[node] >= 0 {
				token, end = t.starts[t.ids[node]], at+1
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

// longWord is the number of bytes above which plain is used.
const longWord = 512

// plain is Tokens for few words, and for long ones, which take that library a time that grows with the
// cube of their length.
func (m *wordPiece) plain(ids, ends []int32, word []byte) ([]int32, []int32) {
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
			if id, ok := m.ids.FindBytes(key); ok && len(key) > start {
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

// Inside returns the text of a token, and whether it stands inside a word.
func (m *wordPiece) Inside(token string) (text string, inside bool) {
	if rest, ok := strings.CutPrefix(token, m.prefix); ok && m.prefix != "" && rest != "" {
		return rest, true
	}
	return token, false
}
