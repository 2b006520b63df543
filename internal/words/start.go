package words

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// frozenTensor, [V, 1] in training/state.safetensors, is 1 for frozen rows and 0 for the
// others.
const frozenTensor = checkpoints.FrozenTensor

// Start holds the initial vectors of a run.
type Start struct {
	In     *checkpoints.Tensor // word vectors, [V, dim] in the order of the corpus's vocabulary
	Out    *checkpoints.Tensor // output vectors of the same shape; nil: zero, as without a Start
	Given  []bool              // [V] whether In and Out have the row; the others start at random
	Freeze bool                // the given word vectors do not change; default false

	License, Origin string // recorded in the model; see checkpoints.Config; default none
}

// Found returns the number of given rows.
func (s *Start) Found() int {
	n := 0
	for _, given := range s.Given {
		if given {
			n++
		}
	}
	return n
}

// NewStart reads the vectors of the words of v, using the first row of each. It reads vectors
// to the end, row by row, and keeps at most V of them. A word of v that is not in the file has
// the vector of the first word that Vectors.Normal makes the same; set Options.Tokenizer of
// vectors to the tokenizer of the text.
//
// The output vectors of a model folder that was opened with its training state are reused if
// the model has the same objective (kind, as in config.json) and both use negative sampling;
// the rows of hierarchical softmax belong to the tree of one vocabulary. If the vectors of the
// model are sums, a run starts from the two summands. Frozen vectors are those of the model,
// including sums, and start without output vectors, which would match only a summand.
//
// It is an error if the dimension of vectors is not that of o, or if no word of v is found.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, kind string, o Options) (*Start, error) {
	if vectors.Dim != o.Dim {
		return nil, fault.Field("Dim", fmt.Sprintf("set Dim to %d", vectors.Dim), "must be %d, the dimension of the vectors in %s, got %d", vectors.Dim, vectors.Path, o.Dim)
	}
	in := checkpoints.NewTensor(v.Len(), o.Dim)
	s := &Start{In: &in, Given: make([]bool, v.Len()), Freeze: o.FreezeInit}
	s.License, s.Origin = vectors.Provenance()
	var out, own checkpoints.Tensor
	if m := vectors.Model; m != nil && m.Config.Kind == kind && negativeSampling(m) && o.Loss != LossHS {
		if t, ok := m.State[outputTensor]; ok {
			out = t
			var was Options
			summed := json.Unmarshal(m.Config.Options, &was) == nil && was.SumVectors
			if summed && !o.FreezeInit {
				own = m.State[wordTensor] // its vectors include the output rows
			}
			if !summed || own.Data != nil {
				copied := checkpoints.NewTensor(v.Len(), o.Dim)
				s.Out = &copied
			}
		}
	}
	var there []string // some words of the file, to be shown
	exact := make([]bool, v.Len())
	row := -1
	err := vectors.Each(ctx, func(r exchange.Row) error {
		row++
		if len(there) < 3 {
			there = append(there, strconv.Quote(string(r.Token)))
		}
		id, same := v.ID(string(r.Token))
		if !same {
			var ok bool
			if id, ok = v.ID(vectors.Normal(r.Token)); !ok {
				return nil
			}
		}
		if exact[id] || s.Given[id] && !same {
			return nil
		}
		s.Given[id], exact[id] = true, same
		copy(in.Row(int(id)), r.Values)
		if own.Data != nil {
			copy(in.Row(int(id)), own.Row(row))
		}
		if s.Out != nil {
			copy(s.Out.Row(int(id)), out.Row(row)) // the rows of a model are never skipped
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Found() == 0 {
		return nil, fault.Mention(fmt.Sprintf("compare their spelling: %s there, %s in the text; Tokenizer, Cased and Locale decide how the text is split into words",
			strings.Join(there, ", "), strings.Join(quoted(v.Tokens()[:min(3, v.Len())]), ", ")),
			"none of the %s of the text is among the %s of %s", fault.Count(v.Len(), "word"), fault.Count(int(vectors.Stats().Rows), "word"), vectors.Path)
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

// negativeSampling reports whether a model was trained with negative sampling.
func negativeSampling(c *checkpoints.Checkpoint) bool {
	var o Options
	return json.Unmarshal(c.Config.Options, &o) == nil && o.Loss != LossHS
}

// begin puts the given rows into the fresh tables.
func (t *wordTrainer) begin(s *Start) error {
	v, d := t.tables.Rows, t.tables.Dim
	if len(s.Given) != v {
		return fmt.Errorf("start: Given must have %d rows, got %d", v, len(s.Given))
	}
	if s.In == nil {
		return fmt.Errorf("start: In must be set")
	}
	for _, x := range []*checkpoints.Tensor{s.In, s.Out} {
		if x != nil && (len(x.Shape) != 2 || x.Shape[0] != v || x.Shape[1] != d) {
			return fmt.Errorf("start: the vectors must have shape [%d %d], got %v", v, d, x.Shape)
		}
	}
	if s.Found() == 0 {
		return fmt.Errorf("start: no word has a given vector")
	}
	if s.Freeze && t.options.SumVectors {
		return fmt.Errorf("start: frozen vectors cannot be combined with SumVectors")
	}
	if s.Freeze || t.options.FreezeInit { // before the vectors are set: n-grams are not part of frozen words
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
	t.license, t.origin = s.License, s.Origin
	return nil
}

// scaleOthers keeps the random initial vectors of words small compared with the given ones.
// They are word2vec's, uniform in ±1/2d, far smaller than trained vectors, so that the text
// determines their direction. If the given vectors are smaller still, by the root mean square
// of their values, the random ones are scaled down to that.
func scaleOthers(t *Tables, given []bool) {
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

// thaw returns which of the v rows of a checkpoint are frozen.
func thaw(c *checkpoints.Checkpoint, v int) ([]bool, error) {
	x, ok := c.State[frozenTensor]
	if !ok {
		return nil, fmt.Errorf("resume: the checkpoint has no tensor %s, which its frozen vectors need", frozenTensor)
	}
	if len(x.Shape) != 2 || x.Shape[0] != v || x.Shape[1] != 1 {
		return nil, fmt.Errorf("resume: tensor %s must have shape [%d 1], got %v", frozenTensor, v, x.Shape)
	}
	frozen := make([]bool, v)
	for i := range frozen {
		frozen[i] = x.Row(i)[0] != 0
	}
	return frozen, nil
}
