package words

import (
	"sync"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// Workers that share tables without locks slow each other down where they write the same rows:
// each write takes the row out of the caches of all other processors, which then wait for it.
// These are the rows of frequent words, in the input table as context words and in the output table
// as centers and negative samples. Each worker therefore has its own copies of them, which lie
// behind the shared rows, so that the kernels need not know of them: the windows of the worker name
// the copies instead of the shared rows.
//
//	In, Out:  [ V shared rows | K copies of worker 0 | K copies of worker 1 | … ]
//
// After each block, some ten thousand windows, a worker adds what has changed in its copies to the
// shared rows, and takes the sum as its new copies. So all changes are added up, as without copies,
// but later. The more workers there are, the more changes of others a worker does not see yet; the
// copies are therefore exchanged earlier, see hotBatches.

const (
	// hotBatch is the length of batches between two exchanges, in numbers, with two workers.
	hotBatch = batchCapacity
	// leastHotBatch bounds the cost of the exchange.
	leastHotBatch = batchCapacity / 8
)

// HotRows is K, for objectives with PerWindow. It is 0, no copies: with 256, two threads of CBOW were
// slower than without, because the exchange costs more than it saves; see docs/scale.md. It is a
// variable for the benchmark, which sets it before a run begins.
var HotRows = 0

// hot is what the workers of a run share about their copies.
type hot struct {
	rows int // K
	mu   []sync.Mutex
	next int // worker
}

// hotStripe is the number of rows that one lock guards.
const hotStripe = 16

// shareHot prepares the tables for copies of the most frequent rows, if several workers of the
// fused engine will share them. Words made of n-grams, frozen words and the inner nodes of a tree
// have no copies; nor have vocabularies that are not sorted by count.
func (t *wordTrainer) shareHot() {
	o := &t.options
	v, stride := t.tables.Rows, t.tables.Stride
	n := min(HotRows, v/8)
	if o.Threads < 2 || !t.objective.PerWindow || o.Deterministic || o.Engine != training.Fused || t.objective.Labelled || t.tables.NGrams != nil || t.tables.Frozen != nil || n == 0 || !sortedByCount(t.run.Corpus.Vocabulary(), n) {
		return
	}
	for _, table := range []*[]float32{&t.tables.In, &t.tables.Out} {
		if want := (v + o.Threads*n) * stride; cap(*table) < want {
			wide := kernel.Aligned(want)
			copy(wide, *table)
			*table = wide[:v*stride]
		}
	}
	t.hot = &hot{rows: n, mu: make([]sync.Mutex, (n+hotStripe-1)/hotStripe)}
}

// sortedByCount reports whether the first n words are the most frequent ones.
func sortedByCount(v *tokenize.Vocabulary, n int) bool {
	least := v.Count(int32(n - 1))
	for id := range int32(v.Len()) {
		if c := v.Count(id); int(id) < n && c < least || int(id) >= n && c > least {
			return false
		}
	}
	return true
}

// copies are a worker's copies of the frequent rows.
type copies struct {
	of     *hot
	shared [2][]float32 // the shared rows
	own    [2][]float32 // the copies
	before [2][]float32 // the copies when they were taken
	stride int
	held   bool // the copies are in use
	every  int  // numbers of batches between two exchanges
	since  int  // numbers since the last exchange
}

// newCopies returns the tables as the worker's engine sees them, the first row of its copies, and
// the copies; nil if there are none.
func (t *wordTrainer) newCopies() (*Tables, int32, *copies) {
	h := t.hot
	if h == nil || h.next == t.options.Threads {
		return t.tables, 0, nil
	}
	x := t.tables
	wide := *x
	wide.Rows = x.Rows + t.options.Threads*h.rows
	wide.In, wide.Out = x.In[:wide.Rows*x.Stride], x.Out[:wide.Rows*x.Stride]
	first := x.Rows + h.next*h.rows
	h.next++
	c := &copies{of: h, stride: x.Stride, every: hotBatches(t.options.Threads)}
	for i, table := range [][]float32{wide.In, wide.Out} {
		c.shared[i] = table[:h.rows*x.Stride]
		c.own[i] = table[first*x.Stride : (first+h.rows)*x.Stride]
		c.before[i] = kernel.Aligned(h.rows * x.Stride)
	}
	return &wide, int32(first), c
}

// trained takes the copies, or exchanges them if that is due, before a batch of n numbers is
// trained.
func (c *copies) trained(n int) {
	switch {
	case !c.held:
		c.each(func(shared, own, before []float32) {
			copy(own, shared)
			copy(before, shared)
		})
		c.held, c.since = true, 0
	case c.since >= c.every:
		c.each(func(shared, own, before []float32) {
			kernel.Axpy(shared, 1, own)
			kernel.Axpy(shared, -1, before)
			copy(own, shared)
			copy(before, shared)
		})
		c.since = 0
	}
	c.since += n
}

// give adds what has changed to the shared rows, and ends the use of the copies until the next
// batch.
func (c *copies) give() {
	if c.held {
		c.each(func(shared, own, before []float32) {
			kernel.Axpy(shared, 1, own)
			kernel.Axpy(shared, -1, before)
		})
	}
	c.held = false
}

// each calls fn with stripes of the rows, which no other worker touches meanwhile.
func (c *copies) each(fn func(shared, own, before []float32)) {
	for s := range c.of.mu {
		from := s * hotStripe * c.stride
		to := min(from+hotStripe*c.stride, len(c.own[0]))
		c.of.mu[s].Lock()
		for i := range c.own {
			fn(c.shared[i][from:to], c.own[i][from:to], c.before[i][from:to])
		}
		c.of.mu[s].Unlock()
	}
}

// hotBatches returns the length of batches between two exchanges, for so many workers.
func hotBatches(workers int) int { return max(leastHotBatch, 2*hotBatch/max(2, workers)) }

// redirect replaces the frequent rows of a window by copies that begin at row first.
func redirect(ids []int32, rows, first int32) {
	for i, id := range ids {
		if id < rows {
			ids[i] = id + first
		}
	}
}
