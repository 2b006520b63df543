package fulltext

import (
	"slices"
)

// Span is a part of a text, as a range of bytes.
type Span struct{ From, To int }

// Spans returns the words of a text that match a question: those with the same term, such as
// "plants" for "plant". They are sorted and do not overlap.
func (x *Index) Spans(question, text string) []Span {
	asked := map[string]bool{}
	for _, t := range x.Terms(question) {
		asked[t.Term] = true
	}
	return x.SpansOf(asked, text)
}

// SpansOf returns the words of a text with one of the terms.
func (x *Index) SpansOf(terms map[string]bool, text string) []Span {
	if len(terms) == 0 {
		return nil
	}
	var spans []Span
	analyse := x.borrow()
	defer x.quick.Put(analyse)
	for _, t := range analyse.tokens(text) {
		if !terms[string(t.Term)] || t.Start < 0 || t.End > len(text) || t.Start >= t.End {
			continue
		}
		spans = append(spans, Span{t.Start, t.End})
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.From < out[n-1].To { // parts of a name, pairs of ideograms
			out[n-1].To = max(out[n-1].To, s.To)
		} else {
			out = append(out, s)
		}
	}
	return out
}
