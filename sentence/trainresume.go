package sentence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// resume takes the encoder, the optimizer's state and the position from a checkpoint.
func (t *trainer) resume(c *checkpoints.Checkpoint) error {
	p, was, pairs := c.Config.Progress, c.Config.Corpus, t.run.Pairs
	if err := training.CheckTokenizer(c); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	const hint = "resume with the pairs the training began with"
	switch {
	case c.Config.Kind != Kind:
		return fmt.Errorf("resume: the checkpoint is of a %s trainer, not %s", c.Config.Kind, Kind)
	case p.Stopped != "":
		return fmt.Errorf("resume: the training is finished, it ended early: %s", p.Stopped)
	case was.Lines != pairs.Examples() || p.TotalBlocks != t.Blocks:
		return fault.New(hint, "resume: the pairs have changed: there are %d, in %d batches, and the checkpoint was made with %d in %d",
			pairs.Examples(), t.Blocks, was.Lines, p.TotalBlocks)
	case was.Fingerprint != pairs.Fingerprint():
		return fault.New(hint, "resume: the pairs have changed: there are as many as when the training began, but not the same")
	case p.Blocks < 0 || p.Blocks > t.Blocks:
		return fmt.Errorf("resume: position %d of %d blocks", p.Blocks, t.Blocks)
	}
	o := &t.options
	e := &autograd.TextEncoder{Rows: t.tokenizer.Vocabulary().Len(), Dim: o.Dim, Hidden: o.Hidden, Out: o.Project, Max: o.Pooling == Max}
	for _, m := range []struct {
		name       string
		to         *[]float32
		rows, cols int
	}{
		{checkpoints.EmbeddingTensor, &e.Table, e.Rows, e.Dim},
		{checkpoints.LinearTensor, &e.Linear, e.Hidden, e.Dim},
		{checkpoints.ProjectionTensor, &e.Projection, e.Out, e.Width()},
	} {
		if m.rows == 0 {
			continue
		}
		x, err := tensorMatrix(m.name, c.Tensors[m.name])
		if err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		if x.rows != m.rows || x.cols != m.cols {
			return fmt.Errorf("resume: tensor %s has shape [%d %d], [%d %d] is needed", m.name, x.rows, x.cols, m.rows, m.cols)
		}
		*m.to = x.data
	}
	if e.Bias = kernel.Aligned(kernel.Stride(e.Hidden)); e.Hidden > 0 {
		bias := c.Tensors[checkpoints.BiasTensor]
		if len(bias.Shape) != 1 || bias.Shape[0] != e.Hidden {
			return fmt.Errorf("resume: tensor %s has shape %v, [%d] is needed", checkpoints.BiasTensor, bias.Shape, e.Hidden)
		}
		copy(e.Bias, bias.Data[:e.Hidden])
	}
	t.encoder = e
	if w := c.Tensors[checkpoints.PoolingTensor]; t.weights != nil {
		if len(w.Shape) != 1 || w.Shape[0] != e.Rows {
			return fmt.Errorf("resume: tensor %s has shape %v, [%d] is needed", checkpoints.PoolingTensor, w.Shape, e.Rows)
		}
		t.weights = w.Data[:e.Rows]
	}
	state := autograd.State{Steps: p.Blocks}
	for name, x := range c.State {
		if !optimizerTensor(name) {
			continue
		}
		if len(x.Shape) != 2 {
			return fmt.Errorf("resume: tensor %s has shape %v", name, x.Shape)
		}
		state.Slots = append(state.Slots, slotOf(name, x))
	}
	if p.Blocks > 0 && o.Optimizer != SGD { // which keeps nothing
		for _, name := range t.learnt() {
			if !slices.ContainsFunc(state.Slots, func(s autograd.Matrix) bool { return strings.HasPrefix(s.Name, name+".") }) {
				return fault.New("only a model with its training folder can be resumed", "resume: the checkpoint has no state of its optimizer for the %s", name)
			}
		}
	}
	if err := t.optimizer.Restore(state); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	t.Session.Resume(c)
	return nil
}

// learnt are the names of the parameters that steps change.
func (t *trainer) learnt() []string {
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

// optimizerTensor says whether a tensor of the state is the optimizer's.
func optimizerTensor(name string) bool {
	parameter, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{tableMatrix, linearMatrix, biasMatrix, projectionMatrix}, parameter)
}

// slotOf is a tensor as the optimizer has it, in rows that are padded.
func slotOf(name string, x checkpoints.Tensor) autograd.Matrix {
	rows, cols := x.Shape[0], x.Shape[1]
	m := &matrix{rows: rows, cols: cols, stride: x.Stride, data: x.Data}
	if m.stride != kernel.Stride(cols) {
		m = newMatrix(rows, cols)
		for i := range rows {
			copy(m.row(i), x.Row(i))
		}
	}
	return autograd.Matrix{Name: name, Data: m.data, Rows: rows, Cols: cols, Stride: m.stride}
}
