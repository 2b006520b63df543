package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

func init() { register("Unigram", "", parseUnigram) }

// unigram is the unigram language model (Kudo 2018) as Hugging Face's library implements it:
// of all ways to write a word as tokens, it finds the one with the greatest sum of
// scores, which are log-probabilities, by Viterbi's algorithm.
//
// The model of github.com/sugarme/tokenizer v0.3.0 is not used because it gives other
// tokens: it adds 0.1 per byte to scores, ignores tokens of more than 20 bytes, and
// with byte_fallback writes all words as bytes.
type unigram struct {
	scores   []float64
	trie     byteTrie
	ids      *Tokens
	unknown  int32
	penalty  float64 // score of an unknown character
	fallback *[256]int32
}

// unknownPenalty is how far the score of an unknown character lies below that of the
// rarest token.
const unknownPenalty = 10

type unigramJSON struct {
	Vocab        []scoredToken `json:"vocab"`
	Unknown      *int          `json:"unk_id"`
	ByteFallback bool          `json:"byte_fallback"`
}

// scoredToken is ["token", score].
type scoredToken struct {
	token string
	score float64
}

func (t *scoredToken) UnmarshalJSON(data []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%.80s is not a token and a score", data)
	}
	if err := json.Unmarshal(pair[0], &t.token); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &t.score)
}

// maxTrieBytes limits the total length of the tokens; real vocabularies have a few MB.
const maxTrieBytes = 1 << 26

// tokens returns the tokens, whose ids are their indexes.
func (j *unigramJSON) tokens(known *Tokens) (*Tokens, error) {
	if len(j.Vocab) > math.MaxInt32 {
		return nil, fmt.Errorf("it has more than %d tokens", math.MaxInt32)
	}
	list, total := make([]string, len(j.Vocab)), 0
	for id, t := range j.Vocab {
		list[id] = t.token
		if total += len(t.token); total > maxTrieBytes {
			return nil, fmt.Errorf("the tokens have more than %d bytes", maxTrieBytes)
		}
	}
	if known != nil && slices.Equal(known.InOrder(), list) {
		return known, nil
	}
	tokens, second, first := NewTokens(list)
	if second >= 0 {
		return nil, fmt.Errorf("%q occurs twice, with the ids %d and %d", list[second], first, second)
	}
	return tokens, nil
}

// plainScores reads a "vocab" of pairs of a string and a number much faster than encoding/json. It
// returns false for any other.
func plainScores(data []byte) ([]scoredToken, bool) {
	p := plain{data}
	pairs := make([]scoredToken, 0, len(data)/32)
	for first := true; ; first = false {
		if first && !p.next('[') || !first && !p.next(',') {
			return pairs, !first && p.next(']') && len(bytes.TrimSpace(p.data)) == 0
		}
		var t scoredToken
		ok := p.next('[')
		if ok {
			t.token, ok = p.text()
		}
		if ok = ok && p.next(','); ok {
			t.score, ok = p.number()
		}
		if !ok || !p.next(']') {
			return nil, false
		}
		pairs = append(pairs, t)
	}
}

func parseUnigram(s Section) (Model, error) {
	var j unigramJSON
	err := json.Unmarshal(s.Fields, &j)
	if err == nil && s.Vocab != nil {
		var ok bool
		if j.Vocab, ok = plainScores(s.Vocab); !ok {
			j.Vocab = nil
			err = json.Unmarshal(s.Vocab, &j.Vocab)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	if len(j.Vocab) == 0 {
		return nil, errors.New("vocabulary: it has no tokens")
	}
	ids, err := j.tokens(s.Known)
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	m, err := newUnigram(j, ids)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

func newUnigram(j unigramJSON, ids *Tokens) (*unigram, error) {
	if j.Unknown == nil {
		return nil, errors.New("unk_id is not set: it is needed for characters that are not in any token")
	}
	if *j.Unknown < 0 || *j.Unknown >= len(j.Vocab) {
		return nil, fmt.Errorf("unk_id %d is not below %d, the number of tokens", *j.Unknown, len(j.Vocab))
	}
	m := &unigram{ids: ids, unknown: int32(*j.Unknown), scores: make([]float64, len(j.Vocab))}
	lowest := j.Vocab[0].score
	for i, t := range j.Vocab {
		m.scores[i] = t.score
		lowest = min(lowest, t.score)
	}
	m.penalty = lowest - unknownPenalty
	m.trie = newByteTrie(ids.InOrder())
	if j.ByteFallback {
		m.fallback = byteTokens(ids)
	}
	return m, nil
}

func (m *unigram) Vocabulary() *Tokens { return m.ids }
func (m *unigram) Unknown() int32      { return m.unknown }
func (m *unigram) NewWorker() Worker   { return &unigramWorker{unigram: m} }

// unigramWorker is a unigram with its buffers.
type unigramWorker struct {
	*unigram
	best []unigramNode // for each byte where a character ends
}

// unigramNode is the last token of the best way to write the word up to a byte.
type unigramNode struct {
	score float64 // of the whole way
	from  int32   // start of the token; -1 if the byte cannot be reached
	id    int32
}

func (w *unigramWorker) Tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	w.best = append(w.best[:0], unigramNode{from: 0})
	for range word {
		w.best = append(w.best, unigramNode{from: -1})
	}
	reach := func(from, to int, score float64, id int32) {
		score += w.best[from].score
		if n := &w.best[to]; n.from < 0 || score > n.score {
			*n = unigramNode{score, int32(from), id}
		}
	}
	for from := 0; from < len(word); {
		_, size := utf8.DecodeRune(word[from:])
		single := false
		for node, to := int32(0), from; to < len(word); {
			if node = w.trie.child(node, word[to]); node < 0 {
				break
			}
			to++
			if id := w.trie.ids[node]; id >= 0 {
				reach(from, to, w.scores[id], id)
				single = single || to == from+size
			}
		}
		if !single {
			reach(from, from+size, w.penalty, w.unknown)
		}
		from += size
	}
	first, end := len(ids), len(word)
	for to := len(word); to > 0; {
		n := w.best[to]
		from := int(n.from)
		if n.id != w.unknown {
			ids, ends = append(ids, n.id), append(ends, int32(to))
			to, end = from, from
			continue
		}
		// Adjacent unknown characters are one token.
		for from > 0 && w.best[from].id == w.unknown {
			from = int(w.best[from].from)
		}
		ids, ends = w.appendUnknown(ids, ends, word[from:end], int32(end))
		to, end = from, from
	}
	slices.Reverse(ids[first:])
	slices.Reverse(ends[first:])
	return ids, ends
}

// appendUnknown appends, last first, the tokens for a part that no token covers.
func (w *unigramWorker) appendUnknown(ids, ends []int32, part []byte, end int32) ([]int32, []int32) {
	if id, ok := w.ids.FindBytes(part); ok {
		return append(ids, int32(id)), append(ends, end)
	}
	if w.fallback == nil || slices.ContainsFunc(part, func(b byte) bool { return w.fallback[b] < 0 }) {
		return append(ids, w.unknown), append(ends, end)
	}
	for i := len(part) - 1; i >= 0; i-- {
		ids, ends = append(ids, w.fallback[part[i]]), append(ends, end-int32(len(part)-1-i))
	}
	return ids, ends
}
