package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// engineCase is a form of encoder, loss and batch.
type engineCase struct {
	dim, hidden, out  int
	max, dropout      bool
	loss              Objective
	scored, masked    bool
	examples, columns int
}

func (c engineCase) String() string {
	return fmt.Sprintf("%s scored=%v symmetric=%v matryoshka=%v scale=%g B=%d C=%d masked=%v dim=%d hidden=%d out=%d max=%v dropout=%v",
		c.loss.Loss, c.scored, c.loss.Symmetric, c.loss.Matryoshka, c.loss.Scale, c.examples, c.columns, c.masked, c.dim, c.hidden, c.out, c.max, c.dropout)
}

// randomPadded returns rows of cols numbers from [-1, 1) and padding.
func randomPadded(rng *rand.Rand, rows, cols int) []float32 {
	m := kernel.Aligned(rows * kernel.Stride(cols))
	for i := range m {
		if i%kernel.Stride(cols) < cols {
			m[i] = 2*rng.Float32() - 1
		}
	}
	return m
}

// encoder returns a random encoder; row 0 of its table is zero.
func (c engineCase) encoder(rng *rand.Rand) *Parameters {
	e := &Parameters{Rows: 60 + 3*c.examples, Dim: c.dim, Hidden: c.hidden, Out: c.out, Max: c.max}
	e.Table = randomPadded(rng, e.Rows, c.dim)
	clear(e.Table[:kernel.Stride(c.dim)])
	e.Linear, e.Projection = randomPadded(rng, c.hidden, c.dim), randomPadded(rng, c.out, e.Width())
	if c.hidden > 0 {
		e.Bias = randomPadded(rng, 1, c.hidden)
	}
	return e
}

// batch returns a random batch: texts of 1 to 9 tokens, some of which stand twice in a text,
// rows that many texts share, and now and then a text of only the row of zeros.
func (c engineCase) batch(rng *rand.Rand, e *Parameters) *Batch {
	b := &Batch{Examples: c.examples, Columns: c.columns, Offsets: []int32{0}}
	for _, r := range rng.Perm(e.Rows)[:e.Rows*2/3] {
		if r != 0 {
			b.Rows = append(b.Rows, int32(r))
		}
	}
	b.Rows = append(b.Rows, 0)
	zero := int32(len(b.Rows) - 1)
	for range b.Texts() {
		from := len(b.Tokens)
		if rng.IntN(8) == 0 {
			b.Tokens = append(b.Tokens, zero)
		} else {
			for range 1 + rng.IntN(9) {
				b.Tokens = append(b.Tokens, int32(rng.IntN(len(b.Rows)-1)))
				if rng.IntN(4) == 0 {
					b.Tokens = append(b.Tokens, b.Tokens[from])
				}
			}
		}
		if !c.max {
			for range len(b.Tokens) - from {
				b.Weights = append(b.Weights, (0.5+rng.Float32())/float32(len(b.Tokens)-from))
			}
		}
		b.Offsets = append(b.Offsets, int32(len(b.Tokens)))
	}
	if c.scored {
		for i := range c.examples {
			b.Scores = append(b.Scores, float32(rng.IntN(2)))
			if c.loss.Loss == Cosine || c.loss.Loss == CoSENT {
				b.Scores[i] = float32(rng.IntN(6)) / 5 // with equals
			}
		}
	}
	if c.masked {
		for i := range int32(c.examples) {
			for j := range int32(b.Texts() - c.examples) {
				if i != j && rng.IntN(4) == 0 {
					b.Masked = append(b.Masked, [2]int32{i, j})
				}
			}
		}
	}
	if c.dropout {
		b.Dropout = kernel.Aligned(b.Texts() * kernel.Stride(e.Width()))
		for i := range b.Dropout {
			if i%kernel.Stride(e.Width()) < e.Width() && rng.IntN(4) > 0 {
				b.Dropout[i] = 4.0 / 3
			}
		}
	}
	return b
}

// lossForms are the losses in all their forms; those of three or four texts per example
// are of any number from 3, or from 2, on.
func lossForms() []engineCase {
	return []engineCase{
		{loss: Objective{Loss: InBatch, Scale: 20}, columns: 2},
		{loss: Objective{Loss: InBatch, Scale: 20, Symmetric: true}, columns: 2},
		{loss: Objective{Loss: InBatch, Scale: 20, Symmetric: true}, columns: 3, masked: true},
		{loss: Objective{Loss: InBatch, Scale: 5}, columns: 4, masked: true},
		{loss: Objective{Loss: InBatch, Scale: 100, Symmetric: true}, columns: 2, masked: true},
		{loss: Objective{Loss: Related, Scale: 6, Margin: 0.3}, columns: 2},
		{loss: Objective{Loss: Related, Scale: 10, Margin: -0.1}, columns: 2, scored: true},
		{loss: Objective{Loss: Cosine}, columns: 2, scored: true},
		{loss: Objective{Loss: CoSENT, Scale: 20}, columns: 2, scored: true},
		{loss: Objective{Loss: Contrastive, Margin: 0.9}, columns: 2},
		{loss: Objective{Loss: Contrastive, Margin: 1.3}, columns: 2, scored: true},
		{loss: Objective{Loss: Triplet, Margin: 0.4}, columns: 3},
		{loss: Objective{Loss: Triplet, Margin: 0.1}, columns: 4},
		{loss: Objective{Loss: Align}, columns: 2},
	}
}

