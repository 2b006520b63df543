package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/heap"
	"github.com/luminavec/luminavec/internal/plainjson"
)

func init() { register("BPE", "merges", parseBPE) }

// bpe is byte pair encoding (Sennrich, Haddow and Birch 2016) as Hugging Face's library
// implements it. A word starts as its characters. While any two neighbors have a
// merge, the pair with the first merge in the list becomes one token; of equal pairs,
// the leftmost.
//
// The model of github.com/sugarme/tokenizer v0.3.0 is not used because it gives other
// tokens: it does equal merges in random order ("aaa" with the merge "a a" may
// become "a aa"), puts continuing_subword_prefix on the first character, ignores
// end_of_word_suffix, and lacks byte_fallback, fuse_unk and ignore_merges.
type bpe struct {
	ids      *Tokens
	merges   map[[2]int32]bpeMerge
	prefix   string      // continuing_subword_prefix
	suffix   string      // end_of_word_suffix
	unknown  int32       // -1: characters that are not in the vocabulary are skipped
	fuse     bool        // fuse_unk: adjacent unknown characters are one token
	fallback *[256]int32 // byte_fallback: tokens of the bytes of an unknown character
	whole    bool        // ignore_merges: a word of the vocabulary is one token
}

// bpeMerge turns a pair into the token id. Merges of lower rank come first.
type bpeMerge struct{ rank, id int32 }

// bpeJSON holds the fields of the model besides its vocabulary.
type bpeJSON struct {
	Dropout      *float64        `json:"dropout"`
	Unknown      *string         `json:"unk_token"`
	Prefix       *string         `json:"continuing_subword_prefix"`
	Suffix       *string         `json:"end_of_word_suffix"`
	FuseUnknown  bool            `json:"fuse_unk"`
	ByteFallback bool            `json:"byte_fallback"`
	IgnoreMerges bool            `json:"ignore_merges"`
	Merges       json.RawMessage `json:"merges"`
}

func parseBPE(s Section) (Model, error) {
	var j bpeJSON
	ids, err := s.parse(&j)
	if err != nil {
		return nil, err
	}
	if s.Merges != nil {
		j.Merges = s.Merges
	}
	m, err := newBPE(j, ids)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

func newBPE(j bpeJSON, ids *Tokens) (*bpe, error) {
	if plainjson.Or(j.Dropout, 0) != 0 {
		return nil, errors.New("dropout is not supported: the tokens would differ from call to call")
	}
	m := &bpe{ids: ids, prefix: plainjson.Or(j.Prefix, ""), suffix: plainjson.Or(j.Suffix, ""), unknown: -1, fuse: j.FuseUnknown, whole: j.IgnoreMerges}
	if j.Unknown != nil {
		id, ok := ids.Find(*j.Unknown)
		if !ok {
			return nil, fmt.Errorf("unk_token %q is not in the vocabulary", *j.Unknown)
		}
		m.unknown = int32(id)
	}
	if j.ByteFallback {
		m.fallback = byteTokens(ids)
	}
	merges, err := parseMerges(j.Merges)
	if err != nil {
		return nil, err
	}
	m.merges = make(map[[2]int32]bpeMerge, len(merges))
	for rank, pair := range merges {
		var at [3]int32
		if len(pair[1]) < len(m.prefix) {
			return nil, fmt.Errorf("merge %d of %q and %q: the second is shorter than continuing_subword_prefix %q", rank, pair[0], pair[1], m.prefix)
		}
		for i, token := range []string{pair[0], pair[1], pair[0] + pair[1][len(m.prefix):]} {
			id, ok := ids.Find(token)
			if !ok {
				return nil, fmt.Errorf("merge %d of %q and %q: %q is not in the vocabulary", rank, pair[0], pair[1], token)
			}
			at[i] = int32(id)
		}
		m.merges[[2]int32{at[0], at[1]}] = bpeMerge{int32(rank), at[2]}
	}
	return m, nil
}

// byteTokens returns the ids of <0x00> to <0xFF>, -1 for tokens that are missing.
func byteTokens(ids *Tokens) *[256]int32 {
	tokens := new([256]int32)
	for b := range tokens {
		tokens[b] = -1
		if id, ok := ids.Find(fmt.Sprintf("<0x%02X>", b)); ok {
			tokens[b] = int32(id)
		}
	}
	return tokens
}

// parseMerges reads merges, each "a b" or ["a", "b"].
func parseMerges(data json.RawMessage) ([][2]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var lines []string
	if err := json.Unmarshal(data, &lines); err == nil {
		pairs := make([][2]string, 0, len(lines))
		for i, line := range lines {
			if strings.HasPrefix(line, "#version") {
				continue
			}
			first, second, ok := strings.Cut(line, " ")
			if !ok || strings.Contains(second, " ") {
				return nil, fmt.Errorf("merge %d %q is not two tokens with a space between", i, line)
			}
			pairs = append(pairs, [2]string{first, second})
		}
		return pairs, nil
	}
	var lists [][]string
	if err := json.Unmarshal(data, &lists); err != nil {
		return nil, fmt.Errorf("merges: %w", err)
	}
	pairs := make([][2]string, len(lists))
	for i, list := range lists {
		if len(list) != 2 {
			return nil, fmt.Errorf("merge %d %q is not two tokens", i, list)
		}
		pairs[i] = [2]string(list)
	}
	return pairs, nil
}

// CutsBefore reports whether text may be cut before each mark that follows another
// character without changing the tokens: no token has a mark in that place, and the
// mark alone is a token, so it is never part of an unknown one.
func (m *bpe) CutsBefore(mark rune) bool {
	if _, ok := m.ids.Find(string(mark)); !ok || m.prefix != "" || m.suffix != "" {
		return false
	}
	for token := range m.ids.All() {
		rest := strings.TrimLeft(token, string(mark))
		if strings.ContainsRune(rest, mark) {
			return false
		}
	}
	return true
}

func (m *bpe) Vocabulary() *Tokens { return m.ids }
func (m *bpe) Unknown() int32      { return m.unknown }
func (m *bpe) NewWorker() Worker   { return &bpeWorker{bpe: m} }

// bpeWorker is a bpe with its buffers.
type bpeWorker struct {
	*bpe
	symbols []bpeSymbol
	queue   heap.Heap[bpeEntry]
	key     []byte
}

// bpeSymbol is a token of a partly merged word, in a linked list.
type bpeSymbol struct {
	id         int32
	bytes      int32 // of the word; 0: merged into another symbol
	prev, next int32 // -1: none
}

// bpeEntry is a possible merge of a symbol with the next one.
type bpeEntry struct {
	rank, at, id int32
}

// Before is the order of merges: lower ranks first, then from the left.
func (e bpeEntry) Before(o bpeEntry) bool {
	return e.rank < o.rank || e.rank == o.rank && e.at < o.at
}

func (w *bpeWorker) Tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	if w.whole {
		if id, ok := w.ids.FindBytes(word); ok {
			return append(ids, int32(id)), append(ends, int32(len(word)))
		}
	}
	w.begin(word)
	w.merge()
	end := int32(0)
	for _, s := range w.symbols {
		if s.bytes > 0 {
			end += s.bytes
			ids, ends = append(ids, s.id), append(ends, min(end, int32(len(word))))
		}
	}
	return ids, ends
}

