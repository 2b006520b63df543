package corpora

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/stream"

	"github.com/luminavec/luminavec/internal/fault"
)

// LineEnd ends a line in the cache of a Corpus. No word has this id.
const LineEnd int32 = -1

// DefaultMinCount is the field's: a word that occurs fewer than 5 times has
// too few neighbours to learn from.
const DefaultMinCount = 5

const (
	// maxDistinct bounds the table of words while counting, about 100 bytes each.
	maxDistinct = 1 << 25

	batchBytes = 256 << 10 // of text, the work of a goroutine between two channel calls
)

// BuildOptions say how Build turns text into a corpus of ids.
type BuildOptions struct {
	// Tokenizer finds the words. Default: NewWordTokenizer(WordOptions{}).
	Tokenizer *Tokenizer
	// MinCount is how often a word must occur to be in the vocabulary. Default 5; 1 keeps all.
	MinCount int64
	// Vocabulary, when given, is used as it is and MinCount is not looked at. Default: count one.
	Vocabulary *Vocabulary
	// SpoolDir is the folder for ids that do not fit in 256 MiB of memory. Default: os.TempDir().
	SpoolDir string
	// OnProgress hears, from one goroutine at a time, how much of the source has been read. Default: nobody.
	OnProgress func(done, size int64)
}

func (o BuildOptions) withDefaults() BuildOptions {
	if o.Tokenizer == nil {
		o.Tokenizer = NewWordTokenizer(WordOptions{})
	}
	if o.MinCount == 0 {
		o.MinCount = DefaultMinCount
	}
	if o.SpoolDir == "" {
		o.SpoolDir = os.TempDir()
	}
	return o
}

// Validate names the field that is out of range.
func (o BuildOptions) Validate() error {
	if o.MinCount < 0 {
		return fault.New("1 keeps every word, 5 is usual", "min-count %d is negative", o.MinCount)
	}
	return nil
}

// Corpus is text as ids: what training reads, epoch after epoch. It holds the
// words of the vocabulary in the order of the text, other words left out, with
// LineEnd after each line that has at least one word left.
type Corpus struct {
	vocabulary *Vocabulary
	ids        *idStore
	rawWords   int64
	words      int64
	lines      int64
	distinct   int
}

// Build reads src once, counts its words and keeps their ids.
//
// While the text streams by, goroutines tokenise batches of it and number the
// words they meet, each in a table of its own; the ids are stored in the order
// of the text. At the end the tables are put together, sorted by count, pruned
// by MinCount, and the ids are rewritten. So the result does not depend on the
// number of goroutines. Close the corpus when done with it.
func Build(ctx context.Context, src *Source, o BuildOptions) (*Corpus, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Corpus{ids: newIDStore(o.SpoolDir, memoryBlocks)}
	if err := c.build(ctx, src, o, runtime.GOMAXPROCS(0)); err != nil {
		c.ids.close()
		return nil, err
	}
	return c, nil
}

func (c *Corpus) build(ctx context.Context, src *Source, o BuildOptions, threads int) error {
	tables := make([]*wordTable, threads)
	for i := range tables {
		tables[i] = newWordTable(int32(i), int32(threads), o)
	}
	if err := c.encode(ctx, src, o, tables); err != nil {
		return err
	}
	for _, t := range tables {
		c.rawWords += t.raw
	}
	if c.rawWords == 0 {
		return fault.New("look at it with head: is it text, and not empty?",
			"no words in %s: %d bytes, %d lines", strings.Join(src.described(), ", "), src.stats.Bytes, src.stats.Lines)
	}
	var final []int32 // of each provisional id
	if o.Vocabulary != nil {
		c.vocabulary, c.distinct = o.Vocabulary, o.Vocabulary.Len()
	} else {
		var err error
		if final, err = c.count(tables, o.MinCount); err != nil {
			return err
		}
	}
	return c.finish(ctx, final)
}

// batch is some chunks of text on their way to a goroutine.
type batch struct {
	text []byte
	ends []chunkEnd
}

