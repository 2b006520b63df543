package pairs

import (
	"os"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Options control how pairs are read.
type Options struct {
	// Tokenizer turns texts into ids. Build needs one with a vocabulary.
	Tokenizer *tokenize.Tokenizer
	// MaxTokens is the maximum number of tokens of a text; the rest are dropped. Default:
	// 1,048,576.
	MaxTokens int
	// Columns names the columns of the examples in order: the texts, and last optionally a
	// score or a label, written score=NAME or label=NAME. Usual names such as score, similarity
	// and label need no prefix. A name is a column of the header, a number from 1 in TSV and
	// CSV, or a field of JSON (meta.title is a nested field). Names such as anchor, positive
	// and negative also name the columns of a file without a header, in order. Default:
	// detected.
	Columns []string
	// ScoreRange is the lowest and the highest possible score of all files. Scores are scaled to
	// 0..1. One that is outside by up to 0.01 counts as its end; a row with another
	// is bad. A column of labels whose meaning is not given is a column of scores. Default: the
	// narrowest of 0..1, 0..5, 0..10 and 0..100 that holds the scores of all files, if the
	// highest reaches 80% of it, or -1..1 if the lowest is at most -0.5. Otherwise, or if fewer
	// than 1% of 100 scores or more need it, the range must be given.
	ScoreRange [2]float64
	// Labels gives labels their meaning, as LABEL=X with X from 0 (not related) to 1 (related),
	// such as entailment=1 or 2=0; rows with other labels are bad. Default: 1 and 0, true and
	// false, and names such as entailment (1), neutral (0) and contradiction (0). Other numbers
	// must be given, and so must all numbers for a premise and a hypothesis, because 0 is
	// entailment in some files and contradiction in others.
	Labels []string
	// Strict makes the first bad row an error. Default: bad rows are skipped and counted in Stats.
	Strict bool
	// Related finds which texts belong together, see Batch.Masked. It needs 4 bytes for each
	// positive and negative, and 26 bytes per pair while it is computed. Default: off.
	Related bool
	// Shard keeps one of n parts of the examples: of the good rows of all sources, counted from 1,
	// the rows i, i+n, i+2n and so on. All rows are read, so that what is detected, the counts of
	// the tokens and the fingerprint are those of the whole. Default: all.
	Shard text.Shard
	// SpoolDir is the folder for ids that do not fit in 256 MiB of memory. Default: os.TempDir().
	SpoolDir string
	// OnProgress is called, from one goroutine at a time, with the number of bytes of the
	// sources read so far and their size, 0 if unknown. Default: no calls.
	OnProgress func(done, size int64)
}

func (o Options) withDefaults() Options {
	if o.SpoolDir == "" {
		o.SpoolDir = os.TempDir()
	}
	return o
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	if o.MaxTokens < 0 {
		return fault.Field("MaxTokens", "0 sets no limit", "must not be negative, got %d", o.MaxTokens)
	}
	if err := scale.Range(o.ScoreRange).Check(); err != nil {
		return err
	}
	if err := o.Shard.Validate(); err != nil {
		return err
	}
	if _, err := scale.ParseLabels(o.Labels); err != nil {
		return err
	}
	_, err := parseColumns(o.Columns)
	return err
}
