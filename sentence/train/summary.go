package train

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
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
		lines = append(lines, fmt.Sprintf("%s: Spearman %.4f", s.Set, s.Spearman))
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

// shown are pairs that a person can judge.
var shown = [][2]string{
	{"A man is playing a guitar.", "Someone plays music on an instrument."},
	{"A man is playing a guitar.", "The river flooded several villages."},
	{"The stock market fell sharply on Monday.", "Shares dropped at the start of the week."},
}

// Summarize evaluates a model for a report.
func Summarize(ctx context.Context, c *checkpoints.Checkpoint) (Summary, error) {
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		return Summary{}, err
	}
	set := sets.STSBenchmarkDev()
	judged, err := evaluate.STS(ctx, encoder, set, evaluate.STSOptions{})
	if err != nil {
		return Summary{}, err
	}
	dim, s := encoder.Dim(), Summary{Set: set.Name, Spearman: judged.Spearman, Defined: judged.Defined, Warning: judged.Warning()}
	for _, pair := range shown {
		vectors, _, err := encoder.EncodeBatch(ctx, pair[:], 1)
		if err != nil {
			return s, err
		}
		// The vectors have length 1, or 0 without known tokens.
		s.Examples = append(s.Examples, Compared{pair[0], pair[1], kernel.Dot(vectors[:dim], vectors[dim:])})
	}
	return s, nil
}
