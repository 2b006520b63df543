package training

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Method is how the parts of a round become one model.
type Method string

// The methods. Each row of a table changes from p, that of the parent, to x_s in part s, in which
// it was trained c_s times.
const (
	// Adaptive keeps r, a table of the changes that are not applied yet, from round to round in the
	// state of the average. Of a row's change D = Σ (x_s − p) it applies the share a at once, and of
	// the rest the same share in each of the next rounds, so that over the rounds all changes of all
	// parts are added up, as in one process:
	//
	//	x = p + a·r + a(2−a)·D,  r ← (1−a)·r + (1−a)²·D
	//
	// With a = 1 that is the sum, and with a = 1/n it is Momentum. Training moves a row towards the
	// place to which its text pulls it, and the rest of the way shrinks by the same factor in every
	// step: after c steps the share 1 − e^(−kc) is done. So C = Σ c_s steps come a times as far as
	// the sum of the parts:
	//
	//	a = (1 − e^(−kC)) / Σ (1 − e^(−k·c_s))
	//
	// Where each part comes all the way, a is 1/n. k is the curvature of the loss, and very different
	// from direction to direction: the output rows that an input row meets have a large mean, so that
	// a few steps are all the way along it, while across it thousands of steps add up. The change is
	// divided into these two, each with its own k.
	//
	// Frequent words keep moving about the place to which their text pulls them, and the mean of n
	// parts does so with less of the variance. Word similarities became worse where it was missing, so
	// with more than four parts as much of the difference between one of the parts, another one in each round, and the mean is
	// added as the variance of C steps needs, 1 − e^(−2kC) of that of endless training.
	Adaptive Method = "adaptive"
	// Summed adds the changes of the parts, as far as they do not repeat each other:
	//
	//	p + a·Σ (x_s − p),  with a as in Adaptive
	//
	// a is 1 for rows of rare words, whose changes add up, and 1/n for frequent words, of which each
	// part comes all the way.
	Summed Method = "sum"
	// Momentum adds a velocity v, a table that is kept from round to round in the state of the
	// average, with the share μ = 1 − 1/n of the velocity before for n parts:
	//
	//	v ← μ·v + Σ (x_s − p)/n,  x = p + μ·v + Σ (x_s − p)/n
	//
	// Over the rounds all changes of all parts are so added up, as in one process, but no round
	// moves a row much further than a part does (Nesterov momentum in the outer steps of local SGD:
	// Douillard et al., DiLoCo, 2023).
	Momentum Method = "momentum"
	// RowMean is the mean of the parts, weighted by c_s.
	RowMean Method = "rows"
	// Mean is the mean of the parts, weighted by the text of their shards (McMahan et al., 2017).
	Mean Method = "mean"
)

// Methods returns the methods, the default first.
func Methods() []Method { return []Method{Adaptive, Momentum, Summed, RowMean, Mean} }

// Summary describes the method in a few words. It is empty for an unknown one.
func (m Method) Summary() string {
	return map[Method]string{
		Adaptive: "the changes of all parts: those that add up at once, others over several rounds; needs the model that the round started from",
		Momentum: "the mean of the changes, and most of the change of the rounds before; needs the model that the round started from",
		Summed:   "the sum of the changes for rare words, their mean for frequent ones; needs the model that the round started from",
		RowMean:  "the mean, in which each row is weighted by how often a part has trained it",
		Mean:     "the mean, weighted by the text of the shards",
	}[m]
}

// Table is a table of the parts that is merged into the first of them.
type Table struct {
	Parts  []checkpoints.Tensor
	Parent checkpoints.Tensor // of the methods of which NeedsParent is true
	// Counts holds the training of each row in each part, in steps of unit size; nil: the rows are
	// trained in each step, and are merged by their mean.
	Counts [][]float32
	Shares []float64 // of the text, of each part; their sum is 1
	// Kept is what the round before has kept: the velocity of Momentum or the rest of Adaptive; no
	// Shape: zero. Merge sets it.
	Kept checkpoints.Tensor
	Rate float64 // k of Summed and Adaptive: the share of its way that a row moves in a step
	// Direction is a unit vector along which k is Along; nil: none.
	Direction []float32
	Along     float64
	Lead      int // the part of which Adaptive keeps the noise
}

// NeedsParent reports whether the method needs the model that the round started from.
func (m Method) NeedsParent() bool { return m == Adaptive || m == Momentum || m == Summed }

// Keeps reports whether the method keeps a table from round to round.
func (m Method) Keeps() bool { return m == Adaptive || m == Momentum }

