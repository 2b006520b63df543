package fulltext

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
)

// keptBytes is about how much memory an index uses for the postings of words that were asked for.
const keptBytes = 32 << 20

// posting is a passage that has a term, and how often, a heading counting HeadingWeight times; or, where it is
// prepared, what the term adds to the score of the passage, but for the weight of the term.
type posting struct {
	doc uint32
	tf  float32
}

// prepared are the postings of the terms that were asked for last, and what scores are computed with. It belongs to
// a list of segments.
type prepared struct {
	segments []*segment
	live     int     // number of passages
	mean     float64 // their length

	mu     sync.Mutex
	size   int
	terms  map[string]*list.Element
	recent list.List // of *term, the one used last first
}

// term is the postings of a term in each segment, and how many there are.
type term struct {
	name  string
	lists [][]posting
	df    int
}

// prepare returns what belongs to the segments of the index as they are.
func (x *Index) prepare() *prepared {
	p := x.prepared.Load()
	if p != nil && slices.Equal(p.segments, x.segments) {
		return p
	}
	p = &prepared{segments: slices.Clone(x.segments), terms: map[string]*list.Element{}}
	var length float64
	for _, s := range p.segments {
		p.live += s.live()
		length += s.total()
	}
	p.mean = length / float64(max(1, p.live))
	x.prepared.Store(p)
	return p
}

// term returns the postings of a term.
func (p *prepared) term(name string) (*term, error) {
	p.mu.Lock()
	if e := p.terms[name]; e != nil {
		p.recent.MoveToFront(e)
		p.mu.Unlock()
		return e.Value.(*term), nil
	}
	p.mu.Unlock()
	t := &term{name: name, lists: make([][]posting, len(p.segments))}
	for i, s := range p.segments {
		err := fenced(s.path(), func() (err error) {
			t.lists[i], err = s.postings(nil, name)
			return err
		})
		if err != nil {
			return nil, err
		}
		t.df += len(t.lists[i])
		for j := range t.lists[i] {
			q := &t.lists[i][j]
			tf := float64(q.tf)
			q.tf = float32(tf * (k1 + 1) / (tf + k1*(1-b+b*s.lengths[q.doc].weighted()/p.mean)))
		}
	}
	p.keep(t)
	return t, nil
}

func (t *term) size() int { return 8*t.df + len(t.name) + 32*len(t.lists) + 160 }

func (p *prepared) keep(t *term) {
	if t.size() > keptBytes/4 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terms[t.name] != nil {
		return // another goroutine was faster
	}
	p.terms[t.name] = p.recent.PushFront(t)
	for p.size += t.size(); p.size > keptBytes; {
		last := p.recent.Remove(p.recent.Back()).(*term)
		delete(p.terms, last.name)
		p.size -= last.size()
	}
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
