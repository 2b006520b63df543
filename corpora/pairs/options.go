package pairs

import (
	"math"
	"os"

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
	// ScoreRange is the lowest and the highest score. Scores are scaled to 0..1, and a row with
	// a score outside the range is bad. Default, for each file: the narrowest of 0..1, 0..5,
	// 0..10, 0..100 and -1..1 that holds all its scores, otherwise the range that they span.
	ScoreRange [2]float64
	// Strict makes the first bad row an error. Default: bad rows are skipped and counted in Stats.
	Strict bool
	// Related finds which texts belong together, see Batch.Masked. It needs 4 bytes for each
	// positive and negative, and 26 bytes per pair while it is computed. Default: off.
	Related bool
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
	lo, hi := o.ScoreRange[0], o.ScoreRange[1]
	if o.ScoreRange != [2]float64{} && !(lo < hi && !math.IsInf(lo, 0) && !math.IsInf(hi, 0)) {
		return fault.New("give the lowest and the highest score, such as 0 and 5", "ScoreRange must be two finite numbers in ascending order, got %v and %v", lo, hi)
	}
	_, err := parseColumns(o.Columns)
	return err
}
