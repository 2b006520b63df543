package cbow

import (
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/training"
)

func init() {
	checkpoints.RegisterKind(checkpoints.Kind{Name: "cbow", Title: "CBOW word vectors", Card: card})
}

// card says how a model was trained.
func card(c *checkpoints.Checkpoint) [][2]string {
	return training.WordCard(c, func(o *training.WordOptions) string {
		part := "mean"
		if o.CBOWSum {
			part = "sum"
		}
		if o.Windows == training.WindowsWeighted {
			part = "weighted " + part
		}
		text := "CBOW: the " + part + " of the context words predicts the word"
		if o.PositionWeights {
			text += ", with a learned weight for each position"
		}
		return text
	})
}
