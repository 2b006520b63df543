package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// Start holds the initial vectors of a run, instead of random ones: rows of the table, or a
// whole encoder.
type Start struct {
	Table *checkpoints.Tensor // [V, dim] in the order of the vocabulary
	Given []bool              // [V] whether Table has the row

	// Encoder is copied with its layers and weights of tokens. The layers in the options
	// and the tokenizer of the run must be its own.
	Encoder *sentence.Encoder

	// License and Origin are recorded in the model; see checkpoints.Config. Default none.
	License, Origin string
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

// NewStart looks up the tokens of v in vectors, which it reads to the end. It finds a token
// with the same spelling or, for a subword token that begins a word, the word, so that a table
// of subwords can start from the vectors of a word model. A token that is not in the file has the
// vector of the first word that Vectors.Normal makes the same; set Options.Tokenizer of vectors
// to the tokenizer of the text. It is an error if the dimension of
// the vectors is not dim, or if they contain no token of v.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, dim int) (*Start, error) {
	if vectors.Dim != dim {
		return nil, fault.Field("Dim", fmt.Sprintf("set Dim to %d, or leave it out", vectors.Dim),
			"must be %d, the dimension of the vectors of %s, got %d", vectors.Dim, vectors.Path, dim)
	}
	words := map[string]int32{} // tokens that begin a word and have another spelling
	for id, token := range v.Tokens() {
		if word := wordOf(token); word != token && word != "" {
			if _, taken := v.ID(word); !taken {
				words[word] = int32(id)
			}
		}
	}
	table := checkpoints.NewTensor(v.Len(), dim)
	s := &Start{Table: &table, Given: make([]bool, v.Len())}
	s.License, s.Origin = vectors.Provenance()
	find := func(token string) (int32, bool) {
		id, ok := v.ID(token)
		if !ok {
			id, ok = words[token]
		}
		return id, ok
	}
	var there []string
	exact := make([]bool, v.Len())
	err := vectors.Each(ctx, func(r exchange.Row) error {
		token := string(r.Token)
		if len(there) < 3 {
			there = append(there, strconv.Quote(token))
		}
		id, same := find(token)
		if !same {
			var ok bool
			if id, ok = find(vectors.Normal(r.Token)); !ok {
				return nil
			}
		}
		if !exact[id] && (same || !s.Given[id]) {
			s.Given[id], exact[id] = true, same
			copy(table.Row(int(id)), r.Values)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Found() == 0 {
		return nil, fault.New("compare the spelling: the file has "+strings.Join(there, ", "),
			"none of the %d tokens of the model is among the %d vectors of %s", v.Len(), vectors.Stats().Rows, vectors.Path)
	}
	return s, nil
}

// wordOf returns the word that begins with a token of a byte-level or SentencePiece
// vocabulary, or the token itself.
func wordOf(token string) string {
	for _, space := range []string{"Ġ", "▁"} {
		if word, ok := strings.CutPrefix(token, space); ok {
			return word
		}
	}
	return token
}

// takeRows copies the given rows into the table. All are scaled by one factor to the length of
// random rows, so that a step has the same effect on all.
func (t *trainer) takeRows(s *Start) error {
	e := t.encoder
	if s.Table == nil || len(s.Given) != e.Rows || !slices.Equal(s.Table.Shape, []int{e.Rows, e.Dim}) {
		return fmt.Errorf("start: the table must have %d rows of %d numbers", e.Rows, e.Dim)
	}
	var squares, n float64
	for i, given := range s.Given {
		if given {
			row := s.Table.Row(i)
			squares += float64(kernel.Dot(row, row))
			n += float64(len(row))
		}
	}
	factor := float32(1)
	if rms := math.Sqrt(squares / max(1, n)); rms > 0 && t.options.InitScale > 0 {
		factor = float32(t.options.InitScale / rms)
	}
	stride := kernel.Stride(e.Dim)
	for i, given := range s.Given {
		if given {
			row := e.Table[i*stride:][:e.Dim]
			copy(row, s.Table.Row(i))
			kernel.Scale(row, factor)
		}
	}
	return nil
}

// takeEncoder copies an encoder into the parameters.
func (t *trainer) takeEncoder(from *sentence.Encoder) error {
	if from.Tokenizer().Fingerprint() != t.tokenizer.Fingerprint() || from.Tokenizer().Vocabulary().Len() != t.encoder.Rows {
		return errors.New("start: the tokens of the model differ from those of the run")
	}
	if err := t.take(from.Checkpoint(), true); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

// take sets the parameters and the weights of tokens to those of a model. It shares the memory
// of the model's tensors unless copied is set.
func (t *trainer) take(c *checkpoints.Checkpoint, copied bool) error {
	e := t.encoder
	if c.NGrams != nil {
		return fault.New("export its vectors and start from these", "a model with character n-grams cannot be trained as a whole")
	}
	if pooling := c.Config.Encoder.Pooling; pooling != string(t.options.Pooling) {
		return fmt.Errorf("the layers of the model differ from the options: pooling %s, not %s", pooling, t.options.Pooling)
	}
	if repeats := c.Config.Encoder.Repeats; repeats != t.options.Repeats {
		return fmt.Errorf("the layers of the model differ from the options: repeats %g, not %g", repeats, t.options.Repeats)
	}
	for _, m := range []struct {
		name  string
		to    *[]float32
		shape []int
	}{
		{checkpoints.EmbeddingTensor, &e.Table, []int{e.Rows, e.Dim}},
		{checkpoints.LinearTensor, &e.Linear, []int{e.Hidden, e.Dim}},
		{checkpoints.ProjectionTensor, &e.Projection, []int{e.Out, e.Width()}},
	} {
		x, ok := c.Tensors[m.name]
		if ok != (m.shape[0] > 0) || ok && !slices.Equal(x.Shape, m.shape) {
			return fmt.Errorf("the layers of the model differ from the options: tensor %s has shape %v, expected %v", m.name, x.Shape, m.shape)
		}
		if ok {
			var err error
			if x, err = x.Expanded(); err != nil { // training changes every row
				return err
			}
		}
		if copied {
			copy(*m.to, x.Data)
		} else if ok {
			*m.to = x.Data
		}
	}
	if e.Hidden > 0 {
		copy(e.Bias, c.Tensors[checkpoints.BiasTensor].Data[:e.Hidden])
	}
	if t.weights != nil {
		t.weights = c.Tensors[checkpoints.PoolingTensor].Data[:e.Rows]
		if copied {
			t.weights = slices.Clone(t.weights)
		}
	}
	return nil
}
