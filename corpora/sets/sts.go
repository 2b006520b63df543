package sets

import (
	"context"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// STS is a test of the similarity of sentences (semantic textual similarity): pairs of
// sentences with scores for how similar people found their meanings.
type STS struct {
	Name  string
	Pairs []STSPair
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
	set, err := parseSTS(context.Background(), text.FromBytes("stsb-en-dev", data.STSBenchmarkDev))
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

// ReadSTS reads a set of sentence pairs:
//
//   - TSV or CSV with sentence, sentence, score in the first three columns. The
//     first line may be a header; with the names sentence1, sentence2 and score
//     (or text1, text2; s1, s2; sentence_A, sentence_B; label, similarity,
//     similarity_score, relatedness_score) the columns may be in any order, as
//     in GLUE's STS-B and in SICK.
//   - TSV as the STS benchmark was published: genre, file, year, id, score,
//     sentence, sentence.
//   - JSON Lines with fields of these names.
//
// The first line decides: JSON if it begins with {, TSV if it has two tabs, and
// otherwise CSV, with commas or, where there are none, semicolons. The file may be
// compressed. Sentences must not be empty and scores must be finite; an error names
// file and line.
func ReadSTS(ctx context.Context, path string) (*STS, error) {
	src, err := open(path)
	if err != nil {
		return nil, err
	}
	return parseSTS(ctx, src)
}

// stsParser collects the pairs of one file.
type stsParser struct {
	set     *STS
	columns stsColumns
	first   bool // the next row is the first
	held    int  // bytes, at most limit
	limit   int
}

func parseSTS(ctx context.Context, src *text.Source) (*STS, error) {
	return parseSTSWithin(ctx, src, maxSet)
}

func parseSTSWithin(ctx context.Context, src *text.Source, limit int) (*STS, error) {
	p := &stsParser{set: &STS{Name: nameOf(src)}, first: true, limit: limit}
	err := records(ctx, src, nil, func(r *text.Record) error {
		if r.Named() {
			return p.object(r)
		}
		return p.row(r)
	})
	if err != nil {
		return nil, err
	}
	if len(p.set.Pairs) == 0 {
		return nil, fault.New(hintSTS, "%s holds no sentence pairs", text.Describe(src.Names()[0]))
	}
	return p.set, nil
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
