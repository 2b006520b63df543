package learn

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// FoundPhrases is the result of FindPhrases.
type FoundPhrases struct {
	Phrases *tokenize.Phrases // best first

	Words         int64 // words of the text
	DistinctWords int   // without connectors
	DistinctPairs int   // after pruning
	Pruned        int64 // pairs dropped for lack of memory; later occurrences are counted again
	PrunedBelow   int64 // maximum count of a pair when it was dropped

	CutAgain *tokenize.CutAgain // what was done to text that seems to be split into words already; nil: nothing
}

const (
	pairShards       = 64
	maxDistinctWords = 1 << 25
)

// FindPhrases reads src once and returns its phrases: words that are adjacent in a line at
// least MinCount times and score above Threshold.
//
// Goroutines count batches of text in shared tables. The tables are pruned, if they hold
// more than MaxPairs, only between rounds of about 16 MiB of text, when all
// goroutines have finished. Sums do not depend on the order of addition, so the
// result is the same for any number of goroutines, with and without pruning.
func FindPhrases(ctx context.Context, src *text.Source, o PhraseOptions) (*FoundPhrases, error) {
	p, err := CountPhrases(ctx, src, o)
	if err != nil {
		return nil, err
	}
	return p.Find(o)
}

// pairCounter counts words and pairs.
type pairCounter struct {
	o          PhraseOptions
	connectors map[string]bool

	mu      sync.Mutex
	ids     map[string]int32 // of words, and of words with the connectors after them: "bank of"
	tokens  []string
	shards  [pairShards]pairShard
	workers []*pairWorker
	words   atomic.Int64
	total   []int64 // of the words, by id, once they are added up; until then they are in workers

	round               int // bytes of text in a round
	pruned, prunedBelow int64
}

// pairShard is a part of the table of pairs, by pairKey.
type pairShard struct {
	mu     sync.Mutex
	counts map[uint64]int64
}

func pairKey(left, right int32) uint64 { return uint64(left)<<32 | uint64(right) }

// shardOf hashes a key by the high bits of a product (Knuth's multiplicative hashing).
func shardOf(key uint64) int { return int(key * 0x9e3779b97f4a7c15 >> 58) }

func newPairCounter(o PhraseOptions, threads int) *pairCounter {
	c := &pairCounter{o: o, round: roundBytes, connectors: map[string]bool{}, ids: map[string]int32{}}
	for _, w := range o.Connectors {
		c.connectors[w] = true
	}
	for i := range c.shards {
		c.shards[i].counts = map[uint64]int64{}
	}
	for range threads {
		c.workers = append(c.workers, &pairWorker{
			counter: c, known: map[string]int32{},
			scanner: o.Tokenizer.NewScanner(),
		})
	}
	return c
}

// read counts the text of src, round by round, and stores its start in sample.
func (c *pairCounter) read(ctx context.Context, src *text.Source, sample *[]byte) error {
	progress := func() {
		if c.o.OnProgress != nil {
			c.o.OnProgress(src.Consumed(), src.Size())
		}
	}
	err := countInRounds(c.workers, c.round, c.prune, progress, func(add func([]byte, bool) error) error {
		return src.Read(ctx, func(chunk text.Chunk) error {
			if len(*sample) < tokenize.SampleBytes {
				*sample = append(append(*sample, chunk.Text[:min(len(chunk.Text), tokenize.SampleBytes)]...), '\n')
			}
			return cmp.Or(add(chunk.Text, chunk.LineEnd), ctx.Err())
		})
	})
	if err == nil {
		progress()
	}
	return err
}

// id returns the id of a word, and adds it if it is new.
func (c *pairCounter) id(word string) (int32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.ids[word]
	if !ok {
		if len(c.tokens) >= maxDistinctWords {
			return 0, fault.New("check that the input is text; read it in parts, or remove numbers and codes",
				"more than %d distinct words: the table would not fit in memory", maxDistinctWords)
		}
		id = int32(len(c.tokens))
		c.ids[word] = id
		c.tokens = append(c.tokens, word)
	}
	return id, nil
}

// prune drops the rarest pairs if there are too many: those with count 1, then 2, and so
// on, until at most half of MaxPairs is left.
func (c *pairCounter) prune() {
	n := c.pairs()
	if n <= c.o.MaxPairs {
		return
	}
	for below := int64(1); n > c.o.MaxPairs/2; below++ {
		for i := range c.shards {
			counts := c.shards[i].counts
			for key, count := range counts {
				if count <= below {
					delete(counts, key)
				}
			}
		}
		left := c.pairs()
		c.pruned += int64(n - left)
		if n = left; below > c.prunedBelow {
			c.prunedBelow = below
		}
	}
}

func (c *pairCounter) pairs() int {
	n := 0
	for i := range c.shards {
		n += len(c.shards[i].counts)
	}
	return n
}

// pairWorker counts for one goroutine.
type pairWorker struct {
	counter *pairCounter
	scanner *tokenize.Scanner
	known   map[string]int32 // copy of counter.ids that needs no lock
	counts  []int64          // of words, by id
	keys    [pairShards][]uint64

	left   int32  // the last word that is not a connector; -1 at the start of a line
	behind []byte // the connectors after it
	n      int    // how many
	words  int64
	err    error
}

