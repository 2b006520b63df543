package index

import "github.com/luminavec/luminavec/internal/kernel"

// scanBlock is how many vectors exact search compares before it looks at the
// distances.
const scanBlock = 256

// scan is exact search: it leaves the k best hits for w.query in w.top. The
// caller holds shown.
func (s *store) scan(w *scratch, k int, filter func(int64) bool) {
	w.top.reset(k)
	if k == 0 {
		return
	}
	computed := 0
	total := int(s.reserved.Load())
	for at := 0; at < total; {
		labels, n := s.labels.run(at, min(scanBlock, total-at))
		rows, n := s.arena.vectors.run(at, n)
		// Before any vector is looked at: what shows now stays what it is, and
		// what does not may be written at any moment.
		w.fresh = w.fresh[:0]
		for i := range n {
			if s.shows(id(at+i)) && (filter == nil || filter(labels[i])) {
				w.fresh = append(w.fresh, id(i))
			}
		}
		if len(w.fresh) == n {
			s.distancesTo(w.block[:n], w.query, rows)
		} else {
			for _, i := range w.fresh {
				w.block[i] = s.distance(w.query, s.arena.vector(id(at)+i))
			}
		}
		for _, i := range w.fresh {
			w.top.offer(hit{w.block[i], labels[i]})
		}
		computed += len(w.fresh)
		at += n
	}
	s.distances.Add(int64(computed))
}

// distancesTo writes to dst the distances of query to the vectors of
// len(dst) rows of the arena.
func (s *store) distancesTo(dst, query, rows []float32) {
	width, before := s.arena.vectors.width, s.arena.before
	if s.options.Metric != Euclidean {
		kernel.Dots(dst, query, rows[before:], width)
		for i := range dst {
			dst[i] = -dst[i]
		}
		return
	}
	for i := range dst {
		dst[i] = s.distance(query, rows[i*width+before:][:s.arena.stride])
	}
}
