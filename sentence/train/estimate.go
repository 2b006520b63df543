package train

import (
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/estimate"
)

// Estimate returns the memory and disk that a run needs and an estimate of its time. done is
// the share of the run that a resumed checkpoint has completed; best means that the best model
// is kept in addition to the last.
func Estimate(o Options, pairs *pairs.Dataset, v *tokenize.Vocabulary, done float64, best bool) estimate.Need {
	r := estimate.SentenceRun{
		Rows: v.Len(), Dim: o.Dim, Hidden: o.Hidden, Project: o.Project, Threads: o.Threads, Slots: o.slots(),
		Loaded: done > 0, Best: best, Graph: o.Engine == Graph,
		Texts: pairs.Columns(), InBatch: o.acrossBatch(), Epochs: float64(o.Epochs) * (1 - done),
		Tokens: float64(pairs.Tokens()) / float64(max(1, pairs.Examples())),
	}
	largest := int64(0) // examples from which a batch can be filled
	for _, f := range pairs.Files() {
		examples := int64(float64(f.Examples) * f.Weight)
		r.Examples += examples
		largest = max(largest, examples)
	}
	if o.Mixed {
		largest = r.Examples
	}
	r.Batch = int(min(int64(o.BatchSize), max(1, largest)))
	for _, token := range v.Tokens() {
		r.TokenBytes += len(token)
	}
	return estimate.Sentences(r)
}
