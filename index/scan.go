package index

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/internal/kernel"
)

// fewAllowed limits the labels that are looked up one by one, as a fraction of the
// vectors: with more, it is cheaper to check every vector.
const fewAllowed = 8

// scan is exact search: it collects the best hits for w.Query in w.Top. The caller
// holds Shown.
func (s *store) scan(w *scratch, r request) {
	w.Top.Reset(w.Top.K)
	few := s.allowsFew(r)
	if few {
		s.scanSet(w, r)
		return
	}
	computed := 0
	total := int(s.Reserved.Load())
	for at := 0; at < total; {
		labels, n := s.Labels.Run(at, min(rows.BlockRows, total-at))
		rows, n := s.Arena.Stored().Run(at, n)
		labels, n = s.candidatesAmong(w, r.allow, at, labels[:n])
		s.TouchVectors(at, n)
		if len(w.Fresh) == n && s.Arena.Form == arena.Full {
			s.compareRows(w, rows, n)
		} else {
			for _, i := range w.Fresh {
				w.Block[i] = s.Distance(w.Query, s.Read(w, id(at)+i))
			}
		}
		for _, i := range w.Fresh {
			if d := w.Block[i]; len(w.Top.Hits) < w.Top.K || d <= w.Top.Hits[0].Distance {
				s.offer(w, r, hit{Distance: d, Label: labels[i]})
			}
		}
		computed += len(w.Fresh)
		at += n
	}
	s.distances.Add(int64(computed))
}

// candidatesAmong checks the ids from at on and collects those that may be returned in w.Fresh,
// as offsets from at. labels are the labels of these ids. It checks only the first n, and returns
// their labels and n. It is called before any vector is read: the vector of a visible id does
// not change, but that of any other id may be overwritten at any moment.
func (s *store) candidatesAmong(w *scratch, allow rows.Allow, at int, labels []int64) ([]int64, int) {
	states, n := s.States.Run(at, len(labels))
	w.Fresh = slices.Grow(w.Fresh[:0], n)
	all := allow.All()
	for i := range states {
		if rows.Visible(&states[i]) && (all || allow.Label(labels[i])) {
			w.Fresh = append(w.Fresh, id(i))
		}
	}
	return labels[:n], n
}

// scanSet scans the allowed labels only.
func (s *store) scanSet(w *scratch, r request) {
	w.Fresh = s.appendSet(w.Fresh[:0], r)
	const ahead = 4
	for i, n := range w.Fresh {
		if i+ahead < len(w.Fresh) {
			s.Arena.Prefetch(w.Fresh[i+ahead])
		}
		s.TouchVectors(int(n), 1)
		s.offer(w, r, hit{Distance: s.Distance(w.Query, s.Read(w, n)), Label: s.Label(n)})
	}
	s.distances.Add(int64(len(w.Fresh)))
}

// offer adds a hit to w.Top. If all hits within a threshold are wanted, it drops
// those beyond it; otherwise appendResults does.
func (s *store) offer(w *scratch, r request, h hit) {
	if r.within != nil && len(w.Top.Hits) >= r.k && !s.within(h.Distance, *r.within) {
		return
	}
	w.Top.Offer(h)
}

// compareRows computes in w.Block the distances from the query to the vectors of n
// rows, bit for bit those of s.Distance.
func (s *store) compareRows(w *scratch, rows []float32, n int) {
	width, before := s.Arena.Vectors.Width(), s.Arena.Before
	if s.options.Metric == Euclidean {
		kernel.SquaredDistanceScan(w.Block[:n], w.Query, rows[before:], width)
		return
	}
	kernel.DotScan(w.Block[:n], w.Query, rows[before:], width)
	for i := range w.Block[:n] {
		w.Block[i] = -w.Block[i]
	}
}