// begin makes each character a symbol.
func (w *bpeWorker) begin(word []byte) {
	w.symbols = w.symbols[:0]
	unknown := int32(0) // bytes of pending unknown characters
	add := func(id, n int32) {
		at := int32(len(w.symbols))
		if at > 0 {
			w.symbols[at-1].next = at
		}
		w.symbols = append(w.symbols, bpeSymbol{id: id, bytes: n, prev: at - 1, next: -1})
	}
	flush := func() {
		if unknown > 0 {
			add(w.unknown, unknown)
		}
		unknown = 0
	}
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRune(word[i:])
		key := word[i : i+n]
		if w.prefix != "" && i > 0 || w.suffix != "" && i+n == len(word) {
			w.key = w.key[:0]
			if i > 0 {
				w.key = append(w.key, w.prefix...)
			}
			w.key = append(w.key, key...)
			if i+n == len(word) {
				w.key = append(w.key, w.suffix...)
			}
			key = w.key
		}
		i += n
		id, ok := w.ids.FindBytes(key)
		switch {
		case ok:
			flush()
			add(int32(id), int32(n))
		case w.fallback != nil && !slices.ContainsFunc(key, func(b byte) bool { return w.fallback[b] < 0 }):
			// A pending unknown character comes after these, as in that library.
			for _, b := range key {
				add(w.fallback[b], 1)
			}
		case w.unknown >= 0:
			if !w.fuse {
				flush()
			}
			unknown += int32(n)
		}
	}
	flush()
}

// merge does all merges.
func (w *bpeWorker) merge() {
	w.queue = w.queue[:0]
	for at := range w.symbols {
		w.offer(int32(at))
	}
	for len(w.queue) > 0 {
		top := w.queue.Pop()
		s := &w.symbols[top.at]
		if s.bytes == 0 || s.next < 0 {
			continue
		}
		right := &w.symbols[s.next]
		if m, ok := w.merges[[2]int32{s.id, right.id}]; !ok || m.id != top.id {
			continue // an earlier merge has changed the pair
		}
		s.id = top.id
		s.bytes += right.bytes
		s.next, right.bytes = right.next, 0
		if s.next >= 0 {
			w.symbols[s.next].prev = top.at
		}
		if s.prev >= 0 {
			w.offer(s.prev)
		}
		w.offer(top.at)
	}
}

// offer puts the merge of the symbol at and the next one into the queue.
func (w *bpeWorker) offer(at int32) {
	s := w.symbols[at]
	if s.next < 0 {
		return
	}
	m, ok := w.merges[[2]int32{s.id, w.symbols[s.next].id}]
	if !ok {
		return
	}
	w.queue.Push(bpeEntry{m.rank, at, m.id})
}
