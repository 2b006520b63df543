package words

import "math"

// An Example is one window with copies of the rows it touches: m context words and n
// outputs, d numbers per row.
type Example struct {
	X [][]float32 // m rows of the input table, of the context words
	Y [][]float32 // n rows of the output table

	Label    []float32   // n: 1 for an output that is to be predicted, such as the true word; 0 for a negative
	Weight   []float32   // m: how much a context word counts, by its place in the window; 1 in windows that are not placed
	Position [][]float32 // m rows of position weights; only for an objective that has them
}

// A Step takes one gradient step of size alpha on a window: it changes the rows of w and
// returns the loss of the window before the step, in nats.
type Step func(o *Objective, w *Example, alpha float32) (loss float64)

// newPlain returns the function of the fused operation for an objective that has only a step in
// plain Go. The changes of the step are added to the tables with kernels, so that several
// goroutines may share the tables.
func newPlain(o *Objective, s Setup) Stepper {
	p := &plain{objective: o, tables: s.Tables, shape: o.shape(s.MaxContext, s.Outputs)}
	return p.batch
}

type plain struct {
	objective *Objective
	tables    *Tables
	shape     shape
}

func (p *plain) batch(in, out []float32, batch []int32, alpha float32) (loss, targets float64) {
	stride := p.tables.Stride
	walk := func(fn func(window) error) {
		if err := p.shape.walk(batch, len(in)/stride, len(out)/stride, fn); err != nil {
			panic(err)
		}
	}
	walk(func(window) error { return nil }) // nothing is changed by a malformed batch
	walk(func(w window) error {
		l, n := p.window(in, out, w, alpha)
		loss, targets = loss+l, targets+n
		return nil
	})
	return loss, targets
}

func (p *plain) window(in, out []float32, w window, alpha float32) (loss, targets float64) {
	t, m := p.tables, len(w.context)
	weights, total := p.shape.weights(w)
	e := Example{Weight: weights}
	for range m - len(weights) {
		e.Weight = append(e.Weight, 1)
	}
	outs := make([]int32, len(w.outputs))
	for j := range outs {
		row, predicted := w.output(j)
		outs[j] = row
		if e.Label = append(e.Label, 0); predicted {
			e.Label[j] = 1
		}
	}
	var places []int32
	for i := range min(p.shape.positions, m) {
		places = append(places, w.first()+int32(i))
	}
	commit := []func(){
		p.rows(&e.X, in, w.context), p.rows(&e.Y, out, outs), p.rows(&e.Position, t.Position, places),
	}
	loss = p.objective.Step(p.objective, &e, alpha)
	for _, fn := range commit {
		fn()
	}
	return loss, p.objective.targets(m, total)
}

// rows copies rows of a table; the function it returns adds to the table what has
// changed in the copies.
func (p *plain) rows(copies *[][]float32, table []float32, ids []int32) (commit func()) {
	d := p.tables.Dim
	row := func(id int32) []float32 { return p.tables.row(table, id) }
	now, before := make([]float32, len(ids)*d), make([]float32, len(ids)*d)
	gather(now, d, ids, row)
	copy(before, now)
	for i := range ids {
		*copies = append(*copies, now[i*d:(i+1)*d:(i+1)*d])
	}
	return func() { scatter(now, before, d, 1, ids, row) }
}

// LogLoss returns the logistic loss of a score, in nats, and its derivative:
// −log σ(s) for label 1 and −log σ(−s) for label 0, and σ(s) − label.
func LogLoss(score, label float32) (loss float64, gradient float32) {
	t := float64(score)
	if label == 1 {
		t = -t
	}
	e := math.Exp(-math.Abs(t)) // cannot overflow
	sigma := 1 / (1 + math.Exp(-float64(score)))
	return max(t, 0) + math.Log1p(e), float32(sigma) - label
}

// Dot returns x·y.
func Dot(x, y []float32) (sum float32) {
	for k, v := range x {
		sum += v * y[k]
	}
	return sum
}

// Add adds a·x to dst.
func Add(dst []float32, a float32, x []float32) {
	for k, v := range x {
		dst[k] += a * v
	}
}

// Zeros returns n rows as long as row, all zero.
func Zeros(n int, row []float32) [][]float32 {
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = make([]float32, len(row))
	}
	return rows
}
