package collection

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/fault"
)

// cachedBytes is about how much memory an open collection uses for passages that it has decompressed, and
// cachedLabels the greatest number of passages that are read at once and kept: those who read all of them have no
// use for them again.
const (
	cachedBytes  = 64 << 20
	cachedLabels = 1024
)

// blockCache keeps the rows of blocks that were used last, so that questions do not decompress the same
// blocks again and again. The zero value is empty and ready to use.
type blockCache struct {
	mu     sync.Mutex
	size   int
	blocks map[place]*list.Element
	recent list.List     // of *cachedBlock, the one used last first
	used   map[place]int // how often what is not kept was used
}

type cachedBlock struct {
	at   place
	rows []parts.Row // with their fields, by their numbers in the block
	size int
}

// get returns the rows of a block, or nil.
func (c *blockCache) get(at place) []parts.Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.blocks[at]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cachedBlock).rows
}

// again reports whether a block was used so often that it will probably be used again: a question uses the
// blocks of its answer twice.
func (c *blockCache) again(at place) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used == nil || len(c.used) > cachedBytes>>10 {
		c.used = map[place]int{}
	}
	c.used[at]++
	return c.used[at] > 2
}

// put keeps the rows of a block.
func (c *blockCache) put(at place, rows []parts.Row) {
	b := &cachedBlock{at, rows, len(rows) * int(unsafe.Sizeof(parts.Row{}))}
	for i := range rows {
		p := &rows[i].Passage
		b.size += len(p.ID) + len(p.Title) + len(p.Text) + 64*len(p.Fields)
		for _, h := range p.Heading {
			b.size += len(h) + 16
		}
		for _, f := range p.Fields {
			if s, ok := f.Value.(string); ok {
				b.size += len(s)
			}
		}
	}
	if b.size > cachedBytes/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blocks == nil {
		c.blocks = map[place]*list.Element{}
	}
	if c.blocks[at] != nil {
		return // another goroutine was faster
	}
	c.blocks[at] = c.recent.PushFront(b)
	for c.size += b.size; c.size > cachedBytes; {
		last := c.recent.Remove(c.recent.Back()).(*cachedBlock)
		delete(c.blocks, last.at)
		c.size -= last.size
	}
}

// block returns all rows of a block with their fields, which must not be modified; keep says that
// it may be used again.
func (s *store) block(at place, keep bool) ([]parts.Row, error) {
	if rows := s.cache.get(at); rows != nil {
		return rows, nil
	}
	g := s.segments[at.segment]
	rows := make([]parts.Row, 0, len(g.Blocks[at.block].Labels))
	err := g.Rows(at.block, nil, func(int) bool { return true }, func(i int, r parts.Row) { rows = append(rows, r) })
	if err == nil && len(g.Blocks[at.block].Columns) > 0 {
		byRow := make(map[int]*parts.Row, len(rows))
		for i := range rows {
			byRow[i] = &rows[i]
		}
		err = g.Fields(at.block, byRow)
	}
	if err == nil && keep {
		s.cache.put(at, rows)
	}
	return rows, err
}

// some returns rows of a block by their numbers, without those in between.
func (s *store) some(at place, numbers []int, room *parts.Room) (map[int]*parts.Row, error) {
	g := s.segments[at.segment]
	byRow := make(map[int]*parts.Row, len(numbers))
	err := g.Rows(at.block, room, func(i int) bool { return slices.Contains(numbers, i) }, func(i int, r parts.Row) {
		r.ID, r.Title, r.Text, r.Heading = strings.Clone(r.ID), strings.Clone(r.Title), strings.Clone(r.Text), slices.Clone(r.Heading)
		for j := range r.Heading {
			r.Heading[j] = strings.Clone(r.Heading[j])
		}
		byRow[i] = &r
	})
	if err == nil && len(g.Blocks[at.block].Columns) > 0 {
		err = g.Fields(at.block, byRow)
	}
	return byRow, err
}

// filesOf returns a number for the file of each candidate.
func (c *Collection) filesOf(found []candidate) ([]uint64, error) {
	files := make([]uint64, len(found))
	if c.store == nil {
		labels := make([]int64, len(found))
		for i, f := range found {
			labels[i] = f.label
		}
		paths, err := c.paths(labels)
		numbers := map[string]uint64{}
		for i, path := range paths {
			if _, ok := numbers[path]; !ok {
				numbers[path] = uint64(len(numbers))
			}
			files[i] = numbers[path]
		}
		return files, err
	}
	runs, err := c.store.runs()
	if err != nil {
		return nil, err
	}
	for i, f := range found {
		at, ok := slices.BinarySearchFunc(runs, f.label, func(r parts.FileRun, label int64) int { return cmp.Compare(r.First, label) })
		if !ok {
			at--
		}
		if at < 0 || f.label >= runs[at].First+runs[at].Count {
			return nil, fault.New(hintRebuild, "%s: the parts do not match: no file has the passage %d", c.dir, f.label)
		}
		files[i] = runs[at].File
	}
	return files, nil
}
