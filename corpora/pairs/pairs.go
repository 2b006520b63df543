package pairs

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Kind says what the examples of pairs are.
type Kind int

const (
	Paired   Kind = iota // an anchor, its positive, and any number of negatives
	Scored               // two texts and how alike they are
	Labelled             // two texts and whether they are related: 0 or 1
)

func (k Kind) String() string {
	return [...]string{"pairs", "scored pairs", "labelled pairs"}[k]
}

// Source is a source of pairs, and how often its examples come.
type Source struct {
	Source *text.Source
	// Weight 2 lets each example come twice an epoch; of weight 0.5 half of them come,
	// and the other half in the next epoch. Above 0, at most 1000. Default 1.
	Weight float64
}

const maxPairWeight = 1000

// Open makes a source of each path, which is what it is to Open. The keys
// of weights are paths; those it lacks have weight 1.
func Open(paths []string, weights map[string]float64) ([]Source, error) {
	if len(paths) == 0 {
		_, err := text.Open() // tells what to do
		return nil, err
	}
	var sources []Source
	for i, path := range paths {
		if path == text.Stdin && slices.Contains(paths[:i], text.Stdin) {
			return nil, fault.New("standard input can be read once: name - once", "standard input is named twice")
		}
		src, err := text.Open(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, Source{Source: src, Weight: 1})
	}
	for name, weight := range weights {
		known := false
		for i, path := range paths {
			if path == name || filepath.Clean(path) == filepath.Clean(name) {
				sources[i].Weight, known = weight, true
			}
		}
		if !known {
			return nil, fault.New("write it as it is written among the inputs: FILE --weight FILE=2", "weight of %s: no input has that name", name)
		}
		if err := checkWeight(weight); err != nil {
			return nil, fault.New(fault.Hint(err), "weight of %s: %w", name, err)
		}
	}
	return sources, nil
}

func checkWeight(weight float64) error {
	if !(weight > 0 && weight <= maxPairWeight) { // false for NaN
		return fault.New("2 lets its pairs come twice an epoch, 0.5 half of them", "%v is not above 0 and at most %d", weight, maxPairWeight)
	}
	return nil
}

// Options say how pairs are read.
type Options struct {
	// Tokenizer makes ids of the texts. Build needs one with a vocabulary.
	Tokenizer *tokenize.Tokenizer
	// MaxTokens is how many tokens of a text are kept; the rest is cut off. Default 0: 1,048,576.
	MaxTokens int
	// Columns names the columns of the examples in order: texts, and last it may be
	// a score or a label, written score=NAME or label=NAME, where a name such as
	// score, similarity or label need not be marked. A name is one of the
	// header, a number from 1 in TSV and CSV without one, or a field of JSON
	// (meta.title leads into objects). Names such as anchor, positive and negative may also
	// stand for the columns of a file without a header, in order. Default: recognised.
	Columns []string
	// ScoreRange is what scores are in, lowest and highest; 0..1 is made of it, and others are
	// bad. Default, for each file: the narrowest of 0..1, 0..5, 0..10, 0..100, -1..1
	// that holds all its scores, or else what they span.
	ScoreRange [2]float64
	// Strict makes the first bad row an error. Default: bad rows are passed over and told by Stats.
	Strict bool
	// Related finds which texts belong together, see Batch.Masked. It takes 4 bytes
	// for each positive and negative, and 26 bytes a pair for a moment. Default: no.
	Related bool
	// SpoolDir is the folder for ids that do not fit in 256 MiB of memory. Default: os.TempDir().
	SpoolDir string
	// OnProgress hears, from one goroutine at a time, how much of the sources has been
	// read; size is 0 when it is unknown. Default: nobody.
	OnProgress func(done, size int64)
}

func (o Options) withDefaults() Options {
	if o.SpoolDir == "" {
		o.SpoolDir = os.TempDir()
	}
	return o
}

