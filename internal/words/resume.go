package words

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// resume restores the tables and the position from a checkpoint.
func (t *wordTrainer) resume(c *checkpoints.Checkpoint) error {
	p, was, now := c.Config.Progress, c.Config.Corpus, t.run.Corpus
	total := int64(t.run.Corpus.Blocks()) * int64(t.options.Epochs)
	if err := training.CheckTokenizer(c); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	switch {
	case c.Config.Kind != t.objective.Name:
		return fmt.Errorf("resume: the checkpoint is of kind %q, not %q", c.Config.Kind, t.objective.Name)
	case p.Stopped != "":
		return fmt.Errorf("resume: %w; it stopped early: %s", ErrFinished, p.Stopped)
	case p.TotalBlocks != total || was.RawWords != now.RawWords() || was.Words != now.Words() || was.Lines != now.Lines():
		return fault.New("resume with the text that training started with; to train on new text, start a new run that continues from the model",
			"resume: the corpus has changed: it has %d words, %d in the vocabulary, in %d lines and %d blocks; the checkpoint was made with %d, %d, %d and %d",
			now.RawWords(), now.Words(), now.Lines(), total, was.RawWords, was.Words, was.Lines, p.TotalBlocks)
	case was.Fingerprint != "" && was.Fingerprint != now.Fingerprint():
		return fault.New("resume with the text that training started with",
			"resume: the corpus has changed: it has as many words as when training started, but they are different")
	case p.Blocks < 0 || p.Blocks > total:
		return fmt.Errorf("resume: the position must be from 0 to %d blocks, got %d", total, p.Blocks)
	}
	if err := t.restore(c); err != nil {
		return err
	}
	t.Session.Resume(c)
	if c.Config.Part != nil {
		if err := t.resumePart(c); err != nil {
			return err
		}
	}
	return sameOptions(c.Config.Options, t.options)
}

// restore restores the tables.
func (t *wordTrainer) restore(c *checkpoints.Checkpoint) error {
	v, d := t.run.Corpus.Vocabulary().Len(), t.options.Dim
	tensors, name := c.Tensors, inputTensor
	if t.options.ownRows() {
		tensors, name = c.State, wordTensor
	}
	in, err := restore(tensors, name, v, d)
	if err != nil {
		return err
	}
	out, err := restore(c.State, outputTensor, v, d)
	if err != nil {
		return err
	}
	t.tables = &Tables{Rows: v, Dim: d, Stride: kernel.Stride(d), In: in, Out: out}
	if n := t.objective.Positions; n > 0 {
		if t.tables.Position, err = restore(c.State, positionTensor, n, d); err != nil {
			return err
		}
	}
	if t.options.NGrams.Max > 0 {
		if t.ngrams = c.NGrams; t.ngrams == nil || t.ngrams.Options() != t.options.NGrams {
			return fmt.Errorf("resume: the checkpoint does not have the character n-grams of its options")
		}
		if t.tables.NGrams, err = restore(c.Tensors, ngramTensor, t.ngrams.Rows(), d); err != nil {
			return err
		}
		t.tables.Bag = t.ngrams.Of
	}
	if _, kept := c.State[frozenTensor]; kept || t.options.FreezeInit {
		if t.tables.Frozen, err = thaw(c, v); err != nil {
			return err
		}
	}
	t.earlier, t.license, t.origin = c.Config.Earlier, c.Config.License, c.Config.Origin
	return nil
}

// sameOptions returns an error that names the first option of a resumed run that differs from
// those in config.json. The number of threads and the engine may differ. MinCount and
// MaxVocabulary only determine the corpus, and Start, which a resumed run does not need,
// whether vectors are frozen.
func sameOptions(was json.RawMessage, o Options) error {
	var before Options
	if err := json.Unmarshal(was, &before); err != nil {
		return fmt.Errorf("resume: options in config.json: %w", err)
	}
	for _, o := range []*Options{&before, &o} { // the names that the empty ones stand for
		o.Loss, o.Windows = cmp.Or(o.Loss, LossNS), cmp.Or(o.Windows, WindowsDrawn)
	}
	began, _ := json.Marshal(before) // plain numbers and strings
	return training.CheckSame(began, o, "Threads", "Deterministic", "Engine", "MinCount", "MaxVocabulary", "FreezeInit")
}

// restore returns the padded table of a tensor.
func restore(tensors map[string]checkpoints.Tensor, name string, rows, dim int) ([]float32, error) {
	x, ok := tensors[name]
	if !ok {
		return nil, fault.New("only the model of an interrupted run, with its training folder, can be resumed", "resume: the checkpoint has no tensor %s", name)
	}
	if len(x.Shape) != 2 || x.Shape[0] != rows || x.Shape[1] != dim {
		return nil, fmt.Errorf("resume: tensor %s must have shape [%d %d], got %v", name, rows, dim, x.Shape)
	}
	x, err := x.Expanded() // training changes every row
	if err != nil {
		return nil, err
	}
	stride := kernel.Stride(dim)
	if x.Stride == stride {
		return x.Data, nil
	}
	from := x.Stride
	if from == 0 {
		from = dim
	}
	table := kernel.Aligned(rows * stride)
	for r := range rows {
		copy(table[r*stride:r*stride+dim], x.Data[r*from:r*from+dim])
	}
	return table, nil
}
