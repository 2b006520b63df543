package training

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
)

// checkpoint returns the run as it stands; its tensors are the live tables,
// but for word vectors that are composed; those of a run that is finished are
// the best, if that is to be kept.
func (t *wordTrainer) checkpoint(out Outcome, finished bool) *checkpoints.Checkpoint {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, d := t.tables.Rows, t.tables.Dim
	c := t.run.Corpus
	options, _ := json.Marshal(t.options) // plain numbers and strings
	loss := out.Loss
	if loss == 0 {
		loss = t.loss
	}
	padded := func(rows int, data []float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{rows, d}, Stride: t.tables.Stride, Data: data}
	}
	tensors := map[string]checkpoints.Tensor{inputTensor: padded(v, t.tables.Vectors())}
	state := map[string]checkpoints.Tensor{outputTensor: padded(v, t.tables.Out)}
	if t.ngrams != nil {
		tensors[ngramTensor] = padded(t.ngrams.Rows(), t.tables.NGrams)
		state[wordTensor] = padded(v, t.tables.In)
	}
	if n := t.objective.Positions; n > 0 {
		state[positionTensor] = padded(n, t.tables.Position)
	}
	if t.tables.Frozen != nil {
		state[frozenTensor] = frozenState(t.tables.Frozen)
	}
	made := &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind:    t.objective.Name,
			Dim:     d,
			Created: time.Now().UTC().Format(time.RFC3339),
			Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true},
			Options: options,
			NGrams:  t.options.NGrams,
			Corpus: checkpoints.CorpusInfo{
				Sources: t.run.Sources, Field: t.run.Selection.Field, Column: t.run.Selection.Column, RawWords: c.RawWords(), Words: c.Words(), Lines: c.Lines(), Vocabulary: v,
				Fingerprint: c.Fingerprint(), Tokenizer: t.tokenizer.Fingerprint(), Cache: t.run.Cache,
			},
			Earlier: t.earlier,
			Progress: checkpoints.Progress{
				Done:        float64(out.Done) / float64(t.blocks),
				Blocks:      out.Done,
				TotalBlocks: t.blocks,
				Epoch:       int(out.Done / int64(c.Blocks())),
				Epochs:      t.options.Epochs,
				Loss:        loss,
				Seconds:     t.spent + out.Elapsed.Seconds(),
				Finished:    finished,
				Stopped:     t.stopped,
				EpochSum:    checkpoints.LossSum{Loss: out.Sums.Epoch.Loss, Targets: out.Sums.Epoch.Targets},
				LogSum:      checkpoints.LossSum{Loss: out.Sums.Unlogged.Loss, Targets: out.Sums.Unlogged.Targets},
			},
		},
		Tokenizer:  t.tokenizer,
		Vocabulary: c.Vocabulary(),
		NGrams:     t.ngrams,
		Tensors:    tensors,
		State:      state,
		Log:        bytes.Clone(t.log.Bytes()),
	}
	if t.watcher != nil {
		t.watcher.put(made)
	}
	return made
}
