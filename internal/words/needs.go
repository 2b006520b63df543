package words

import (
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/estimate"
	"github.com/luminavec/luminavec/internal/training"
)

// Needs estimates the memory, disk and time of a run. best means that the best model is kept in
// addition to the last. A resumed run already has its tables, and has done the share done, from
// 0 to 1, of its work.
func Needs(objective *Objective, o Options, corpus *corpora.Corpus, done float64, best, resumed bool) (estimate.Need, error) {
	v := corpus.Vocabulary()
	r := estimate.Run{
		Rows: v.Len(), Dim: o.Dim, Threads: o.Threads, Loaded: resumed,
		Words: corpus.Words(), Epochs: o.Epochs, Window: o.Window, Negative: o.Negative,
		CBOW: objective.PerWindow, Tree: o.Loss == LossHS, Graph: o.Engine == training.Graph,
		Summed: o.SumVectors, Best: best,
	}
	if o.NGrams.Max > 0 {
		grams, err := tokenize.NewNGrams(v, o.NGrams)
		if err != nil {
			return estimate.Need{}, err
		}
		r.NGramRows = grams.Rows()
	}
	for _, token := range v.Tokens() {
		r.TokenBytes += len(token)
	}
	r.Words = int64(float64(r.Words) * (1 - done) * o.meanSteps())
	return estimate.Words(r), nil
}
