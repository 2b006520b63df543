package sentence

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The streams of random numbers of a seed.
const (
	streamTable      = 0x7461626c65
	streamLinear     = 0x6c696e656172
	streamProjection = 0x70726f6a
)

// begin makes the encoder as a run starts with it.
//
// The table is drawn from a normal distribution. Linear is drawn as He et al. (2015)
// do for ReLU, N(0, 2/dim), with bias 0; a random projection from N(0, 1/width), which
// keeps lengths (Johnson and Lindenstrauss).
func (t *trainer) begin(start *Start) error {
	o := &t.options
	v := t.tokenizer.Vocabulary().Len()
	e := &autograd.TextEncoder{
		Rows: v, Dim: o.Dim, Table: kernel.Aligned(v * kernel.Stride(o.Dim)),
		Hidden: o.Hidden, Linear: kernel.Aligned(o.Hidden * kernel.Stride(o.Dim)), Bias: kernel.Aligned(kernel.Stride(o.Hidden)),
		Out: o.Project, Max: o.Pooling == Max,
	}
	e.Projection = kernel.Aligned(e.Out * kernel.Stride(e.Width()))
	t.encoder, t.run.Start = e, nil
	normal(e.Table, o.Dim, o.InitScale, rand.NewPCG(o.Seed, streamTable))
	normal(e.Linear, o.Dim, math.Sqrt(2/float64(o.Dim)), rand.NewPCG(o.Seed, streamLinear))
	normal(e.Projection, e.Width(), math.Sqrt(1/float64(e.Width())), rand.NewPCG(o.Seed, streamProjection))
	if start != nil && start.Encoder != nil {
		return t.takeEncoder(start.Encoder)
	}
	if start != nil {
		if err := t.take(start); err != nil {
			return err
		}
	}
	if o.Project > 0 && o.ProjectInit == "pca" {
		return t.principal()
	}
	return nil
}

// normal fills rows of cols numbers from N(0, deviation²).
func normal(rows []float32, cols int, deviation float64, source rand.Source) {
	rng, stride := rand.New(source), kernel.Stride(cols)
	for at := 0; at < len(rows); at += stride {
		for j := range cols {
			rows[at+j] = float32(deviation * rng.NormFloat64())
		}
	}
}

