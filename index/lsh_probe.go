package index

import (
	"cmp"
	"slices"
)

// probes yields the buckets of one table in the order of how likely it is that
// they hold near vectors: the query's own, then those that differ in the functions
// for which the query lies near a border (Lv, Josephson, Wang, Charikar and Li,
// "Multi-probe LSH", VLDB 2007). A perturbation moves one function to the
// neighbouring cell; its score is the square of the distance to the border, and
// the score of a set of perturbations is their sum.
type probes struct {
	family *family
	own    uint64
	began  bool
	moves  []move     // by rising score
	heap   []probeSet // the least score first
}

// move is a perturbation.
type move struct {
	score    float32
	function int    // less than 64 of them, one after another
	change   uint64 // to be added to the key
}

// probeSet is a set of moves: those whose bit is set. last is the greatest.
type probeSet struct {
	score float32
	set   uint64
	last  int
}

func (p *probes) begin(f *family, projections []float32, t int) {
	p.family, p.own, p.began = f, f.key(projections, t), false
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
	p.heap = append(p.heap[:0], probeSet{p.moves[0].score, 1, 0})
}

// next returns the key of the next bucket, while there are more.
func (p *probes) next() (uint64, bool) {
	if !p.began {
		p.began = true
		return p.own, true
	}
	for len(p.heap) > 0 {
		s := p.pop()
		if next := s.last + 1; next < len(p.moves) {
			up := p.moves[next].score
			p.push(probeSet{s.score + up, s.set | 1<<next, next})
			p.push(probeSet{s.score + up - p.moves[s.last].score, s.set&^(1<<s.last) | 1<<next, next})
		}
		if key, ok := p.key(s.set); ok {
			return key, true
		}
	}
	return 0, false
}

// key is the bucket that a set of moves leads to. A set that moves one function
// both ways leads nowhere.
func (p *probes) key(set uint64) (uint64, bool) {
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

func (p *probes) push(s probeSet) {
	h := append(p.heap, s)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2].score > s.score {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = s
	p.heap = h
}

func (p *probes) pop() probeSet {
	h := p.heap
	top, s := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].score < h[child].score {
			child++
		}
		if h[child].score >= s.score {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = s
	}
	p.heap = h
	return top
}
