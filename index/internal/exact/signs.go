// Package exact finds the nearest of all vectors: by codes whose bounds exclude most of them, or for
// many queries at once by a matrix product.
package exact

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

const (
	// scanBlocks is the number of blocks of signs that are compared at once.
	scanBlocks = 32
	// portion is the number of codes that are compared at once.
	portion = 256
	// leastFirst is the least number of vectors that are compared before all others, the
	// nearest by their signs, to know a distance that the others must be below.
	leastFirst = 48
)

// A Target is what a scan finds vectors for.
type Target interface {
	// Wanted reports whether a vector may be among the results. It is called before its code
	// or the vector is read.
	Wanted(n walk.ID) bool
	// Worst returns a distance that no result exceeds that is yet to be found, at first +Inf.
	Worst() float64
	// Compare compares the query with a vector.
	Compare(n walk.ID)
	// TouchSigns and TouchCodes are called before the blocks of signs from at on and the codes of
	// ids are read.
	TouchSigns(at, n int)
	TouchCodes(ids []walk.ID)
}

// Signs is exact search with codes. It compares the query with the signs of all vectors first. A
// vector whose estimated distance, less its bound, is beyond the worst of the best cannot be among
// them, but for a chance of 1e-9 (see codes.Sigmas). The codes of the others are compared in
// the same way, and then the vectors themselves.
type Signs struct {
	Query codes.Query

	// Sigmas is how many standard deviations the bounds of the signs allow for, if it is above 0 and
	// below codes.Sigmas: a vector as far away as the last result is missed with the chance that an error
	// of a normal distribution is greater.
	Sigmas float64

	arena  *arena.Arena
	target Target
	share  float32   // of the bounds of codes that is allowed for
	lower  []float32 // what the distances are at least, by the signs
	first  walk.Heap
	sorted []walk.Key
	near   []walk.ID
	away   []float32
	room   []float32 // for Arena.Distances
	order  []ordered
}

// ordered is a vector with what its distance from the query is by its code, and how far that can be wrong.
type ordered struct {
	key   walk.Key
	bound float32
}

// Find compares the query, which is set, with those of the first total vectors of a that may be among the k
// nearest. With k = 0, the target has a limit from the beginning.
func (s *Signs) Find(a *arena.Arena, target Target, total, k int) {
	s.arena, s.target, s.share = a, target, 1
	if s.Sigmas > 0 && a.Form == arena.Codes {
		// The vectors are those of the codes. The bounds are for the rounding of the query then, in the worst
		// direction; allow for a random one.
		s.share = min(1, float32(codes.Sigmas/math.Sqrt(float64(a.Space.Len-1))))
	}
	q := &s.Query
	q.EncodeForSigns()
	if a.Coded {
		q.EncodeFor(a.Bits)
	}
	last := s.compareFirst(total, k)
	limit := q.Limit(target.Worst())
	s.near = s.near[:0]
	for i, v := range s.lower[:total] {
		if v > limit || walk.NewKey(v, walk.ID(i)) <= last || !target.Wanted(walk.ID(i)) {
			continue
		}
		if s.near = append(s.near, walk.ID(i)); len(s.near) == portion {
			s.compareNear()
			limit = q.Limit(target.Worst())
			s.near = s.near[:0]
		}
	}
	s.compareNear()
	s.target = nil
}

// compareFirst sets s.lower, and compares the nearest by it, more than k. It returns the last of these, or 0.
func (s *Signs) compareFirst(total, k int) (last walk.Key) {
	a, q := s.arena, &s.Query
	blocks := arena.Blocks(total)
	s.lower = slices.Grow(s.lower[:0], blocks*kernel.ScanCodes)[:blocks*kernel.ScanCodes]
	s.first = s.first[:0]
	count := 0
	if k > 0 {
		count = max(leastFirst, k+k/2)
	}
	limit, slack := q.Limit(s.target.Worst()), q.Slack(0)
	if s.Sigmas > 0 && s.Sigmas < codes.Sigmas {
		slack *= float32(s.Sigmas / codes.Sigmas)
	}
	var masks [scanBlocks]uint32
	for at := 0; at < blocks; {
		rows, n := a.Signs.Run(at, min(scanBlocks, blocks-at))
		s.target.TouchSigns(at, n)
		q.Signs.Scan(s.lower[at*kernel.ScanCodes:], masks[:n], rows, true, slack, limit)
		for b, mask := range masks[:n] {
			for ; mask != 0 && count > 0; mask &= mask - 1 {
				i := (at+b)*kernel.ScanCodes + bits.TrailingZeros32(mask)
				key := walk.NewKey(s.lower[i], walk.ID(i))
				if i >= total || len(s.first) == count && key > s.first[0] || !s.target.Wanted(walk.ID(i)) {
					continue
				}
				if len(s.first) < count {
					s.first.Push(key)
				} else {
					s.first.Replace(key)
				}
				if len(s.first) == count {
					limit = s.first[0].Distance()
				}
			}
		}
		at += n
	}
	s.sorted = append(s.sorted[:0], s.first...)
	slices.Sort(s.sorted)
	s.near = s.near[:0]
	for _, key := range s.sorted {
		s.near = append(s.near, key.ID())
		last = key
	}
	s.compareNear()
	return last
}

// compareNear compares the vectors of s.near whose codes do not exclude them.
func (s *Signs) compareNear() {
	a, q := s.arena, &s.Query
	if len(s.near) == 0 {
		return
	}
	if !a.Coded {
		for _, n := range s.near {
			s.target.Compare(n)
		}
		return
	}
	s.target.TouchCodes(s.near)
	slack := q.Slack(a.Bits) * s.share
	s.away = slices.Grow(s.away[:0], len(s.near))[:len(s.near)]
	a.Distances(s.away, &q.Codes, s.near, &s.room)
	// The nearest come first, so that the worst of the best is soon near.
	s.order = s.order[:0]
	limit := q.Limit(s.target.Worst())
	for i, n := range s.near {
		bound := slack * a.Bound(n)
		if s.away[i]-bound > limit {
			continue
		}
		s.order = append(s.order, ordered{walk.NewKey(s.away[i], n), bound})
	}
	slices.SortFunc(s.order, func(a, b ordered) int { return cmp.Compare(a.key, b.key) })
	for _, o := range s.order {
		if n := o.key.ID(); !(o.key.Distance()-o.bound > q.Limit(s.target.Worst())) {
			s.target.Compare(n)
		}
	}
}