type chunkEnd struct {
	at   int  // in text
	line bool // a line ends here
}

// encode streams src through the tokenizer into c.ids, as provisional ids.
func (c *Corpus) encode(ctx context.Context, src *Source, o BuildOptions, tables []*wordTable) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan *wordTable, len(tables))
	for _, t := range tables {
		free <- t
	}
	ordered := stream.New().WithMaxGoroutines(len(tables))
	send := func(b *batch) {
		ordered.Go(func() stream.Callback {
			t := <-free
			ids, err := t.encode(b)
			free <- t
			return func() {
				if err == nil {
					err = c.ids.append(ids...)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	b := new(batch)
	err := src.Read(ctx, func(chunk Chunk) error {
		b.text = append(b.text, chunk.Text...)
		b.ends = append(b.ends, chunkEnd{len(b.text), chunk.LineEnd})
		// Blank lines count for the size too: a file of nothing else must not pile up.
		if len(b.text)+len(b.ends) >= batchBytes {
			send(b)
			b = &batch{text: make([]byte, 0, batchBytes+MaxChunk)}
			if o.OnProgress != nil {
				o.OnProgress(src.Consumed(), src.Size())
			}
			return ctx.Err()
		}
		return nil
	})
	if err == nil {
		send(b)
	}
	ordered.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil && o.OnProgress != nil {
		o.OnProgress(src.Consumed(), src.Size())
	}
	return err
}

// wordTable numbers the words that one goroutine at a time meets. The k-th new
// word of table i of n gets the provisional id k·n + i, so that tables share
// nothing and an id tells its table.
type wordTable struct {
	first, step int32
	scanner     *wordScanner
	given       *Vocabulary // look up here instead of counting
	ids         map[string]int32
	tokens      []string
	counts      []int64
	raw         int64
}

func newWordTable(first, step int32, o BuildOptions) *wordTable {
	return &wordTable{first: first, step: step, given: o.Vocabulary, ids: map[string]int32{},
		scanner: newWordScanner(o.Tokenizer.options.Cased, false)}
}

// encode returns the ids of a batch, a LineEnd after each line with a word.
func (t *wordTable) encode(b *batch) (ids []int32, err error) {
	defer func() { // the segmenter is third-party code and meets any bytes
		if x := recover(); x != nil {
			err = fmt.Errorf("cannot find words: panic: %v", x)
		}
	}()
	ids = make([]int32, 0, len(b.text)/5)
	add := t.number(&ids)
	start := 0
	for _, end := range b.ends {
		t.scanner.scan(b.text[start:end.at], add)
		// A line may go on from the last batch, so an end is stored even if this
		// batch has no word before it; finish drops those that end nothing.
		if end.line && (len(ids) == 0 || ids[len(ids)-1] != LineEnd) {
			ids = append(ids, LineEnd)
		}
		start = end.at
		if len(t.tokens) > maxDistinct/int(t.step) {
			return nil, fault.New("is it text? Read it in parts, or clean it of numbers and codes",
				"more than %d different words: the table would not fit in memory", maxDistinct)
		}
	}
	return ids, nil
}

// number returns what scan calls with each word.
func (t *wordTable) number(ids *[]int32) func(word []byte, _, _ int) {
	if t.given != nil {
		return func(word []byte, _, _ int) {
			t.raw++
			if id, ok := t.given.ids[string(word)]; ok {
				*ids = append(*ids, int32(id))
			}
		}
	}
	return func(word []byte, _, _ int) {
		t.raw++
		k, ok := t.ids[string(word)]
		if !ok {
			k = int32(len(t.tokens))
			token := string(word)
			t.ids[token] = k
			t.tokens = append(t.tokens, token)
			t.counts = append(t.counts, 0)
		}
		t.counts[k]++
		*ids = append(*ids, k*t.step+t.first)
	}
}

// count makes the vocabulary of the tables, and returns the final id of every
// provisional one; LineEnd for words that are left out.
func (c *Corpus) count(tables []*wordTable, minCount int64) (final []int32, err error) {
	all := tables[0].ids // the union of the tables: token to its place in tokens and counts
	tokens, counts := tables[0].tokens, tables[0].counts
	for _, t := range tables[1:] {
		for k, token := range t.tokens {
			place, ok := all[token]
			if !ok {
				place = int32(len(tokens))
				all[token] = place
				tokens, counts = append(tokens, token), append(counts, 0)
			}
			counts[place] += t.counts[k]
		}
	}
	c.distinct = len(tokens)
	var kept []int32
	for place, n := range counts {
		if n >= minCount {
			kept = append(kept, int32(place))
		}
	}
	if len(kept) == 0 {
		return nil, fault.New(fmt.Sprintf("give more text, or lower it: --min-count %d keeps the most frequent word", slices.Max(counts)),
			"no word occurs %d times: %d words, %d of them different, the most frequent %d times",
			minCount, c.rawWords, len(tokens), slices.Max(counts))
	}
	slices.SortFunc(kept, func(a, b int32) int {
		if counts[a] != counts[b] {
			if counts[a] > counts[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(tokens[a], tokens[b])
	})
	rank := make([]int32, len(tokens))
	for i := range rank {
		rank[i] = LineEnd
	}
	keptTokens, keptCounts := make([]string, len(kept)), make([]int64, len(kept))
	for id, place := range kept {
		rank[place] = int32(id)
		keptTokens[id], keptCounts[id] = tokens[place], counts[place]
	}
	if c.vocabulary, err = NewVocabulary(keptTokens, keptCounts); err != nil {
		return nil, err
	}
	for i, t := range tables {
		if need := len(t.tokens)*len(tables) + i; need > len(final) {
			final = append(final, make([]int32, need-len(final))...)
		}
	}
	for _, t := range tables {
		for k, token := range t.tokens {
			final[int32(k)*t.step+t.first] = rank[all[token]]
		}
	}
	return final, nil
}

// finish turns provisional ids into final ones (nil final: they are), leaves
// out what is not in the vocabulary, and counts.
func (c *Corpus) finish(ctx context.Context, final []int32) error {
	inLine := false
	err := c.ids.rewrite(func(dst, ids []int32) ([]int32, error) {
		for _, id := range ids {
			if id == LineEnd {
				if inLine {
					dst = append(dst, LineEnd)
					c.lines++
				}
				inLine = false
				continue
			}
			if final != nil {
				if id = final[id]; id == LineEnd {
					continue
				}
			}
			dst = append(dst, id)
			c.words++
			inLine = true
		}
		return dst, ctx.Err()
	})
	if err != nil {
		return err
	}
	if c.words == 0 {
		return fault.New("is this the text that the model was made from?",
			"none of %d words is in the vocabulary of %d", c.rawWords, c.vocabulary.Len())
	}
	return nil
}

// Vocabulary returns the words of the corpus with their counts.
func (c *Corpus) Vocabulary() *Vocabulary { return c.vocabulary }

// RawWords is the number of words of the text, Words of those that are in the
// vocabulary and so in the cache.
func (c *Corpus) RawWords() int64 { return c.rawWords }

// Words is the number of words in the cache.
func (c *Corpus) Words() int64 { return c.words }

// Lines is the number of lines in the cache.
func (c *Corpus) Lines() int64 { return c.lines }

// DistinctWords is the number of different words before MinCount; with a given
// vocabulary, its length.
func (c *Corpus) DistinctWords() int { return c.distinct }

// Blocks is the number of blocks of the cache.
func (c *Corpus) Blocks() int { return c.ids.blocks() }

// Block appends to dst the entries of block i: ids, and LineEnd after each
// line. Every block but the last has BlockTokens entries; a line may go on in
// the next. Goroutines may call it at once.
func (c *Corpus) Block(dst []int32, i int) ([]int32, error) {
	return c.ids.read(dst, i)
}

// Close gives the memory back and removes the spool file, if there is one.
func (c *Corpus) Close() error { return c.ids.close() }
