package words

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
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
	Method training.Method // default training.Adaptive
	// Parent is the model that the round started from, read with its state; training.Adaptive,
	// training.Momentum and training.Summed need it. Default: the random vectors of the first round.
	Parent *checkpoints.Checkpoint
}

// Average returns the model of a round from the parts of all shards, which Train has returned, or
// which were read with their state. It takes ownership of their tensors. The parts must be of one
// round, with the same parent, options, vocabulary and text, and of each shard there is one. Their
// order does not matter.
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
	// The result is the same whatever the order in which the parts are named.
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b training.PartOf) int {
		return cmp.Compare(a.Model.Config.Part.Shard, b.Model.Config.Part.Shard)
	})
	first := parts[0].Model
	o, err := optionsOf(first)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", parts[0].Name, err)
	}
	if a.Method == "" {
		a.Method = training.Methods()[0]
	}
	m := &merger{options: o, method: a.Method}
	if a.Method.NeedsParent() {
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
	var toInputs, toOutputs direction
	if m.method == training.Adaptive {
		if o.Loss == LossHS {
			counts = nil // which inner nodes a word meets is not counted
		} else if toInputs, toOutputs, err = m.directions(own, state); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		name      string
		state     bool
		counts    [][]float32
		direction direction
		needed    bool
	}{
		{own, state, counts, toInputs, true},
		{outputTensor, true, outputs, toOutputs, true},
		{ngramTensor, false, m.ngrams(counts), toInputs, o.NGrams.Max > 0},
		{positionTensor, true, nil, direction{}, o.PositionWeights},
	} {
		if !t.needed {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := m.table(t.name, t.state, t.counts, t.direction); err != nil {
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

// direction is training.Table.Direction and the shares of their way that rows move in a step, along
// it and across it.
type direction struct {
	vector        []float32
	along, across float64
}

// directions returns those of the input rows, given by the output rows that they meet, and those of
// the output rows, given by the input vectors. own is the table of the input rows.
func (m *merger) directions(own string, state bool) (toInputs, toOutputs direction, err error) {
	o, p := m.options, m.parts[0].Config.Part
	v := m.parts[0].Vocabulary
	if o.NGrams.Max > 0 {
		own, state = inputTensor, false // what output rows meet are means of rows
	}
	// The curvature of a logistic loss is at most a quarter of the square of the row that is met.
	rate := 0.25 * Rate(&o, (float64(p.Round)-0.5)/float64(p.Rounds))
	context := float64(o.Window + 1) // the mean reach of windows, in words to both sides
	if o.Windows == WindowsFull {
		context = float64(2 * o.Window)
	}
	of := func(name string, state bool, weights []float64, rate float64) (d direction, err error) {
		tables := make([]checkpoints.Tensor, len(m.parts))
		for s, c := range m.parts {
			if tables[s], err = m.tensor(c, name, state); err != nil {
				return d, err
			}
			if x := tables[s]; len(x.Shape) != 2 || x.Shape[0] != len(weights) || x.Shape[1] != o.Dim {
				return d, fmt.Errorf("tensor %s: its shape is %v, not %v", name, x.Shape, []int{len(weights), o.Dim})
			}
		}
		d.vector, d.along, d.across = training.Principal(tables, weights)
		d.along, d.across = rate*d.along, rate*d.across
		return d, nil
	}
	kept := make([]float64, v.Len())
	for id, p := range corpora.KeepProbabilities(v, o.Subsample) {
		kept[id] = float64(p) * float64(v.Count(int32(id)))
	}
	if toInputs, err = of(outputTensor, true, m.noise(v), rate*context*float64(1+o.Negative)); err != nil {
		return toInputs, toOutputs, err
	}
	toOutputs, err = of(own, state, kept, rate*context)
	return toInputs, toOutputs, err
}

// noise returns the weights of words as negative samples.
func (m *merger) noise(v *tokenize.Vocabulary) []float64 {
	share := make([]float64, v.Len())
	for id := range share {
		if n := v.Count(int32(id)); n > 0 {
			share[id] = math.Pow(float64(n), m.options.NoiseExponent)
		}
	}
	return share
}

// addNegatives replaces counts by those of the output rows, which negative samples train as well.
func (m *merger) addNegatives(v *tokenize.Vocabulary, counts *[][]float32) {
	share, sum := m.noise(v), 0.0
	for _, x := range share {
		sum += x
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
	if grams == nil || counts == nil {
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

// tensorsOf returns the tensors of a model or of its state.
func tensorsOf(c *checkpoints.Checkpoint, state bool) map[string]checkpoints.Tensor {
	if state {
		return c.State
	}
	return c.Tensors
}

// tensor returns a tensor of a part.
func (m *merger) tensor(c *checkpoints.Checkpoint, name string, state bool) (checkpoints.Tensor, error) {
	x, ok := tensorsOf(c, state)[name]
	if !ok {
		return x, fmt.Errorf("a part has no tensor %s", name)
	}
	return x, nil
}

// table merges a table.
func (m *merger) table(name string, state bool, counts [][]float32, d direction) error {
	t := training.Table{Counts: counts, Shares: m.shares, Rate: summedRate}
	if m.method == training.Adaptive {
		t.Rate, t.Along, t.Direction = d.across, d.along, d.vector
		t.Lead = (m.parts[0].Config.Part.Round - 1) % len(m.parts)
	}
	for _, c := range m.parts {
		x, err := m.tensor(c, name, state)
		if err != nil {
			return err
		}
		t.Parts = append(t.Parts, x)
	}
	if m.parent != nil {
		t.Parent = tensorsOf(m.parent, state)[name]
	}
	if m.method.Keeps() {
		was := m.method
		if p := m.parent.Config.Part; p != nil && p.Method != "" {
			was = training.Method(p.Method)
		}
		var err error
		if t.Kept, err = was.Convert(m.parent.State[checkpoints.OuterPrefix+name], m.method, len(m.parts)); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
	}
	x, err := t.Merge(m.method)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", name, err)
	}
	if m.method.Keeps() {
		m.parts[0].State[checkpoints.OuterPrefix+name] = t.Kept
	}
	tensorsOf(m.parts[0], state)[name] = x
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
