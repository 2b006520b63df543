package tokenize

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// WithWords returns the tokenizer of WordPiece with words added to its vocabulary, whose ids follow those of
// the others: a text then has the word as one token where it had several. Words are written as the tokenizer
// finds them, in lower case for example. What it does not split into several tokens inside one word is not
// added: words that it has, several words, and what is unknown to it. It returns the words that were added.
func (t *Tokenizer) WithWords(words []string) (*Tokenizer, []string, error) {
	if t.sub == nil || !t.addsWords() {
		return nil, nil, fault.New("choose a tokenizer of WordPiece, as BERT has", "words can only be added to a tokenizer of WordPiece")
	}
	v := t.sub.vocabulary
	top, err := parseMembers(t.sub.file)
	if err != nil {
		return nil, nil, err
	}
	model, err := parseMembers(top.get("model"))
	if err != nil {
		return nil, nil, err
	}
	vocab := bytes.TrimRight(bytes.TrimSpace(model.get("vocab")), "} \t\r\n")
	var added []string
	seen := map[string]bool{}
	for _, word := range words {
		whole, ok := t.wordOf(word)
		if !ok || seen[whole] {
			continue
		}
		key, err := plainjson.AppendString(nil, whole)
		if err != nil {
			return nil, nil, err
		}
		vocab = append(append(append(vocab, ','), key...), ':')
		vocab = strconv.AppendInt(vocab, int64(v.Len()+len(added)), 10)
		seen[whole], added = true, append(added, whole)
	}
	if len(added) == 0 {
		return t, nil, nil
	}
	model.set("vocab", append(vocab, '}'))
	top.set("model", model.bytes())
	sub, err := split(top.bytes()).subwords("the tokenizer with more words", nil)
	if err != nil {
		return nil, nil, err
	}
	return newSubwordTokenizer(sub), added, nil
}

// addsWords reports whether the model is WordPiece.
func (t *Tokenizer) addsWords() bool {
	_, ok := t.sub.model.(interface {
		Inside(token string) (string, bool)
	})
	return ok
}

// wordOf returns a word as the tokenizer writes it; ok is false if it is not one that is split.
func (t *Tokenizer) wordOf(text string) (word string, ok bool) {
	n := 0
	JoinWords(t, t.Encode(nil, text), func(joined string, pieces int) {
		n++
		word, ok = joined, pieces > 1
	})
	return word, ok && n == 1
}

// JoinWords calls emit with each word that the tokens of a text make together, and their number. Tokens
// belong to the word before if they stand inside a word, see [Tokenizer.TokenText]; an unknown one is a word.
func JoinWords(t *Tokenizer, ids []int32, emit func(word string, pieces int)) {
	var b strings.Builder
	n := 0
	for i, id := range ids {
		text, inside := t.TokenText(id)
		if i > 0 && !inside {
			emit(b.String(), n)
			b.Reset()
			n = 0
		}
		b.WriteString(text)
		n++
	}
	if n > 0 {
		emit(b.String(), n)
	}
}
