package corpora

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"

	"github.com/sourcegraph/conc/stream"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// LineEnd ends a line in the cache of a Corpus. No word has this id.
const LineEnd int32 = -1

// DefaultMinCount is the field's: a word that occurs fewer than 5 times has
// too few neighbours to learn from.
const DefaultMinCount = 5

// BlockTokens is the number of entries of a block of a Corpus; the last block may be
// shorter. Blocks do not depend on the number of threads, so that work cut at blocks
// gives the same result on any machine.
const BlockTokens = idstore.BlockIDs

// BuildOptions say how Build turns text into a corpus of ids.
type BuildOptions struct {
	// Tokenizer finds the words. Default: NewWordTokenizer(WordOptions{}).
	Tokenizer *tokenize.Tokenizer
	// MinCount is how often a word must occur to be in the vocabulary. Default 5; 1 keeps all.
	// With a tokenizer of subwords, MinCount and MaxVocabulary are not looked at: all its tokens are kept.
	MinCount int64
	// MaxVocabulary is how many words the vocabulary has at most: the most
	// frequent, of those with equal counts the first by their bytes. Default 0: no limit.
	MaxVocabulary int
	// MaxDistinct is how many different words are counted at a time: when there
	// are more, the rarest are dropped for good, see Corpus.Dropped. A word takes
	// about 100 bytes. Default 33,554,432.
	MaxDistinct int
	// Vocabulary, when given, is used as it is, and MinCount and MaxVocabulary are not looked at. Default: count one.
	Vocabulary *tokenize.Vocabulary
	// Base, when given, is a vocabulary to grow: all its words are kept, however
	// rare they are in the text and whatever MaxVocabulary is, and their counts are
	// added to those of the text. MinCount and MaxVocabulary decide on the words that
	// are new, MaxVocabulary by how many there are in all. Default: none.
	Base *tokenize.Vocabulary
	// SpoolDir is the folder for ids that do not fit in 256 MiB of memory. Default: os.TempDir().
	SpoolDir string
	// OnProgress hears, from one goroutine at a time, how much of the source has been read. Default: nobody.
	OnProgress func(done, size int64)
}

func (o BuildOptions) withDefaults() BuildOptions {
	if o.Tokenizer == nil {
		o.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})
	}
	if o.MinCount == 0 {
		o.MinCount = DefaultMinCount
	}
	if o.MaxDistinct == 0 {
		o.MaxDistinct = defaultDistinct
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
	if o.MaxVocabulary < 0 {
		return fault.New("0 sets no limit", "max-vocab %d is negative", o.MaxVocabulary)
	}
	if o.MaxDistinct < 0 || o.MaxDistinct > maxDistinct {
		return fault.New("leave it at 0, the default, unless memory is short", "max-distinct is %d, and may be from 1 to %d", o.MaxDistinct, maxDistinct)
	}
	if o.Base != nil && o.Vocabulary != nil {
		return errors.New("a vocabulary is either to be used as it is or to be grown")
	}
	return nil
}

// Corpus is text as ids: what training reads, epoch after epoch. It holds the
// words of the vocabulary in the order of the text, other words left out, with
// LineEnd after each line that has at least one word left.
type Corpus struct {
	vocabulary *tokenize.Vocabulary
	ids        *idstore.Store
	rawWords   int64
	words      int64
	lines      int64
	distinct   int
	dropped    int   // of distinct, while counting
	droppedMax int64 // the greatest count of them when they were dropped

	fingerprint string // of all ids
}

// Build reads src once, counts its words and keeps their ids.
//
// While the text streams by, goroutines tokenise batches of it and number the
// words they meet, each in a table of its own; the ids are stored in the order
// of the text. At the end the tables are put together, sorted by count, pruned
// by MinCount and MaxVocabulary, and the ids are rewritten. So the result does not depend on the
// number of goroutines. Close the corpus when done with it.
func Build(ctx context.Context, src *text.Source, o BuildOptions) (*Corpus, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Corpus{ids: idstore.New(o.SpoolDir, idstore.MemoryBlocks)}
	if err := c.build(ctx, src, o, runtime.GOMAXPROCS(0)); err != nil {
		c.ids.Close()
		return nil, err
	}
	return c, nil
}

func (c *Corpus) build(ctx context.Context, src *text.Source, o BuildOptions, threads int) error {
	own := o.Vocabulary == nil && o.Tokenizer.Subwords()
	if own {
		o.Vocabulary = o.Tokenizer.Vocabulary()
	}
	tables := newWordTables(threads, o)
	if err := c.encode(ctx, src, o, tables); err != nil {
		return err
	}
	for _, t := range tables {
		c.rawWords += t.raw
	}
	if c.rawWords == 0 {
		return fault.New("look at it with head: is it text, and not empty?",
			"no words in %s: %d bytes, %d lines", strings.Join(src.Described(), ", "), src.Stats().Bytes, src.Stats().Lines)
	}
	var final []int32 // of each provisional id
	if o.Vocabulary != nil {
		c.vocabulary, c.distinct = o.Vocabulary, o.Vocabulary.Len()
	} else {
		var err error
		if final, err = c.count(tables, o); err != nil {
			return err
		}
	}
	if err := c.finish(ctx, final); err != nil || !own {
		return err
	}
	return c.countTokens(ctx)
}

