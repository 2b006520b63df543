package compress

import (
	"context"
	"fmt"
	"math"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/checkpoints"
)

// blockRows is how many rows a goroutine quantizes at a time.
const blockRows = 1024

// table quantizes a table. With fewer clusters than rows, rows share that many; counts are those of the tokens of
// the rows, or nil.
func (j *job) table(t checkpoints.Tensor, clusters int, counts []float64) (*checkpoints.Quantized, error) {
	rows, cols := t.Rows(), t.Cols()
	q := &checkpoints.Quantized{DType: j.DType, Cols: cols, Scales: make([]float32, rows)}
	targets, share := t, clusters > 0 && clusters < rows
	if share || j.DType == checkpoints.PQ { // which find the scales of the rows below
		units, err := unitRows(t)
		if err != nil {
			return nil, err
		}
		targets = units
		if share {
			if targets, q.Mapping, err = j.cluster(units, clusters, counts); err != nil {
				return nil, err
			}
		}
	}
	q.Codes = make([]byte, targets.Rows()*q.CodeBytes())
	var err error
	if j.DType == checkpoints.PQ {
		err = j.parts(q, targets)
	} else {
		err = j.steps(q, targets)
	}
	if err != nil || j.DType != checkpoints.PQ && q.Mapping == nil {
		return q, err
	}
	// The best scale for each row and what its codes stand for.
	for i := range q.Scales {
		q.Scales[i] = 1
	}
	err = j.each(rows, func(from, to int) error {
		values := make([]float32, cols)
		for i := from; i < to; i++ {
			q.Row(values, i)
			var inner, square float64
			for k, x := range t.Row(i) {
				inner += float64(x) * float64(values[k])
				square += float64(values[k]) * float64(values[k])
			}
			if q.Scales[i] = 0; square > 0 {
				q.Scales[i] = float32(inner / square)
			}
		}
		return nil
	})
	return q, err
}

// steps quantizes the rows of targets to whole steps.
func (j *job) steps(q *checkpoints.Quantized, targets checkpoints.Tensor) error {
	n := q.CodeBytes()
	return j.each(targets.Rows(), func(from, to int) error {
		for i := from; i < to; i++ {
			scale, err := checkpoints.Steps(q.Codes[i*n:(i+1)*n], q.DType, targets.Row(i))
			if err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
			if q.Mapping == nil {
				q.Scales[i] = scale
			}
		}
		return nil
	})
}

// each calls fn for all rows, block by block, on several goroutines.
func (j *job) each(rows int, fn func(from, to int) error) error {
	p := pool.New().WithContext(j.ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(j.Threads)
	for from := 0; from < rows; from += blockRows {
		p.Go(func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return fn(from, min(from+blockRows, rows))
		})
	}
	return p.Wait()
}

// unitRows returns the rows divided by their lengths; a zero row stays zero.
func unitRows(t checkpoints.Tensor) (checkpoints.Tensor, error) {
	out := checkpoints.NewTensor(t.Shape...)
	for i := range t.Rows() {
		row, to := t.Row(i), out.Row(i)
		length := 0.0
		for _, v := range row {
			length += float64(v) * float64(v)
		}
		length = math.Sqrt(length)
		if length-length != 0 {
			return out, fmt.Errorf("row %d is not finite", i)
		}
		if length > 0 {
			for k, v := range row {
				to[k] = float32(float64(v) / length)
			}
		}
	}
	return out, nil
}
