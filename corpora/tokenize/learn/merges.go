package learn

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/heap"
)

// merger learns the merges of byte pair encoding (Sennrich, Haddow and Birch 2016,
// algorithm 1): while the vocabulary has room, the most frequent pair of adjacent tokens
// inside words becomes a token. WordPiece is learned in the same way, with a prefix on
// tokens that do not begin a word.
//
// All words are in one array. Each pair has a list of the words in which it occurs or
// occurred, so that a merge touches only those. Counts are updated for what changed there.
// A queue entry whose count has since fallen is corrected when it comes up.
//
// Where the paper leaves a choice, this is the choice of Hugging Face's BpeTrainer, so
// that the merges are the same:
//   - of pairs with equal counts, the one with the smaller left id comes first, then
//     the one with the smaller right id;
//   - "aaa" contains the pair a a twice;
//   - a character that is not a token is skipped, and its neighbors become a pair;
//   - the occurrences that a merge consumed stay in the count of its pair. This matters
//     only if the pair occurs again later, because its tokens can also come from other
//     merges: it is then merged at once, and its place in the list is the last one.
//
// In that trainer the ids of the characters with a prefix follow the order of a hash
// table; here they follow Unicode.
type merger struct {
	o      Options
	prefix string // of tokens that do not begin a word; "" for BPE
	tokens []string
	ids    map[string]int32
	length []int32 // of each token, in characters

	text   []int32 // the words as tokens
	starts []int32 // of each word in text; and the length of text
	sizes  []int32 // of each word, in tokens
	counts []int64 // of each word

	pairs  []pairCount
	index  map[uint64]int32 // into pairs, by pairKey
	queue  heap.Heap[pairEntry]
	merges []uint64       // pairs in order; see place
	place  map[uint64]int // of each pair, its last index in merges
}

// pairCount is a pair of tokens.
type pairCount struct {
	key    uint64
	count  int64
	queued int64   // the count of its valid entry in the queue; 0: none
	words  []int32 // that contain it, and some that no longer do
}

// pairEntry is a pair in the queue.
type pairEntry struct {
	count int64
	key   uint64
	pair  int32
}

// Before is the order of merges.
func (e pairEntry) Before(o pairEntry) bool {
	if e.count != o.count {
		return e.count > o.count
	}
	return e.key < o.key
}

// newMerger starts with the special tokens, the characters and, for WordPiece, the characters
// with a prefix.
func newMerger(o Options, words []countedWord, alphabet []rune, prefix string) (*merger, error) {
	m := &merger{o: o, prefix: prefix, ids: map[string]int32{}, index: map[uint64]int32{}, place: map[uint64]int{}}
	for _, token := range o.Special {
		m.token(token, utf8.RuneCountInString(token))
	}
	begins := map[rune]int32{}
	for _, r := range alphabet {
		begins[r] = m.token(string(r), 1)
	}
	goesOn := begins
	if m.prefix != "" {
		goesOn = m.prefixed(words, alphabet)
	}
	if len(m.tokens) > o.Vocabulary {
		return nil, o.tooSmall(len(m.tokens))
	}
	m.starts = append(m.starts, 0)
	for _, w := range words {
		for i, r := range w.text {
			letters := begins
			if i > 0 {
				letters = goesOn
			}
			if id, ok := letters[r]; ok {
				m.text = append(m.text, id)
			}
		}
		start, end := m.starts[len(m.starts)-1], int32(len(m.text))
		m.starts = append(m.starts, end)
		m.sizes = append(m.sizes, end-start)
		m.counts = append(m.counts, w.count)
	}
	return m, nil
}

// prefixed makes tokens of the characters that occur after the first character of a word.
func (m *merger) prefixed(words []countedWord, alphabet []rune) map[rune]int32 {
	inside := map[rune]bool{}
	for _, w := range words {
		for i, r := range w.text {
			if i > 0 {
				inside[r] = true
			}
		}
	}
	ids := map[rune]int32{}
	for _, r := range alphabet {
		if inside[r] {
			ids[r] = m.token(m.prefix+string(r), 1)
		}
	}
	return ids
}

// token returns the id of a token, and adds it if it is new.
func (m *merger) token(text string, length int) int32 {
	if id, ok := m.ids[text]; ok {
		return id
	}
	id := int32(len(m.tokens))
	m.ids[text] = id
	m.tokens = append(m.tokens, text)
	m.length = append(m.length, int32(length))
	return id
}

