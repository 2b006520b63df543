package words

import (
	"fmt"

	"github.com/luminavec/luminavec/internal/kernel"
)

// AppendWindow appends one window to batch: the context rows, then the output
// rows, the true word first.
func AppendWindow(batch, context, outputs []int32) []int32 {
	batch = append(batch, int32(len(context)))
	batch = append(batch, context...)
	return append(batch, outputs...)
}

// LinearPlaces returns the weights of the places of windows that reach window words to either
// side: (window+1-d)/window at distance d. This is the probability with which word2vec, which
// draws the reach of each window, includes a word at that distance.
func LinearPlaces(window int) []float32 {
	places := make([]float32, 2*window)
	for i := range window {
		w := float32(i+1) / float32(window)
		places[i], places[2*window-1-i] = w, w
	}
	return places
}

// AppendPlaced appends one placed window to batch: the place of the first context word (the
// places of the others follow it), the context rows, and the output rows.
func AppendPlaced(batch []int32, first int, context, outputs []int32) []int32 {
	batch = append(batch, int32(len(context)), int32(first))
	batch = append(batch, context...)
	return append(batch, outputs...)
}

// labelledHeader is the length of the header of a labelled window.
const labelledHeader = 3

// AppendLabelled appends one labelled window to batch: the context rows, then the outputs, id
// for a row that is to be predicted and ^id for one that is not. first is the place of the
// first context word among the position weights (the places of the others follow it), or 0
// without position weights.
func AppendLabelled(batch []int32, first int, context, outputs []int32) []int32 {
	batch = append(batch, int32(len(context)), int32(len(outputs)), int32(first))
	batch = append(batch, context...)
	return append(batch, outputs...)
}

// window is one window of a batch; its slices are parts of the batch.
type window struct {
	header  []int32 // before the context
	context []int32
	outputs []int32 // as in the batch
}

// output returns the row of output j and whether it is to be predicted.
func (w *window) output(j int) (row int32, predicted bool) {
	id := w.outputs[j]
	if len(w.header) < labelledHeader {
		return id, j == 0
	}
	return max(id, ^id), id >= 0
}

// first returns the place of the first context word among the weights of places, or among the
// position weights.
func (w *window) first() int32 { return w.header[len(w.header)-1] }

// shape describes the windows of an engine.
type shape struct {
	labelled   bool
	maxContext int
	outputs    int // exactly, or at most in labelled windows
	positions  int // position weights; 0: none
	places     []float32
}

func (o *Objective) shape(maxContext, outputs int) shape {
	return shape{labelled: o.Labelled, maxContext: maxContext, outputs: outputs, positions: o.Positions, places: o.Places}
}

// weights returns the weights of the window's context words and their sum; for windows that are
// not placed, nil and the number of words.
func (s shape) weights(w window) (weights []float32, total float32) {
	m := len(w.context)
	if s.places == nil {
		return nil, float32(m)
	}
	weights = s.places[w.first() : int(w.first())+m]
	for _, weight := range weights {
		total += weight
	}
	return weights, total
}

// check returns an error if no engine can be made for the shape over the tables.
func (s shape) check(t *Tables) error {
	least := 2
	if s.labelled {
		least = 1
	}
	switch {
	case s.maxContext < 1 || s.outputs < least:
		return fmt.Errorf("there must be at least 1 context word and %d outputs, got %d and %d", least, s.maxContext, s.outputs)
	case s.places != nil && len(s.places) < s.maxContext:
		return fmt.Errorf("%d context words and weights of %d places: there must be one for each", s.maxContext, len(s.places))
	case len(t.Position) != s.positions*t.Stride:
		return fmt.Errorf("there must be %d position weights, got %d", s.positions, len(t.Position)/t.Stride)
	}
	return nil
}

// scratch returns the memory of the kernels for windows of the shape over the tables.
func (s shape) scratch(t *Tables) *kernel.WindowScratch {
	var scratch *kernel.WindowScratch
	if s.places != nil {
		scratch = kernel.NewPlacedScratch(s.places, s.outputs, t.Stride)
	} else {
		scratch = kernel.NewWindowScratch(s.maxContext, max(s.outputs, 2), t.Stride)
	}
	scratch.Values(t.Dim)
	return scratch
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
		} else if s.places != nil {
			header = 2
		}
		end := at + header + m + n
		if m < 1 || m > s.maxContext || n < 1 || n > s.outputs || end > len(batch) {
			return fmt.Errorf("batch: window at %d of %d has %d context words and %d outputs; at most %d and %d are allowed", at, len(batch), m, n, s.maxContext, s.outputs)
		}
		w := window{header: batch[at : at+header], context: batch[at+header : at+header+m], outputs: batch[at+header+m : end]}
		if count := max(s.positions, len(s.places)); count > 0 {
			if p := w.first(); p < 0 || int(p)+m > count {
				return fmt.Errorf("batch: window at %d has %d context words from place %d of %d", at, m, p, count)
			}
		}
		for _, id := range w.context {
			if id < 0 || int(id) >= inRows {
				return fmt.Errorf("batch: window at %d has row %d of a table of %d", at, id, inRows)
			}
		}
		for j := range w.outputs {
			if id, _ := w.output(j); id < 0 || int(id) >= outRows {
				return fmt.Errorf("batch: window at %d has row %d of a table of %d", at, id, outRows)
			}
		}
		if err := fn(w); err != nil {
			return err
		}
		at = end
	}
	return nil
}
