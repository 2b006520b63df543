package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// bpeModel is byte pair encoding (Sennrich, Haddow, Birch 2016) as Hugging Face's
// library does it: a word begins as its characters, and of the pairs of neighbours
// that a merge is known for, that of the first merge becomes one token, the
// leftmost first, until there is none.
//
// It is own code, since the model of github.com/sugarme/tokenizer v0.3.0 gives
// other tokens: equal merges are done in no certain order ("aaa" with the merge "a
// a" may be "a aa"), the prefix of what continues a word is put on what begins it,
// the suffix is never put, byte_fallback, fuse_unk and ignore_merges are not there, and
// adding a character copies the word.
type bpeModel struct {
	ids      map[string]int
	merges   map[[2]int32]bpeMerge
	prefix   string // continuing_subword_prefix
	suffix   string // end_of_word_suffix
	unknown  int32  // -1: characters that are not in the vocabulary are left out
	fuse     bool   // unknown characters side by side are one token
	fallback *[256]int32
	whole    bool // ignore_merges: a word of the vocabulary is one token
}

// bpeMerge makes id of a pair; those of a low rank come first.
type bpeMerge struct{ rank, id int32 }

// bpeJSON is what the file says about the model beside its vocabulary.
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

func newBPEModel(data json.RawMessage, ids map[string]int) (*bpeModel, error) {
	var j bpeJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if orElse(j.Dropout, 0) != 0 {
		return nil, errors.New("dropout is not supported: the tokens would be others each time")
	}
	m := &bpeModel{ids: ids, prefix: orElse(j.Prefix, ""), suffix: orElse(j.Suffix, ""), unknown: -1, fuse: j.FuseUnknown, whole: j.IgnoreMerges}
	if j.Unknown != nil {
		id, ok := ids[*j.Unknown]
		if !ok {
			return nil, fmt.Errorf("unk_token %q is not in the vocabulary", *j.Unknown)
		}
		m.unknown = int32(id)
	}
	if j.ByteFallback {
		m.fallback = byteTokens(ids)
	}
	merges, err := mergesOf(j.Merges)
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
			id, ok := ids[token]
			if !ok {
				return nil, fmt.Errorf("merge %d of %q and %q: %q is not in the vocabulary", rank, pair[0], pair[1], token)
			}
			at[i] = int32(id)
		}
		m.merges[[2]int32{at[0], at[1]}] = bpeMerge{int32(rank), at[2]}
	}
	return m, nil
}

// byteTokens returns the ids of <0x00> to <0xFF>, -1 for what is missing.
func byteTokens(ids map[string]int) *[256]int32 {
	tokens := new([256]int32)
	for b := range tokens {
		tokens[b] = -1
		if id, ok := ids[fmt.Sprintf("<0x%02X>", b)]; ok {
			tokens[b] = int32(id)
		}
	}
	return tokens
}

// mergesOf reads merges, each "a b" or ["a", "b"].
func mergesOf(data json.RawMessage) ([][2]string, error) {
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

// cutsBefore reports whether text may be cut before each mark that stands behind
// another character, with the same tokens: no token has one there, and a mark alone
// is a token, so that none is part of an unknown one.
func (m *bpeModel) cutsBefore(mark rune) bool {
	if _, ok := m.ids[string(mark)]; !ok || m.prefix != "" || m.suffix != "" {
		return false
	}
	for token := range m.ids {
		rest := strings.TrimLeft(token, string(mark))
		if strings.ContainsRune(rest, mark) {
			return false
		}
	}
	return true
}

func (m *bpeModel) worker() subwordWorker { return &bpeWorker{bpeModel: m} }

// bpeWorker is a bpeModel with buffers: one goroutine each.
type bpeWorker struct {
	*bpeModel
	symbols []bpeSymbol
	queue   []bpeEntry
	key     []byte
}

// bpeSymbol is a token of a word on its way, in a list.
type bpeSymbol struct {
	id         int32
	bytes      int32 // of the word; 0: it has been merged into another
	prev, next int32 // -1: none
}

// bpeEntry is a merge that may be done at a symbol.
type bpeEntry struct {
	rank, at, id int32
}

func (e bpeEntry) before(o bpeEntry) bool {
	return e.rank < o.rank || e.rank == o.rank && e.at < o.at
}

func (w *bpeWorker) tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	if w.whole {
		if id, ok := w.ids[string(word)]; ok {
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

// begin makes a symbol of each character.
func (w *bpeWorker) begin(word []byte) {
	w.symbols = w.symbols[:0]
	unknown := int32(0) // bytes of the unknown characters before
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
		id, ok := w.ids[string(key)]
		switch {
		case ok:
			flush()
			add(int32(id), int32(n))
		case w.fallback != nil && !slices.ContainsFunc(key, func(b byte) bool { return w.fallback[b] < 0 }):
			// An unknown character before stays behind these: that library does so.
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

// merge does all merges of the symbols.
func (w *bpeWorker) merge() {
	w.queue = w.queue[:0]
	for at := range w.symbols {
		w.offer(int32(at))
	}
	for len(w.queue) > 0 {
		top := w.pop()
		s := &w.symbols[top.at]
		if s.bytes == 0 || s.next < 0 {
			continue
		}
		right := &w.symbols[s.next]
		if m, ok := w.merges[[2]int32{s.id, right.id}]; !ok || m.id != top.id {
			continue // they are others by now
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

// offer puts the merge of the symbol at and the next into the queue, a binary heap.
func (w *bpeWorker) offer(at int32) {
	s := w.symbols[at]
	if s.next < 0 {
		return
	}
	m, ok := w.merges[[2]int32{s.id, w.symbols[s.next].id}]
	if !ok {
		return
	}
	e := bpeEntry{m.rank, at, m.id}
	i := len(w.queue)
	w.queue = append(w.queue, e)
	for i > 0 {
		up := (i - 1) / 2
		if !e.before(w.queue[up]) {
			break
		}
		w.queue[i] = w.queue[up]
		i = up
	}
	w.queue[i] = e
}

func (w *bpeWorker) pop() bpeEntry {
	top, n := w.queue[0], len(w.queue)-1
	e := w.queue[n]
	w.queue = w.queue[:n]
	for i := 0; n > 0; {
		down := 2*i + 1
		if down+1 < n && w.queue[down+1].before(w.queue[down]) {
			down++
		}
		if down >= n || !w.queue[down].before(e) {
			w.queue[i] = e
			break
		}
		w.queue[i] = w.queue[down]
		i = down
	}
	return top
}
