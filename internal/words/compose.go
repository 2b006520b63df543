package words

import "github.com/luminavec/luminavec/internal/kernel"

// composer lets an engine train words whose vector is not a single row: the mean of several
// rows, or a row that does not change.
//
// It splits a batch into segments of windows. For each it composes the vectors of the context
// words into the rows of a small table, on which the engine trains the segment. The change of a
// vector is then added to every row that it is made of, undivided, as in fastText: if all rows
// of a mean move by a step, so does the mean. Within a segment a word therefore sees its own
// gradients at once; words that share an n-gram see each other's steps one segment later.
type composer struct {
	tables *Tables
	shape  shape

	vectors []float32 // segment rows × stride: the words' vectors, then their changes
	before  []float32 // as they were composed
	words   []int32   // of each row of vectors
	place   []int32   // [V] row of a word in vectors, or -1
	batch   []int32   // of the segment, with rows of vectors for context words
}

// segmentRows limits the words, and the windows, of a segment: with twenty n-grams each, the
// rows of 100 values still fit a second-level cache when they receive their gradients, which
// are not yet stale.
const segmentRows = 64

// newComposer returns the composer for the tables, or nil if they need none.
func newComposer(t *Tables, s shape) *composer {
	if t.NGrams == nil && t.Frozen == nil {
		return nil
	}
	rows := max(segmentRows, s.maxContext)
	c := &composer{
		tables: t, shape: s,
		vectors: kernel.Aligned(rows * t.Stride),
		before:  kernel.Aligned(rows * t.Stride),
		place:   make([]int32, t.Rows),
	}
	for i := range c.place {
		c.place[i] = -1
	}
	return c
}

// each calls step with each segment of batch.
func (c *composer) each(batch []int32, step func(batch []int32) error) error {
	// Nothing may be written before the whole batch is known to be valid.
	if err := c.shape.walk(batch, c.tables.Rows, c.tables.Rows, func(window) error { return nil }); err != nil {
		return err
	}
	end := func() error {
		c.compose()
		err := step(c.batch)
		c.scatter()
		return err
	}
	room, windows := len(c.vectors)/c.tables.Stride, 0
	err := c.shape.walk(batch, c.tables.Rows, c.tables.Rows, func(w window) error {
		// The engine does not know of frozen words: their rows are restored by
		// making each window a segment.
		if windows > 0 && (c.tables.Frozen != nil || windows == segmentRows || len(c.words)+len(w.context) > room) {
			if err := end(); err != nil {
				return err
			}
			windows = 0
		}
		windows++
		c.batch = append(c.batch, w.header...)
		for _, word := range w.context {
			if c.place[word] < 0 {
				c.place[word] = int32(len(c.words))
				c.words = append(c.words, word)
			}
			c.batch = append(c.batch, c.place[word])
		}
		c.batch = append(c.batch, w.outputs...)
		return nil
	})
	if err != nil || len(c.batch) == 0 {
		return err
	}
	return end()
}

// compose makes the vectors of the segment's words.
func (c *composer) compose() {
	for i, word := range c.words {
		if i+1 < len(c.words) {
			kernel.PrefetchRows(c.tables.NGrams, c.tables.Stride, c.tables.bag(c.words[i+1]))
		}
		c.tables.compose(c.row(c.vectors, int32(i)), word)
	}
	copy(c.before, c.vectors[:len(c.words)*c.tables.Stride])
}

// scatter adds the changes of the vectors to the rows they are made of, and ends the segment.
func (c *composer) scatter() {
	t := c.tables
	for i, word := range c.words {
		c.place[word] = -1
		if t.frozen(word) {
			continue
		}
		gain := c.row(c.vectors, int32(i))
		kernel.Axpy(gain, -1, c.row(c.before, int32(i)))
		kernel.Axpy(t.padded(t.In, word), 1, gain)
		kernel.ScatterRows(t.NGrams, t.Stride, t.bag(word), gain)
	}
	c.words, c.batch = c.words[:0], c.batch[:0]
}

// vector returns the unpadded vector i of the segment.
func (c *composer) vector(i int32) []float32 { return c.row(c.vectors, i)[:c.tables.Dim] }

func (c *composer) row(table []float32, i int32) []float32 {
	return table[int(i)*c.tables.Stride : int(i+1)*c.tables.Stride]
}
