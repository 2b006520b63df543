package skipgram

import (
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/training"
)

func init() {
	checkpoints.RegisterKind(checkpoints.Kind{Name: "skipgram", Title: "Skip-gram word vectors", Card: card})
}

// card says how a model was trained.
func card(c *checkpoints.Checkpoint) [][2]string {
	return training.WordCard(c, func(*training.WordOptions) string { return "skip-gram: each context word predicts the word" })
}
