package index

import (
	"errors"
	"math"
	"runtime/debug"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/vectors"
	"github.com/luminavec/luminavec/internal/kernel"
)

// notOurs is the error for an index of another package.
var errNotOurs = errors.New("index: only the indexes of this package can be asked for their vectors")

// Scores appends to dst the score of the vector of each label for a query, the same as a search
// returns, or NaN for a label that the index does not have.
func Scores(dst []float32, ix Index, query []float32, labels []int64) (_ []float32, err error) {
	of, ok := ix.(interface{ base() *store })
	if !ok {
		return dst, errNotOurs
	}
	s := of.base()
	defer container.Unfault(debug.SetPanicOnFault(true), &err)
	wide := len(query) == s.options.Dim && s.isWide(vectors.Length(query))
	err = s.each(query, labels, func(w *scratch, n id) {
		if n == none {
			dst = append(dst, float32(math.NaN()))
			return
		}
		dst = append(dst, s.scoreOf(w.Query, s.Read(w, n), wide))
	})
	return dst, err
}

// each calls use with the id of each label, or none, and a scratch with the prepared query.
func (s *store) each(query []float32, labels []int64, use func(*scratch, id)) error {
	if s.recodes() {
		s.recoding.RLock()
		defer s.recoding.RUnlock()
	}
	w := s.Pool.Get()
	defer s.Pool.Put(w)
	if _, err := s.ask(w, query, 1, SearchOptions{}); err != nil {
		return err
	}
	s.Shown.RLock()
	defer s.Shown.RUnlock()
	w.Fresh = w.Fresh[:0]
	s.Mu.RLock()
	find := s.IDOf
	if s.Unchecked.Load() { // the table of labels is empty
		find = s.Find
	}
	for _, label := range labels {
		w.Fresh = append(w.Fresh, find(label))
	}
	s.Mu.RUnlock()
	const ahead = 4
	for i, n := range w.Fresh {
		if next := i + ahead; next < len(w.Fresh) && w.Fresh[next] != none {
			s.Arena.Prefetch(w.Fresh[next])
		}
		if n != none && !s.Visible(n) {
			n = none
		}
		if n != none {
			s.TouchVectors(int(n), 1)
		}
		use(w, n)
	}
	s.distances.Add(int64(len(labels)))
	return s.Damaged()
}

// A Subset is a copy of some vectors of an index, as it was. It is safe for concurrent use.
type Subset struct {
	of      *store // of the index; its vectors are not used
	stride  int
	vectors []float32
}

// NewSubset returns a copy of the vectors of labels. Those that the index does not have are left out.
func NewSubset(ix Index, labels []int64) (x *Subset, err error) {
	of, ok := ix.(interface{ base() *store })
	if !ok {
		return nil, errNotOurs
	}
	s := of.base()
	defer container.Unfault(debug.SetPanicOnFault(true), &err)
	x = &Subset{of: s, stride: s.Arena.Stride}
	x.vectors = kernel.Aligned(len(labels) * x.stride)[:0]
	err = s.each(make([]float32, s.options.Dim), labels, func(w *scratch, n id) {
		if n != none {
			x.vectors = append(x.vectors, s.Read(w, n)[:x.stride]...)
		}
	})
	return x, err
}

// Len returns the number of vectors.
func (x *Subset) Len() int { return len(x.vectors) / x.stride }

// Scores appends to dst the scores of the vectors for a query, the same as a search returns, in the order of
// the labels.
func (x *Subset) Scores(dst, query []float32) ([]float32, error) {
	if len(query) != x.of.options.Dim {
		return dst, x.of.dimensionError("query", len(query))
	}
	q := kernel.Aligned(x.stride)
	length, err := x.of.options.Metric.prepare(q, query)
	if err != nil {
		return dst, err
	}
	wide := x.of.isWide(length)
	for at := 0; at < len(x.vectors); at += x.stride {
		dst = append(dst, x.of.scoreOf(q, x.vectors[at:][:x.stride], wide))
	}
	return dst, nil
}