// countTokens gives the vocabulary of a tokenizer of subwords its counts.
func (c *Corpus) countTokens(ctx context.Context) error {
	counts := make([]int64, c.vocabulary.Len())
	var ids []int32
	for i := range c.Blocks() {
		var err error
		if ids, err = c.Block(ids[:0], i); err != nil {
			return err
		}
		for _, id := range ids {
			if id != LineEnd {
				counts[id]++
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	c.distinct = 0
	for _, n := range counts {
		c.distinct += min(1, int(n))
	}
	var err error
	c.vocabulary, err = tokenize.NewVocabulary(c.vocabulary.Tokens(), counts)
	return err
}

// encode streams src through the tokenizer into c.ids, as provisional ids.
func (c *Corpus) encode(ctx context.Context, src *text.Source, o BuildOptions, tables []*wordTable) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := tables[1:]
	free := make(chan *wordTable, len(workers))
	for _, t := range workers {
		free <- t
	}
	ordered := stream.New().WithMaxGoroutines(len(workers))
	room := newRoom(o.MaxDistinct, o.Base)
	sent := 0
	send := func(b *text.Batch) {
		ordered.Go(func() stream.Callback {
			t := <-free
			ids, err := t.encode(b)
			free <- t
			return func() {
				if err == nil {
					err = c.ids.Append(ids...)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	b := text.NewBatch()
	err := src.Read(ctx, func(chunk text.Chunk) error {
		b.Add(chunk.Text, chunk.LineEnd)
		if b.Full() {
			send(b)
			b = text.NewBatch()
			if sent++; sent%roomBatches == 0 && o.Vocabulary == nil {
				ordered.Wait() // the tables stand still, and all ids are stored
				ordered = stream.New().WithMaxGoroutines(len(workers))
				if err := context.Cause(ctx); err != nil {
					return err
				}
				if err := c.makeRoom(tables, room); err != nil {
					return err
				}
			}
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

// finish turns provisional ids into final ones (nil final: they are), leaves
// out what is not in the vocabulary, and counts.
func (c *Corpus) finish(ctx context.Context, final []int32) error {
	inLine, hash := false, idstore.NewHash()
	err := c.ids.Rewrite(func(dst, ids []int32) ([]int32, error) {
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
		hash.Add(dst)
		return dst, ctx.Err()
	})
	if err != nil {
		return err
	}
	c.fingerprint = hash.String()
	if c.words == 0 {
		return fault.New("is it in the language of the model, and cut into words as that was?",
			"none of %d words is in the vocabulary of %d", c.rawWords, c.vocabulary.Len())
	}
	return nil
}

// Vocabulary returns the words of the corpus with their counts.
func (c *Corpus) Vocabulary() *tokenize.Vocabulary { return c.vocabulary }

// RawWords is the number of words of the text, Words of those that are in the
// vocabulary and so in the cache.
func (c *Corpus) RawWords() int64 { return c.rawWords }

// Words is the number of words in the cache.
func (c *Corpus) Words() int64 { return c.words }

// Lines is the number of lines in the cache.
func (c *Corpus) Lines() int64 { return c.lines }

// DistinctWords is the number of different words before MinCount and
// MaxVocabulary left any out; with a given
// vocabulary, its length.
func (c *Corpus) DistinctWords() int { return c.distinct }

// Blocks is the number of blocks of the cache.
func (c *Corpus) Blocks() int { return c.ids.Blocks() }

// Block appends to dst the entries of block i: ids, and LineEnd after each
// line. Every block but the last has BlockTokens entries; a line may go on in
// the next. Goroutines may call it at once.
func (c *Corpus) Block(dst []int32, i int) ([]int32, error) {
	return c.ids.Read(dst, i)
}

// Dropped is the number of different words that were dropped while counting,
// because there were more than MaxDistinct, and the greatest count any of them
// had then. A dropped word is not counted again, so the counts of all others are
// exact; but one that was rare at first and frequent later is lost.
func (c *Corpus) Dropped() (words int, below int64) { return c.dropped, c.droppedMax }

// Fingerprint tells this corpus from others: it is a hash of all ids and line
// ends in their order, which is all that training sees of the text.
func (c *Corpus) Fingerprint() string { return c.fingerprint }

// Close gives the memory back and removes the spool file, if there is one.
func (c *Corpus) Close() error { return c.ids.Close() }
