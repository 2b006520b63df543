package index

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/internal/kernel"
)

// scanBlock is the number of vectors whose distances exact search computes at a time.
const scanBlock = 256

// fewAllowed limits the labels that are looked up one by one, as a fraction of the
// vectors: with more, it is cheaper to check every vector.
const fewAllowed = 8

// scan is exact search: it collects the best hits for w.query in w.top. The caller
// holds shown.
func (s *store) scan(w *scratch, r request) {
	w.top.Reset(w.top.K)
	few := r.allow.set != nil && r.allow.set.GetCardinality() < uint64(s.Len()/fewAllowed)
	if few && !s.unchecked.Load() { // of an opened index, the table of labels is empty
		s.scanSet(w, r)
		return
	}
	computed := 0
	total := int(s.reserved.Load())
	for at := 0; at < total; {
		labels, n := s.labels.Run(at, min(scanBlock, total-at))
		rows, n := s.arena.Stored().Run(at, n)
		labels, n = s.candidatesAmong(w, r.allow, at, labels[:n])
		if few {
			for _, i := range w.fresh {
				s.touchVectors(at+int(i), 1)
			}
		} else {
			s.touchVectors(at, n)
		}
		if len(w.fresh) == n && s.arena.Form == arena.Full {
			s.compareRows(w, rows, n)
		} else {
			for _, i := range w.fresh {
				w.block[i] = s.distance(w.query, s.vector(w, id(at)+i))
			}
		}
		for _, i := range w.fresh {
			if d := w.block[i]; len(w.top.Hits) < w.top.K || d <= w.top.Hits[0].Distance {
				s.offer(w, r, hit{Distance: d, Label: labels[i]})
			}
		}
		computed += len(w.fresh)
		at += n
	}
	s.distances.Add(int64(computed))
}

// candidatesAmong checks the ids from at on and collects those that may be returned in w.fresh,
// as offsets from at. labels are the labels of these ids. It checks only the first n, and returns
// their labels and n. It is called before any vector is read: the vector of a visible id does
// not change, but that of any other id may be overwritten at any moment.
func (s *store) candidatesAmong(w *scratch, allow allow, at int, labels []int64) ([]int64, int) {
	states, n := s.states.Run(at, len(labels))
	w.fresh = slices.Grow(w.fresh[:0], n)
	all := allow.all()
	for i := range states {
		if visible(&states[i]) && (all || allow.label(labels[i])) {
			w.fresh = append(w.fresh, id(i))
		}
	}
	return labels[:n], n
}

// scanSet scans the allowed labels only.
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
			s.arena.Prefetch(w.fresh[i+ahead])
		}
		if !s.visible(n) {
			continue
		}
		if label := s.label(n); r.allow.filter == nil || r.allow.filter(label) {
			s.offer(w, r, hit{Distance: s.distance(w.query, s.vector(w, n)), Label: label})
			computed++
		}
	}
	s.distances.Add(int64(computed))
}

// offer adds a hit to w.top. If all hits within a threshold are wanted, it drops
// those beyond it; otherwise appendResults does.
func (s *store) offer(w *scratch, r request, h hit) {
	if r.within != nil && len(w.top.Hits) >= r.k && !s.within(h.Distance, *r.within) {
		return
	}
	w.top.Offer(h)
}

// compareRows computes in w.block the distances from the query to the vectors of n
// rows, bit for bit those of s.distance.
func (s *store) compareRows(w *scratch, rows []float32, n int) {
	width, before := s.arena.Vectors.Width(), s.arena.Before
	if s.options.Metric == Euclidean {
		kernel.SquaredDistanceScan(w.block[:n], w.query, rows[before:], width)
		return
	}
	kernel.DotScan(w.block[:n], w.query, rows[before:], width)
	for i := range w.block[:n] {
		w.block[i] = -w.block[i]
	}
}
