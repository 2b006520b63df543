package sentence

import (
	"runtime"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// foldRows is how many rows of the folded table a goroutine makes at a time.
const foldRows = 1024

// Folded reports whether the encoder is a single table with unweighted pooling, as Fold makes
// it, with or without normalization.
func (e *Encoder) Folded() bool {
	return e.linear == nil && e.projection == nil && e.weights == nil
}

// Fold returns an encoder with the same vectors and all layers folded into one table, T[t] =
// a_t·P·max(0, W·e_t + b), where a_t is the weight of a token with SIF and otherwise 1; the
// package comment explains why this is exact. The table has as many rows as before and Dim
// columns.
//
// An encoder that is already folded is returned unchanged. So is one with Linear and character
// n-grams: their mean comes before the ReLU and cannot be computed from rows behind it. With
// Max a projection stays, because the maximum of projections is not the projection of the
// maximum.
func (e *Encoder) Fold() (*Encoder, error) {
	if e.Folded() || e.linear != nil && e.grams != nil || e.keepsProjection() && e.linear == nil {
		return e, nil
	}
	table, err := e.fold(e.table, e.weights)
	if err != nil {
		return nil, err
	}
	l := Layers{Tokenizer: e.tokenizer, Embedding: table.tensor(), Pooling: e.pooling, Normalize: e.normalize, Unknown: e.counted, Repeats: e.repeats}
	if e.pooling == SIF {
		l.Pooling = Mean
	}
	if e.keepsProjection() {
		projection := e.projection.tensor()
		l.Projection = &projection
	}
	if e.grams != nil {
		grams, err := e.fold(e.gramTable, nil)
		if err != nil {
			return nil, err
		}
		tensor := grams.tensor()
		l.NGrams, l.NGramTable = e.grams, &tensor
	}
	return New(l)
}

// keepsProjection reports whether the projection cannot be folded.
func (e *Encoder) keepsProjection() bool { return e.pooling == Max && e.projection != nil }

// fold returns the output of the layers for each row of a table, times its weight if
// there are weights.
func (e *Encoder) fold(from table, weights []float32) (*matrix, error) {
	rows, _ := from.size()
	dim := e.Dim()
	if e.keepsProjection() {
		dim = e.features().cols
	}
	to := newMatrix(rows, dim)
	workers := pool.New().WithErrors().WithFirstError().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for row := 0; row < to.rows; row += foldRows {
		workers.Go(func() error { return e.foldInto(to, from, weights, row, min(row+foldRows, to.rows)) })
	}
	return to, workers.Wait()
}

func (e *Encoder) foldInto(table *matrix, rows table, weights []float32, from, to int) error {
	feature, buffer := kernel.Aligned(e.features().stride), kernel.Aligned(e.width.stride)
	for t := from; t < to; t++ {
		row, err := rows.row(buffer, t)
		if err != nil {
			return err
		}
		if e.linear != nil {
			e.feature(feature, row)
			row = feature
		}
		if e.projection != nil && !e.keepsProjection() {
			e.projection.multiply(table.row(t), row)
		} else {
			copy(table.row(t), row)
		}
		if weights != nil {
			kernel.Scale(table.row(t), weights[t])
		}
		if !finite(table.row(t)) {
			return fault.New(hintShapes, "row %d of the folded table is not finite: the numbers of the model are too large for float32", t)
		}
	}
	return nil
}

// Checkpoint returns the encoder as a model that checkpoints.Write writes and FromCheckpoint
// reads back, with all its layers and no training state. It shares the memory of the encoder.
// The caller may fill in the rest of Config.
func (e *Encoder) Checkpoint() *checkpoints.Checkpoint {
	vocabulary := e.tokenizer.Vocabulary()
	c := &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Format: checkpoints.FormatVersion, Kind: Kind, Dim: e.width.cols,
			Encoder: checkpoints.EncoderConfig{Pooling: string(e.pooling), Normalize: e.normalize, Unknown: e.counted, Repeats: e.repeats},
			Corpus:  checkpoints.CorpusInfo{Words: vocabulary.Total(), Vocabulary: vocabulary.Len()},
		},
		Tokenizer:  e.tokenizer,
		Vocabulary: vocabulary,
		Spellings:  e.spellings,
		Tensors:    map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: e.table.tensor()},
	}
	c.Config.Progress = checkpoints.Progress{Done: 1, Finished: true}
	if e.linear != nil {
		c.Config.Encoder.Hidden = e.linear.rows
		c.Tensors[checkpoints.LinearTensor] = e.linear.tensor()
		c.Tensors[checkpoints.BiasTensor] = checkpoints.Tensor{Shape: []int{e.linear.rows}, Data: e.bias[:e.linear.rows]}
	}
	if e.weights != nil {
		c.Tensors[checkpoints.PoolingTensor] = checkpoints.Tensor{Shape: []int{len(e.weights)}, Data: e.weights}
	}
	if e.grams != nil {
		c.NGrams, c.Config.NGrams = e.grams, e.grams.Options()
		c.Tensors[checkpoints.NGramTensor] = e.gramTable.tensor()
	}
	if e.projection != nil {
		c.Config.Encoder.Project = e.projection.rows
		c.Tensors[checkpoints.ProjectionTensor] = e.projection.tensor()
	}
	return c
}

// tensor is the matrix as a checkpoint holds it, sharing the memory.
func (m *matrix) tensor() checkpoints.Tensor {
	return checkpoints.Tensor{Shape: []int{m.rows, m.cols}, Stride: m.stride, Data: m.data}
}
