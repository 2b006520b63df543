// Package lexical gives package evaluate a search by words. It is a package of its own so that
// programs that only measure vectors do not contain a full-text index.
package lexical

import (
	"context"

	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/index/fulltext"
)

// New makes an index in the folder dir; it is the value of evaluate.RetrievalOptions.Words. The
// language "" is that of the sample.
func New(dir, language, sample string, threads int) (evaluate.WordIndex, error) {
	if language == "" {
		language = fulltext.DetectLanguage(sample)
	}
	x, err := fulltext.Create(dir, fulltext.Options{Language: language, Threads: threads})
	if err != nil {
		return nil, err
	}
	return words{x}, nil
}

type words struct{ *fulltext.Index }

func (w words) Add(ctx context.Context, label int64, heading, text string) error {
	return w.Index.Add(ctx, fulltext.Document{Label: label, Heading: heading, Text: text})
}

func (w words) Query(ctx context.Context, question string, k int) (*evaluate.WordMatches, error) {
	m, err := w.Index.Query(ctx, question)
	if err != nil {
		return nil, err
	}
	r := &evaluate.WordMatches{Mean: m.Mean, Deviation: m.Deviation, Score: m.Score}
	for _, h := range m.Top(k, nil) {
		r.Labels, r.Scores = append(r.Labels, h.Label), append(r.Scores, h.Score)
	}
	return r, nil
}
