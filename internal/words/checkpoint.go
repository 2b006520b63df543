package words

import (
	"encoding/json"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
)

// model returns the current model. Its tensors are the live tables, except for word
// vectors that are composed.
func (t *wordTrainer) model() *checkpoints.Checkpoint {
	v, d := t.tables.Rows, t.tables.Dim
	c := t.run.Corpus
	options, _ := json.Marshal(t.options) // plain numbers and strings
	tensors, state := t.tensors()
	if t.part != nil {
		state[checkpoints.PartTensor] = t.partCounts()
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Part:    t.part,
			Kind:    t.objective.Name,
			Dim:     d,
			Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true},
			Options: options,
			NGrams:  t.options.NGrams,
			Corpus: checkpoints.CorpusInfo{
				Sources: t.run.Sources, Field: t.run.Selection.Field, Column: t.run.Selection.Column, RawWords: c.RawWords(), Words: c.Words(), Lines: c.Lines(), Vocabulary: v,
				Fingerprint: c.Fingerprint(), Tokenizer: t.tokenizer.Fingerprint(), Cache: t.run.Cache,
			},
			Earlier: t.earlier,
			License: t.license,
			Origin:  t.origin,
		},
		Tokenizer:  t.tokenizer,
		Vocabulary: c.Vocabulary(),
		NGrams:     t.ngrams,
		Tensors:    tensors,
		State:      state,
	}
}

// tensors returns the tensors of the model and of the state, without that of a part.
func (t *wordTrainer) tensors() (tensors, state map[string]checkpoints.Tensor) {
	v, d := t.tables.Rows, t.tables.Dim
	padded := func(rows int, data []float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{rows, d}, Stride: t.tables.Stride, Data: data}
	}
	vectors := t.tables.Vectors()
	if t.options.SumVectors {
		vectors = kernel.Aligned(len(t.tables.In))
		kernel.Axpy(vectors, 1, t.tables.In)
		kernel.Axpy(vectors, 1, t.tables.Out)
	}
	tensors = map[string]checkpoints.Tensor{inputTensor: padded(v, vectors)}
	state = map[string]checkpoints.Tensor{outputTensor: padded(v, t.tables.Out)}
	if t.ngrams != nil {
		tensors[ngramTensor] = padded(t.ngrams.Rows(), t.tables.NGrams)
	}
	if t.options.ownRows() {
		state[wordTensor] = padded(v, t.tables.In)
	}
	if n := t.objective.Positions; n > 0 {
		state[positionTensor] = padded(n, t.tables.Position)
	}
	if t.tables.Frozen != nil {
		state[frozenTensor] = frozenState(t.tables.Frozen)
	}
	return tensors, state
}
