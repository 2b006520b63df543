package autograd

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// A slot describes a quantity that a solver keeps for a matrix: one value for each parameter,
// or one for each row.
type slot struct {
	name    string
	perRow  bool
	initial float32
}

// cols returns the length of a slot's rows for a matrix with cols columns.
func (s slot) cols(cols int) int {
	if s.perRow {
		return 1
	}
	return cols
}

// stride returns the padded length of a slot's rows.
func (s slot) stride(cols int) int {
	if s.perRow {
		return 1
	}
	return kernel.Stride(cols)
}

// slots is the part that all solvers share: their state and the walk over rows.
type slots struct {
	steps int64
	held  map[string][]Matrix // by name of the parameter matrix, in the order of the solver's slots
	seen  map[string][]int64  // for each row the last call that named it, because rows must be distinct
	calls int64
}

// Begin starts a step.
func (s *slots) Begin() { s.steps++ }

// State returns the state of the solver; see [Optimizer].
func (s *slots) State() State {
	st := State{Steps: s.steps}
	for _, held := range s.held {
		st.Slots = append(st.Slots, held...)
	}
	slices.SortFunc(st.Slots, func(a, b Matrix) int { return strings.Compare(a.Name, b.Name) })
	return st
}

// restore sets the state of a solver whose slots are kept.
func (s *slots) restore(solver string, kept []slot, st State) error {
	if st.Steps < 0 {
		return fmt.Errorf("%s: state: the number of steps must be at least 0, got %d", solver, st.Steps)
	}
	held := map[string][]Matrix{}
	for i := range st.Slots {
		m := &st.Slots[i]
		if err := m.check(); err != nil {
			return fmt.Errorf("%s: state: %w", solver, err)
		}
		dot := strings.LastIndexByte(m.Name, '.')
		at := slices.IndexFunc(kept, func(k slot) bool { return dot >= 0 && k.name == m.Name[dot+1:] })
		if at < 0 {
			return fmt.Errorf("%s: state: %q belongs to another solver", solver, m.Name)
		}
		name := m.Name[:dot]
		if held[name] == nil {
			held[name] = make([]Matrix, len(kept))
		}
		if held[name][at].Data != nil {
			return fmt.Errorf("%s: state: %q occurs twice", solver, m.Name)
		}
		held[name][at] = *m
	}
	for name, ms := range held {
		for i, m := range ms {
			if m.Data == nil {
				return fmt.Errorf("%s: state: %q is missing", solver, name+"."+kept[i].name)
			}
		}
	}
	s.steps, s.held, s.seen = st.Steps, held, nil
	return nil
}

// of returns the slots of p. It creates them if p is new.
func (s *slots) of(p *Matrix, kept []slot) ([]Matrix, error) {
	held, ok := s.held[p.Name]
	if !ok && len(kept) > 0 {
		for _, k := range kept {
			m := Matrix{Name: p.Name + "." + k.name, Rows: p.Rows, Cols: k.cols(p.Cols), Stride: k.stride(p.Cols)}
			m.Data = kernel.Aligned(m.Rows * m.Stride)
			if k.initial != 0 {
				for i := range m.Data {
					if i%m.Stride < m.Cols {
						m.Data[i] = k.initial
					}
				}
			}
			held = append(held, m)
		}
		if s.held == nil {
			s.held = map[string][]Matrix{}
		}
		s.held[p.Name] = held
	}
	for i, m := range held {
		if cols := kept[i].cols(p.Cols); m.Rows != p.Rows || m.Cols != cols {
			return nil, fmt.Errorf("state %q: expected %d rows of %d but found %d of %d", m.Name, p.Rows, cols, m.Rows, m.Cols)
		}
	}
	return held, nil
}

// checkRows returns an error if a row is out of range or named twice.
func (s *slots) checkRows(p *Matrix, rows []int32) error {
	if s.seen == nil {
		s.seen = map[string][]int64{}
	}
	seen := s.seen[p.Name]
	if len(seen) != p.Rows {
		seen = make([]int64, p.Rows)
		s.seen[p.Name] = seen
	}
	s.calls++
	for _, r := range rows {
		if uint(r) >= uint(p.Rows) {
			return fmt.Errorf("matrix %q: row %d is out of range, the matrix has %d rows", p.Name, r, p.Rows)
		}
		if seen[r] == s.calls {
			return fmt.Errorf("matrix %q: row %d is named twice", p.Name, r)
		}
		seen[r] = s.calls
	}
	return nil
}

// minShare is the number of parameters that a goroutine updates at a time: fewer take less time than
// starting one.
const minShare = 1 << 14

// update calls row for each of the given rows of p, with its gradient and its slots. Rows are
// independent, so their order does not matter.
func (s *slots) update(p *Matrix, rows []int32, grad []float32, kept []slot, threads int, row func(w, g []float32, held [2][]float32)) error {
	if err := p.check(); err != nil {
		return err
	}
	n := p.Rows
	if rows != nil {
		n = len(rows)
		if err := s.checkRows(p, rows); err != nil {
			return err
		}
	}
	if len(grad) != n*p.Stride {
		return fmt.Errorf("matrix %q: the gradient must have %d rows of %d, got %d values", p.Name, n, p.Stride, len(grad))
	}
	held, err := s.of(p, kept)
	if err != nil {
		return err
	}
	share := func(from, to int) {
		var of [2][]float32
		for i := from; i < to; i++ {
			r := i
			if rows != nil {
				r = int(rows[i])
			}
			for k, m := range held {
				of[k] = m.Data[r*m.Stride : r*m.Stride+m.Cols]
			}
			row(p.Data[r*p.Stride:r*p.Stride+p.Cols], grad[i*p.Stride:i*p.Stride+p.Cols], of)
		}
	}
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	Parallel(threads, n, 1+minShare/p.Cols, share)
	return nil
}

// step implements gorgonia's Step: one update of each value of the model.
func step(solver string, model []G.ValueGrad, update func(p *Matrix, grad []float32) error) error {
	for i, v := range model {
		name := fmt.Sprint(i)
		grad, err := v.Grad()
		if err != nil {
			return fmt.Errorf("%s: gradient of parameter %s: %w", solver, name, err)
		}
		w, ok := v.Value().Data().([]float32)
		if !ok {
			return fmt.Errorf("%s: parameter %s must be a float32 tensor, got %T", solver, name, v.Value().Data())
		}
		g, ok := grad.Data().([]float32)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s: parameter %s has %d float32 values, but its gradient is %T %v", solver, name, len(w), grad.Data(), grad.Shape())
		}
		p := &Matrix{Name: name, Data: w, Rows: 1, Cols: len(w), Stride: len(w)}
		if shape := v.Value().Shape(); len(shape) == 2 && len(w) > 0 {
			p.Rows, p.Cols, p.Stride = shape[0], shape[1], shape[1]
		}
		if err := update(p, g); err != nil {
			return fmt.Errorf("%s: %w", solver, err)
		}
	}
	return nil
}
