package index

import (
	"math"
	"slices"

	"github.com/luminavec/luminavec/internal/kernel"
)

// scanBlock is how many vectors exact search compares before it looks at the
// distances.
const scanBlock = 256

// fewAllowed is the part of the vectors up to which it is cheaper to look up the
// allowed labels than to ask about all.
const fewAllowed = 8

// scan is exact search: it leaves the best hits for w.query in w.top, those that
// may be returned. The caller holds shown.
func (s *store) scan(w *scratch, r request) {
	w.top.reset(w.top.k)
	if set := r.allow.set; set != nil && set.GetCardinality() < uint64(s.Len()/fewAllowed) {
		s.scanSet(w, r)
		return
	}
	computed := 0
	total := int(s.reserved.Load())
	for at := 0; at < total; {
		labels, n := s.labels.run(at, min(scanBlock, total-at))
		rows, n := s.arena.vectors.run(at, n)
		labels, n = s.candidatesAmong(w, r.allow, at, labels[:n])
		if len(w.fresh) == n {
			s.compareRows(w, rows, n)
		} else {
			for _, i := range w.fresh {
				w.block[i] = s.distance(w.query, s.arena.vector(id(at)+i))
			}
		}
		for _, i := range w.fresh {
			if d := w.block[i]; len(w.top.hits) < w.top.k || d <= w.top.hits[0].distance {
				s.offer(w, r, hit{d, labels[i]})
			}
		}
		computed += len(w.fresh)
		at += n
	}
	s.distances.Add(int64(computed))
}

// candidatesAmong leaves in w.fresh which of the ids from at on, whose labels these
// are, may be returned, as offsets from at. It looks at the first n only, and
// returns their labels and n. It comes before any vector is looked at: what shows
// now stays what it is, and what does not may be written at any moment.
func (s *store) candidatesAmong(w *scratch, allow allow, at int, labels []int64) ([]int64, int) {
	states, n := s.states.run(at, len(labels))
	w.fresh = slices.Grow(w.fresh[:0], n)
	all := allow.all()
	for i := range states {
		if shows(&states[i]) && (all || allow.label(labels[i])) {
			w.fresh = append(w.fresh, id(i))
		}
	}
	return labels[:n], n
}

// scanSet is scan among the allowed labels.
func (s *store) scanSet(w *scratch, r request) {
	w.fresh = w.fresh[:0]
	s.mu.RLock()
	var labels [256]uint64
	for it := r.allow.set.ManyIterator(); ; {
		n := it.NextMany(labels[:])
		if n == 0 {
			break
		}
		for _, label := range labels[:n] {
			if at := s.idOf(int64(label)); at != none {
				w.fresh = append(w.fresh, at)
			}
		}
	}
	s.mu.RUnlock()
	const ahead = 4
	computed := 0
	for i, n := range w.fresh {
		if i+ahead < len(w.fresh) {
			kernel.Prefetch(s.arena.vector(w.fresh[i+ahead]))
		}
		if !s.shows(n) {
			continue
		}
		if label := s.label(n); r.allow.filter == nil || r.allow.filter(label) {
			s.offer(w, r, hit{s.distance(w.query, s.arena.vector(n)), label})
			computed++
		}
	}
	s.distances.Add(int64(computed))
}

// offer puts a hit into w.top. One that does not reach the threshold is passed
// over when all within it are asked for; else it is left out at the end.
func (s *store) offer(w *scratch, r request, h hit) {
	if r.within != nil && len(w.top.hits) >= r.k && !s.options.Metric.reaches(s.options.Metric.score(h.distance), *r.within) {
		return
	}
	w.top.offer(h)
}

// compareRows leaves in w.block the distances of the query to the vectors of n rows,
// as s.distance has them to the bit.
func (s *store) compareRows(w *scratch, rows []float32, n int) {
	width, before := s.arena.vectors.width, s.arena.before
	if s.options.Metric == Euclidean {
		kernel.SquaredDistanceScan(w.block[:n], w.query, rows[before:], width)
		return
	}
	kernel.DotScan(w.block[:n], w.query, rows[before:], width)
	for i := range w.block[:n] {
		w.block[i] = -w.block[i]
	}
}

// sieve is what a product of a query and a vector, of these lengths at most, is
// above if the vector may be among the best of top; under Euclidean, the product less
// half the vector's squared length. Two ways of computing the same sum differ by
// rounding: by no more than the number of additions times the unit roundoff times
// the greatest sum that there can be.
func (s *store) sieve(top *topK, query, longest float64) float32 {
	if len(top.hits) < top.k {
		return float32(math.Inf(-1))
	}
	worst := float64(top.hits[0].distance)
	score := -worst
	if s.options.Metric == Euclidean {
		score = (query*query - worst) / 2
	}
	sum := (query + longest) * (query + longest)
	slack := float64(2*s.arena.stride+16) * 0x1p-23 * sum
	return float32(score - slack - math.Abs(score)*0x1p-22)
}