// Convert changes what method m has kept of rounds of n parts to what method to keeps: with a
// velocity v, Momentum would still add (n−1)²/n·v.
func (m Method) Convert(kept checkpoints.Tensor, to Method, n int) (checkpoints.Tensor, error) {
	if kept.Shape == nil || m == to {
		return kept, nil
	}
	kept, err := kept.Expanded()
	if err != nil {
		return kept, err
	}
	factor := float64((n-1)*(n-1)) / float64(n)
	if to == Momentum {
		if factor > 0 {
			factor = 1 / factor
		}
	}
	for i := range kept.Rows() {
		kernel.Scale(kept.Row(i), float32(factor))
	}
	return kept, nil
}

// Merge returns the merged table in the memory of the first part.
func (t *Table) Merge(m Method) (checkpoints.Tensor, error) {
	out, err := t.Parts[0].Expanded() // rows are written
	if err != nil {
		return out, err
	}
	for _, x := range append(t.Parts[1:len(t.Parts):len(t.Parts)], t.Parent) {
		if x.Shape != nil && !slices.Equal(x.Shape, out.Shape) {
			return out, fmt.Errorf("the shapes of the parts differ: %v and %v", out.Shape, x.Shape)
		}
	}
	if (m == Summed && t.Counts != nil || m.Keeps()) && t.Parent.Shape == nil {
		return out, fmt.Errorf("the model that the round started from does not have it")
	}
	mu := 1 - 1/float64(len(t.Parts))
	if m.Keeps() {
		if t.Kept.Shape == nil {
			t.Kept = checkpoints.NewTensor(out.Shape...)
		} else if !slices.Equal(t.Kept.Shape, out.Shape) {
			return out, fmt.Errorf("the shape of the tensor that the round before has kept differs: %v and %v", t.Kept.Shape, out.Shape)
		} else if t.Kept, err = t.Kept.Expanded(); err != nil {
			return out, err
		}
	}
	var own, kept []float32
	if m == Adaptive {
		own, kept = make([]float32, len(out.Row(0))), make([]float32, len(out.Row(0)))
	}
	for i := range out.Rows() {
		if m == Adaptive {
			t.adapt(i, out.Row(i), own, kept)
			if err := finite(i, out.Row(i)); err != nil {
				return out, err
			}
			continue
		}
		weights, rest := t.weights(m, i)
		row := out.Row(i)
		kernel.Scale(row, float32(weights[0]))
		for s, part := range t.Parts[1:] {
			if weights[s+1] != 0 {
				kernel.Axpy(row, float32(weights[s+1]), part.Row(i))
			}
		}
		if rest != 0 {
			kernel.Axpy(row, float32(rest), t.Parent.Row(i))
		}
		if m == Momentum { // row is the mean
			v, p := t.Kept.Row(i), t.Parent.Row(i)
			for k, x := range row {
				d := x - p[k]
				v[k] = float32(mu)*v[k] + d
				row[k] = p[k] + float32(mu)*v[k] + d
			}
		}
		if err := finite(i, row); err != nil {
			return out, err
		}
	}
	return out, nil
}

func finite(i int, row []float32) error {
	for _, x := range row {
		if x != x || math.IsInf(float64(x), 0) {
			return fmt.Errorf("row %d is not finite", i)
		}
	}
	return nil
}

// margin is the factor of k in the shares a of Adaptive: all rows move at once, so that the sum of
// what each of them may do can be too much. With a quarter of it, eight shards of a small text in 60
// rounds were unstable for some rounds at the start.
const margin = 8

// quietParts is the greatest number of parts to which Adaptive adds no noise. Where the parts come all
// the way, r adds noise too: with four of them, 0.85 of the variance is there, with eight 0.51.
const quietParts = 4

// step is what Adaptive does in a direction: x = p + fromKept·r + fromChange·D + spread·(x_s − p − D/n),
// and r ← keepKept·r + keepChange·D.
type step struct{ fromKept, fromChange, keepKept, keepChange, spread float64 }

// step returns that of row i in a direction of curvature k.
func (t *Table) step(k float64, i int) step {
	n := float64(len(t.Parts))
	a := 1 / n
	if t.Counts != nil {
		a = t.share(margin*k, i)
	}
	s := step{fromKept: a, fromChange: a * (2 - a), keepKept: 1 - a, keepChange: (1 - a) * (1 - a)}
	if t.Counts == nil || len(t.Parts) <= quietParts {
		return s
	}
	total := 0.0
	for _, row := range t.Counts {
		total += float64(row[i])
	}
	part, all := -math.Expm1(-2*k*total/n), -math.Expm1(-2*k*total)
	if part > 0 {
		has := part * n * (s.fromChange*s.fromChange + a*a*s.keepChange*s.keepChange)
		s.spread = math.Sqrt(max(0, all-has) / ((1 - 1/n) * part))
	}
	return s
}

