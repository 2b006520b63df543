package sets

import (
	"context"
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// STS is a test of the similarity of sentences (semantic textual similarity): pairs of
// sentences with scores for how similar people found their meanings.
type STS struct {
	Name   string
	Pairs  []STSPair
	Layout string // how the file was read: "sentences in columns 1 and 2, score in column 3, from 0 to 5"
}

// STSPair is two sentences and their score. Spearman's correlation depends on the order of
// the scores of a set only; Pearson's does not depend on their scale.
type STSPair struct {
	A, B   string
	Score  float64
	Subset string // the genre of the pair; "" if the file has none
}

// Undecided says why no model has a correlation with the set, or is empty.
func (s *STS) Undecided() string {
	return undecided(len(s.Pairs), func(i int) (a, b string, score float64) { p := s.Pairs[i]; return p.A, p.B, p.Score })
}

// STSBenchmarkDev returns the bundled development part of the STS benchmark
// (Cer and others, 2017): 1,500 pairs with scores from 0 to 5.
func STSBenchmarkDev() *STS {
	set, err := parseSTS(context.Background(), text.FromBytes("stsb-en-dev", data.STSBenchmarkDev), STSOptions{})
	if err != nil {
		panic("sets: bundled STS benchmark: " + err.Error()) // the file is part of the program
	}
	set.Name = "STS benchmark dev"
	return set
}

// maxSet is the maximum number of bytes of an evaluation set held in memory; the largest of
// MTEB's STS sets has 3 MB.
const maxSet = 256 << 20

const hintSTS = "each record is two sentences and a score, as in: A man eats. TAB A man is eating. TAB 4.6; name the columns sentence1, sentence2 and score if the order is different"

// STSOptions say what a file of sentence pairs does not. The zero value detects everything.
type STSOptions struct {
	ScoreColumn int       // column of the score in TSV and CSV, from 1; default 0: detected
	ScoreRange  []float64 // lowest and highest possible score; another is an error; default: any
	// Labels gives labels their meaning, as LABEL=X with X from 0 (not related) to 1 (related);
	// pairs with other labels are skipped; it is an error if most have others. Default: names such
	// as entailment (1), neutral (0) and contradiction (0); numbers are scores, except for the
	// classes 0, 1 and 2, which are an error; and pairs without a label, marked -, are skipped.
	Labels []string
}

// Validate returns an error that names the field at fault.
func (o STSOptions) Validate() error {
	if o.ScoreColumn < 0 {
		return fault.Field("ScoreColumn", "columns are counted from 1", "must not be negative, got %d", o.ScoreColumn)
	}
	if n := len(o.ScoreRange); n != 0 && n != 2 {
		return fault.Field("ScoreRange", "give the lowest and the highest possible score, such as 0,5", "must be two numbers, got %d", n)
	}
	if _, err := scale.ParseLabels(o.Labels); err != nil {
		return err
	}
	if len(o.Labels) > 0 && o.ScoreRange != nil {
		return fault.Field("ScoreRange", "leave it out if these are labels", "cannot be used with Labels")
	}
	return o.scoreRange().Check()
}

func (o STSOptions) scoreRange() (r scale.Range) {
	copy(r[:], o.ScoreRange)
	return r
}

// ReadSTS reads a set of sentence pairs:
//
//   - TSV or CSV. With a header, the columns may be in any order and are named sentence1,
//     sentence2 and score (or text1, text2; s1, s2; sentence_A, sentence_B; premise, hypothesis;
//     label, gold_label, gold, sim, similarity, similarity_score, relatedness_score), as in
//     GLUE's STS-B and in SICK. Otherwise the score is the only column of numbers, not counting
//     one named id or index, and the sentences are the first two others. A first row 0, 1, 2, as
//     pandas writes, is a header.
//   - TSV as the STS benchmark was published: genre, file, year, id, score,
//     sentence, sentence.
//   - JSON Lines with fields of these names.
//
// The first line decides: JSON if it begins with {, TSV if it has two tabs, and
// otherwise CSV, with commas or, where there are none, semicolons. The columns are detected in
// the first thousand records; more than one column of numbers beside the sentences, and labels
// whose meaning is ambiguous, are errors. STS.Layout says how the file was read. The file may be
// compressed. Sentences must not be empty and scores must be finite; an error names file and line.
func ReadSTS(ctx context.Context, path string, o STSOptions) (*STS, error) {
	src, err := open(path)
	if err != nil {
		return nil, err
	}
	return parseSTS(ctx, src, o)
}

// The columns of a file are detected from this many records, or this many bytes of them.
const (
	stsSample      = 1000
	stsSampleBytes = 1 << 20
)

// stsParser collects the pairs of one file.
type stsParser struct {
	set     *STS
	options STSOptions
	labels  scale.Labels
	columns stsColumns
	held    int // bytes, at most limit
	limit   int

	sample  []text.Record // records that wait for the detection
	size    int           // of them
	started bool

	seen    scale.Seen
	counts  scale.Counts // of labels and whole numbers
	skipped int          // pairs with labels that are not given
	other   string       // one of them
}

func parseSTS(ctx context.Context, src *text.Source, o STSOptions) (*STS, error) {
	return parseSTSWithin(ctx, src, o, maxSet)
}

func parseSTSWithin(ctx context.Context, src *text.Source, o STSOptions, limit int) (*STS, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p := &stsParser{set: &STS{Name: nameOf(src)}, options: o, limit: limit, seen: scale.Nothing(), counts: scale.Counts{}}
	p.labels, _ = scale.ParseLabels(o.Labels)
	err := records(ctx, src, nil, func(r *text.Record) error {
		if p.started {
			return p.record(r)
		}
		p.sample = append(p.sample, r.Clone())
		if p.size += len(r.Raw); r.Raw == nil {
			p.size += len(strings.Join(r.Fields, " "))
		}
		if len(p.sample) < stsSample && p.size < stsSampleBytes {
			return nil
		}
		return p.start()
	})
	if err == nil && !p.started {
		err = p.start()
	}
	if n := p.skipped - int(p.counts[scale.Unlabeled]); err == nil && p.labels != nil && n > len(p.set.Pairs) {
		err = fault.Field("Labels", "list all labels, or leave it out if these are scores", "omits most labels of %s, such as %.40q", text.Describe(src.Names()[0]), p.other)
	}
	if err == nil && len(p.set.Pairs) == 0 {
		err = fault.New(hintSTS, "%s holds no sentence pairs", text.Describe(src.Names()[0]))
	}
	if err == nil {
		err = p.finish(src)
	}
	if err != nil {
		return nil, err
	}
	return p.set, nil
}

// start detects the columns and reads the sample.
func (p *stsParser) start() error {
	p.started = true
	skip := 0
	if len(p.sample) > 0 && p.sample[0].Named() && p.options.ScoreColumn > 0 {
		return fault.Field("ScoreColumn", "leave it out: fields of JSON are found by their names", "applies to TSV and CSV only")
	}
	if len(p.sample) > 0 && !p.sample[0].Named() {
		var rows [][]string
		for i := range p.sample {
			rows = append(rows, trimmed(p.sample[i].Fields))
		}
		for len(rows) > 1 && strings.Join(rows[0], "") == "" { // tabs alone
			rows, skip = rows[1:], skip+1
		}
		header, err := p.detect(rows)
		if err != nil {
			return fault.New(fault.Hint(err), "%s: %w", p.sample[skip].Position, err)
		}
		if header {
			skip++
		}
	}
	for i := range p.sample[skip:] {
		if err := p.record(&p.sample[skip+i]); err != nil {
			return err
		}
	}
	p.sample = nil
	return nil
}

func (p *stsParser) record(r *text.Record) error {
	if r.Named() {
		return p.object(r)
	}
	return p.row(r)
}

// finish checks the labels, and describes how the file was read.
func (p *stsParser) finish(src *text.Source) error {
	c := p.columns
	classes := c.scoreName == "" && p.counts.Classes() || c.labelled() && p.counts.Numbered()
	if p.labels == nil && p.options.ScoreRange == nil && (classes || c.inference && p.seen.Low <= p.seen.High) {
		return fault.Mention("if these are labels, say what they mean with Labels, such as 0=1,1=0,2=0 if 0 is entailment; if they are scores, set ScoreRange, such as 0,2",
			"%s: cannot tell what the numbers %v in the column of scores mean: they may be labels of classes", text.Describe(src.Names()[0]), scale.Range{p.seen.Low, p.seen.High})
	}
	layout := fmt.Sprintf("sentences in %s and %s, score in %s", c.names[0], c.names[1], c.names[2])
	if c.names[0] != "" && strings.HasPrefix(c.names[0], "column ") {
		layout = fmt.Sprintf("sentences in columns %d and %d, score in column %d", c.a+1, c.b+1, c.score+1)
	}
	if p.seen.Low <= p.seen.High {
		layout += ", from " + scale.Range{p.seen.Low, p.seen.High}.String()
	}
	if p.labels != nil || p.seen.Low > p.seen.High {
		layout += "; labels: " + p.counts.Describe(p.labels)
	}
	if p.skipped > 0 {
		layout += "; skipped " + fault.Count(p.skipped, "pair")
	}
	p.set.Layout = layout
	return nil
}

// add appends the pair of a record.
func (p *stsParser) add(r *text.Record, pair STSPair) error {
	if pair.A == "" || pair.B == "" {
		return r.Errorf(hintSTS, "a sentence is empty")
	}
	const overhead = 64 // of a pair, beside its text
	if p.held += len(pair.A) + len(pair.B) + overhead; p.held > p.limit {
		return r.Errorf("check that this is an evaluation set and not training pairs", "the set is larger than %d MiB", p.limit>>20)
	}
	p.set.Pairs = append(p.set.Pairs, pair)
	return nil
}
