package index

import (
	"math"
	"math/bits"
	"slices"

	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Exact search with codes compares the query with the signs of all vectors first. A vector whose
// estimated distance, less its bound, is beyond the worst of the best cannot be among them, but for a
// chance of 1e-9 (see package codes). The codes of the others are compared in the same way, and then
// the vectors themselves, whose distances are those of a scan without codes.

const (
	// scanBlocks is the number of blocks of signs that are compared at once.
	scanBlocks = 32
	// leastFirst is the least number of vectors that are compared before all others, the
	// nearest by their signs, to know a distance that the others must be below.
	leastFirst = 48
)

// scanSigns is scan with codes. The caller holds shown. It reports false, having done nothing, if a
// scan without codes is better.
func (s *store) scanSigns(w *scratch, r request) bool {
	if set := r.allow.set; s.directionless(w.query) || set != nil && set.GetCardinality() < uint64(s.Len()/fewAllowed) {
		return false
	}
	total := int(s.reserved.Load())
	w.top.Reset(w.top.K)
	q := &w.code
	q.Set(s.arena.Space, w.query[:s.options.Dim])
	q.EncodeForSigns()
	if s.arena.Coded {
		q.EncodeFor(s.arena.Bits)
	}
	blocks := (total + kernel.ScanCodes - 1) / kernel.ScanCodes
	w.lower = slices.Grow(w.lower[:0], blocks*kernel.ScanCodes)[:blocks*kernel.ScanCodes]
	var masks [scanBlocks]uint32
	first, slack := 0, q.Slack(0)
	if r.within == nil || w.top.K <= s.Len() {
		first = max(leastFirst, 2*w.top.K)
	}
	limit := s.estimateLimit(w, r)
	w.beam = w.beam[:0]
	for at := 0; at < blocks; {
		rows, n := s.arena.Signs.Run(at, min(scanBlocks, blocks-at))
		if s.unchecked.Load() {
			width := s.arena.Signs.Width() * 4
			s.check(s.blocks[2], at*width, n*width)
		}
		lower := w.lower[at*kernel.ScanCodes : (at+n)*kernel.ScanCodes]
		q.Signs.Scan(lower, masks[:n], rows, true, slack, limit)
		for b, mask := range masks[:n] {
			for ; mask != 0 && first > 0; mask &= mask - 1 {
				i := (at+b)*kernel.ScanCodes + bits.TrailingZeros32(mask)
				k := walk.NewKey(w.lower[i], id(i))
				if i >= total || len(w.beam) == first && k > w.beam[0] || !s.wanted(r.allow, id(i)) {
					continue
				}
				if len(w.beam) < first {
					w.beam.Push(k)
				} else {
					w.beam.Replace(k)
				}
				if len(w.beam) == first {
					limit = w.beam[0].Distance()
				}
			}
		}
		at += n
	}
	computed := 0
	var last key
	if first > 0 {
		w.sorted = append(w.sorted[:0], w.beam...)
		slices.Sort(w.sorted)
		w.fresh = w.fresh[:0]
		for _, k := range w.sorted {
			w.fresh = append(w.fresh, k.ID())
			last = k
		}
		computed += s.compareCoded(w, r)
	}
	limit = s.estimateLimit(w, r)
	w.fresh = w.fresh[:0]
	for i, v := range w.lower[:total] {
		if v > limit {
			continue
		}
		if walk.NewKey(v, id(i)) > last && s.wanted(r.allow, id(i)) {
			if w.fresh = append(w.fresh, id(i)); len(w.fresh) == scanBlock {
				computed += s.compareCoded(w, r)
				w.fresh = w.fresh[:0]
				limit = s.estimateLimit(w, r)
			}
		}
	}
	computed += s.compareCoded(w, r)
	s.distances.Add(int64(computed))
	return true
}

// wanted reports whether n may be returned. It is called before its vector is read (see
// candidatesAmong).
func (s *store) wanted(allow allow, n id) bool {
	return s.visible(n) && (allow.all() || allow.label(s.label(n)))
}

// compareCoded offers the vectors of w.fresh whose codes do not exclude them, and returns their number.
func (s *store) compareCoded(w *scratch, r request) int {
	if len(w.fresh) == 0 {
		return 0
	}
	q, a := &w.code, s.arena
	slack := q.Slack(a.Bits)
	if a.Coded {
		w.away = slices.Grow(w.away[:0], len(w.fresh))[:len(w.fresh)]
		if s.unchecked.Load() {
			s.touch(w.fresh)
		}
		t := a.Codes()
		t.Distances(w.away, &q.Codes, asInt32(w.fresh))
	}
	computed := 0
	limit := s.estimateLimit(w, r)
	for i, n := range w.fresh {
		if a.Coded && w.away[i]-slack*kernel.CodeBound(a.Records.Row(int(n)), a.Space.Len, a.Bits) > limit {
			continue
		}
		s.touchVectors(int(n), 1)
		d := s.distance(w.query, a.Vector(n))
		computed++
		if len(w.top.Hits) < w.top.K || d <= w.top.Hits[0].Distance {
			s.offer(w, r, hit{Distance: d, Label: s.label(n)})
			limit = s.estimateLimit(w, r)
		}
	}
	return computed
}

// estimateLimit returns what the estimate for a vector can be at most if it may be among the results.
func (s *store) estimateLimit(w *scratch, r request) float32 {
	worst := math.Inf(1)
	if w.top.K > 0 && len(w.top.Hits) >= w.top.K {
		worst = float64(w.top.Hits[0].Distance)
	}
	if r.within != nil {
		// The distance at the threshold, and what the rounding of scores may add.
		t := float64(*r.within)
		d := -t
		if s.options.Metric == Euclidean {
			d = max(t, 0) * t
		}
		if s.options.Metric != Cosine || t > -1 {
			worst = min(worst, d+1e-6*math.Abs(d))
		}
	}
	if math.IsInf(worst, 1) {
		return float32(worst)
	}
	return w.code.Limit(worst)
}
