package fulltext

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/internal/fault"
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
	if len(question) > maxQuestion {
		return nil, fault.New("ask a shorter question", "the question has %d bytes, more than %d", len(question), maxQuestion)
	}
	return x.QueryTerms(ctx, x.Terms(question))
}

// Terms returns the terms of a text, as the analyser of the index makes them, in its order, with
// the number of times that each occurs.
func (x *Index) Terms(text string) []Weighted {
	at := map[string]int{}
	var terms []Weighted
	for _, t := range x.analyse.tokens(text) {
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

// posting is a passage that has a term, and how often, a heading counting HeadingWeight times.
type posting struct {
	doc uint32
	tf  float32
}

// QueryTerms computes the scores of all passages for terms with weights.
func (x *Index) QueryTerms(ctx context.Context, terms []Weighted) (*Matches, error) {
	m := &Matches{index: x, segments: x.segments, scores: make([][]float32, len(x.segments))}
	var length float64
	n := 0
	for _, s := range x.segments {
		n += s.live()
		length += s.total()
	}
	mean := length / float64(max(1, n))
	lists := make([][]posting, len(x.segments))
	for i, t := range terms {
		m.Terms = append(m.Terms, t.Term)
		if i >= maxTerms {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		df := 0
		for j, s := range x.segments {
			err := fenced(s.path(), func() (err error) {
				lists[j], err = s.postings(lists[j][:0], t.Term)
				return err
			})
			if err != nil {
				return nil, err
			}
			df += len(lists[j])
		}
		idf := t.Weight * math.Log(1+(float64(n-df)+0.5)/(float64(df)+0.5))
		m.Ideal += idf * (k1 + 1)
		if df == 0 {
			m.Unknown = append(m.Unknown, cmp.Or(t.Word, t.Term))
			continue
		}
		for j, s := range x.segments {
			if len(lists[j]) == 0 {
				continue
			}
			if m.scores[j] == nil {
				m.scores[j] = make([]float32, len(s.labels))
			}
			for _, p := range lists[j] {
				tf := float64(p.tf)
				score := idf * tf * (k1 + 1) / (tf + k1*(1-b+b*s.lengths[p.doc].weighted()/mean))
				m.scores[j][p.doc] += float32(score)
			}
		}
	}
	m.measure(n)
	return m, nil
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

// postings appends the live documents that have a term.
func (s *segment) postings(dst []posting, term string) ([]posting, error) {
	var err error
	if dst, err = s.read(dst, headingField, term, HeadingWeight); err != nil {
		return dst, err
	}
	headings := len(dst)
	if dst, err = s.read(dst, textField, term, 1); err != nil || headings == 0 || headings == len(dst) {
		return dst, err
	}
	// Both parts are sorted. A document of both becomes one.
	slices.SortStableFunc(dst, func(a, b posting) int { return cmp.Compare(a.doc, b.doc) })
	out := dst[:1]
	for _, p := range dst[1:] {
		if last := &out[len(out)-1]; last.doc == p.doc {
			last.tf += p.tf
		} else {
			out = append(out, p)
		}
	}
	return out, nil
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
		dst = append(dst, posting{uint32(doc), weight * float32(p.Frequency())})
	}
}

// measure computes the mean and the deviation over n passages.
func (m *Matches) measure(n int) {
	var sum, squares float64
	for _, scores := range m.scores {
		for _, s := range scores {
			if s != 0 {
				m.Matched++
				sum += float64(s)
				squares += float64(s) * float64(s)
			}
		}
	}
	if n > 0 {
		m.Mean = sum / float64(n)
		m.Deviation = math.Sqrt(max(0, squares/float64(n)-m.Mean*m.Mean))
	}
}

// Top returns the k passages with the highest scores, best first, and without those that have no
// term of the question.
func (m *Matches) Top(k int, allowed *roaring64.Bitmap) []Hit {
	if k < 1 {
		return nil
	}
	var best []Hit
	order := func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Label, b.Label)) }
	least := float32(0)
	for i, scores := range m.scores {
		labels := m.segments[i].labels
		for doc, score := range scores {
			if score == 0 || score < least || allowed != nil && !allowed.Contains(uint64(labels[doc])) {
				continue
			}
			if best = append(best, Hit{labels[doc], float64(score)}); len(best) >= 2*k+64 {
				slices.SortFunc(best, order)
				best = best[:k]
				least = float32(best[k-1].Score)
			}
		}
	}
	slices.SortFunc(best, order)
	return best[:min(k, len(best))]
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
