package train

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// worker prepares batches and trains them with the engine of the trainer.
type worker struct {
	trainer *trainer
	pairs   pairs.Batch
	batches []Batch // of the block; the memory of earlier ones is reused
	place   []int32 // [V] 1 + the position of a row in the batch; 0: not in it
	repeats sentence.Repeats
}

// Prepare reads the batches of block b.
func (w *worker) Prepare(b int64) error {
	t := w.trainer
	plan, from, to, err := t.plans.batches(context.Background(), b)
	if err != nil {
		return err
	}
	w.batches = w.batches[:0]
	for i := from; i < to; i++ {
		if err := t.run.Pairs.Batch(&w.pairs, plan, i); err != nil {
			return err
		}
		if n := len(w.batches); n < cap(w.batches) {
			w.batches = w.batches[:n+1]
		} else {
			w.batches = append(w.batches, Batch{})
		}
		w.fill(&w.batches[len(w.batches)-1], uint64(b)<<20|uint64(i-from))
	}
	return nil
}

// fill makes the batch for the engine from the texts that were read; step selects the
// random numbers of the batch.
func (w *worker) fill(b *Batch, step uint64) {
	t, p := w.trainer, &w.pairs
	w.repeats.Power = t.options.Repeats
	if w.place == nil {
		w.place = make([]int32, t.encoder.Rows)
	}
	b.Examples, b.Columns = p.Examples, p.Columns
	b.Rows, b.Tokens, b.Weights = b.Rows[:0], b.Tokens[:0], b.Weights[:0]
	b.Offsets = append(b.Offsets[:0], 0)
	for k := range b.Texts() {
		ids := p.IDs[p.Offsets[k]:p.Offsets[k+1]]
		switch t.options.Pooling {
		case sentence.First:
			ids = ids[:1]
		case sentence.Last:
			ids = ids[len(ids)-1:]
		}
		share := 1 / float32(len(ids))
		for _, id := range ids {
			if w.place[id] == 0 {
				b.Rows = append(b.Rows, id)
				w.place[id] = int32(len(b.Rows))
			}
			b.Tokens = append(b.Tokens, w.place[id]-1)
			weight := share
			if t.weights != nil {
				weight *= t.weights[id]
			}
			b.Weights = append(b.Weights, weight)
		}
		w.repeats.Scale(b.Weights[b.Offsets[k]:], ids)
		b.Offsets = append(b.Offsets, int32(len(b.Tokens)))
	}
	for _, id := range b.Rows {
		w.place[id] = 0
	}
	b.Scores, b.Masked = nil, nil
	if len(p.Scores) > 0 {
		b.Scores = append([]float32(nil), p.Scores...)
	}
	if len(p.Masked) > 0 {
		b.Masked = append([][2]int32(nil), p.Masked...)
	}
	if t.options.Dropout > 0 {
		w.drop(b, step)
	}
	if t.options.Engine == Fused && !t.encoder.Max {
		b.byRow.set(b)
	}
}

// drop draws which numbers of the pooled vectors a step drops; the others are scaled up to keep
// the expectation (Srivastava et al., 2014).
func (w *worker) drop(b *Batch, step uint64) {
	o := &w.trainer.options
	n := b.Texts() * kernel.Stride(w.trainer.encoder.Width())
	if cap(b.Dropout) < n {
		b.Dropout = make([]float32, n)
	}
	b.Dropout = b.Dropout[:n]
	rng := rand.NewPCG(o.Seed^0x64726f70, step)
	keep := uint64((1 - o.Dropout) * (1 << 32)) // 1<<32, all, if the rate is too small for float64
	kept := float32(1 / (1 - o.Dropout))
	draw := func(bits uint32) float32 {
		if uint64(bits) < keep {
			return kept
		}
		return 0
	}
	for i := 0; i < n; i += 2 { // strides are even
		bits := rng.Uint64()
		b.Dropout[i], b.Dropout[i+1] = draw(uint32(bits)), draw(uint32(bits>>32))
	}
}

// Train takes a step of size lr on each of the batches.
func (w *worker) Train(lr float64) (training.BlockStats, error) {
	var s training.BlockStats
	t := w.trainer
	t.optimizer.Begin() // once per block, so that steps are counted in blocks
	for i := range w.batches {
		b := &w.batches[i]
		loss, g, err := t.engine.Gradient(b)
		if err != nil {
			return s, err
		}
		if t.keeper != nil {
			pull, err := t.keeper.add(t.encoder, b, g, t.options.Threads)
			if err != nil {
				return s, err
			}
			loss += pull
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return training.BlockStats{Loss: loss}, nil // the loop ends the run and reports where
		}
		if err := t.step(b.Rows, g, lr); err != nil {
			return s, err
		}
		s.Loss += loss * float64(b.Examples)
		s.Targets += float64(b.Examples)
		s.Units += int64(b.Examples)
	}
	return s, nil
}

// Close does nothing: the engine belongs to the trainer.
func (w *worker) Close() error { return nil }
