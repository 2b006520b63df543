package training

import (
	"fmt"
	"math"

	"github.com/luminavec/luminavec/checkpoints"
)

// frozenTensor, [V, 1] in training/state.safetensors, is 1 for the rows that a
// run with Start.Freeze leaves as they were given, 0 for the others.
const frozenTensor = "frozen.rows"

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

// begin puts the given rows into the fresh tables. Words that were not given
// keep word2vec's start, uniform in ±1/2d, which is small beside trained vectors,
// so that they turn where the text leads them; only when the given vectors are
// smaller still, by the root mean square of their values, the start is scaled
// down to that.
func (t *wordTrainer) begin(s *Start) error {
	v, d := t.tables.Rows, t.tables.Dim
	if len(s.Given) != v {
		return fmt.Errorf("start: %d rows are marked as given or not, %d are needed", len(s.Given), v)
	}
	for _, x := range []*checkpoints.Tensor{s.In, s.Out} {
		switch {
		case x == nil && x == s.Out:
		case x == nil:
			return fmt.Errorf("start: there are no vectors")
		case len(x.Shape) != 2 || x.Shape[0] != v || x.Shape[1] != d:
			return fmt.Errorf("start: vectors of shape %v, [%d %d] is needed", x.Shape, v, d)
		}
	}
	var squares float64
	for i, given := range s.Given {
		if !given {
			continue
		}
		row := s.In.Row(i)
		for _, x := range row {
			squares += float64(x) * float64(x)
		}
		copy(t.tables.In[i*t.tables.Stride:], row)
		if s.Out != nil {
			copy(t.tables.Out[i*t.tables.Stride:], s.Out.Row(i))
		}
	}
	found := s.Found()
	if found == 0 {
		return fmt.Errorf("start: no row is given")
	}
	usual := 1 / (2 * float64(d))
	if rms := math.Sqrt(squares / float64(found*d)); rms > 0 && rms < usual {
		for i, given := range s.Given {
			if given {
				continue
			}
			row := t.tables.In[i*t.tables.Stride : i*t.tables.Stride+d]
			for k := range row {
				row[k] *= float32(rms / usual)
			}
		}
	}
	if s.Freeze || t.options.FreezeInit {
		t.tables.Frozen, t.options.FreezeInit = s.Given, true
	}
	return nil
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
