package tokenize

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// AddedToken is one of the added_tokens of tokenizer.json.
type AddedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// addedTokens are tokens that stand for themselves wherever they are in a text:
// [SEP]. Those that are normalized are looked for in the normalised text, the
// others before.
type addedTokens struct {
	tokens  map[string]AddedToken
	begins  [256]bool
	lengths map[byte][]int // of those that begin with a byte, the longest first
}

// add adds a token that is found as text, unless there is one already.
func (a *addedTokens) add(text string, token AddedToken) {
	if _, ok := a.tokens[text]; ok {
		return
	}
	if a.tokens == nil {
		a.tokens, a.lengths = map[string]AddedToken{}, map[byte][]int{}
	}
	a.tokens[text] = token
	a.begins[text[0]] = true
	lengths := a.lengths[text[0]]
	at := 0
	for at < len(lengths) && lengths[at] > len(text) {
		at++
	}
	if at == len(lengths) || lengths[at] != len(text) {
		lengths = append(lengths, 0)
		copy(lengths[at+1:], lengths[at:])
		lengths[at] = len(text)
		a.lengths[text[0]] = lengths
	}
}

// longest returns the length of the longest token that text begins with.
func (a *addedTokens) longest(text []byte) (token AddedToken, n int) {
	for _, n := range a.lengths[text[0]] {
		if n <= len(text) {
			if token, ok := a.tokens[string(text[:n])]; ok {
				return token, n
			}
		}
	}
	return AddedToken{}, 0
}

// each calls added with each token in text and what it takes of the text, and part
// with what lies between, in their order.
func (a *addedTokens) each(text []byte, part func(from, to int), added func(id int32, from, to int)) {
	done := 0
	for i := 0; i < len(text); {
		if !a.begins[text[i]] {
			i++
			continue
		}
		token, n := a.longest(text[i:])
		if n == 0 {
			i++
			continue
		}
		from, to := i, i+n
		i = to
		if token.SingleWord && (wordBefore(text[:from]) || wordBehind(text[to:])) {
			continue
		}
		if token.LStrip {
			from = max(done, len(bytes.TrimRightFunc(text[:from], unicode.IsSpace)))
		}
		if token.RStrip {
			to = len(text) - len(bytes.TrimLeftFunc(text[to:], unicode.IsSpace))
		}
		if done < from {
			part(done, from)
		}
		added(int32(token.ID), from, to)
		i, done = to, to
	}
	if done < len(text) {
		part(done, len(text))
	}
}

func wordBefore(text []byte) bool {
	r, n := utf8.DecodeLastRune(text)
	return n > 0 && isWord(r)
}

func wordBehind(text []byte) bool {
	r, n := utf8.DecodeRune(text)
	return n > 0 && isWord(r)
}