func (w *pairWorker) count(b *text.Batch) (err error) {
	defer func() { // the segmenter is third-party code, and text may be arbitrary bytes
		if x := recover(); x != nil {
			err = fmt.Errorf("cannot split the text into words: %w", fault.Recovered(x))
		}
	}()
	add := w.add
	w.words, w.left = 0, -1
	start := 0
	for i, end := range b.Ends {
		w.scanner.Words(b.Text[start:end.At], add)
		if end.Line || i == len(b.Ends)-1 {
			w.scanner.EndLine(add)
		}
		if end.Line {
			w.left = -1
		}
		if w.err != nil {
			return w.err
		}
		start = end.At
	}
	w.counter.words.Add(w.words)
	for i := range w.keys {
		shard := &w.counter.shards[i]
		shard.mu.Lock()
		for _, key := range w.keys[i] {
			shard.counts[key]++
		}
		shard.mu.Unlock()
		w.keys[i] = w.keys[i][:0]
	}
	return nil
}

// add counts a word and the pair that it ends.
func (w *pairWorker) add(word []byte) {
	w.words++
	if w.counter.connectors[string(word)] {
		if w.left >= 0 {
			w.behind = append(append(w.behind, ' '), word...)
			if w.n++; w.n > MaxPhraseWords-2 {
				w.left = -1
			}
		}
		return
	}
	id := w.id(word)
	for int(id) >= len(w.counts) {
		w.counts = append(w.counts, make([]int64, len(w.counts)+1024)...)
	}
	w.counts[id]++
	if left := w.left; left >= 0 {
		if w.n > 0 {
			left = w.id(append([]byte(w.counter.token(left)), w.behind...))
		}
		key := pairKey(left, id)
		w.keys[shardOf(key)] = append(w.keys[shardOf(key)], key)
	}
	w.left, w.behind, w.n = id, w.behind[:0], 0
}

func (w *pairWorker) id(word []byte) int32 {
	id, ok := w.known[string(word)]
	if ok {
		return id
	}
	token := string(word)
	id, err := w.counter.id(token)
	if err != nil {
		w.err = err
		return 0
	}
	w.known[token] = id
	return id
}

// token returns the word of an id.
func (c *pairCounter) token(id int32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens[id]
}

// totals returns the counts of the words, 0 for words with connectors.
func (c *pairCounter) totals() []int64 {
	if c.total != nil {
		return c.total
	}
	counts := make([]int64, len(c.tokens))
	for _, w := range c.workers {
		for id, n := range w.counts[:min(len(w.counts), len(counts))] {
			counts[id] += n
		}
	}
	return counts
}

// found scores the pairs.
func (c *pairCounter) found() (*FoundPhrases, error) {
	f := &FoundPhrases{Phrases: &tokenize.Phrases{Name: "found"}, Words: c.words.Load(),
		DistinctPairs: c.pairs(), Pruned: c.pruned, PrunedBelow: c.prunedBelow}
	counts := c.totals()
	for _, n := range counts {
		if n > 0 { // 0: a word with connectors
			f.DistinctWords++
		}
	}
	frequent := 0
	var best tokenize.Phrases // the best one, for the error
	for i := range c.shards {
		for key, ab := range c.shards[i].counts {
			if ab < c.o.MinCount {
				continue
			}
			frequent++
			words := append(strings.Split(c.tokens[key>>32], " "), c.tokens[uint32(key)])
			p := tokenize.Phrase{Words: words, Count: ab,
				Score: c.o.Scorer.score(counts[c.ids[words[0]]], counts[uint32(key)], ab, c.o.MinCount, f.Words)}
			if p.Validate() != nil { // too long
				continue
			}
			if p.Score > c.o.Threshold {
				f.Phrases.List = append(f.Phrases.List, p)
			} else {
				best.List = append(best.List, p)
				best.Sort()
				best.List = best.List[:1]
			}
		}
	}
	if len(f.Phrases.List) == 0 {
		return nil, c.none(f, frequent, best.List)
	}
	f.Phrases.Sort()
	return f, nil
}

// none is the error for a text without phrases. frequent is the number of pairs that
// occur often enough, and best is the one with the highest score.
func (c *pairCounter) none(f *FoundPhrases, frequent int, best []tokenize.Phrase) error {
	if f.Pruned > 0 {
		return fault.Mention("raise MaxPairs", "no phrases are left: %d pairs were dropped because there were more than %d", f.Pruned, c.o.MaxPairs)
	}
	if frequent == 0 || len(best) == 0 {
		return fault.Mention("give more text, or lower MinCount",
			"no two words are adjacent %d times: %d words, %d distinct pairs", c.o.MinCount, f.Words, f.DistinctPairs)
	}
	return fault.Mention("give more text, or lower Threshold",
		"no two words score above %g: the best of %d pairs is %s with %.4g", c.o.Threshold, frequent, best[0].Token(), best[0].Score)
}
