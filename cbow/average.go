package cbow

import (
	"context"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// AverageOptions control how the parts of a round become one model: Method, by default [Adaptive],
// and Parent, the model that the round started from, which Adaptive, Momentum and Summed need from the
// second round on.
type AverageOptions = words.AverageOptions

// PartOf is a part of a round, as [Train] returns it, and its name in errors.
type PartOf = training.PartOf

// The methods of averaging.
const (
	Adaptive = training.Adaptive
	Momentum = training.Momentum
	Summed   = training.Summed
	RowMean  = training.RowMean
	Mean     = training.Mean
)

// Average returns the model of a round from the parts of all shards: Run.Parent of the next
// round, or the finished model. It takes ownership of their tensors. Parts of different options,
// vocabularies, texts, rounds or parents, a missing shard and a shard that occurs twice are errors.
func Average(ctx context.Context, parts []PartOf, o AverageOptions) (*checkpoints.Checkpoint, error) {
	return words.Average(ctx, parts, o)
}
