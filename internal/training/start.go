package training

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// frozenTensor, [V, 1] in training/state.safetensors, is 1 for the rows that a
// run with Start.Freeze leaves as they were given, 0 for the others.
const frozenTensor = checkpoints.FrozenTensor

// Start is where a run begins instead of at random.
type Start struct {
	In     *checkpoints.Tensor // word vectors, [V, dim] in the order of the corpus's vocabulary
	Out    *checkpoints.Tensor // output vectors, the same shape; nil: zero, as without a Start
	Given  []bool              // of V rows, those that In and Out have; the others begin at random
	Freeze bool                // given word vectors do not change; default false
}

// Found is the number of rows given.
func (s *Start) Found() int {
	n := 0
	for _, given := range s.Given {
		if given {
			n++
		}
	}
	return n
}

// NewStart takes the vectors of the words of v out of vectors, the first row of
// each. It reads vectors to the end, row by row, and keeps no more than V of them.
//
// A model folder read with its training state, of the same objective (kind, as in
// config.json) and trained with negative sampling as o asks for, gives its output
// vectors too. Hierarchical softmax has none: its tree hangs on the vocabulary. Where
// the model's vectors are sums of both, a run begins with the two summands; but vectors
// that stay are the model's, and begin with no output vectors: these fit a summand.
//
// It is an error if vectors have another dimension than o, or no word of v.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, kind string, o WordOptions) (*Start, error) {
	if vectors.Dim != o.Dim {
		return nil, fault.New(fmt.Sprintf("train with --dim %d, or leave --dim out", vectors.Dim),
			"the vectors of %s have %d dimensions, and those to be trained %d", vectors.Path, vectors.Dim, o.Dim)
	}
	in := checkpoints.NewTensor(v.Len(), o.Dim)
	s := &Start{In: &in, Given: make([]bool, v.Len()), Freeze: o.FreezeInit}
	var out, own checkpoints.Tensor
	if m := vectors.Model; m != nil && m.Config.Kind == kind && negativeSampling(m) && o.Loss != LossHS {
		if t, ok := m.State[outputTensor]; ok {
			out = t
			var was WordOptions
			summed := json.Unmarshal(m.Config.Options, &was) == nil && was.SumVectors
			if summed && !o.FreezeInit {
				own = m.State[wordTensor] // its vectors have the output rows in them
			}
			if !summed || own.Data != nil {
				copied := checkpoints.NewTensor(v.Len(), o.Dim)
				s.Out = &copied
			}
		}
	}
	var there []string // some words of the file, to be shown
	row := -1
	err := vectors.Each(ctx, func(r exchange.Row) error {
		row++
		if len(there) < 3 {
			there = append(there, strconv.Quote(string(r.Token)))
		}
		id, ok := v.ID(string(r.Token))
		if !ok || s.Given[id] {
			return nil
		}
		s.Given[id] = true
		copy(in.Row(int(id)), r.Values)
		if own.Data != nil {
			copy(in.Row(int(id)), own.Row(row))
		}
		if s.Out != nil {
			copy(s.Out.Row(int(id)), out.Row(row)) // a model's rows are never left out
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Found() == 0 {
		return nil, fault.New(fmt.Sprintf("compare their spelling: %s there, %s in the text; --cased and --tokenizer say how the text is cut",
			strings.Join(there, ", "), strings.Join(quoted(v.Tokens()[:min(3, v.Len())]), ", ")),
			"none of the %d words of the text is among the %d of %s", v.Len(), vectors.Stats().Rows, vectors.Path)
	}
	return s, nil
}

func quoted(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, strconv.Quote(w))
	}
	return out
}

// negativeSampling says whether a model was trained with it.
func negativeSampling(c *checkpoints.Checkpoint) bool {
	var o WordOptions
	return json.Unmarshal(c.Config.Options, &o) == nil && o.Loss != LossHS
}

// begin puts the given rows into the fresh tables.
func (t *wordTrainer) begin(s *Start) error {
	v, d := t.tables.Rows, t.tables.Dim
	if len(s.Given) != v {
		return fmt.Errorf("start: %d rows are marked as given or not, %d are needed", len(s.Given), v)
	}
	if s.In == nil {
		return fmt.Errorf("start: there are no vectors")
	}
	for _, x := range []*checkpoints.Tensor{s.In, s.Out} {
		if x != nil && (len(x.Shape) != 2 || x.Shape[0] != v || x.Shape[1] != d) {
			return fmt.Errorf("start: vectors of shape %v, [%d %d] is needed", x.Shape, v, d)
		}
	}
	if s.Found() == 0 {
		return fmt.Errorf("start: no row is given")
	}
	if s.Freeze && t.options.SumVectors {
		return fmt.Errorf("start: vectors that stay cannot have output vectors added to them")
	}
	if s.Freeze || t.options.FreezeInit { // before the vectors are set: n-grams are no part of those that stay
		t.tables.Frozen, t.options.FreezeInit = s.Given, true
	}
	for i, given := range s.Given {
		if !given {
			continue
		}
		t.tables.SetVector(int32(i), s.In.Row(i))
		if s.Out != nil {
			copy(t.tables.Out[i*t.tables.Stride:], s.Out.Row(i))
		}
	}
	scaleOthers(t.tables, s.Given)
	return nil
}

// scaleOthers makes the random start of words that stand among given ones small
// enough. It is word2vec's, uniform in ±1/2d: next to nothing beside trained
// vectors, so that the text decides where such a word turns. When the given
// vectors are smaller still, by the root mean square of their values, it is scaled
// down to that.
func scaleOthers(t *autograd.Tables, given []bool) {
	var squares, values float64
	for i, ok := range given {
		if !ok {
			continue
		}
		for _, x := range t.In[i*t.Stride:][:t.Dim] {
			squares += float64(x) * float64(x)
			values++
		}
	}
	usual := 1 / (2 * float64(t.Dim))
	rms := math.Sqrt(squares / max(1, values))
	if rms == 0 || rms >= usual {
		return
	}
	for i, ok := range given {
		if !ok {
			kernel.Scale(t.In[i*t.Stride:][:t.Dim], float32(rms/usual))
		}
	}
}

// frozenState is the tensor of Tables.Frozen.
func frozenState(frozen []bool) checkpoints.Tensor {
	x := checkpoints.Tensor{Shape: []int{len(frozen), 1}, Data: make([]float32, len(frozen))}
	for i, f := range frozen {
		if f {
			x.Data[i] = 1
		}
	}
	return x
}

// thaw returns the rows that a checkpoint of v rows says are frozen.
func thaw(c *checkpoints.Checkpoint, v int) ([]bool, error) {
	x, ok := c.State[frozenTensor]
	if !ok {
		return nil, fmt.Errorf("resume: the checkpoint has no tensor %s, and its training keeps the given vectors", frozenTensor)
	}
	if len(x.Shape) != 2 || x.Shape[0] != v || x.Shape[1] != 1 {
		return nil, fmt.Errorf("resume: tensor %s has shape %v, [%d 1] is needed", frozenTensor, x.Shape, v)
	}
	frozen := make([]bool, v)
	for i := range frozen {
		frozen[i] = x.Row(i)[0] != 0
	}
	return frozen, nil
}
