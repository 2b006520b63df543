package index

import (
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/internal/rows"
)

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
	if s.directionless(w.Query) || s.allowsFew(r) {
		return false
	}
	w.Signs.Query.Set(s.Arena.Space, w.Query[:s.options.Dim])
	w.Signs.Sigmas = sigmasOf(r.recall)
	s.scanFor(w, r, func(t *codeTarget, k int) { w.Signs.Find(s.Arena, t, int(s.Reserved.Load()), k) })
	return true
}

// scanFor calls find with a target for a search and the number of results that it wants, 0 for all within the
// threshold.
func (s *store) scanFor(w *scratch, r request, find func(t *codeTarget, k int)) {
	w.Top.Reset(w.Top.K)
	t, _ := w.Target.(*codeTarget)
	if t == nil {
		t = new(codeTarget)
		w.Target = t
	}
	*t = codeTarget{store: s, w: w, r: r}
	k := w.Top.K
	if r.within != nil {
		k = r.k
		if w.Top.K > s.Len() { // all within the threshold are wanted
			k = 0
		}
	}
	find(t, k)
	s.distances.Add(int64(t.computed))
	*t = codeTarget{}
}

// scanCodes is scan with codes that have no signs beside them (see exact.Codes). The caller holds Shown.
func (s *store) scanCodes(w *scratch, r request) {
	ids := w.Codes.IDs[:0]
	if s.allowsFew(r) {
		ids = s.appendSet(ids, r)
	} else {
		total := int(s.Reserved.Load())
		for at := 0; at < total; {
			labels, n := s.Labels.Run(at, min(rows.BlockRows, total-at))
			_, n = s.candidatesAmong(w, r.allow, at, labels[:n])
			for _, i := range w.Fresh {
				ids = append(ids, id(at)+i)
			}
			at += n
		}
	}
	w.Codes.IDs = ids
	w.Code.Set(s.Arena.Space, w.Query[:s.options.Dim])
	w.Code.EncodeFor(s.Arena.Bits)
	s.scanFor(w, r, func(t *codeTarget, k int) { w.Codes.Find(s.Arena, &w.Code, t, k) })
}

// allowsFew reports whether so few labels are allowed that they are looked up one by one.
func (s *store) allowsFew(r request) bool {
	return r.allow.Set != nil && r.allow.Set.GetCardinality() < uint64(s.Len()/fewAllowed)
}

// appendSet appends the ids of the visible labels that are allowed, of which there are few.
func (s *store) appendSet(ids []id, r request) []id {
	from := len(ids)
	s.Mu.RLock()
	find := s.IDOf
	if s.Unchecked.Load() { // the table of labels is empty
		find = s.Find
	}
	var labels [256]uint64
	for it := r.allow.Set.ManyIterator(); ; {
		n := it.NextMany(labels[:])
		if n == 0 {
			break
		}
		for _, label := range labels[:n] {
			if at := find(int64(label)); at != none && (r.allow.Filter == nil || r.allow.Filter(int64(label))) {
				ids = append(ids, at)
			}
		}
	}
	s.Mu.RUnlock()
	return append(ids[:from], slices.DeleteFunc(ids[from:], func(n id) bool { return !s.Visible(n) })...)
}

// codeTarget implements exact.Target for a search.
type codeTarget struct {
	*store
	w        *scratch
	r        request
	computed int
}

func (t *codeTarget) Wanted(n id) bool {
	return t.Visible(n) && (t.r.allow.All() || t.r.allow.Label(t.Label(n)))
}

func (t *codeTarget) Worst() float64 {
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

func (t *codeTarget) Compare(n id) {
	t.TouchVectors(int(n), 1)
	d := t.Distance(t.w.Query, t.Read(t.w, n))
	t.computed++
	if top := &t.w.Top; len(top.Hits) < top.K || d <= top.Hits[0].Distance {
		t.offer(t.w, t.r, hit{Distance: d, Label: t.Label(n)})
	}
}

func (t *codeTarget) TouchCodes(ids []id) {
	if t.Unchecked.Load() {
		t.Touch(ids)
	}
}
