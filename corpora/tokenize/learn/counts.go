package learn

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
	"github.com/luminavec/luminavec/internal/fault"
)

// countedWord is a word and its count in the text.
type countedWord struct {
	text  string
	count int64
}

const (
	maxLearntWord = 4096      // bytes; longer words are skipped
	wordOverhead  = 64        // bytes of memory for a word in a table, besides its text
	maxTableBytes = 256 << 20 // memory for the distinct words
)

// wordCounter counts the words of text. Goroutines count batches in their own tables,
// which are added up after each round of about 16 MiB of text. If there are then more
// words than fit, the rarest are dropped. All of this depends only on sums over
// whole rounds, so the result is the same for any number of goroutines.
type wordCounter struct {
	workers []*wordWorker
	counts  map[string]int64
	bytes   int // size of counts
	most    int // maximum of bytes
	round   int // bytes of text in a round

	words, skipped        int64
	dropped, droppedBelow int64
}

// wordWorker counts for one goroutine.
type wordWorker struct {
	words   pretokenizers.Worker
	counts  map[string]*int64
	total   int64
	skipped int64
}

func newWordCounter(p *pretokenizers.PreTokenizer, threads int) *wordCounter {
	c := &wordCounter{counts: map[string]int64{}, most: maxTableBytes, round: roundBytes}
	for range threads {
		c.workers = append(c.workers, &wordWorker{words: p.NewWorker(false), counts: map[string]*int64{}})
	}
	return c
}

// read counts the words of all texts and calls progress after each batch.
func (c *wordCounter) read(ctx context.Context, read textReader, progress func()) error {
	err := countInRounds(c.workers, c.round, c.join, progress, func(add func([]byte, bool) error) error {
		return read(ctx, func(content []byte) error {
			return cmp.Or(add(content, true), ctx.Err())
		})
	})
	c.join()
	progress()
	return err
}

func (w *wordWorker) count(b *text.Batch) (err error) {
	defer func() { // text may be arbitrary bytes
		if x := recover(); x != nil {
			err = fmt.Errorf("cannot split the text into words: %w", fault.Recovered(x))
		}
	}()
	add := func(word []byte, _, _ int) {
		w.total++
		if n := w.counts[string(word)]; n != nil {
			*n++
			return
		}
		if len(word) > maxLearntWord {
			w.skipped++
			return
		}
		n := int64(1)
		w.counts[string(word)] = &n
	}
	start := 0
	for _, end := range b.Ends {
		w.words.Each(b.Text[start:end.At], add)
		start = end.At
	}
	return nil
}

// join adds up the tables of the workers and drops the rarest words if there are too many.
func (c *wordCounter) join() {
	for _, w := range c.workers {
		for word, n := range w.counts {
			was, ok := c.counts[word]
			if !ok {
				c.bytes += len(word) + wordOverhead
			}
			c.counts[word] = was + *n
		}
		clear(w.counts)
		c.words += w.total
		c.skipped += w.skipped
		w.total, w.skipped = 0, 0
	}
	if c.bytes <= c.most {
		return
	}
	// Drop up to the lowest count that leaves at most half of the memory in use.
	sizes := map[int64]int{}
	for word, n := range c.counts {
		sizes[n] += len(word) + wordOverhead
	}
	counts := make([]int64, 0, len(sizes))
	for n := range sizes {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	below := int64(0)
	for _, n := range counts {
		if c.bytes <= c.most/2 {
			break
		}
		c.bytes -= sizes[n]
		below = n
	}
	for word, n := range c.counts {
		if n <= below {
			delete(c.counts, word)
			c.dropped++
		}
	}
	c.droppedBelow = max(c.droppedBelow, below)
}

// counted returns the words, most frequent first; words of equal count are in byte order.
func (c *wordCounter) counted() []countedWord {
	words := make([]countedWord, 0, len(c.counts))
	for text, n := range c.counts {
		words = append(words, countedWord{text, n})
	}
	slices.SortFunc(words, func(a, b countedWord) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.text, b.text))
	})
	return words
}
