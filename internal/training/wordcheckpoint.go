package training

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
)

// checkpoint returns the run as it stands; its tensors are the live tables.
func (t *wordTrainer) checkpoint(out Outcome, total int64) *checkpoints.Checkpoint {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, d := t.tables.Rows, t.tables.Dim
	c := t.run.Corpus
	options, _ := json.Marshal(t.options) // plain numbers and strings
	loss := out.Loss
	if loss == 0 {
		loss = t.loss
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind:    t.objective.Name,
			Dim:     d,
			Created: time.Now().UTC().Format(time.RFC3339),
			Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true},
			Options: options,
			Corpus: checkpoints.CorpusInfo{
				Sources: t.run.Sources, Field: t.run.Selection.Field, Column: t.run.Selection.Column, RawWords: c.RawWords(), Words: c.Words(), Lines: c.Lines(), Vocabulary: v,
				Fingerprint: c.Fingerprint(), Tokenizer: t.tokenizer.Fingerprint(), Cache: t.run.Cache,
			},
			Progress: checkpoints.Progress{
				Done:        float64(out.Done) / float64(total),
				Blocks:      out.Done,
				TotalBlocks: total,
				Epoch:       int(out.Done / int64(c.Blocks())),
				Epochs:      t.options.Epochs,
				Loss:        loss,
				Seconds:     t.spent + out.Elapsed.Seconds(),
				Finished:    out.Done >= total,
			},
		},
		Tokenizer:  t.tokenizer,
		Vocabulary: c.Vocabulary(),
		Tensors: map[string]checkpoints.Tensor{
			inputTensor: {Shape: []int{v, d}, Stride: t.tables.Stride, Data: t.tables.In},
		},
		State: map[string]checkpoints.Tensor{
			outputTensor: {Shape: []int{v, d}, Stride: t.tables.Stride, Data: t.tables.Out},
		},
		Log: bytes.Clone(t.log.Bytes()),
	}
}
