package tokenize

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
)

// addedTokens finds the added tokens of a text, such as [SEP]. They are not normalized,
// cut or looked up by the model.
type addedTokens struct {
	tokens  map[string]tokenizerjson.AddedToken
	begins  [256]bool
	first   []byte         // the bytes of begins
	lengths map[byte][]int // by first byte, longest first
}

// add adds a token that is found as text, unless another one is.
func (a *addedTokens) add(text string, token tokenizerjson.AddedToken) {
	if _, ok := a.tokens[text]; ok {
		return
	}
	if a.tokens == nil {
		a.tokens, a.lengths = map[string]tokenizerjson.AddedToken{}, map[byte][]int{}
	}
	a.tokens[text] = token
	if !a.begins[text[0]] {
		a.begins[text[0]], a.first = true, append(a.first, text[0])
	}
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

// longest returns the longest token at the start of text, and its length.
func (a *addedTokens) longest(text []byte) (token tokenizerjson.AddedToken, n int) {
	for _, n := range a.lengths[text[0]] {
		if n <= len(text) {
			if token, ok := a.tokens[string(text[:n])]; ok {
				return token, n
			}
		}
	}
	return tokenizerjson.AddedToken{}, 0
}

// in reports whether text contains one of the tokens.
func (a *addedTokens) in(text []byte) bool {
	for _, b := range a.first { // usually only the bracket of [SEP]
		for i := 0; ; i++ {
			n := bytes.IndexByte(text[i:], b)
			if n < 0 {
				break
			}
			i += n
			if _, n := a.longest(text[i:]); n > 0 {
				return true
			}
		}
	}
	return false
}

// each calls added with each token in text and its range of bytes, and part with the text
// between tokens, in order.
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
		if token.SingleWord && (wordBefore(text[:from]) || wordAfter(text[to:])) {
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
	return n > 0 && pretokenizers.IsWord(r)
}

func wordAfter(text []byte) bool {
	r, n := utf8.DecodeRune(text)
	return n > 0 && pretokenizers.IsWord(r)
}
