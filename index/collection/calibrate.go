package collection

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/sentence"
)

// Calibration says how near the best passage is to texts that have nothing to do with the
// collection: everyday sentences of the bundled STS benchmark. A question whose best passage is not
// nearer has no good match.
//
// The figures are the similarity of the vectors, the share of the highest possible BM25 score, and
// the sum of both. Each is a percentile of those of the unrelated texts, chosen so that questions
// with relevant passages are rarely below it: 1.0% of SciFact's and none of Cranfield's in the mode
// hybrid, where 88% of the questions of the other set are.
type Calibration struct {
	Documents int64   `json:"documents"` // of the collection when it was calibrated
	Dense     float64 `json:"dense"`
	Words     float64 `json:"words"`
	Both      float64 `json:"both"`
}

// Percentiles of the figures of unrelated texts.
const (
	densePercentile = 0.75
	wordsPercentile = 0.40
	bothPercentile  = 0.80
)

// unrelatedTexts is the number of texts to calibrate with.
const unrelatedTexts = 64

// calibrate measures the figures of unrelated texts, as questions. It returns nil if the vectors are not compared
// by cosine: other scores depend on the lengths of the vectors.
func calibrate(ctx context.Context, model sentence.Model, ix index.Index, words *fulltext.Index) (*Calibration, error) {
	if ix.Options().Metric != index.Cosine || words == nil || ix.Len() == 0 {
		return nil, nil
	}
	pairs := sets.STSBenchmarkDev().Pairs
	var texts []string
	for i := range unrelatedTexts {
		texts = append(texts, pairs[i*len(pairs)/unrelatedTexts].A)
	}
	vectors, known, err := model.EncodeBatch(ctx, texts, 0)
	if err != nil {
		return nil, err
	}
	var dense, lexical, both []float64
	dim := model.Dim()
	for i, text := range texts {
		var cosine float64
		if known[i] > 0 {
			best, err := ix.Search(vectors[i*dim:(i+1)*dim], 1, index.SearchOptions{Recall: 0.99})
			if err != nil {
				return nil, err
			}
			if len(best) > 0 {
				cosine = float64(best[0].Score)
			}
		}
		m, err := words.Query(ctx, text)
		if err != nil {
			return nil, err
		}
		share := coverage(m, m.Top(1, nil))
		dense, lexical, both = append(dense, cosine), append(lexical, share), append(both, cosine+share)
	}
	return &Calibration{int64(ix.Len()), percentile(dense, densePercentile), percentile(lexical, wordsPercentile), percentile(both, bothPercentile)}, nil
}

// coverage is the share of the highest possible score that the best hit has.
func coverage(m *fulltext.Matches, best []fulltext.Hit) float64 {
	if len(best) == 0 || m.Ideal <= 0 {
		return 0
	}
	return best[0].Score / m.Ideal
}

func percentile(x []float64, p float64) float64 {
	slices.Sort(x)
	return x[int(p*float64(len(x)-1)+0.5)]
}

// stale reports whether a calibration should be made again for a collection of n documents: it
// changes slowly.
func (c *Calibration) stale(n int64) bool {
	return c == nil || n > c.Documents*5/4 || n < c.Documents*3/4
}

// unrelated reports whether nothing found is nearer to the question than passages are to unrelated
// texts.
func (c *Collection) unrelated(s *asking) bool {
	limit := c.info.Calibration
	if limit == nil || len(s.found) == 0 {
		return false
	}
	var dense float64
	for _, f := range s.found {
		if f.compared {
			dense = max(dense, f.dense)
		}
	}
	var share float64
	if s.matches != nil {
		share = coverage(s.matches, s.top)
	}
	switch {
	case s.q.Mode == fusion.Dense:
		return dense <= limit.Dense
	case s.vector == nil: // also of a hybrid search
		return share <= limit.Words
	}
	return dense+share <= limit.Both
}

// senseless reports whether a question to both searches has neither a word that passages have nor a meaning that is nearer
// to one than those of unrelated texts.
func (s *asking) senseless() bool {
	if s.q.Mode != fusion.Hybrid || s.matches == nil || s.matches.Matched > 0 {
		return false
	}
	for _, f := range s.found {
		if f.compared && f.dense > s.c.info.Calibration.Dense {
			return false
		}
	}
	return true
}

// calibrate calibrates the next state, if it differs much from the one that was.
func (w *writer) calibrate(ctx context.Context) error {
	if w.model == nil || !w.info.Calibration.stale(int64(w.index.Len())) {
		return nil // a change without new passages does not need the model
	}
	folder := w.wordsIn
	if folder == "" && w.old != nil {
		folder = w.old.info.fullText()
	}
	if folder == "" {
		return nil
	}
	words, err := fulltext.Open(filepath.Join(w.dir, folder))
	if err != nil {
		return w.named(err)
	}
	defer words.Close()
	w.info.Calibration, err = calibrate(ctx, w.asks, w.index, words)
	return err
}
