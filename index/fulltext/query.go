package fulltext

import (
	"cmp"
	"context"
	"math"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/heap"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Constants of BM25, those of Lucene.
const (
	k1 = 1.2
	b  = 0.75
)

// HeadingWeight is how often a word of a heading counts.
const HeadingWeight = 3

// maxQuestion is the maximum number of bytes of a question, and maxTerms that of its different
// terms: the rarest are used.
const (
	maxQuestion = 1 << 20
	maxTerms    = 1024
)

// Matches are the scores of all passages for a question.
type Matches struct {
	// Terms are the terms of the question, as the analyser makes them, in its order and without
	// repetition. Empty: it has no words but stop words.
	Terms []string

	// Unknown are the words of the question whose terms no passage has, as they are written.
	Unknown []string

	// Mean and Deviation are those of the scores of all passages, which are 0 without a match.
	Mean, Deviation float64

	// Matched is the number of passages that have a term.
	Matched int

	// Ideal is the limit of the score of a passage that has every term of the question often.
	Ideal float64

	index    *Index
	scores   [][]float32 // of each segment, by document; nil if nothing matched
	segments []*segment
}

// Weighted is a term of a question and how often it counts.
type Weighted struct {
	Term   string
	Weight float64
	Word   string // as it is written, where it occurs first; may be empty
}

// Search returns the k passages with the highest scores for a question, best first; passages of
// equal score in the order of their labels. If allowed is not nil, others are not returned.
func (x *Index) Search(ctx context.Context, question string, k int, allowed *roaring64.Bitmap) ([]Hit, error) {
	m, err := x.Query(ctx, question)
	if err != nil {
		return nil, err
	}
	return m.Top(k, allowed), nil
}

// Query computes the scores of all passages for a question.
func (x *Index) Query(ctx context.Context, question string) (*Matches, error) {
	if err := checkLength(question); err != nil {
		return nil, err
	}
	return x.QueryTerms(ctx, x.Terms(question), nil)
}

// borrow returns an analyser for one goroutine, which puts it back.
func (x *Index) borrow() *analyser {
	if analyse, ok := x.quick.Get().(*analyser); ok {
		return analyse
	}
	return x.analyse.quick()
}

// Terms returns the terms of a text, as the analyser of the index makes them, in its order, with
// the number of times that each occurs.
func (x *Index) Terms(text string) []Weighted {
	at := map[string]int{}
	var terms []Weighted
	analyse := x.borrow()
	defer x.quick.Put(analyse)
	for _, t := range analyse.tokens(text) {
		term := string(t.Term)
		if i, ok := at[term]; ok {
			terms[i].Weight++
			continue
		}
		at[term] = len(terms)
		w := Weighted{Term: term, Weight: 1}
		if t.Start >= 0 && t.Start < t.End && t.End <= len(text) {
			w.Word = strings.ToValidUTF8(text[t.Start:t.End], "")
		}
		terms = append(terms, w)
	}
	return terms
}

// QueryTerms computes the scores of all passages for terms with weights. If all is not nil, the rarer a term is in
// it, the more it counts.
func (x *Index) QueryTerms(ctx context.Context, terms []Weighted, all *Counts) (*Matches, error) {
	p := x.prepare()
	m := &Matches{index: x, segments: p.segments, scores: make([][]float32, len(p.segments))}
	var sum, squares float64
	for i, w := range terms {
		m.Terms = append(m.Terms, w.Term)
		if i >= maxTerms {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, err := p.term(w.Term)
		if err != nil {
			return nil, err
		}
		live, df := all.of(w.Term, int64(p.live), int64(t.df))
		idf := w.Weight * math.Log(1+(float64(live-df)+0.5)/(float64(df)+0.5))
		m.Ideal += idf * (k1 + 1)
		if df == 0 {
			m.Unknown = append(m.Unknown, cmp.Or(w.Word, w.Term))
			continue
		}
		for j, list := range t.lists {
			if len(list) == 0 {
				continue
			}
			if m.scores[j] == nil {
				m.scores[j] = x.room(len(p.segments[j].labels))
			}
			scores := m.scores[j]
			for _, q := range list {
				old, more := scores[q.doc], float32(idf*float64(q.tf))
				if old == 0 {
					m.Matched++
				}
				now := old + more
				scores[q.doc] = now
				sum += float64(more)
				squares += float64(more) * float64(old+now)
			}
		}
	}
	if p.live > 0 {
		m.Mean = sum / float64(p.live)
		m.Deviation = math.Sqrt(max(0, squares/float64(p.live)-m.Mean*m.Mean))
	}
	return m, nil
}

// room returns n zeros.
func (x *Index) room(n int) []float32 {
	if scores, ok := x.rooms.Get().(*[]float32); ok && cap(*scores) >= n {
		clear((*scores)[:n])
		return (*scores)[:n]
	}
	return make([]float32, n)
}

// Release lets the memory of the scores be used for another question. The methods of m must not be called
// afterwards. Without it, the garbage collector finds it.
func (m *Matches) Release() {
	for i, scores := range m.scores {
		if m.scores[i] = nil; scores != nil {
			m.index.rooms.Put(&scores)
		}
	}
}

func (l lengths) weighted() float64 { return float64(HeadingWeight*l.heading + l.text) }

// total returns the number of terms of all live documents.
func (s *segment) total() float64 {
	var sum float64
	for i, l := range s.lengths {
		if s.deleted == nil || !s.deleted.Contains(uint32(i)) {
			sum += l.weighted()
		}
	}
	return sum
}

func (s *segment) read(dst []posting, field, term string, weight float32) ([]posting, error) {
	dict, err := s.zap.Dictionary(field)
	if err != nil {
		return dst, err
	}
	list, err := dict.PostingsList([]byte(term), s.deleted, nil)
	if err != nil {
		return dst, err
	}
	it := list.Iterator(true, false, false, nil)
	for {
		p, err := it.Next()
		if err != nil || p == nil {
			return dst, err
		}
		doc := p.Number()
		if doc >= uint64(len(s.labels)) {
			return dst, fault.New(hintDamaged, "%s is damaged: no document %d", s.path(), doc)
		}
		dst = append(dst, posting{uint32(doc), weight * float32(max(1, p.Frequency()))}) // see shorten
	}
}

// better orders hits: the worst first.
type better struct{ Hit }

// Before reports whether a is worse than b.
func (a better) Before(b better) bool {
	return a.Score < b.Score || a.Score == b.Score && a.Label > b.Label
}

// Top returns the k passages with the highest scores, best first, and without those that have no
// term of the question.
func (m *Matches) Top(k int, allowed *roaring64.Bitmap) []Hit {
	if k < 1 {
		return nil
	}
	var best heap.Heap[better]
	bound := float32(0) // what is not above it is not among the best
	for i, scores := range m.scores {
		labels := m.segments[i].labels
		for doc := 0; ; doc++ {
			if doc += kernel.FirstAbove(scores[doc:], bound); doc >= len(scores) {
				break
			}
			h := better{Hit{labels[doc], float64(scores[doc])}}
			switch {
			case allowed != nil && !allowed.Contains(uint64(h.Label)):
				continue
			case len(best) < k:
				best.Push(h)
			case best[0].Before(h):
				best.Replace(h)
			}
			if len(best) == k {
				bound = math.Nextafter32(float32(best[0].Score), 0)
			}
		}
	}
	hits := make([]Hit, len(best))
	for i := len(best) - 1; i >= 0; i-- {
		hits[i] = best.Pop().Hit
	}
	return hits
}

// Score returns the score of a passage, 0 if it has no term of the question or is not in the index.
func (m *Matches) Score(label int64) float64 {
	for i, s := range m.segments {
		if m.scores[i] == nil {
			continue
		}
		if doc, ok := s.find(label); ok {
			return float64(m.scores[i][doc])
		}
	}
	return 0
}
