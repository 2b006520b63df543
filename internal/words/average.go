package words

import (
	"context"
	"fmt"
	"math"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// summedRate is training.Table.Rate of word vectors: the share of its way that a row moves when
// its word is trained once. With a tenth of it, training on four shards diverged.
const summedRate = 0.01

// AverageOptions control how the parts of a round become one model.
type AverageOptions struct {
	Method training.Method // default training.Momentum
	// Parent is the model that the round started from, read with its state; training.Momentum
	// and training.Summed need it. Default: the random vectors of the first round.
	Parent *checkpoints.Checkpoint
}

// Average returns the model of a round from the parts of all shards, which Train has returned, or
// which were read with their state. It takes ownership of their tensors. The parts must be of one
// round, with the same parent, options, vocabulary and text, and of each shard there is one.
func Average(ctx context.Context, parts []training.PartOf, a AverageOptions) (*checkpoints.Checkpoint, error) {
	same := func(first, c *checkpoints.Checkpoint) error {
		o, err := optionsOf(c)
		if err != nil {
			return err
		}
		return training.CheckSameParts(first.Config.Options, o, "Threads", "Deterministic", "Engine", "MinCount", "MaxVocabulary")
	}
	if err := training.CheckParts(parts, same); err != nil {
		return nil, err
	}
	first := parts[0].Model
	o, err := optionsOf(first)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", parts[0].Name, err)
	}
	if a.Method == "" {
		a.Method = training.Methods()[0]
	}
	m := &merger{options: o, method: a.Method}
	if a.Method == training.Summed || a.Method == training.Momentum {
		if m.parent, err = parentOf(first, o, a.Parent); err != nil {
			return nil, err
		}
	}
	for _, p := range parts {
		if err := training.CheckState(p.Model); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		m.parts = append(m.parts, p.Model)
	}
	if err := m.merge(ctx); err != nil {
		return nil, err
	}
	training.Averaged(parts, a.Method)
	return first, nil
}

// parentOf returns the model that a round started from.
func parentOf(part *checkpoints.Checkpoint, o Options, given *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	p := part.Config.Part
	parent := given
	if parent == nil {
		if p.Round > 1 {
			return nil, fault.Field("Parent", "name the model that the round started from, or choose another Method", "is needed: round %d started from the average of round %d", p.Round, p.Round-1)
		}
		var err error
		if parent, err = initial(part, o); err != nil {
			return nil, err
		}
	}
	got, err := parent.Fingerprint()
	if err != nil {
		return nil, err
	}
	switch {
	case got == p.Parent:
		return parent, nil
	case given == nil:
		return nil, fault.Field("Parent", "choose another Method for the first round of training that starts from given vectors", "cannot be made again: the first round did not start from random vectors")
	}
	return nil, fault.Field("Parent", "name the model that the parts started from", "is not the model that the parts started from")
}

// initial returns the random model that a first round starts from.
func initial(part *checkpoints.Checkpoint, o Options) (*checkpoints.Checkpoint, error) {
	base, ok := Lookup(part.Config.Kind)
	if !ok {
		return nil, fmt.Errorf("a model of kind %q cannot be trained", part.Config.Kind)
	}
	objective, err := o.objective(base.Objective)
	if err != nil {
		return nil, err
	}
	t := &wordTrainer{objective: objective, options: o}
	if t.tables, err = NewTables(part.Vocabulary.Len(), o.Dim, o.Seed); err != nil {
		return nil, err
	}
	if n := objective.Positions; n > 0 {
		t.tables.AddPositions(n)
	}
	if o.NGrams.Max > 0 {
		if t.ngrams, err = tokenize.NewNGrams(part.Vocabulary, o.NGrams); err != nil {
			return nil, err
		}
		t.tables.AddNGrams(t.ngrams.Rows(), t.ngrams.Of, o.Seed)
	}
	c := &checkpoints.Checkpoint{Config: part.Config, Vocabulary: part.Vocabulary}
	c.Tensors, c.State = t.tensors()
	return c, nil
}

// merger merges the tables of parts into those of the first.
type merger struct {
	options Options
	method  training.Method
	parent  *checkpoints.Checkpoint // nil: not needed
	parts   []*checkpoints.Checkpoint
	shares  []float64 // of the trained words
}

