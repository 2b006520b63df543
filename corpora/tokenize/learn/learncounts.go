package learn

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// countedWord is a word and how often the text has it.
type countedWord struct {
	text  string
	count int64
}

const (
	maxLearntWord = 4096      // bytes of a word to learn from; longer ones are no words
	wordOverhead  = 64        // bytes that a word takes in a table beside its own
	maxTableBytes = 256 << 20 // bytes of different words between two looks at them
)

// wordCounter counts the words of text. Goroutines count batches into tables of
// their own, which are put together after each round of some 16 MiB of text; then,
// too, the rarest words are dropped when there are more than fit. What is done
// depends on sums over whole rounds, so the outcome is the same for any number of
// goroutines.
type wordCounter struct {
	workers []*wordWorker
	counts  map[string]int64
	bytes   int // that counts takes
	most    int // bytes that it may take
	round   int // bytes of text between two looks

	words, skipped        int64
	dropped, droppedBelow int64
}

// wordWorker is what a goroutine counts with.
type wordWorker struct {
	splitter tokenize.PreTokenizerWorker
	counts   map[string]*int64
	words    int64
	skipped  int64
}

func newWordCounter(s *tokenize.PreTokenizer, threads int) *wordCounter {
	c := &wordCounter{counts: map[string]int64{}, most: maxTableBytes, round: roundBytes}
	for range threads {
		c.workers = append(c.workers, &wordWorker{splitter: s.NewWorker(false), counts: map[string]*int64{}})
	}
	return c
}

// read counts all texts, and calls told after each batch of them.
func (c *wordCounter) read(ctx context.Context, read textReader, told func()) error {
	free := make(chan *wordWorker, len(c.workers))
	for _, w := range c.workers {
		free <- w
	}
	newRound := func() *pool.ErrorPool { return pool.New().WithErrors().WithMaxGoroutines(len(c.workers)) }
	round, sent := newRound(), 0
	send := func(b *text.Batch) error {
		round.Go(func() error {
			w := <-free
			defer func() { free <- w }()
			return w.count(b)
		})
		if sent += len(b.Text); sent < c.round {
			return nil
		}
		sent = 0
		err := round.Wait()
		round = newRound()
		c.join()
		return err
	}
	b := text.NewBatch()
	err := read(ctx, func(content []byte) error {
		b.Add(content, true)
		if b.Full() {
			if err := send(b); err != nil {
				return err
			}
			b = text.NewBatch()
			told()
		}
		return ctx.Err()
	})
	if err == nil {
		err = send(b)
	}
	if last := round.Wait(); err == nil {
		err = last
	}
	c.join()
	told()
	return err
}

func (w *wordWorker) count(b *text.Batch) (err error) {
	defer func() { // text may be any bytes
		if x := recover(); x != nil {
			err = fmt.Errorf("cannot find words: panic: %v", x)
		}
	}()
	add := func(word []byte, _, _ int) {
		w.words++
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
		w.splitter.Each(b.Text[start:end.At], add)
		start = end.At
	}
	return nil
}

// join puts the tables of the workers together, and makes room.
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
		c.words += w.words
		c.skipped += w.skipped
		w.words, w.skipped = 0, 0
	}
	if c.bytes <= c.most {
		return
	}
	// The least count that leaves at most half of what fits.
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

// counted returns the words, the most frequent first, of those with equal counts
// the first by their bytes.
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
