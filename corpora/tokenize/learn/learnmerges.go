package learn

import (
	"container/heap"
	"context"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// merger learns the merges of byte pair encoding (Sennrich, Haddow and Birch 2016,
// algorithm 1): as long as there is room, the most frequent pair of tokens that
// stand together inside words becomes a token. WordPiece is learnt in the same way,
// with a prefix for tokens that go on a word.
//
// The words stand in one array. A pair knows in which of them it is, or was, so a
// merge touches only those; counts are corrected by what changed there, and the
// queue is told of counts that fell only when their pair comes up.
//
// Where the paper leaves it open, what happens is what the BpeTrainer of Hugging
// Face does, so that the merges are the same:
//   - of pairs with equal counts, the one with the lesser left id comes first, then
//     that with the lesser right id;
//   - "aaa" holds the pair a a twice;
//   - a character that is no token is passed over, and its neighbours become a pair;
//   - the occurrences that a merge consumed stay in the count of its pair. That shows
//     only when the pair comes to be again, since its tokens can be made in another
//     way: then it is merged at once, and its place among the merges is the last.
//
// There one thing is left to chance, the ids of the characters with a prefix, which
// follow the order of a hash table; here they follow Unicode.
type merger struct {
	o      Options
	prefix string // of tokens that go on a word; "" for BPE
	tokens []string
	ids    map[string]int32
	length []int32 // of tokens, in characters

	text   []int32 // the words as tokens
	starts []int32 // of words in text; one more than there are words
	sizes  []int32 // of words, in tokens
	counts []int64 // of words

	pairs  []pairCount
	index  map[uint64]int32 // of pairs, by pairKey
	queue  pairQueue
	merges []uint64       // pairs in their order; see place
	place  map[uint64]int // the last in merges that is of the pair
}

// pairCount is a pair of tokens.
type pairCount struct {
	key    uint64
	count  int64
	queued int64   // the count of its live entry in the queue; 0: none
	words  []int32 // that hold it, and some that no longer do
}

// pairEntry is a pair in the queue.
type pairEntry struct {
	count int64
	key   uint64
	pair  int32
}

type pairQueue []pairEntry

func (q pairQueue) Len() int { return len(q) }
func (q pairQueue) Less(i, j int) bool {
	if q[i].count != q[j].count {
		return q[i].count > q[j].count
	}
	return q[i].key < q[j].key
}
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(pairEntry)) }
func (q *pairQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// newMerger starts from special tokens, characters, and for WordPiece characters
// that go on a word.
func newMerger(o Options, words []countedWord, alphabet []rune) (*merger, error) {
	m := &merger{o: o, ids: map[string]int32{}, index: map[uint64]int32{}, place: map[uint64]int{}}
	if o.Model == WordPiece {
		m.prefix = tokenize.ContinuingPrefix
	}
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

// prefixed makes tokens of the characters that are inside words.
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

// token returns the id of a token, a new one if need be.
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
// told with the size of the vocabulary.
func (m *merger) run(ctx context.Context, told func(size int)) error {
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
		top := heap.Pop(&m.queue).(pairEntry)
		p := &m.pairs[top.pair]
		if top.count != p.queued {
			continue // another entry has taken its place
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
			told(len(m.tokens))
		}
	}
	return nil
}

func (m *merger) word(w int32) []int32 { return m.text[m.starts[w]:][:m.sizes[w]] }

// enqueue puts a pair into the queue with its present count, unless it is there.
func (m *merger) enqueue(pair int32) {
	p := &m.pairs[pair]
	if p.count > 0 && p.queued != p.count {
		p.queued = p.count
		heap.Push(&m.queue, pairEntry{p.count, p.key, pair})
	}
}

// change adds to the count of a pair, and returns its index. It is in word w when the
// sum is positive. Pairs that would be too long are not counted: -1.
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

// merge makes one token of a pair wherever it is, and appends the pairs that came to
// be to touched.
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

// ordered returns the merges, each pair once.
func (m *merger) ordered() [][2]string {
	merges := make([][2]string, 0, len(m.place))
	for i, key := range m.merges {
		if m.place[key] == i {
			merges = append(merges, [2]string{m.tokens[key>>32], m.tokens[key&0xffffffff]})
		}
	}
	return merges
}

// learnMerges learns WordPiece or BPE.
func (o Options) learnMerges(ctx context.Context, parts *tokenize.Parts, t *Result, words []countedWord, alphabet []rune) error {
	m, err := newMerger(o, words, alphabet)
	if err != nil {
		return err
	}
	first := len(m.tokens)
	told := func(size int) {
		if o.OnProgress != nil {
			o.OnProgress(Progress{"learning", int64(size - first), int64(o.Vocabulary - first)})
		}
	}
	if err := m.run(ctx, told); err != nil {
		return err
	}
	told(o.Vocabulary)
	t.Merges = len(m.place)
	if o.Model == WordPiece {
		return o.writeWordPiece(parts, m.tokens)
	}
	return o.writeBPE(parts, m.tokens, m.ordered())
}
