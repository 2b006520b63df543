package train

import (
	"slices"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// startTensor is the tensor of the state with the table that a run with KeepTeacher started from.
const startTensor = "start"

// keeper adds to the gradient of a batch that of
//
//	KeepTeacher · mean over the texts of (1 − cos(vector, vector at the start))
//
// which is the loss Align. Its table has the rows of the batch, and behind them the vectors of the texts
// at the start.
type keeper struct {
	start  []float32 // the table at the start, as that of the encoder
	weight float32
	rows   Parameters
	batch  Batch
	engine Engine
}

// keep prepares KeepTeacher; start is the table of the model that the run started from.
func (t *trainer) keep(start []float32) error {
	o := &t.options
	switch {
	case o.KeepTeacher == 0:
		return nil
	case start == nil:
		return fault.Field("KeepTeacher", "start from a sentence model", "requires a model to stay near to")
	case o.Hidden > 0 || o.Project > 0 || t.encoder.Max:
		return fault.Field("KeepTeacher", "leave it out", "applies to models without Hidden, Project and max pooling")
	case t.part != nil:
		return fault.Field("KeepTeacher", "leave it out", "does not apply to training in parts")
	}
	t.keeper = &keeper{start: start, weight: float32(o.KeepTeacher)}
	return nil
}

// add adds the gradient to g, and returns the loss that belongs to it.
func (k *keeper) add(e *Parameters, b *Batch, g *Gradient, threads int) (float64, error) {
	stride, known, n := kernel.Stride(e.Dim), len(b.Rows), b.Texts()
	if size := (known + n) * stride; k.engine == nil || size > len(k.rows.Table) {
		if err := k.close(); err != nil {
			return 0, err
		}
		k.rows = Parameters{Rows: known + n, Dim: e.Dim, Table: kernel.Aligned(size)}
		var err error
		if k.engine, err = NewFused(&k.rows, Objective{Loss: Align}, threads); err != nil {
			return 0, err
		}
	}
	table := k.rows.Table
	autograd.Parallel(threads, known, rowBlock, func(from, to int) {
		for i := from; i < to; i++ {
			copy(table[i*stride:(i+1)*stride], e.Table[int(b.Rows[i])*stride:])
		}
	})
	autograd.Parallel(threads, n, textBlock, func(from, to int) {
		for i := from; i < to; i++ {
			target := table[(known+i)*stride:][:stride]
			clear(target)
			for j := b.Offsets[i]; j < b.Offsets[i+1]; j++ {
				kernel.Axpy(target, b.Weights[j], k.start[int(b.Rows[b.Tokens[j]])*stride:][:stride])
			}
		}
	})
	own := &k.batch
	own.Examples, own.Columns = n, 2
	own.Tokens, own.Weights, own.Offsets = append(own.Tokens[:0], b.Tokens...), append(own.Weights[:0], b.Weights...), append(own.Offsets[:0], b.Offsets...)
	for i := range n {
		own.Tokens, own.Weights = append(own.Tokens, int32(known+i)), append(own.Weights, 1)
		own.Offsets = append(own.Offsets, int32(len(own.Tokens)))
	}
	for own.Rows = own.Rows[:0]; len(own.Rows) < known+n; {
		own.Rows = append(own.Rows, int32(len(own.Rows)))
	}
	loss, pull, err := k.engine.Gradient(own)
	if err != nil {
		return 0, err
	}
	autograd.Parallel(threads, known, rowBlock, func(from, to int) {
		kernel.Axpy(g.Rows[from*stride:to*stride], k.weight, pull.Rows[from*stride:to*stride])
	})
	return float64(k.weight) * loss, nil
}

func (k *keeper) close() error {
	if k == nil || k.engine == nil {
		return nil
	}
	return k.engine.Close()
}

// startOf returns the table to stay near to, nil without KeepTeacher.
func (t *trainer) startOf(start *Start) []float32 {
	if t.options.KeepTeacher == 0 || start == nil || start.Encoder == nil {
		return nil
	}
	return slices.Clone(t.encoder.Table)
}
