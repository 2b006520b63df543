package corpora

import (
	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// LineEnd ends a line in a Corpus. No word has this id.
const LineEnd int32 = -1

// BlockTokens is the number of entries in a block of a Corpus; the last block may be shorter.
// Blocks do not depend on the number of goroutines, so work divided by blocks gives the same
// result on any machine.
const BlockTokens = idstore.BlockIDs

// Corpus is a text as ids, which training reads in each epoch. It holds the words of the
// text that are in the vocabulary, in order, with LineEnd after each line that has at
// least one of them.
type Corpus struct {
	vocabulary *tokenize.Vocabulary
	ids        *idstore.Store
	rawWords   int64
	words      int64
	lines      int64
	distinct   int
	dropped    int   // distinct words dropped while counting
	droppedMax int64 // the highest count of them when they were dropped

	counting bool  // ids are not stored
	skipped  int64 // words skipped for their length
	cutAgain *tokenize.CutAgain

	fingerprint string // of all ids
}

// Vocabulary returns the vocabulary with the counts of its words.
func (c *Corpus) Vocabulary() *tokenize.Vocabulary { return c.vocabulary }

// RawWords returns the number of words of the text.
func (c *Corpus) RawWords() int64 { return c.rawWords }

// Words returns the number of words of the text that are in the vocabulary, and so in the
// corpus.
func (c *Corpus) Words() int64 { return c.words }

// Lines returns the number of lines in the corpus.
func (c *Corpus) Lines() int64 { return c.lines }

// DistinctWords returns the number of distinct words of the text, including those that
// MinCount and MaxVocabulary exclude; with BuildOptions.Vocabulary, its length.
func (c *Corpus) DistinctWords() int { return c.distinct }

// Blocks returns the number of blocks.
func (c *Corpus) Blocks() int { return c.ids.Blocks() }

// Block appends to dst the entries of block i: ids, and LineEnd after each line. Every
// block except the last has BlockTokens entries; a line may continue in the next
// block. It is safe for concurrent use.
func (c *Corpus) Block(dst []int32, i int) ([]int32, error) {
	return c.ids.Read(dst, i)
}

// Dropped returns the number of distinct words that were dropped while counting because there
// were more than MaxDistinct, and the highest count of any of them at that time. A
// dropped word is not counted again, so the counts of all others are exact, but a word
// that is rare at first and frequent later is lost.
func (c *Corpus) Dropped() (words int, below int64) { return c.dropped, c.droppedMax }

// Skipped returns how many words of more than tokenize.MaxWordBytes bytes were skipped. A corpus
// from a cache does not count them.
func (c *Corpus) Skipped() int64 { return c.skipped }

// CutAgain returns what the tokenizer did to text that seems to be split into words already, nil
// otherwise and for a corpus from a cache.
func (c *Corpus) CutAgain() *tokenize.CutAgain { return c.cutAgain }

// Fingerprint returns a hash of all ids and line ends in order, which is everything that
// training sees of the text.
func (c *Corpus) Fingerprint() string { return c.fingerprint }

// Close frees the memory and removes the spool file, if there is one.
func (c *Corpus) Close() error { return c.ids.Close() }
