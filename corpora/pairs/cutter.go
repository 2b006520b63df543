package pairs

// batchCutter splits a stream of examples into batches in which no text occurs twice.
//
// An example that shares a text with the batch is postponed: it waits in the queue of that
// text, behind others with the same text. At most one example of a queue fits into a batch, so
// each batch considers only the first example of each queue, and a million examples with one
// anchor cost no more than others. A batch is closed before it is full if so many examples did
// not fit that the rest are likely to share its texts too.
type batchCutter struct {
	pairs   *Dataset
	in      examples
	size    int
	repeats bool
	ended   bool // in has ended
	base    *File
	columns int
	leftOut int64

	// The texts of the batch: a table of hashes, of which those with the stamp of this
	// batch are valid.
	hashes []uint64
	stamps []uint32
	stamp  uint32
	shift  uint

	queues  []textQueue // some are empty
	queueOf map[uint64]int32
	active  []int32 // queues that are not empty, or have just become so, in order of creation
	unused  []int32 // queues
	waiting []waitingExample
	free    int32 // of waiting, linked; -1: none
}

type textQueue struct {
	text        uint64
	first, last int32 // in waiting; -1: none
}

type waitingExample struct{ example, next int32 }

// A batch that is not full is closed after this many times its size in examples that did
// not fit.
const (
	cutterDraws = 4 // of the stream
	cutterTries = 8 // of those that wait
)

func newBatchCutter(p *Dataset, in examples, file int, o PlanOptions) *batchCutter {
	c := &batchCutter{pairs: p, in: in, size: o.BatchSize, repeats: o.Repeats, queueOf: map[uint64]int32{}, free: -1}
	c.base = p.files[max(0, file)] // of mixed files all hashes follow from the first file
	c.columns = c.base.Columns
	room, bits := 8, uint(3)
	for most := min(int64(c.size), in.total()); int64(room) < 3*most*int64(c.columns); bits++ {
		room *= 2
	}
	c.hashes, c.stamps, c.shift = make([]uint64, room), make([]uint32, room), 64-bits
	return c
}

// next appends the examples of a batch, none if only one was left; done reports that the
// stream has ended.
func (c *batchCutter) next(order []int32) (_ []int32, done bool) {
	if c.repeats {
		for range c.size {
			example := c.in.next()
			if example < 0 {
				return order, true
			}
			order = append(order, example)
		}
		return order, false
	}
	c.stamp++
	if c.stamp == 0 { // the stamps have wrapped around
		clear(c.stamps)
		c.stamp = 1
	}
	from := len(order)
	order = c.fromQueues(order, from)
	for misses := 0; !c.ended && len(order)-from < c.size && (misses < cutterDraws*c.size || len(order)-from < 2); {
		example := c.in.next()
		if example < 0 {
			c.ended = true
			break
		}
		if text, clash := c.enter(example); clash {
			c.wait(example, text)
			misses++
			continue
		}
		order = append(order, example)
	}
	if len(order)-from == 1 {
		order = order[:from]
		c.leftOut++
	}
	return order, c.ended && len(c.active) == 0
}

// fromQueues takes the waiting examples that fit.
func (c *batchCutter) fromQueues(order []int32, from int) []int32 {
	tries := 0
	kept := c.active[:0]
	i := 0
	for ; i < len(c.active) && len(order)-from < c.size && (tries < cutterTries*c.size || len(order)-from < 2); i++ {
		q := c.active[i]
		for c.queues[q].first >= 0 {
			example := c.waiting[c.queues[q].first].example
			text, clash := c.enter(example)
			if clash && text == c.queues[q].text {
				tries++
				break
			}
			c.pop(q)
			if !clash {
				order = append(order, example)
				break
			}
			tries++
			c.wait(example, text) // may append to active
		}
		if c.queues[q].first < 0 {
			delete(c.queueOf, c.queues[q].text)
			c.unused = append(c.unused, q)
			continue
		}
		kept = append(kept, q)
	}
	kept = append(kept, c.active[i:]...)
	c.active = kept
	return order
}

// enter adds the texts of an example to the batch, or returns one that is already there.
func (c *batchCutter) enter(example int32) (text uint64, clash bool) {
	first := c.base.hash(int64(example)-c.base.from, 0)
	for i := range c.columns {
		text := c.pairs.records.hashes.at(first + int64(i))
		if c.stamps[c.slot(text)] == c.stamp {
			return text, true
		}
	}
	for i := range c.columns {
		text := c.pairs.records.hashes.at(first + int64(i))
		slot := c.slot(text)
		c.hashes[slot], c.stamps[slot] = text, c.stamp
	}
	return 0, false
}

// slot returns the place of a text in the table.
func (c *batchCutter) slot(text uint64) int {
	i := int(text * 0x9e3779b97f4a7c15 >> c.shift)
	for c.stamps[i] == c.stamp && c.hashes[i] != text {
		i = (i + 1) & (len(c.hashes) - 1)
	}
	return i
}

// wait adds an example to the queue of a text.
func (c *batchCutter) wait(example int32, text uint64) {
	q, ok := c.queueOf[text]
	if !ok {
		if n := len(c.unused); n > 0 {
			q = c.unused[n-1]
			c.unused = c.unused[:n-1]
		} else {
			q = int32(len(c.queues))
			c.queues = append(c.queues, textQueue{})
		}
		c.queues[q] = textQueue{text, -1, -1}
		c.queueOf[text] = q
		c.active = append(c.active, q)
	}
	w := c.free
	if w >= 0 {
		c.free = c.waiting[w].next
	} else {
		w = int32(len(c.waiting))
		c.waiting = append(c.waiting, waitingExample{})
	}
	c.waiting[w] = waitingExample{example, -1}
	if queue := &c.queues[q]; queue.first < 0 {
		queue.first, queue.last = w, w
	} else {
		c.waiting[queue.last].next = w
		queue.last = w
	}
}

// pop removes the first example of a queue.
func (c *batchCutter) pop(q int32) {
	queue := &c.queues[q]
	w := queue.first
	if queue.first = c.waiting[w].next; queue.first < 0 {
		queue.last = -1
	}
	c.waiting[w].next, c.free = c.free, w
}
