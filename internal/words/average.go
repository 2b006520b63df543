package words

import (
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// merge merges the tables of parts of a round into those of the first part; parent is needed by
// training.Summed.
func merge(parts []*checkpoints.Checkpoint, parent *checkpoints.Checkpoint, m training.Method) error {
	first := parts[0]
	o, err := optionsOf(first)
	if err != nil {
		return err
	}
	v := first.Vocabulary
	counts, shares := make([][]float32, len(parts)), make([]float64, len(parts))
	total := 0.0
	for s, c := range parts {
		x := c.State[checkpoints.PartTensor]
		counts[s] = make([]float32, v.Len())
		for i := range counts[s] {
			counts[s][i] = x.Row(i)[0]
		}
		for _, n := range counts[s] {
			shares[s] += float64(n)
		}
		total += shares[s]
	}
	for s := range shares {
		shares[s] /= total
	}
	kin, kout := 0.002, 0.002
	if e := os.Getenv("KIN"); e != "" {
		kin, _ = strconv.ParseFloat(e, 64)
	}
	if e := os.Getenv("KOUT"); e != "" {
		kout, _ = strconv.ParseFloat(e, 64)
	}
	// Negative samples train output rows as well.
	outs := counts
	if o.Loss != LossHS {
		noise := 0.0
		for id := range int32(v.Len()) {
			noise += math.Pow(float64(v.Count(id)), o.NoiseExponent)
		}
		outs = make([][]float32, len(parts))
		for s := range outs {
			outs[s] = make([]float32, v.Len())
			for id := range outs[s] {
				share := math.Pow(float64(v.Count(int32(id))), o.NoiseExponent) / noise
				outs[s][id] = counts[s][id] + float32(share*shares[s]*total*float64(o.Negative))
			}
		}
	}
	table := func(name string, state bool, counts [][]float32, rate float64) error {
		of := func(c *checkpoints.Checkpoint) map[string]checkpoints.Tensor {
			if state {
				return c.State
			}
			return c.Tensors
		}
		t := training.Table{Counts: counts, Shares: shares, Rate: rate}
		for _, c := range parts {
			t.Parts = append(t.Parts, of(c)[name])
		}
		if m == training.Summed {
			t.Parent = of(parent)[name]
		}
		x, err := t.Merge(m)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		of(first)[name] = x
		return nil
	}
	own, state := inputTensor, false
	if o.ownRows() {
		own, state = wordTensor, true
	}
	if err := table(own, state, counts, kin); err != nil {
		return err
	}
	if err := table(outputTensor, true, outs, kout); err != nil {
		return err
	}
	if o.SumVectors {
		x := checkpoints.NewTensor(v.Len(), o.Dim)
		for i := range v.Len() {
			kernel.Axpy(x.Row(i), 1, first.State[wordTensor].Row(i))
			kernel.Axpy(x.Row(i), 1, first.State[outputTensor].Row(i))
		}
		first.Tensors[inputTensor] = x
	}
	return nil
}

// MergeForTest is merge.
var MergeForTest = merge
