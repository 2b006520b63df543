// Package scale reads the scores and labels of pairs: on which scale scores are, and what
// labels mean. Both are decided by all values, and never guessed if they leave a doubt.
package scale

import (
	"math"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
)

// Range is the lowest and the highest possible score.
type Range [2]float64

// usual are the scales of public data sets, narrow ones first.
var usual = []Range{{0, 1}, {0, 5}, {0, 10}, {0, 100}}

var cosines = Range{-1, 1}

const (
	// beyond is how far a score may be outside a range, in units of its width if that is below
	// 1: rounding, such as 1.0000001, or the -0.01 of an average. It counts as the end of the range.
	beyond = 0.01
	// reached is the share of a usual range that the highest score must reach to show it. With
	// scores up to 0.4 alone, 0 to 1 is as likely as 0 to 5.
	reached = 0.8
	// negative is the score that shows that a range begins at -1, not at 0 with an outlier.
	negative = -0.5
	// few is the share of scores below which they must not decide a range that all others do not
	// need, and enough the number of scores from which it counts: mistakes, or -1 for no score.
	few    = 0.01
	enough = 100
)

// Holds reports whether a score is inside the range, or so little outside that it counts as
// its end.
func (r Range) Holds(score float64) bool {
	return score >= r[0]-r.slack() && score <= r[1]+r.slack()
}

func (r Range) slack() float64 { return beyond * min(1, r[1]-r[0]) * (1 + 1e-6) }

// Normalized returns a score scaled to 0..1.
func (r Range) Normalized(score float64) float64 {
	return min(1, max(0, (score-r[0])/(r[1]-r[0])))
}

func (r Range) String() string { return Number(r[0]) + " to " + Number(r[1]) }

// DecimalComma is the hint for a number such as 3,5.
const DecimalComma = "write a decimal point instead of the comma"

// Number writes a score, which is kept in 32 bits.
func Number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 32) }

// Check returns an error if a range that the user gives is not one. The zero value means that
// none is given.
func (r Range) Check() error {
	if r != (Range{}) && !(r[0] < r[1] && !math.IsInf(r[0], 0) && !math.IsInf(r[1], 0)) {
		return fault.Field("ScoreRange", "give the lowest and the highest possible score, such as 0,5",
			"must be two finite numbers in ascending order, got %v and %v", r[0], r[1])
	}
	return nil
}

// Seen describes the scores that were read.
type Seen struct {
	Low, High float64
	Whole     bool // all are whole numbers

	n      int64
	within [4]int64 // how many are in each usual range
}

// Nothing is what is known before the first score.
func Nothing() Seen { return Seen{Low: math.Inf(1), High: math.Inf(-1), Whole: true} }

// Add adds a score.
func (s *Seen) Add(score float64) {
	s.Low, s.High, s.Whole = min(s.Low, score), max(s.High, score), s.Whole && score == math.Trunc(score)
	s.n++
	for i, r := range usual {
		if r.Holds(score) {
			s.within[i]++
		}
	}
}

// Join adds the scores of another.
func (s *Seen) Join(o Seen) {
	s.Low, s.High, s.Whole = min(s.Low, o.Low), max(s.High, o.High), s.Whole && o.Whole
	s.n += o.n
	for i, n := range o.within {
		s.within[i] += n
	}
}

// Range returns the range of the scores: the narrowest of 0..1, 0..5, 0..10 and 0..100 that
// holds them all, if the highest reaches 80% of it, or -1..1 if the lowest is at most -0.5.
// Otherwise the scores leave a doubt, which is an error, as it is if fewer than 1% of many need
// the range.
func (s Seen) Range() (Range, error) {
	r, err := s.span()
	for i, narrow := range usual {
		if err != nil || narrow == r {
			break
		}
		if out := s.n - s.within[i]; s.n >= enough && float64(out) < few*float64(s.n) {
			return Range{}, fault.Mention("correct these scores, or set ScoreRange to the lowest and the highest possible score, such as 0,5, to skip those outside",
				"cannot tell the range of the scores: all but %d of %d are inside %v", out, s.n, narrow)
		}
	}
	return r, err
}

// span returns the range that all scores need.
func (s Seen) span() (Range, error) {
	hint := "set ScoreRange to the lowest and the highest possible score, such as 0,5"
	span := Range{s.Low, s.High}
	all := func(r Range) bool { return r.Holds(s.Low) && r.Holds(s.High) }
	at := slices.IndexFunc(usual, all)
	switch {
	case at >= 0 && s.High >= reached*usual[at][1]:
		return usual[at], nil
	case s.Whole && s.Low >= -1 && s.High > 1 && s.High <= 3:
		return Range{}, fault.Mention("if they are labels, say what they mean with Labels, such as 0=1,1=0,2=0 if 0 is entailment; if they are scores, "+hint,
			"cannot tell what the numbers %v mean: they may be scores or the labels of classes", span)
	case at == len(usual)-1:
		return Range{}, fault.Mention(hint, "cannot tell the range of the scores: they are from %v, which is too little for %v", span, usual[at])
	case at >= 0:
		return Range{}, fault.Mention(hint, "cannot tell the range of the scores: they are from %v, and the range may be %v, %v or another",
			span, usual[at], usual[at+1])
	case all(cosines) && s.Low <= negative:
		return cosines, nil
	case all(cosines):
		return Range{}, fault.Mention("set ScoreRange to -1,1 if these are cosines, or to 0,1 to skip scores below 0", "cannot tell the range of the scores: they are from %v, and the range may be %v or %v", span, usual[0], cosines)
	}
	return Range{}, fault.Mention(hint, "cannot tell the range of the scores: they are from %v, which is not a usual range", span)
}

// Fills reports whether scores that are part of a wider range look like a whole one: they
// reach both ends of a usual range.
func (s Seen) Fills() (Range, bool) {
	r, err := s.Range()
	return r, err == nil && s.Low <= r[0]+(1-reached)*(r[1]-r[0]) && s.High >= r[1]-r.slack()
}
