package train

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// Summary shows what a model has learned.
type Summary struct {
	Set      string  // the bundled set, the development set of the STS benchmark
	Spearman float64 // on it; 0 if it is undefined
	Defined  bool    // whether it is defined
	Pairs    int     // pairs of the set
	Found    int     // of these, with a known token in both sentences
	Warning  string  // why it says little or nothing about the model, or ""
	Examples []Compared
}

// Value returns the Spearman correlation, or nil if it is undefined.
func (s *Summary) Value() *float64 {
	if !s.Defined {
		return nil
	}
	return &s.Spearman
}

// Lines returns the Spearman correlation, if it is defined, and the warning, if there is one, as
// lines of a report.
func (s *Summary) Lines() (lines []string) {
	if s.Defined {
		line := fmt.Sprintf("%s: Spearman %.4f", s.Set, s.Spearman)
		if s.Found < s.Pairs && s.Warning == "" { // which says how many are known
			line += fmt.Sprintf("; %d of %d pairs have a text without a known token", s.Pairs-s.Found, s.Pairs)
		}
		lines = append(lines, line)
	}
	if s.Warning != "" {
		lines = append(lines, s.Set+": "+s.Warning)
	}
	return lines
}

// Compared is the cosine of two sentences.
type Compared struct {
	A      string  `json:"a"`
	B      string  `json:"b"`
	Cosine float32 `json:"cosine"`
}

// shown are pairs that a person can judge, of a model that was trained on the bundled sample.
var shown = [][2]string{
	{"A man is playing a guitar.", "Someone plays music on an instrument."},
	{"A man is playing a guitar.", "The river flooded several villages."},
	{"The stock market fell sharply on Monday.", "Shares dropped at the start of the week."},
}

// examples returns texts of the pairs that a model was trained on: those of two examples, and as a
// contrast a text of each; of pairs with scores or labels those of three.
func examples(p *pairs.Dataset) [][2]string {
	own := p.Samples()
	if p.Kind() == pairs.Paired && len(own) > 1 {
		return [][2]string{own[0], {own[0][0], own[1][1]}, own[1]}
	}
	return own
}

// Summarize evaluates a model for a report. Its examples are texts of p; if p is nil, or all its
// examples share their texts, they are well-known sentences.
func Summarize(ctx context.Context, c *checkpoints.Checkpoint, p *pairs.Dataset) (Summary, error) {
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		return Summary{}, err
	}
	set := sets.STSBenchmarkDev()
	judged, err := evaluate.STS(ctx, encoder, set, evaluate.STSOptions{})
	if err != nil {
		return Summary{}, err
	}
	dim, s := encoder.Dim(), Summary{Set: set.Name, Spearman: judged.Spearman, Defined: judged.Defined, Pairs: judged.Pairs, Found: judged.Pairs - judged.Missing, Warning: judged.Warning()}
	pairs := shown
	if p != nil && len(p.Samples()) > 0 {
		pairs = examples(p)
	}
	for _, pair := range pairs {
		vectors, _, err := encoder.EncodeBatch(ctx, pair[:], 1)
		if err != nil {
			return s, err
		}
		// The vectors have length 1, or 0 without known tokens.
		s.Examples = append(s.Examples, Compared{pair[0], pair[1], kernel.Dot(vectors[:dim], vectors[dim:])})
	}
	return s, nil
}
