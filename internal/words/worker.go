package words

import (
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/training"
)

func (t *wordTrainer) newWorker() (training.Worker, error) {
	w, err := t.newWorkerOn(t.tables)
	if err != nil {
		return nil, err
	}
	if t.part != nil {
		w.counts = make([]float32, t.tables.Rows)
		w.scratch.counts = w.counts
		t.workers = append(t.workers, w)
	}
	return w, nil
}

func (t *wordTrainer) newWordWorker() (*wordWorker, error) { return t.newWorkerOn(t.tables) }

func (t *wordTrainer) newWorkerOn(tables *Tables) (*wordWorker, error) {
	engine, err := t.newEngine(tables)
	if err != nil {
		return nil, err
	}
	return &wordWorker{trainer: t, engine: engine}, nil
}

// newEngine returns the engine of the options on some tables.
func (t *wordTrainer) newEngine(tables *Tables) (Engine, error) {
	if t.options.Engine == training.Graph {
		return NewGraph(t.objective, tables, t.windows.maxContext(), t.windows.Outputs())
	}
	return NewFused(t.objective, tables, t.windows.maxContext(), t.windows.Outputs(), t.capacity())
}

func (t *wordTrainer) capacity() int { return max(batchCapacity, t.windows.maxSize()) }

// wordWorker trains blocks with its own engine on the shared tables.
type wordWorker struct {
	trainer *wordTrainer
	engine  Engine
	ids     []int32
	scratch Scratch
	batches [][]int32 // of the block, followed by the memory of earlier blocks' batches
	words   int64
	order   []int32 // of the blocks in epoch
	epoch   int64
	counts  []float32 // [V] how often each word was trained; nil: not counted
}

// Prepare draws the windows of block b.
func (w *wordWorker) Prepare(b int64) error {
	t := w.trainer
	n := int64(t.run.Corpus.Blocks())
	block := b % n
	if t.options.Shuffle {
		if epoch := b / n; w.order == nil || w.epoch != epoch {
			w.order, w.epoch = training.BlockOrder(t.options.Seed, epoch, int(n)), epoch
		}
		block = int64(w.order[block])
	}
	return w.prepare(t.run.Corpus, int(block), training.NewRandom(t.options.Seed, b))
}

// prepare draws the windows of a block of c.
func (w *wordWorker) prepare(c *corpora.Corpus, block int, rng *training.Random) (err error) {
	t := w.trainer
	if w.ids, err = c.Block(w.ids[:0], block); err != nil {
		return err
	}
	w.batches = w.batches[:0]
	w.words, err = t.windows.Each(w.ids, rng, t.capacity(), &w.scratch, func(batch []int32) error {
		if n := len(w.batches); n < cap(w.batches) {
			w.batches = w.batches[:n+1]
		} else {
			w.batches = append(w.batches, nil)
		}
		last := &w.batches[len(w.batches)-1]
		*last = append((*last)[:0], batch...)
		return nil
	})
	return err
}

// Train takes steps of size lr on the windows that were drawn last; with lr 0 it measures their
// loss and changes nothing. A rate above the largest step is taken in several steps, of which
// the greatest loss counts, as the first one's usually is.
func (w *wordWorker) Train(lr float64) (training.BlockStats, error) {
	s := training.BlockStats{Units: w.words}
	steps := w.trainer.options.steps(lr)
	for _, batch := range w.batches {
		loss, targets, err := w.engine.Step(batch, float32(lr/float64(steps)))
		for range steps - 1 {
			if err != nil {
				break
			}
			var again float64
			if again, _, err = w.engine.Step(batch, float32(lr/float64(steps))); !(again <= loss) { // or it is not a number
				loss = again
			}
		}
		s.Loss += loss
		s.Targets += targets
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

func (w *wordWorker) Close() error { return w.engine.Close() }
