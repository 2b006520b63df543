package train

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// resume restores the parameters, the state of the optimizer and the position from a
// checkpoint.
func (t *trainer) resume(c *checkpoints.Checkpoint) error {
	p, was, pairs := c.Config.Progress, c.Config.Corpus, t.run.Pairs
	if err := training.CheckTokenizer(c); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if err := training.CheckState(c); err != nil {
		return fault.New(fault.Hint(err), "resume: %w", err)
	}
	const hint = "resume with the pairs that training started with"
	switch {
	case c.Config.Kind != sentence.Kind:
		return fmt.Errorf("resume: expected a %[2]s model but found a %[1]s model", c.Config.Kind, sentence.Kind)
	case p.Stopped != "":
		return fmt.Errorf("resume: %w; it stopped early: %s", ErrFinished, p.Stopped)
	case was.Fingerprint != pairs.Fingerprint() && pairs.Stats().Unknown > 0:
		return fault.New(hint+", or start a new run: runs that were started by a version that trained unknown tokens cannot be resumed",
			"resume: the pairs are not those that training started with: they have changed, or their %d unknown tokens were not ignored then", pairs.Stats().Unknown)
	case was.Lines != pairs.Examples() || p.TotalBlocks != t.Blocks:
		return fault.New(hint, "resume: the pairs have changed: expected %[3]d in %[4]d batches but found %[1]d in %[2]d",
			pairs.Examples(), t.Blocks, was.Lines, p.TotalBlocks)
	case was.Fingerprint != pairs.Fingerprint():
		return fault.New(hint, "resume: the pairs have changed: their number is the same, but not their texts")
	case p.Blocks < 0 || p.Blocks > t.Blocks:
		return fmt.Errorf("resume: position %d of %d blocks", p.Blocks, t.Blocks)
	}
	if part := c.Config.Part; part != nil {
		if part.Shard == 0 {
			return fault.New("train its next round on every shard", "resume: the model is the average of round %d of %d, not an interrupted part", part.Round, part.Rounds)
		}
		at := *part
		t.part = &at
		_, t.End = training.RoundBlocks(t.Blocks, at.Round, at.Rounds)
	}
	return t.restore(c, p.Blocks)
}

// restore restores the parameters and the state of the optimizer after steps.
func (t *trainer) restore(c *checkpoints.Checkpoint, steps int64) error {
	// The encoder checks the tensors and lays them out for the kernels.
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	o := &t.options
	if _, ok := c.Tensors[checkpoints.BiasTensor]; !ok && o.Hidden > 0 { // the encoder takes it for zero
		return fmt.Errorf("resume: tensor %s is missing", checkpoints.BiasTensor)
	}
	t.encoder = &Parameters{
		Rows: t.tokenizer.Vocabulary().Len(), Dim: o.Dim, Hidden: o.Hidden, Bias: kernel.Aligned(kernel.Stride(o.Hidden)),
		Out: o.Project, Max: o.Pooling == sentence.Max,
	}
	if err := t.take(encoder.Checkpoint(), false); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	state := autograd.State{Steps: steps}
	for name, x := range c.State {
		if !optimizerTensor(name) {
			continue
		}
		if len(x.Shape) != 2 {
			return fmt.Errorf("resume: tensor %s must be a matrix, got shape %v", name, x.Shape)
		}
		state.Slots = append(state.Slots, slotOf(name, x))
	}
	if steps > 0 && o.Optimizer != SGD { // SGD has no state
		for _, name := range t.trained() {
			if !slices.ContainsFunc(state.Slots, func(s autograd.Matrix) bool { return strings.HasPrefix(s.Name, name+".") }) {
				return fault.New("only a model with its training folder can be resumed", "resume: the checkpoint has no optimizer state for the %s", name)
			}
		}
	}
	if err := t.optimizer.Restore(state); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if o.KeepTeacher > 0 {
		x, ok := c.State[startTensor]
		if !ok || len(x.Shape) != 2 || x.Shape[0] != t.encoder.Rows || x.Shape[1] != o.Dim {
			return fault.New("only a model with its training folder can be resumed", "resume: the checkpoint lacks the table that it started from")
		}
		if err := t.keep(slotOf(startTensor, x).Data); err != nil {
			return err
		}
	}
	t.license, t.origin = c.Config.License, c.Config.Origin
	t.Session.Resume(c)
	return training.CheckSame(c.Config.Options, t.options, "Threads", "Engine")
}

// trained returns the names of the parameters that are trained.
func (t *trainer) trained() []string {
	var names []string
	if !t.options.Freeze {
		names = append(names, tableMatrix)
	}
	if t.options.Hidden > 0 {
		names = append(names, linearMatrix, biasMatrix)
	}
	if t.options.Project > 0 {
		names = append(names, projectionMatrix)
	}
	return names
}

// optimizerTensor reports whether a tensor of the state belongs to the optimizer.
func optimizerTensor(name string) bool {
	parameter, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{tableMatrix, linearMatrix, biasMatrix, projectionMatrix}, parameter)
}

// slotOf returns a tensor of the state as the optimizer has it, with padded rows.
func slotOf(name string, x checkpoints.Tensor) autograd.Matrix {
	rows, cols := x.Shape[0], x.Shape[1]
	m := autograd.Matrix{Name: name, Data: x.Data, Rows: rows, Cols: cols, Stride: kernel.Stride(cols)}
	if x.Stride != m.Stride {
		m.Data = kernel.Aligned(rows * m.Stride)
		for i := range rows {
			copy(m.Data[i*m.Stride:], x.Row(i))
		}
	}
	return m
}
