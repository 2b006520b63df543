package training

import (
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
	// Summed adds the changes of the parts, as far as they do not repeat each other:
	//
	//	p + γ·Σ (x_s − p),  γ = (1 − e^(−kC)) / Σ (1 − e^(−k·c_s)),  C = Σ c_s
	//
	// Training moves a row towards the place to which its text pulls it, and the rest of the way
	// shrinks by the same factor in every step: after c steps the share 1 − e^(−kc) is done. γ is
	// how far C steps come, compared with the sum of the parts. It is 1 for rows of rare words,
	// whose changes add up, and 1/n for frequent words, of which each part comes all the way.
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
func Methods() []Method { return []Method{Momentum, Summed, RowMean, Mean} }

// Summary describes the method in a few words. It is empty for an unknown one.
func (m Method) Summary() string {
	return map[Method]string{
		Momentum: "the mean of the changes, and most of the change of the rounds before; needs the model that the round started from",
		Summed:   "the sum of the changes for rare words, their mean for frequent ones; needs the model that the round started from",
		RowMean:  "the mean, in which each row is weighted by how often a part has trained it",
		Mean:     "the mean, weighted by the text of the shards",
	}[m]
}

// Table is a table of the parts that is merged into the first of them.
type Table struct {
	Parts  []checkpoints.Tensor
	Parent checkpoints.Tensor // of Summed
	// Counts holds the training of each row in each part, in steps of unit size; nil: the rows are
	// trained in each step, and are merged by their mean.
	Counts [][]float32
	Shares []float64 // of the text, of each part; their sum is 1
	// Velocity is that of Momentum after the round before; no Shape: zero. Merge sets it.
	Velocity checkpoints.Tensor
	Rate     float64 // k of Summed: the share of its way that a row moves in a step
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
	if (m == Summed && t.Counts != nil || m == Momentum) && t.Parent.Shape == nil {
		return out, fmt.Errorf("the model that the round started from does not have it")
	}
	mu := 0.0
	if m == Momentum {
		mu = 1 - 1/float64(len(t.Parts))
		if t.Velocity.Shape == nil {
			t.Velocity = checkpoints.NewTensor(out.Shape...)
		} else if t.Velocity, err = t.Velocity.Expanded(); err != nil {
			return out, err
		}
	}
	for i := range out.Rows() {
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
			v, p := t.Velocity.Row(i), t.Parent.Row(i)
			for k, x := range row {
				d := x - p[k]
				v[k] = float32(mu)*v[k] + d
				row[k] = p[k] + float32(mu)*v[k] + d
			}
		}
		for _, x := range row {
			if x != x || math.IsInf(float64(x), 0) {
				return out, fmt.Errorf("row %d is not finite", i)
			}
		}
	}
	return out, nil
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
	total, parts := 0.0, 0.0
	for s := range weights {
		c := float64(t.Counts[s][i])
		total += c
		parts += -math.Expm1(-t.Rate * c)
	}
	switch {
	case total == 0: // no part has changed it
		copy(weights, t.Shares)
	case m == RowMean:
		for s := range weights {
			weights[s] = float64(t.Counts[s][i]) / total
		}
	default:
		gamma := -math.Expm1(-t.Rate*total) / parts
		rest = 1
		for s := range weights {
			weights[s] = gamma
			rest -= gamma
		}
	}
	return weights, rest
}
