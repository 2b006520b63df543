package corpora

import (
	"context"
	"os"
	"runtime"
	"strings"

	"github.com/sourcegraph/conc/stream"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// DefaultMinCount is the default of BuildOptions.MinCount, as in word2vec: a word that occurs
// fewer than 5 times has too few neighbors to learn from.
const DefaultMinCount = 5

// BuildOptions control how Build turns text into a corpus of ids.
type BuildOptions struct {
	// Tokenizer finds the words. Default: NewWordTokenizer(WordOptions{}).
	Tokenizer *tokenize.Tokenizer
	// MinCount is how often a word must occur to be in the vocabulary; 1 keeps all words.
	// MinCount and MaxVocabulary are ignored for a subword tokenizer, which keeps all its
	// tokens. Default 5.
	MinCount int64
	// MaxVocabulary is the maximum number of words in the vocabulary. The most frequent words
	// are kept; among words with equal counts, the first in byte order. Default 0: no limit.
	MaxVocabulary int
	// MaxDistinct is the maximum number of distinct words in memory while counting. If there
	// are more, the rarest are dropped permanently, see Corpus.Dropped. A word takes about 100
	// bytes. Default 33,554,432.
	MaxDistinct int
	// Vocabulary, if set, is used unchanged, and MinCount and MaxVocabulary are ignored.
	// Default: a vocabulary is counted from the text.
	Vocabulary *tokenize.Vocabulary
	// Base, if set, is a vocabulary to extend: all its words are kept, and their counts are
	// added to those of the text. MinCount applies to new words only; MaxVocabulary limits the
	// sum of old and new words. Default: none.
	Base *tokenize.Vocabulary
	// SpoolDir is the folder for ids that do not fit in 256 MiB of memory. Default:
	// os.TempDir().
	SpoolDir string
	// OnProgress is called, from one goroutine at a time, with the number of bytes of the
	// source read so far and its size. Default: no calls.
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

// Validate returns an error that names the field that is out of range.
func (o BuildOptions) Validate() error {
	if o.MinCount < 0 {
		return fault.Field("MinCount", "1 keeps every word, 5 is usual", "must not be negative, got %d", o.MinCount)
	}
	if o.MaxVocabulary < 0 {
		return fault.Field("MaxVocabulary", "0 sets no limit", "must not be negative, got %d", o.MaxVocabulary)
	}
	if o.MaxDistinct < 0 || o.MaxDistinct > maxDistinct {
		return fault.Field("MaxDistinct", "leave it at 0, the default, unless memory is short", "must be from 0 to %d, got %d", maxDistinct, o.MaxDistinct)
	}
	if o.Base != nil && o.Vocabulary != nil {
		return fault.Field("Base", "", "cannot be set together with Vocabulary")
	}
	return nil
}

// Build reads src once, counts its words and stores their ids. The caller must close the
// corpus.
//
// Goroutines tokenize batches of the text and number the words in their own tables; these
// provisional ids are stored in the order of the text. At the end the tables are merged, sorted
// by count and pruned by MinCount and MaxVocabulary, and the ids are rewritten. The result does
// not depend on the number of goroutines.
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
	if own && c.counting {
		for _, t := range tables[1:] {
			t.tokenCounts = make([]int64, o.Vocabulary.Len())
		}
	}
	var sample []byte // the start of the text
	if err := c.encode(ctx, src, o, tables, &sample); err != nil {
		return err
	}
	for _, t := range tables {
		c.rawWords += t.raw
		if t.scanner != nil {
			c.skipped += t.scanner.Skipped()
		}
	}
	c.cutAgain = o.Tokenizer.CutAgain(sample)
	if c.rawWords == 0 {
		return fault.Mention(o.Tokenizer.NoWords(sample),
			"no words in %s: %s, %s", strings.Join(src.Described(), ", "), fault.Count(int(src.Stats().Bytes), "byte"), fault.Count(int(src.Stats().Lines), "line"))
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
	if c.counting {
		if own {
			return c.sumTokens(tables)
		}
		return nil
	}
	if err := c.finish(ctx, final); err != nil || !own {
		return err
	}
	return c.countTokens(ctx)
}

// sumTokens adds up the counts of the tokens of a subword tokenizer that are in the tables.
func (c *Corpus) sumTokens(tables []*wordTable) error {
	counts := make([]int64, c.vocabulary.Len())
	for _, t := range tables {
		for id, n := range t.tokenCounts {
			counts[id] += n
		}
	}
	return c.setTokenCounts(counts)
}

// countTokens counts the tokens of a subword tokenizer.
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
	return c.setTokenCounts(counts)
}

func (c *Corpus) setTokenCounts(counts []int64) (err error) {
	c.distinct = 0
	for _, n := range counts {
		c.distinct += min(1, int(n))
	}
	c.vocabulary, err = tokenize.NewVocabulary(c.vocabulary.Tokens(), counts)
	return err
}

// encode reads src and stores provisional ids in c.ids, and its start in sample.
func (c *Corpus) encode(ctx context.Context, src *text.Source, o BuildOptions, tables []*wordTable, sample *[]byte) error {
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
				if err == nil && !c.counting {
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
		if len(*sample) < tokenize.SampleBytes {
			*sample = append(append(*sample, chunk.Text[:min(len(chunk.Text), tokenize.SampleBytes)]...), '\n')
		}
		b.Add(chunk.Text, chunk.LineEnd)
		if b.Full() {
			send(b)
			b = text.NewBatch()
			if sent++; sent%roomBatches == 0 && o.Vocabulary == nil {
				ordered.Wait() // no goroutine changes its table, and all ids are stored
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

// finish replaces provisional ids with final ones (nil: they are already final), drops words
// that are not in the vocabulary, and counts.
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
		return fault.New("check that the text is in the language of the model and that the tokenizer options are the same",
			"none of the %s is in the vocabulary (%s)", fault.Count(int(c.rawWords), "word"), fault.Count(c.vocabulary.Len(), "word"))
	}
	return nil
}
