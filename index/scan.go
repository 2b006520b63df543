package index

import "github.com/luminavec/luminavec/internal/kernel"

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
		// Before any vector is looked at: what shows now stays what it is, and
		// what does not may be written at any moment.
		w.fresh = w.fresh[:0]
		for i := range n {
			if s.shows(id(at+i)) && (r.allow.all() || r.allow.label(labels[i])) {
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
			s.offer(w, r, hit{w.block[i], labels[i]})
		}
		computed += len(w.fresh)
		at += n
	}
	s.distances.Add(int64(computed))
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
			if at, ok := s.ids[int64(label)]; ok && at >= 0 {
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
