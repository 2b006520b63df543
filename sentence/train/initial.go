package train

import (
	"math"
	"math/rand/v2"

	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// Streams of random numbers of a seed.
const (
	streamTable      = 0x7461626c65
	streamLinear     = 0x6c696e656172
	streamProjection = 0x70726f6a
)

// begin makes the initial parameters.
//
// The table is drawn from a normal distribution, Linear from N(0, 2/dim), as He et al.
// (2015) do for ReLU, with bias 0, and a random projection from N(0, 1/width), which
// preserves lengths (Johnson and Lindenstrauss).
func (t *trainer) begin(start *Start) error {
	o := &t.options
	v := t.tokenizer.Vocabulary().Len()
	e := &Parameters{
		Rows: v, Dim: o.Dim, Table: kernel.Aligned(v * kernel.Stride(o.Dim)),
		Hidden: o.Hidden, Linear: kernel.Aligned(o.Hidden * kernel.Stride(o.Dim)), Bias: kernel.Aligned(kernel.Stride(o.Hidden)),
		Out: o.Project, Max: o.Pooling == sentence.Max,
	}
	e.Projection = kernel.Aligned(e.Out * kernel.Stride(e.Width()))
	t.encoder, t.run.Start = e, nil
	normal(e.Table, o.Dim, o.InitScale, rand.NewPCG(o.Seed, streamTable))
	normal(e.Linear, o.Dim, math.Sqrt(2/float64(o.Dim)), rand.NewPCG(o.Seed, streamLinear))
	normal(e.Projection, e.Width(), math.Sqrt(1/float64(e.Width())), rand.NewPCG(o.Seed, streamProjection))
	if start != nil {
		t.license, t.origin = start.License, start.Origin
	}
	if start != nil && start.Encoder != nil {
		return t.takeEncoder(start.Encoder)
	}
	if start != nil {
		if err := t.takeRows(start); err != nil {
			return err
		}
	}
	if o.Project > 0 && o.ProjectInit == PCA {
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
