package words

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// heldOutSeed draws the windows of held-out text: the same in every run, so that the losses of
// two models with one vocabulary can be compared.
const heldOutSeed = 0x68656c64

// heldOut holds the workers that measure the loss on held-out text.
type heldOut struct {
	workers []*wordWorker
}

// heldOutLoss returns the mean loss per target of the objective on a text. It
// takes steps of size 0 on the same windows each time. The blocks are summed in
// their order, so the loss does not depend on the number of workers.
func (t *wordTrainer) heldOutLoss(ctx context.Context, set training.ValidationSet) (checkpoints.Metric, error) {
	m := checkpoints.Metric{Set: set.File, Name: "loss", Found: set.Text.Words(), Of: set.Text.RawWords()}
	blocks := set.Text.Blocks()
	for len(t.heldOut.workers) < min(t.options.Threads, blocks) {
		w, err := t.newWordWorker()
		if err != nil {
			return m, err
		}
		t.heldOut.workers = append(t.heldOut.workers, w)
	}
	stats := make([]training.BlockStats, blocks)
	var next atomic.Int64
	p := pool.New().WithErrors().WithFirstError().WithContext(ctx).WithCancelOnError()
	for _, w := range t.heldOut.workers {
		p.Go(func(ctx context.Context) error {
			for ctx.Err() == nil {
				b := next.Add(1) - 1
				if b >= int64(blocks) {
					return nil
				}
				if err := w.prepare(set.Text, int(b), training.NewRandom(heldOutSeed, b)); err != nil {
					return err
				}
				var err error
				if stats[b], err = w.Train(0); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	if err := p.Wait(); err != nil {
		return m, err
	}
	var sum training.BlockStats
	for _, s := range stats {
		sum.Add(s)
	}
	m.Value = sum.Mean()
	return m, nil
}

// checkHeldOut checks that there is a loss to measure on a text.
func (t *wordTrainer) checkHeldOut(set training.ValidationSet) error {
	found := errors.New("a window")
	var ids []int32
	var scratch Scratch
	for b := range set.Text.Blocks() {
		var err error
		if ids, err = set.Text.Block(ids[:0], b); err != nil {
			return err
		}
		_, err = t.windows.Each(ids, training.NewRandom(heldOutSeed, int64(b)), t.capacity(), &scratch, func([]int32) error { return found })
		if errors.Is(err, found) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return fault.Mention("validate with more text, or train with Subsample 0", "%s: no two words of a line are left after subsampling", set.File)
}

func (h *heldOut) close() {
	for _, w := range h.workers {
		w.Close()
	}
}
