package index

import "github.com/luminavec/luminavec/internal/kernel"

// scanBlock is how many vectors exact search compares before it looks at the
// distances.
const scanBlock = 256

// scan is exact search: it leaves the k best hits for w.query in w.top. A
// vector is passed over when ready, if given, denies its id or filter its label.
func (s *store) scan(w *scratch, k int, filter func(int64) bool, ready func(id) bool) {
	w.top.reset(k)
	if k == 0 {
		return
	}
	computed := 0
	total := int(s.reserved.Load())
	if ready == nil {
		total = s.Len()
	}
	for at := 0; at < total; {
		labels, n := s.labels.run(at, min(scanBlock, total-at))
		rows, n := s.arena.vectors.run(at, n)
		if filter == nil {
			s.distancesTo(w.block[:n], w.query, rows)
		}
		for i := range n {
			if ready != nil && !ready(id(at+i)) {
				continue
			}
			switch {
			case filter == nil:
				w.top.offer(hit{w.block[i], labels[i]})
				computed++
			case filter(labels[i]):
				w.top.offer(hit{s.distance(w.query, s.arena.vector(id(at+i))), labels[i]})
				computed++
			}
		}
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