// run merges until the vocabulary is full or no pair is frequent enough. It calls
// progress with the size of the vocabulary.
func (m *merger) run(ctx context.Context, progress func(size int)) error {
	for w := range m.sizes {
		word := m.word(int32(w))
		for i := 1; i < len(word); i++ {
			m.change(word[i-1], word[i], m.counts[w], int32(w))
		}
		if w%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	for i := range m.pairs {
		m.enqueue(int32(i))
	}
	var touched []int32
	for len(m.tokens) < m.o.Vocabulary && len(m.queue) > 0 {
		top := m.queue.Pop()
		p := &m.pairs[top.pair]
		if top.count != p.queued {
			continue // replaced by another entry
		}
		p.queued = 0
		if top.count != p.count {
			m.enqueue(top.pair)
			continue
		}
		if p.count < m.o.MinCount {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		touched = m.merge(top.pair, touched[:0])
		for _, i := range touched {
			m.enqueue(i)
		}
		if len(m.tokens)%256 == 0 {
			progress(len(m.tokens))
		}
	}
	return nil
}

func (m *merger) word(w int32) []int32 { return m.text[m.starts[w]:][:m.sizes[w]] }

// enqueue puts a pair into the queue with its current count, unless it is there already.
func (m *merger) enqueue(pair int32) {
	p := &m.pairs[pair]
	if p.count > 0 && p.queued != p.count {
		p.queued = p.count
		m.queue.Push(pairEntry{p.count, p.key, pair})
	}
}

// change adds to the count of a pair and returns its index. If by is positive, word w
// contains the pair. Pairs that would be too long are not counted; the result is then -1.
func (m *merger) change(left, right int32, by int64, w int32) int32 {
	if m.o.MaxLength > 0 && int(m.length[left]+m.length[right]) > m.o.MaxLength {
		return -1
	}
	key := pairKey(left, right)
	i, ok := m.index[key]
	if !ok {
		i = int32(len(m.pairs))
		m.index[key] = i
		m.pairs = append(m.pairs, pairCount{key: key})
	}
	p := &m.pairs[i]
	p.count += by
	if by > 0 && (len(p.words) == 0 || p.words[len(p.words)-1] != w) {
		p.words = append(p.words, w)
	}
	return i
}

// merge replaces a pair by one token in all words and appends the pairs whose counts rose
// to touched.
func (m *merger) merge(pair int32, touched []int32) []int32 {
	p := m.pairs[pair]
	left, right := int32(p.key>>32), int32(p.key&0xffffffff)
	joined := m.token(m.tokens[left]+strings.TrimPrefix(m.tokens[right], m.prefix), int(m.length[left]+m.length[right]))
	m.place[p.key] = len(m.merges)
	m.merges = append(m.merges, p.key)
	m.pairs[pair].words = nil
	for _, w := range p.words {
		word, n := m.word(w), m.counts[w]
		to := 0
		for i := 0; i < len(word); i, to = i+1, to+1 {
			if word[i] != left || i+1 == len(word) || word[i+1] != right {
				word[to] = word[i]
				continue
			}
			if to > 0 {
				m.change(word[to-1], left, -n, w)
				if t := m.change(word[to-1], joined, n, w); t >= 0 {
					touched = append(touched, t)
				}
			}
			if i+2 < len(word) {
				m.change(right, word[i+2], -n, w)
				if t := m.change(joined, word[i+2], n, w); t >= 0 {
					touched = append(touched, t)
				}
			}
			word[to] = joined
			i++
		}
		m.sizes[w] = int32(to)
	}
	return touched
}

// ordered returns the merges in order, each pair once.
func (m *merger) ordered() [][2]string {
	merges := make([][2]string, 0, len(m.place))
	for i, key := range m.merges {
		if m.place[key] == i {
			merges = append(merges, [2]string{m.tokens[key>>32], m.tokens[key&0xffffffff]})
		}
	}
	return merges
}

// learnMerges learns the merges of WordPiece or BPE.
func (o Options) learnMerges(ctx context.Context, t *Result, words []countedWord, alphabet []rune, prefix string) (*merger, error) {
	m, err := newMerger(o, words, alphabet, prefix)
	if err != nil {
		return nil, err
	}
	first := len(m.tokens)
	progress := func(size int) {
		if o.OnProgress != nil {
			o.OnProgress(Progress{"learning", int64(size - first), int64(o.Vocabulary - first)})
		}
	}
	if err := m.run(ctx, progress); err != nil {
		return nil, err
	}
	progress(o.Vocabulary)
	t.Merges = len(m.place)
	return m, nil
}
