package training

import (
	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/corpora"
)

func (t *wordTrainer) newWorker() (Worker, error) { return t.newWordWorker() }

func (t *wordTrainer) newWordWorker() (*wordWorker, error) {
	engine, err := t.newEngine(t.tables)
	if err != nil {
		return nil, err
	}
	return &wordWorker{trainer: t, engine: engine}, nil
}

// newEngine returns the engine of the options on some tables.
func (t *wordTrainer) newEngine(tables *autograd.Tables) (autograd.Engine, error) {
	if t.options.Engine == Graph {
		return autograd.NewGraph(t.objective, tables, t.windows.MaxContext(), t.windows.Outputs())
	}
	return autograd.NewFused(t.objective, tables, t.windows.MaxContext(), t.windows.Outputs(), t.capacity())
}

func (t *wordTrainer) capacity() int { return max(batchCapacity, t.windows.MaxSize()) }

// wordWorker trains blocks with an engine of its own on the shared tables.
type wordWorker struct {
	trainer *wordTrainer
	engine  autograd.Engine
	ids     []int32
	scratch Scratch
}

func (w *wordWorker) Block(b int64, lr float64) (BlockStats, error) {
	c := w.trainer.run.Corpus
	return w.step(c, int(b%int64(c.Blocks())), NewRandom(w.trainer.options.Seed, b), lr)
}

// step takes steps of size lr on the windows of a block of c, as rng draws
// them; with lr 0 it measures the loss and changes nothing.
func (w *wordWorker) step(c *corpora.Corpus, block int, rng *Random, lr float64) (BlockStats, error) {
	t := w.trainer
	var s BlockStats
	var err error
	if w.ids, err = c.Block(w.ids[:0], block); err != nil {
		return s, err
	}
	s.Units, err = t.windows.Each(w.ids, rng, t.capacity(), &w.scratch, func(batch []int32) error {
		loss, targets, err := w.engine.Step(batch, float32(lr))
		s.Loss += loss
		s.Targets += targets
		return err
	})
	return s, err
}

func (w *wordWorker) Close() error { return w.engine.Close() }
