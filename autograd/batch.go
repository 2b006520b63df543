package autograd

import "fmt"

// AppendWindow appends one window to batch: the context rows, then the output
// rows, the true word first.
func AppendWindow(batch, context, outputs []int32) []int32 {
	batch = append(batch, int32(len(context)))
	batch = append(batch, context...)
	return append(batch, outputs...)
}

// labelledHeader is the length of what stands before the ids of a labelled window.
const labelledHeader = 3

// AppendLabelled appends one labelled window to batch: the context rows, then the
// outputs, id for a row that is to be predicted and ^id for one that is not.
// first is the place of the first context word among the position weights, those
// of the others follow it; it is 0 where there are none.
func AppendLabelled(batch []int32, first int, context, outputs []int32) []int32 {
	batch = append(batch, int32(len(context)), int32(len(outputs)), int32(first))
	batch = append(batch, context...)
	return append(batch, outputs...)
}

// window is one window of a batch; its slices lie in the batch.
type window struct {
	header  []int32 // what stands before the context
	context []int32
	outputs []int32 // as in the batch
}

// output returns the row of output j and whether it is to be predicted.
func (w *window) output(j int) (row int32, predicted bool) {
	id := w.outputs[j]
	if len(w.header) == 1 {
		return id, j == 0
	}
	return max(id, ^id), id >= 0
}

// first is the place of the first context word among the position weights.
func (w *window) first() int32 { return w.header[len(w.header)-1] }

// shape says what the windows of an engine may be.
type shape struct {
	labelled   bool
	maxContext int
	outputs    int // exactly, or at most in labelled windows
	positions  int // position weights; 0: none
}

func (o *Objective) shape(maxContext, outputs int) shape {
	return shape{labelled: o.Labelled, maxContext: maxContext, outputs: outputs, positions: o.Positions}
}

// check is an error unless an engine can be made for the shape over the tables.
func (s shape) check(t *Tables) error {
	least := 2
	if s.labelled {
		least = 1
	}
	switch {
	case s.maxContext < 1 || s.outputs < least:
		return fmt.Errorf("%d context words and %d outputs: at least 1 and %d are needed", s.maxContext, s.outputs, least)
	case len(t.Position) != s.positions*t.Stride:
		return fmt.Errorf("%d position weights, %d are needed", len(t.Position)/t.Stride, s.positions)
	}
	return nil
}

// walk calls fn for each window of batch and checks its layout and its ids
// against tables of inRows and outRows rows.
func (s shape) walk(batch []int32, inRows, outRows int, fn func(w window) error) error {
	for at := 0; at < len(batch); {
		m, n, header := int(batch[at]), s.outputs, 1
		if s.labelled {
			n, header = 0, labelledHeader
			if at+1 < len(batch) {
				n = int(batch[at+1])
			}
		}
		end := at + header + m + n
		if m < 1 || m > s.maxContext || n < 1 || n > s.outputs || end > len(batch) {
			return fmt.Errorf("batch: window at %d of %d holds %d context words and %d outputs; at most %d and %d are allowed", at, len(batch), m, n, s.maxContext, s.outputs)
		}
		w := window{header: batch[at : at+header], context: batch[at+header : at+header+m], outputs: batch[at+header+m : end]}
		if p := w.first(); s.positions > 0 && (p < 0 || int(p)+m > s.positions) {
			return fmt.Errorf("batch: window at %d has %d context words from place %d of %d", at, m, p, s.positions)
		}
		for _, id := range w.context {
			if id < 0 || int(id) >= inRows {
				return fmt.Errorf("batch: window at %d names row %d of a table of %d", at, id, inRows)
			}
		}
		for j := range w.outputs {
			if id, _ := w.output(j); id < 0 || int(id) >= outRows {
				return fmt.Errorf("batch: window at %d names row %d of a table of %d", at, id, outRows)
			}
		}
		if err := fn(w); err != nil {
			return err
		}
		at = end
	}
	return nil
}
