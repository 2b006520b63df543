package index

import "math"

// scanSigns is scan with codes (see exact.Signs). The caller holds shown. It reports false, having done
// nothing, if a scan without codes is better.
func (s *store) scanSigns(w *scratch, r request) bool {
	if set := r.allow.set; s.directionless(w.query) || set != nil && set.GetCardinality() < uint64(s.Len()/fewAllowed) {
		return false
	}
	w.top.Reset(w.top.K)
	w.target = signTarget{store: s, w: w, r: r}
	w.signs.Query.Set(s.arena.Space, w.query[:s.options.Dim])
	k := w.top.K
	if r.within != nil {
		k = r.k
		if w.top.K > s.Len() { // all within the threshold are wanted
			k = 0
		}
	}
	w.signs.Find(s.arena, &w.target, int(s.reserved.Load()), k)
	s.distances.Add(int64(w.target.computed))
	w.target = signTarget{}
	return true
}

// signTarget implements exact.Target for a search.
type signTarget struct {
	*store
	w        *scratch
	r        request
	computed int
}

func (t *signTarget) Wanted(n id) bool {
	return t.visible(n) && (t.r.allow.all() || t.r.allow.label(t.label(n)))
}

func (t *signTarget) Worst() float64 {
	worst := math.Inf(1)
	if top := &t.w.top; top.K > 0 && len(top.Hits) >= top.K {
		worst = float64(top.Hits[0].Distance)
	}
	if t.r.within == nil {
		return worst
	}
	// The distance at the threshold, and what the rounding of scores may add. A score of -1 is that of
	// all vectors beyond it too.
	score := float64(*t.r.within)
	d := -score
	if t.options.Metric == Euclidean {
		d = max(score, 0) * score
	}
	if t.options.Metric == Cosine && score <= -1 {
		return worst
	}
	return min(worst, d+1e-6*math.Abs(d))
}

func (t *signTarget) Compare(n id) {
	t.touchVectors(int(n), 1)
	d := t.distance(t.w.query, t.vector(t.w, n))
	t.computed++
	if top := &t.w.top; len(top.Hits) < top.K || d <= top.Hits[0].Distance {
		t.offer(t.w, t.r, hit{Distance: d, Label: t.label(n)})
	}
}

func (t *signTarget) TouchSigns(at, n int) {
	if t.unchecked.Load() {
		width := t.arena.Signs.Width() * 4
		t.check(t.blocks[2], at*width, n*width)
	}
}

func (t *signTarget) TouchCodes(ids []id) {
	if t.unchecked.Load() {
		t.touch(ids)
	}
}