func (m *merger) merge(ctx context.Context) error {
	first, o := m.parts[0], m.options
	v := first.Vocabulary
	counts, err := m.counts(v.Len())
	if err != nil {
		return err
	}
	own, state := inputTensor, false
	if o.ownRows() {
		own, state = wordTensor, true
	}
	outputs := counts
	if o.Loss == LossHS {
		outputs = nil // the rows are inner nodes of the tree, which many words share
	} else {
		m.addNegatives(v, &outputs)
	}
	for _, t := range []struct {
		name   string
		state  bool
		counts [][]float32
		needed bool
	}{
		{own, state, counts, true},
		{outputTensor, true, outputs, true},
		{ngramTensor, false, m.ngrams(counts), o.NGrams.Max > 0},
		{positionTensor, true, nil, o.PositionWeights},
	} {
		if !t.needed {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := m.table(t.name, t.state, t.counts); err != nil {
			return err
		}
	}
	return m.compose()
}

// counts returns how often each word was trained in each part, and sets the shares.
func (m *merger) counts(words int) ([][]float32, error) {
	var counts [][]float32
	total := 0.0
	for _, c := range m.parts {
		x, ok := c.State[checkpoints.PartTensor]
		if !ok || len(x.Shape) != 2 || x.Shape[0] != words || x.Shape[1] != 1 {
			return nil, fmt.Errorf("a part has no tensor %s of shape [%d 1]", checkpoints.PartTensor, words)
		}
		row, sum := make([]float32, words), 0.0
		for i := range row {
			row[i] = x.Row(i)[0]
			if !(row[i] >= 0) {
				return nil, fmt.Errorf("tensor %s: row %d is %v", checkpoints.PartTensor, i, row[i])
			}
			sum += float64(row[i])
		}
		counts, m.shares = append(counts, row), append(m.shares, sum)
		total += sum
	}
	for s := range m.shares {
		m.shares[s] /= max(1, total)
	}
	return counts, nil
}

// addNegatives replaces counts by those of the output rows, which negative samples train as well.
func (m *merger) addNegatives(v *tokenize.Vocabulary, counts *[][]float32) {
	share, sum := make([]float64, v.Len()), 0.0
	for id := range share {
		if n := v.Count(int32(id)); n > 0 {
			share[id] = math.Pow(float64(n), m.options.NoiseExponent)
		}
		sum += share[id]
	}
	var with [][]float32
	for _, row := range *counts {
		words := 0.0
		for _, n := range row {
			words += float64(n)
		}
		out := make([]float32, len(row))
		for id, n := range row {
			out[id] = n + float32(words*float64(m.options.Negative)*share[id]/sum)
		}
		with = append(with, out)
	}
	*counts = with
}

// ngrams returns the counts of the rows of n-grams: those of the words that they are part of.
func (m *merger) ngrams(counts [][]float32) [][]float32 {
	grams := m.parts[0].NGrams
	if grams == nil {
		return nil
	}
	var all [][]float32
	for _, row := range counts {
		of := make([]float32, grams.Rows())
		for id, n := range row {
			for _, gram := range grams.Of(int32(id)) {
				of[gram] += n
			}
		}
		all = append(all, of)
	}
	return all
}

// table merges a table.
func (m *merger) table(name string, state bool, counts [][]float32) error {
	of := func(c *checkpoints.Checkpoint) map[string]checkpoints.Tensor {
		if state {
			return c.State
		}
		return c.Tensors
	}
	t := training.Table{Counts: counts, Shares: m.shares, Rate: summedRate}
	for _, c := range m.parts {
		x, ok := of(c)[name]
		if !ok {
			return fmt.Errorf("a part has no tensor %s", name)
		}
		t.Parts = append(t.Parts, x)
	}
	if m.parent != nil {
		t.Parent = of(m.parent)[name]
	}
	if m.method == training.Momentum {
		t.Velocity = m.parent.State[checkpoints.OuterPrefix+name]
	}
	x, err := t.Merge(m.method)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", name, err)
	}
	if m.method == training.Momentum {
		m.parts[0].State[checkpoints.OuterPrefix+name] = t.Velocity
	}
	of(m.parts[0])[name] = x
	return nil
}

// compose sets the vectors of words that are made of several rows.
func (m *merger) compose() error {
	first, o := m.parts[0], m.options
	v := first.Vocabulary.Len()
	if !o.ownRows() {
		return nil
	}
	own, err := restore(first.State, wordTensor, v, o.Dim)
	if err != nil {
		return err
	}
	out, err := restore(first.State, outputTensor, v, o.Dim)
	if err != nil {
		return err
	}
	t := &Tables{Rows: v, Dim: o.Dim, Stride: kernel.Stride(o.Dim), In: own, Out: out}
	if o.NGrams.Max > 0 {
		if t.NGrams, err = restore(first.Tensors, ngramTensor, first.NGrams.Rows(), o.Dim); err != nil {
			return err
		}
		t.Bag = first.NGrams.Of
	}
	if _, ok := first.State[frozenTensor]; ok {
		if t.Frozen, err = thaw(first, v); err != nil {
			return err
		}
	}
	composed := &wordTrainer{objective: &Objective{}, options: o, tables: t, ngrams: first.NGrams}
	tensors, _ := composed.tensors()
	first.Tensors[inputTensor] = tensors[inputTensor]
	return nil
}
