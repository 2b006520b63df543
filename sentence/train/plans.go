package train

import (
	"context"
	"sync"

	"github.com/luminavec/luminavec/corpora/pairs"
)

// plans holds the plans of the epochs that are being read.
type plans struct {
	pairs    *pairs.Dataset
	options  *Options
	perEpoch int64 // batches of the first epoch, taken as the number of every epoch

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

// batches returns the plan of a block of the run and the batches of the block: one. An epoch
// may be a few batches longer or shorter than the first, because an example that shares a text
// with its batch is moved to a later one; the last block takes the rest.
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
