package sentence

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/luminavec/luminavec/internal/kernel"
)

// features are the rows of the outputs of Linear and ReLU for each row of another table. A row is
// computed when it is used for the first time: texts use few of the tokens, but those often.
type features struct {
	from table
	e    *Encoder
	made sync.Once
	out  memoryTable
	done []atomic.Uint32 // by row: rowEmpty, rowBegun or rowDone
}

const (
	rowEmpty = iota
	rowBegun
	rowDone
)

// need computes row i unless that has been done.
func (f *features) need(i int) error {
	for {
		switch state := &f.done[i]; {
		case state.Load() == rowDone:
			return nil
		case state.CompareAndSwap(rowEmpty, rowBegun):
			row, err := f.from.row(kernel.Aligned(f.e.width.stride), i)
			if err != nil {
				state.Store(rowEmpty)
				return err
			}
			f.e.feature(f.out.matrix.row(i), row)
			state.Store(rowDone)
			return nil
		}
		runtime.Gosched() // another goroutine computes it
	}
}

// make makes room for all rows, which takes no memory on most systems until they are used.
func (f *features) make() {
	f.made.Do(func() {
		rows, _ := f.from.size()
		f.out = memoryTable{newMatrix(rows, f.e.linear.rows)}
		f.done = make([]atomic.Uint32, rows)
	})
}

func (f *features) row(_ []float32, i int) ([]float32, error) {
	f.make()
	return f.out.matrix.row(i), f.need(i)
}

func (f *features) sum(dst []float32, ids []int32, weights []float32) error {
	f.make()
	for _, id := range ids {
		if err := f.need(int(id)); err != nil {
			return err
		}
	}
	return f.out.sum(dst, ids, weights)
}