// Validate names the field that is out of range.
func (o Options) Validate() error {
	if o.MaxTokens < 0 {
		return fault.New("0 sets no limit", "max-tokens %d is negative", o.MaxTokens)
	}
	lo, hi := o.ScoreRange[0], o.ScoreRange[1]
	if o.ScoreRange != [2]float64{} && !(lo < hi && !math.IsInf(lo, 0) && !math.IsInf(hi, 0)) {
		return fault.New("give the lowest score and the highest, such as 0 and 5", "the range of scores is %v to %v", lo, hi)
	}
	_, err := parsePairColumns(o.Columns)
	return err
}

// File is one file of pairs.
type File struct {
	Name     string // as in Source.Names
	Kind     Kind
	Columns  int     // texts of an example
	Examples int64   // that are good
	Weight   float64 // of its source
	Layout   string  // how the file was read: "TSV, no header: columns 1 and 2 are anchor and positive"
	// ScoreRange is which scores stand for 0 and 1. Of scored pairs.
	ScoreRange [2]float64

	firstBad            *badRow
	seen                [2]float64 // lowest and highest score
	from                int64      // its first example
	hashBase, groupBase int64      // where those of its examples begin
}

// Stats is what reading pairs met.
type Stats struct {
	Rows         int64         // that are not blank, without headers
	Examples     int64         // good ones
	Skipped      []SkippedRows // the others, by reason
	Truncated    int64         // texts cut at MaxTokens
	Bytes        int64         // of text, after decompression
	Invalid      int64         // bytes that were no UTF-8, and NUL bytes
	FirstInvalid string        // where the first of them stood: "file:line: byte N"; "" when none
}

// SkippedRows are bad rows of one sort.
type SkippedRows struct {
	Reason string // "an empty text"
	Rows   int64
	First  string // the message of the first: "file:line: …"
}

// Dataset are examples as ids: what training on pairs reads, epoch after epoch. A
// Plan says in which batches. The methods that do not say otherwise may be called at once.
type Dataset struct {
	files       []*File
	records     *pairRecords
	counts      []int64 // of each token
	tokens      int64
	stats       Stats
	fingerprint string
	groups      *textGroups // nil: not asked for
}

// Kind is what all examples are.
func (p *Dataset) Kind() Kind { return p.files[0].Kind }

// Files are the files in the order they were read.
func (p *Dataset) Files() []File {
	files := make([]File, len(p.files))
	for i, f := range p.files {
		files[i] = *f
	}
	return files
}

// Examples is the number of examples.
func (p *Dataset) Examples() int64 { return p.records.n }

// Columns is the most texts that an example has; the files may differ in the
// number of their negatives.
func (p *Dataset) Columns() int {
	most := 0
	for _, f := range p.files {
		most = max(most, f.Columns)
	}
	return most
}

// TokenCounts is how often each token of the vocabulary is in the texts, by id,
// for weights of frequency. It is not to be changed.
func (p *Dataset) TokenCounts() []int64 { return p.counts }

// Tokens is the number of tokens of all texts.
func (p *Dataset) Tokens() int64 { return p.tokens }

// Fingerprint tells these pairs from others: it is a hash of all ids, scores and
// borders of files in their order. Weights are not in it.
func (p *Dataset) Fingerprint() string { return p.fingerprint }

// Stats tells about the reading.
func (p *Dataset) Stats() Stats { return p.stats }

// Close gives the memory back and removes the spool file, if there is one.
func (p *Dataset) Close() error { return p.records.ids.Close() }

// EachText calls fn with each text of the examples, in order and as it stands in
// the file, for a tokenizer that is to be trained. The text is valid until fn returns.
// What is good and bad is as in Build, but for what needs a tokenizer.
func EachText(ctx context.Context, sources []Source, o Options, fn func(text []byte) error) (Stats, error) {
	var text []byte
	scan := pairScan{options: o.withDefaults()}
	scan.row = func(_ *File, row textRow) error {
		for _, t := range row.texts {
			text = append(text[:0], t...)
			if err := fn(text); err != nil {
				return err
			}
		}
		return nil
	}
	err := scan.run(ctx, sources)
	return scan.told(), err
}
