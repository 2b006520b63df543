package index

import "math"

// sigmasOf returns how many standard deviations the errors of estimates must be allowed for, so that a search
// finds the share recall of the nearest vectors; 0, which is all, if recall is 0 or 1. Only a vector as far away as
// the last result is missed with the whole chance that the error is greater: of 100,000 sentences, 0.99
// finds 0.995 of the nearest 200, and 0.998 of the nearest 10.
func sigmasOf(recall float64) float64 {
	if recall <= 0 || recall >= 1 {
		return 0
	}
	missed := min(4*(1-recall), 0.3)
	return math.Sqrt2 * math.Erfinv(1-2*missed)
}

// scanSigns is scan with codes (see exact.Signs). The caller holds Shown. It reports false, having done
// nothing, if a scan without codes is better.
func (s *store) scanSigns(w *scratch, r request) bool {
	if set := r.allow.Set; s.directionless(w.Query) || set != nil && set.GetCardinality() < uint64(s.Len()/fewAllowed) {
		return false
	}
	w.Top.Reset(w.Top.K)
	t, _ := w.Target.(*signTarget)
	if t == nil {
		t = new(signTarget)
		w.Target = t
	}
	*t = signTarget{store: s, w: w, r: r}
	w.Signs.Query.Set(s.Arena.Space, w.Query[:s.options.Dim])
	k := w.Top.K
	if r.within != nil {
		k = r.k
		if w.Top.K > s.Len() { // all within the threshold are wanted
			k = 0
		}
	}
	w.Signs.Sigmas = sigmasOf(r.recall)
	w.Signs.Find(s.Arena, t, int(s.Reserved.Load()), k)
	s.distances.Add(int64(t.computed))
	*t = signTarget{}
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
	return t.Visible(n) && (t.r.allow.All() || t.r.allow.Label(t.Label(n)))
}

func (t *signTarget) Worst() float64 {
	worst := math.Inf(1)
	if top := &t.w.Top; top.K > 0 && len(top.Hits) >= top.K {
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
	t.TouchVectors(int(n), 1)
	d := t.Distance(t.w.Query, t.Read(t.w, n))
	t.computed++
	if top := &t.w.Top; len(top.Hits) < top.K || d <= top.Hits[0].Distance {
		t.offer(t.w, t.r, hit{Distance: d, Label: t.Label(n)})
	}
}

func (t *signTarget) TouchCodes(ids []id) {
	if t.Unchecked.Load() {
		t.Touch(ids)
	}
}
