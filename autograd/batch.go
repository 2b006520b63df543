package autograd

import "fmt"

// AppendWindow appends one window to batch: the context rows, then the output
// rows, the true word first.
func AppendWindow(batch, context, outputs []int32) []int32 {
	batch = append(batch, int32(len(context)))
	batch = append(batch, context...)
	return append(batch, outputs...)
}

// walk calls fn for each window of batch and checks its layout and its ids
// against a table of rows rows.
func walk(batch []int32, outputs, rows int, fn func(context, outs []int32) error) error {
	for at := 0; at < len(batch); {
		m := int(batch[at])
		end := at + 1 + m + outputs
		if m < 1 || end > len(batch) {
			return fmt.Errorf("batch: window at %d of %d holds %d context words and %d outputs", at, len(batch), m, outputs)
		}
		for _, id := range batch[at+1 : end] {
			if id < 0 || int(id) >= rows {
				return fmt.Errorf("batch: window at %d names row %d of a table of %d", at, id, rows)
			}
		}
		if err := fn(batch[at+1:at+1+m], batch[at+1+m:end]); err != nil {
			return err
		}
		at = end
	}
	return nil
}
