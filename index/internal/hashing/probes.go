package hashing

import (
	"cmp"
	"slices"

	"github.com/luminavec/luminavec/internal/heap"
)

// Probes yields the buckets of one table in the order in which they are likely to
// hold near vectors: the query's own bucket, then those that differ in functions
// for which the query lies near a border (Lv, Josephson, Wang, Charikar and Li,
// "Multi-probe LSH", VLDB 2007). A perturbation moves one function to a
// neighboring cell; its score is the squared distance to the border, and the
// score of a set of perturbations is their sum.
type Probes struct {
	own   uint64
	began bool
	moves []move // by increasing score
	sets  heap.Heap[moveSet]
}

// move is a perturbation.
type move struct {
	score    float32
	function int    // fewer than 64 consecutive ones
	change   uint64 // to be added to the key
}

// moveSet is the set of the moves whose bits are set. last is the greatest.
type moveSet struct {
	score float32
	set   uint64
	last  int
}

// Before reports whether s has the lower score.
func (s moveSet) Before(t moveSet) bool { return s.score < t.score }

// Begin starts with the buckets of table t for a query with these projections.
func (p *Probes) Begin(f *Family, projections []float32, t int) {
	p.own, p.began = f.Key(projections, t), false
	p.moves = p.moves[:0]
	for i := t * f.each; i < (t+1)*f.each; i++ {
		if !f.cells {
			bit := uint64(1) << (i - t*f.each)
			change := bit
			if p.own&bit != 0 {
				change = -bit
			}
			away := projections[i] - f.shift[i]
			p.moves = append(p.moves, move{away * away, i, change})
			continue
		}
		c, above := f.cell(i, projections[i])
		own := cellKey(i, c)
		p.moves = append(p.moves,
			move{above * above, i, cellKey(i, c-1) - own},
			move{(1 - above) * (1 - above), i, cellKey(i, c+1) - own})
	}
	slices.SortFunc(p.moves, func(a, b move) int { return cmp.Compare(a.score, b.score) })
	p.moves = p.moves[:min(len(p.moves), 64)]
	p.sets = append(p.sets[:0], moveSet{p.moves[0].score, 1, 0})
}

// Next returns the key of the next bucket, and false when there are no more.
func (p *Probes) Next() (key uint64, ok bool) {
	if !p.began {
		p.began = true
		return p.own, true
	}
	for len(p.sets) > 0 {
		s := p.sets.Pop()
		if next := s.last + 1; next < len(p.moves) {
			up := p.moves[next].score
			p.sets.Push(moveSet{s.score + up, s.set | 1<<next, next})
			p.sets.Push(moveSet{s.score + up - p.moves[s.last].score, s.set&^(1<<s.last) | 1<<next, next})
		}
		if key, ok := p.key(s.set); ok {
			return key, true
		}
	}
	return 0, false
}

// key returns the bucket that a set of moves leads to, and false for a set that
// moves one function both ways.
func (p *Probes) key(set uint64) (key uint64, ok bool) {
	key, moved := p.own, uint64(0)
	for i, m := range p.moves {
		if set&(1<<i) == 0 {
			continue
		}
		bit := uint64(1) << (m.function % 64)
		if moved&bit != 0 {
			return 0, false
		}
		moved |= bit
		key += m.change
	}
	return key, true
}