// Start is where a run begins instead of at random: either with rows of the table, or
// with an encoder.
type Start struct {
	Table *checkpoints.Tensor // [V, dim] in the order of the vocabulary
	Given []bool              // of V rows, those that Table has

	// Encoder is taken as it is, with its layers and weights of tokens; options and
	// tokenizer are its own.
	Encoder *Encoder
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

// NewStart takes the rows of the tokens of v out of vectors, which it reads to the
// end: those of a token that is spelt the same or, of a token that begins a word, those
// of the word. So a table of subwords begins with the vectors of a word model. It is
// an error if vectors have another dimension than dim, or no token of v.
func NewStart(ctx context.Context, vectors *checkpoints.Vectors, v *tokenize.Vocabulary, dim int) (*Start, error) {
	if vectors.Dim != dim {
		return nil, fault.New(fmt.Sprintf("train with --dim %d, or leave --dim out", vectors.Dim),
			"the vectors of %s have %d dimensions, and those to be trained %d", vectors.Path, vectors.Dim, dim)
	}
	words := map[string]int32{} // of tokens that begin a word and are spelt otherwise
	for id, token := range v.Tokens() {
		if word := wordOf(token); word != token && word != "" {
			if _, taken := v.ID(word); !taken {
				words[word] = int32(id)
			}
		}
	}
	table := checkpoints.NewTensor(v.Len(), dim)
	s := &Start{Table: &table, Given: make([]bool, v.Len())}
	var there []string
	err := vectors.Each(ctx, func(r checkpoints.VectorRow) error {
		token := string(r.Token)
		if len(there) < 3 {
			there = append(there, strconv.Quote(token))
		}
		id, ok := v.ID(token)
		if !ok {
			if id, ok = words[token]; !ok {
				return nil
			}
		}
		if !s.Given[id] {
			s.Given[id] = true
			copy(table.Row(int(id)), r.Values)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Found() == 0 {
		return nil, fault.New("compare their spelling: "+strings.Join(there, ", ")+" there",
			"none of the %d tokens of the model is among the %d of %s", v.Len(), vectors.Stats().Rows, vectors.Path)
	}
	return s, nil
}

// wordOf returns the word that a token of a byte-level or SentencePiece vocabulary
// begins, or the token.
func wordOf(token string) string {
	for _, space := range []string{"Ġ", "▁"} {
		if word, ok := strings.CutPrefix(token, space); ok {
			return word
		}
	}
	return token
}

// take puts the given rows into the table. They are brought to the length of the
// others, all by one factor, so that a step means the same for all.
func (t *trainer) take(s *Start) error {
	e := t.encoder
	if s.Table == nil || len(s.Given) != e.Rows || !slices.Equal(s.Table.Shape, []int{e.Rows, e.Dim}) {
		return fmt.Errorf("start: a table of %d rows of %d numbers is needed", e.Rows, e.Dim)
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

// takeEncoder copies an encoder into the run's.
func (t *trainer) takeEncoder(from *Encoder) error {
	e := t.encoder
	switch {
	case from.grams != nil:
		return fault.New("begin with its vectors: embed export, then --init", "start: a model with character n-grams cannot be trained as a whole")
	case from.table.rows != e.Rows || from.tokenizer.Fingerprint() != t.tokenizer.Fingerprint():
		return fmt.Errorf("start: the tokens of the model are not those of the run")
	case from.table.cols != e.Dim, from.pooling != t.options.Pooling,
		from.linear != nil != (e.Hidden > 0), from.linear != nil && from.linear.rows != e.Hidden,
		from.projection != nil != (e.Out > 0), from.projection != nil && from.projection.rows != e.Out:
		return fmt.Errorf("start: the layers of the model are not those of the options")
	}
	copy(e.Table, from.table.data)
	if from.linear != nil {
		copy(e.Linear, from.linear.data)
		copy(e.Bias, from.bias)
	}
	if from.projection != nil {
		copy(e.Projection, from.projection.data)
	}
	if from.weights != nil {
		t.weights = slices.Clone(from.weights)
	}
	return nil
}

// principal makes the projection that of principal component analysis: the directions
// in which the features of the tokens, weighted by how often the pairs have them,
// vary most.
func (t *trainer) principal() error {
	e := t.encoder
	width := e.Width()
	features, err := t.features()
	if err != nil {
		return err
	}
	counts := t.run.Pairs.TokenCounts()
	total, mean := 0.0, make([]float64, width)
	for i, n := range counts {
		total += float64(n)
		for j, x := range features.row(i)[:width] {
			mean[j] += float64(n) * float64(x)
		}
	}
	for j := range mean {
		mean[j] /= max(1, total)
	}
	// Rows √n·(f − mean): their inner products are the covariance.
	scaled := newMatrix(features.rows, width)
	for i, n := range counts {
		row, by := scaled.row(i), float32(math.Sqrt(float64(n)/max(1, total)))
		for j, x := range features.row(i)[:width] {
			row[j] = by * (x - float32(mean[j]))
		}
	}
	product := make([]float32, width*width)
	kernel.GemmParallel(t.options.Threads, true, false, width, width, features.rows, 1, scaled.data, scaled.stride, scaled.data, scaled.stride, 0, product, width)
	covariance := mat.NewSymDense(width, nil)
	for i := range width {
		for j := i; j < width; j++ {
			covariance.SetSym(i, j, float64(product[i*width+j]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return fmt.Errorf("sentence: no principal components were found: the table has numbers that are too large")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors) // columns, in the ascending order of their values
	for i := range e.Out {
		row := e.Projection[i*kernel.Stride(width):]
		for j := range width {
			row[j] = float32(vectors.At(j, width-1-i))
		}
	}
	return nil
}

// features returns what Linear and ReLU make of each row of the table, [V, width].
func (t *trainer) features() (*matrix, error) {
	e := t.encoder
	table := &matrix{rows: e.Rows, cols: e.Dim, stride: kernel.Stride(e.Dim), data: e.Table}
	if e.Hidden == 0 {
		return table, nil
	}
	out := newMatrix(e.Rows, e.Hidden)
	kernel.GemmParallel(t.options.Threads, false, true, e.Rows, e.Hidden, e.Dim, 1, e.Table, table.stride, e.Linear, table.stride, 0, out.data, out.stride)
	kernel.BiasReLU(out.data, out.data, e.Bias)
	return out, nil
}