// adapt sets row i, that of the first part, to the result of Adaptive. own and kept have its length.
func (t *Table) adapt(i int, row, own, kept []float32) {
	n, p, r := float32(len(t.Parts)), t.Parent.Row(i), t.Kept.Row(i)
	copy(own, t.Parts[t.Lead].Row(i))
	copy(kept, r)
	for _, part := range t.Parts[1:] {
		kernel.Axpy(row, 1, part.Row(i))
	}
	kernel.Axpy(own, -1/n, row) // x_s − p − D/n
	kernel.Axpy(row, -n, p)     // D
	across := t.step(t.Rate, i)
	along, u := across, t.Direction
	var alongD, alongR, alongOwn float64
	if u != nil {
		along = t.step(t.Along, i)
		alongD, alongR, alongOwn = float64(kernel.Dot(u, row)), float64(kernel.Dot(u, r)), float64(kernel.Dot(u, own))
	}
	kernel.Scale(r, float32(across.keepKept))
	kernel.Axpy(r, float32(across.keepChange), row)
	kernel.Scale(row, float32(across.fromChange))
	kernel.Axpy(row, float32(across.fromKept), kept)
	kernel.Axpy(row, float32(across.spread), own)
	kernel.Axpy(row, 1, p)
	if u != nil {
		kernel.Axpy(row, float32((along.fromKept-across.fromKept)*alongR+(along.fromChange-across.fromChange)*alongD+(along.spread-across.spread)*alongOwn), u)
		kernel.Axpy(r, float32((along.keepKept-across.keepKept)*alongR+(along.keepChange-across.keepChange)*alongD), u)
	}
}

// share returns a of Adaptive: how far row i comes in the steps of all parts, of the sum of how far
// it comes in those of each.
func (t *Table) share(k float64, i int) float64 {
	total, parts := 0.0, 0.0
	for _, row := range t.Counts {
		total += float64(row[i])
		parts += -math.Expm1(-k * float64(row[i]))
	}
	if k*total < 1e-6 {
		return 1
	}
	return -math.Expm1(-k*total) / parts
}

// directionRows is how many rows, those of greatest weight, Principal looks at.
const directionRows = 4096

// Principal returns the principal direction of the rows of tables of one shape, the mean square of
// the rows along it, and the mean square in a direction across it. Row i of each has weights[i].
func Principal(tables []checkpoints.Tensor, weights []float64) (u []float32, along, across float64) {
	rows := make([]int, len(weights))
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(i, j int) int { return cmp.Compare(weights[j], weights[i]) })
	rows = rows[:min(len(rows), directionRows)]
	sum, square := 0.0, 0.0
	dim := tables[0].Shape[1]
	u, next := make([]float32, dim), make([]float32, dim)
	for _, t := range tables {
		for _, i := range rows {
			row := t.Row(i)
			kernel.Axpy(u, float32(weights[i]), row)
			square += weights[i] * float64(kernel.Dot(row, row))
			sum += weights[i]
		}
	}
	// The mean is near to it already; each multiplication by the second moment comes nearer.
	for range 10 {
		if !normalize(u) {
			return nil, 0, square / max(sum, math.SmallestNonzeroFloat64) / float64(dim)
		}
		clear(next)
		for _, t := range tables {
			for _, i := range rows {
				row := t.Row(i)
				kernel.Axpy(next, float32(weights[i])*kernel.Dot(u, row), row)
			}
		}
		along = float64(kernel.Dot(u, next)) / sum
		u, next = next, u
	}
	if !normalize(u) {
		return nil, 0, square / sum / float64(dim)
	}
	return u, along, max(0, square/sum-along) / float64(max(1, dim-1))
}

// normalize scales u to length 1; false: it is zero or not finite.
func normalize(u []float32) bool {
	n := math.Sqrt(float64(kernel.Dot(u, u)))
	if !(n > 0) || math.IsInf(n, 0) {
		return false
	}
	kernel.Scale(u, float32(1/n))
	return true
}

// weights returns the weights of row i of the parts, and that of the parent.
func (t *Table) weights(m Method, i int) (weights []float64, rest float64) {
	weights = make([]float64, len(t.Parts))
	if m == Momentum {
		for s := range weights {
			weights[s] = 1 / float64(len(weights))
		}
		return weights, 0
	}
	if t.Counts == nil || m == Mean {
		copy(weights, t.Shares)
		return weights, 0
	}
	total := 0.0
	for _, row := range t.Counts {
		total += float64(row[i])
	}
	switch {
	case total == 0: // no part has changed it
		copy(weights, t.Shares)
	case m == RowMean:
		for s := range weights {
			weights[s] = float64(t.Counts[s][i]) / total
		}
	default:
		gamma := t.share(t.Rate, i)
		rest = 1
		for s := range weights {
			weights[s] = gamma
			rest -= gamma
		}
	}
	return weights, rest
}
