package words

import (
	"sync"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// Workers that share tables slow each other down even if they write different rows, when these are
// neighbors: a processor that reads the lines of a row one after another fetches those that follow,
// too, and so takes the start of the next row from the processor that is writing it. Words are sorted
// by their frequency, so the neighbors of a frequent word are as frequent. While several workers
// train, the most frequent rows can therefore lie behind the others, far enough from each other:
//
//	In, Out:  [ V rows | row 0, gap, row 1, gap, … row K-1, gap ]
//
// The windows name the rows there, so the kernels need not know of it. The rows move when a leg of
// training begins, and back when it ends.

// SpreadRows is the largest K. It is 0, all rows in their places: on an idle machine of two processors
// threads were slower with 4,096; see docs/scale.md. It is a variable for the benchmark, which sets it
// before a run begins.
var SpreadRows = 0

const (
	// spreadGap is how far the rows are apart at least, in values: processors fetch up to about a
	// dozen lines of 64 bytes ahead.
	spreadGap = 14 * kernel.Lanes
	// spreadCopied is the size of a table, in values, up to which it is copied to make room. Tables of
	// new models have it from the start.
	spreadCopied = 64 << 20
)

// spread holds the most frequent rows while they are trained.
type spread struct {
	tables *Tables // with the rows behind the others
	rows   int     // K
	first  int     // V
	step   int     // rows from one to the next

	mu      sync.Mutex
	holders int // workers that train
}

// spreadable returns K and the distance of the rows, or 0 if there are none: they serve several
// workers of the fused engine. Words made of n-grams, frozen words and the inner nodes of a tree stay.
func (o *Options) spreadable(words int) (rows, step int) {
	if o.Threads < 2 || o.Deterministic || o.Engine != training.Fused || o.Loss == LossHS || o.NGrams.Max > 0 || o.FreezeInit {
		return 0, 0
	}
	stride := kernel.Stride(o.Dim)
	return min(SpreadRows, words/8), 1 + (spreadGap+stride-1)/stride
}

// spreadRows prepares the tables of a run, unless the vocabulary is not sorted by count.
func (t *wordTrainer) spreadRows() {
	x := t.tables
	rows, step := t.options.spreadable(x.Rows)
	if rows == 0 || t.objective.Labelled || x.NGrams != nil || x.Frozen != nil || !sortedByCount(t.run.Corpus.Vocabulary(), rows) {
		return
	}
	want := (x.Rows + rows*step) * x.Stride
	for _, table := range []*[]float32{&x.In, &x.Out} {
		if cap(*table) >= want {
			continue
		}
		if len(*table) > spreadCopied {
			return
		}
		wide := kernel.Aligned(want)
		copy(wide, *table)
		*table = wide[:len(*table)]
	}
	wide := *x
	wide.Rows = want / x.Stride
	wide.In, wide.Out = x.In[:want], x.Out[:want]
	t.spread = &spread{tables: &wide, rows: rows, first: x.Rows, step: step}
}

// sortedByCount reports whether the first n words are the most frequent ones.
func sortedByCount(v *tokenize.Vocabulary, n int) bool {
	least := v.Count(int32(n - 1))
	for id := range int32(v.Len()) {
		if c := v.Count(id); int(id) < n && c < least || int(id) >= n && c > least {
			return false
		}
	}
	return true
}

// take begins a worker's use of the rows.
func (s *spread) take() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holders++; s.holders == 1 {
		s.each(func(row, apart []float32) { copy(apart, row) })
	}
}

// give ends it.
func (s *spread) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holders--; s.holders == 0 {
		s.each(func(row, apart []float32) { copy(row, apart) })
	}
}

// each calls fn with each of the rows at both places.
func (s *spread) each(fn func(row, apart []float32)) {
	for _, table := range [][]float32{s.tables.In, s.tables.Out} {
		for id := range int32(s.rows) {
			fn(s.tables.padded(table, id), s.tables.padded(table, s.place(id)))
		}
	}
}

// place returns where a row is while it is trained.
func (s *spread) place(id int32) int32 {
	if int(id) >= s.rows {
		return id
	}
	return int32(s.first) + id*int32(s.step)
}

// places replaces rows by their places.
func (s *spread) places(ids []int32) {
	if s == nil {
		return
	}
	for i, id := range ids {
		ids[i] = s.place(id)
	}
}
