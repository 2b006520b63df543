package sentence

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// plans keeps the plans of the epochs that are read.
type plans struct {
	pairs    *pairs.Dataset
	options  *Options
	perEpoch int64 // batches of the first epoch, which all others are said to have

	mu    sync.Mutex
	kept  [2]*pairs.Plan // by epoch modulo 2
	epoch [2]int
}

func (p *plans) of(ctx context.Context, epoch int) (*pairs.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := epoch % 2
	if p.kept[at] == nil || p.epoch[at] != epoch {
		plan, err := p.pairs.Plan(ctx, p.options.plan(epoch))
		if err != nil {
			return nil, err
		}
		p.kept[at], p.epoch[at] = plan, epoch
	}
	return p.kept[at], nil
}

// batches returns the plan of a block of the run and its batches in it: one, but
// texts that are put off from a batch where they stand already make an epoch some
// batches longer or shorter than the first, and the last block takes what is left.
func (p *plans) batches(ctx context.Context, block int64) (plan *pairs.Plan, from, to int, err error) {
	epoch, from := int(block/p.perEpoch), int(block%p.perEpoch)
	if plan, err = p.of(ctx, epoch); err != nil {
		return nil, 0, 0, err
	}
	to = from + 1
	if int64(to) == p.perEpoch {
		to = plan.Len()
	}
	return plan, min(from, plan.Len()), min(to, plan.Len()), nil
}

// worker prepares batches, and has the trainer's engine train them.
type worker struct {
	trainer *trainer
	pairs   pairs.Batch
	batches []autograd.TextBatch // of the block; the memory of those of blocks before behind it
	place   []int32              // [V] 1 + where a row stands among those of the batch; 0: it does not
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
			w.batches = append(w.batches, autograd.TextBatch{})
		}
		w.fill(&w.batches[len(w.batches)-1], uint64(b)<<20|uint64(i-from))
	}
	return nil
}

// fill makes of the texts that were read what the engine takes; step tells the
// random numbers of one batch from those of another.
func (w *worker) fill(b *autograd.TextBatch, step uint64) {
	t, p := w.trainer, &w.pairs
	if w.place == nil {
		w.place = make([]int32, t.encoder.Rows)
	}
	b.Examples, b.Columns = p.Examples, p.Columns
	b.Rows, b.Tokens, b.Weights = b.Rows[:0], b.Tokens[:0], b.Weights[:0]
	b.Offsets = append(b.Offsets[:0], 0)
	for k := range b.Texts() {
		ids := p.IDs[p.Offsets[k]:p.Offsets[k+1]]
		switch t.options.Pooling {
		case First:
			ids = ids[:1]
		case Last:
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
}

// drop draws which numbers of the pooled vectors a step leaves out; the others grow
// so that the expectation stays (Srivastava et al., 2014).
func (w *worker) drop(b *autograd.TextBatch, step uint64) {
	o := &w.trainer.options
	n := b.Texts() * kernel.Stride(w.trainer.encoder.Width())
	if cap(b.Dropout) < n {
		b.Dropout = make([]float32, n)
	}
	b.Dropout = b.Dropout[:n]
	rng := rand.NewPCG(o.Seed^0x64726f70, step)
	keep := uint64((1 - o.Dropout) * (1 << 32)) // 1<<32, all, of a rate that is lost beside 1
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
	t.optimizer.Begin() // once a block, so that the count of steps is that of blocks
	for i := range w.batches {
		b := &w.batches[i]
		loss, g, err := t.engine.Gradient(b)
		if err != nil {
			return s, err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return training.BlockStats{Loss: loss}, nil // the loop ends the run, and says where
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

// Close does nothing: the engine is the trainer's.
func (w *worker) Close() error { return nil }
