package words

import (
	"context"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/evaluate"
)

// Summary shows what a model has learned.
type Summary struct {
	Neighbors  []Near                      // of words of the text; see Familiar and Salient
	Similarity []evaluate.SimilarityReport // on the bundled set, WordSim-353
}

// Near is a word and the words with the nearest vectors.
type Near struct {
	Word      string              `json:"word"`
	Neighbors []evaluate.Neighbor `json:"neighbors"`
}

// Summarize evaluates a model for a report.
func Summarize(ctx context.Context, c *checkpoints.Checkpoint) (Summary, error) {
	var s Summary
	vectors := evaluate.NewWordVectors(c)
	examples := Salient(c, 5)
	if slices.Equal(c.Config.Corpus.Sources, text.Sample().Names()) {
		examples = Familiar(c.Vocabulary, 5)
	}
	for _, word := range examples {
		near, err := vectors.Neighbors(word, 6)
		if err != nil {
			return s, err
		}
		s.Neighbors = append(s.Neighbors, Near{word, near})
	}
	s.Similarity = []evaluate.SimilarityReport{evaluate.Words(vectors, sets.WordSim353())}
	return s, ctx.Err()
}
