package sets

import (
	"bufio"
	"context"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// STS is a test of the similarity of sentences (semantic textual similarity):
// pairs of them, and how alike people found their meanings.
type STS struct {
	Name  string
	Pairs []STSPair
}

// STSPair is two sentences and their score; only the order of the scores of a
// set matters to Spearman's correlation, and their scale never.
type STSPair struct {
	A, B   string
	Score  float64
	Subset string // the genre the pair is of; "" when the file has none
}

// STSBenchmarkDev returns the bundled development part of the STS benchmark
// (Cer and others, 2017): 1,500 pairs with scores from 0 to 5.
func STSBenchmarkDev() *STS {
	set, err := parseSTS(context.Background(), text.FromBytes("stsb-en-dev", data.STSBenchmarkDev))
	if err != nil {
		panic("corpora: bundled STS benchmark: " + err.Error()) // the file is part of the program
	}
	set.Name = "STS benchmark dev"
	return set
}

// maxSet is the most bytes that what is held in memory of an evaluation set may
// take; the largest of MTEB's STS sets has 3 MB.
const maxSet = 256 << 20

const hintSTS = "each record is two sentences and a score, as in: A man eats. TAB A man is eating. TAB 4.6; name the columns sentence1, sentence2 and score if they stand elsewhere"

// ReadSTS reads a set of sentence pairs:
//
//   - TSV or CSV with sentence, sentence, score in the first three columns. The
//     first line may be a header; with the names sentence1, sentence2 and score
//     (or text1, text2; s1, s2; sentence_A, sentence_B; label, similarity,
//     similarity_score, relatedness_score) the columns may stand anywhere, as
//     in GLUE's STS-B and in SICK.
//   - TSV as the STS benchmark was published: genre, file, year, id, score,
//     sentence, sentence.
//   - JSON Lines with fields of these names.
//
// Which it is, the first line says: JSON when it begins with {, TSV when it has
// two tabs, else CSV with commas or, where there are none, semicolons. The
// file may be compressed. Sentences may not be empty and scores are finite
// numbers; an error names file and line.
func ReadSTS(ctx context.Context, path string) (*STS, error) {
	src, err := openSet(path)
	if err != nil {
		return nil, err
	}
	return parseSTS(ctx, src)
}

// stsParser collects the pairs of one file.
type stsParser struct {
	*text.Records
	set     *STS
	columns stsColumns
	held    int // bytes, at most limit
	limit   int
}

func parseSTS(ctx context.Context, src *text.Source) (*STS, error) {
	return parseSTSWithin(ctx, src, maxSet)
}

func parseSTSWithin(ctx context.Context, src *text.Source, limit int) (*STS, error) {
	p := &stsParser{set: &STS{Name: setName(src)}, limit: limit}
	err := src.ReadOne(ctx, func(rs *text.Records, r *bufio.Reader) error {
		p.Records = rs
		return p.parse(r)
	})
	if err != nil {
		return nil, err
	}
	if len(p.set.Pairs) == 0 {
		return nil, fault.New(hintSTS, "%s holds no sentence pairs", text.Describe(src.Names()[0]))
	}
	return p.set, nil
}

func (p *stsParser) parse(r *bufio.Reader) error {
	first, err := text.FirstLine(r)
	if err != nil {
		return err
	}
	switch kind := recogniseRows(first); kind {
	case '{':
		return p.parseJSON(r)
	case '\t':
		return p.parseTSV(r)
	default:
		return p.parseCSV(r, kind)
	}
}

// add appends a pair that stands in a line.
func (p *stsParser) add(line int64, pair STSPair) error {
	file := text.Describe(p.File)
	if err := p.Ctx.Err(); err != nil {
		return err
	}
	if pair.A == "" || pair.B == "" {
		return fault.New(hintSTS, "%s:%d: a sentence is empty", file, line)
	}
	const overhead = 64 // of a pair, beside its text
	if p.held += len(pair.A) + len(pair.B) + overhead; p.held > p.limit {
		return fault.New("is this an evaluation set, or pairs to train on?", "%s:%d: the set is larger than %d MiB", file, line, p.limit>>20)
	}
	p.set.Pairs = append(p.set.Pairs, pair)
	return nil
}