// engineCases returns every loss with encoders and batches of every form, each form of the one
// with some of the other.
func engineCases() []engineCase {
	rng := rand.New(rand.NewPCG(41, 42))
	pick := func(from ...int) int { return from[rng.IntN(len(from))] }
	var all []engineCase
	for i, c := range lossForms() {
		for j, examples := range []int{2, 3, 7, 33, 130} {
			c := c
			if c.examples = examples; examples > 100 && c.columns > 2 {
				continue // the stock graph takes its time
			}
			if c.dim = []int{1, 5, 16, 40, 96}[(i+j)%5]; examples > 100 {
				c.dim = 40
			}
			form := i + 3*j
			if c.hidden, c.out = 0, 0; form%2 == 1 {
				c.hidden = pick(3, 16, 40)
			}
			if form/2%2 == 1 {
				c.out = pick(4, 16, 24)
			}
			c.max, c.dropout = form/4%2 == 1, rng.IntN(3) == 0
			vector := (&Parameters{Dim: c.dim, Hidden: c.hidden, Out: c.out}).VectorDim()
			if vector > 2 && rng.IntN(2) == 0 {
				c.loss.Matryoshka = []int{vector, 1 + vector/2, 1 + vector/3}
				if vector == 3 {
					c.loss.Matryoshka = []int{3, 2, 1}
				}
				if rng.IntN(2) == 0 {
					c.loss.Matryoshka = []int{1, vector - 1, vector}
				}
			}
			all = append(all, c)
		}
	}
	return all
}

// checkEngine holds the engines that make returns against plain Go in float64.
func checkEngine(t *testing.T, name string, make func(e *Parameters, loss Objective) (Engine, error)) {
	t.Helper()
	for seed, c := range engineCases() {
		rng := rand.New(rand.NewPCG(uint64(seed), 43))
		e := c.encoder(rng)
		was := *e
		for _, m := range []*[]float32{&was.Table, &was.Linear, &was.Bias, &was.Projection} {
			*m = slices.Clone(*m)
		}
		engine, err := make(e, c.loss)
		if err != nil {
			t.Fatalf("%s: %v: %v", name, c, err)
		}
		// Twice the same shape, then a smaller batch, then the first again.
		first := c.batch(rng, e)
		smaller := c
		smaller.examples = 1 + c.examples/2
		batches := []*Batch{first, c.batch(rng, e), smaller.batch(rng, e), first}
		if c.examples > 100 {
			batches = batches[:1]
		}
		for i, b := range batches {
			loss, g, err := engine.Gradient(b)
			if err != nil {
				t.Fatalf("%s: %v: batch %d: %v", name, c, i, err)
			}
			compareWithOracle(t, fmt.Sprintf("%s: %v: batch %d", name, c, i), e, c.loss, b, loss, g)
		}
		if !slices.Equal(e.Table, was.Table) || !slices.Equal(e.Linear, was.Linear) || !slices.Equal(e.Bias, was.Bias) || !slices.Equal(e.Projection, was.Projection) {
			t.Errorf("%s: %v: the encoder has changed", name, c)
		}
		if err := engine.Close(); err != nil {
			t.Errorf("%s: %v: %v", name, c, err)
		}
	}
}

// tolerance is what float32 may be wrong by, relative to the largest gradient of a
// matrix and to 1; a short vector, by whose length gradients are divided, costs more.
const (
	tolerance      = 1e-5
	shortTolerance = 3e-7
)

// compareWithOracle reports where loss and gradient differ from the oracle's.
func compareWithOracle(t *testing.T, what string, e *Parameters, of Objective, b *Batch, loss float64, g *Gradient) {
	t.Helper()
	want, grads, shortest := oracleGradient(e, of, b)
	if d := math.Abs(loss - want); !(d <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: loss %g, want %g", what, loss, want)
	}
	for _, m := range []struct {
		name string
		have []float32
		want [][]float64
	}{{"rows", g.Rows, grads.rows}, {"linear", g.Linear, grads.linear}, {"bias", g.Bias, grads.bias}, {"projection", g.Projection, grads.projection}} {
		if len(m.want) == 0 {
			if m.have != nil {
				t.Errorf("%s: %s: a gradient of %d numbers, want none", what, m.name, len(m.have))
			}
			continue
		}
		cols := len(m.want[0])
		stride := kernel.Stride(cols)
		if len(m.have) != len(m.want)*stride {
			t.Errorf("%s: %s: %d numbers for %d rows of %d", what, m.name, len(m.have), len(m.want), stride)
			continue
		}
		most, worst, where := 1.0, 0.0, 0
		for i, row := range m.want {
			for j := range stride {
				v := 0.0 // the padding
				if j < cols {
					v = row[j]
				}
				most = max(most, math.Abs(v))
				if d := math.Abs(float64(m.have[i*stride+j]) - v); !(d <= worst) {
					worst, where = d, i*stride+j
				}
			}
		}
		if !(worst <= tolerance*most+shortTolerance/shortest) {
			t.Errorf("%s: %s: differs by %g at row %d, column %d; the largest is %g", what, m.name, worst, where/stride, where%stride, most)
		}
	}
}
