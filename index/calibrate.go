package index

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/sample"
	"github.com/luminavec/luminavec/internal/fault"
)

// DefaultRecall is the recall with which Measured is measured, and the default of "search query".
const DefaultRecall = 0.99

// Measured is what share of the nearest vectors, those that exact search of the vectors as they were added finds,
// searches with SearchOptions.Recall = DefaultRecall found. It stays as it was measured, by
// Calibrate or when vectors were reduced (see KeepVectors), if the index changes.
type Measured struct {
	Recall  float64 `json:"recall"`
	K       int     `json:"k"`       // nearest vectors of each query
	Queries int     `json:"queries"` // 0: nothing has been measured
	Vectors int     `json:"vectors"` // in the index at the time
	Given   bool    `json:"given"`   // with the queries of Calibrate; otherwise with mixtures of vectors of the index
}

// String returns, for example, "recall@10 0.982 on 200 queries".
func (m Measured) String() string {
	what := "mixtures of its vectors"
	if m.Given {
		what = "queries"
	}
	return fmt.Sprintf("recall@%d %.3f on %d %s", m.K, m.Recall, m.Queries, what)
}

const (
	sampleWith = 300 // queries that are mixtures
	sampleNear = 150 // queries between neighbors, and foreign ones
	// sampleMost bounds how many mixtures there are, one for 20 vectors (see mixtures). Of 2,000 queries the mean recall has
	// a standard error of 0.001 at 0.99, and of 300, 0.003.
	sampleMost = 2000
	// blend is the part of another vector in a query, so that queries are not vectors of the index,
	// which a search finds too easily. With 0.27, searches for the mixtures and for held-out vectors find the same
	// share of GloVe's words, of MNIST's images and of sentences, at most 0.006 apart.
	blend = 0.27
	// calibrateUncoded is how many queries are compared with all vectors rather than to compute codes for them.
	calibrateUncoded = 32
	// astray is by what part of the difference of two vectors foreign queries are moved.
	astray = 0.6
	// tied is how many times as many of the nearest vectors are found, because of those
	// that are as near as the last.
	tied = 4
)

// Calibrate measures how wide the searches of an HNSW index must be for queries, packed one after
// another, to find the share of the nearest vectors that SearchOptions.Recall asks for. Queries are of the kind that
// will be asked and not vectors of the index, such as questions or titles, 100 or more. Without Calibrate, mixtures
// of vectors of the index are used. It returns the recall for DefaultRecall, which Stats
// reports and Save stores. Of a flat index it measures only that. If the vectors
// are yet to be reduced (see KeepVectors), Save measures again with the same queries. An index that has doubled since is
// measured again with its own vectors when it is searched.
func Calibrate(ctx context.Context, ix Index, queries []float32) (m Measured, err error) {
	k, ok := ix.(kindIndex)
	if !ok {
		return m, fault.New("use New, Load, OpenFile or OpenDurable", "index: only the indexes of this package can be calibrated")
	}
	s := k.base()
	switch {
	case len(queries) == 0 || len(queries)%s.options.Dim != 0:
		return m, s.packedError("queries", len(queries))
	case s.options.Kind == LSH:
		return m, fault.New("choose another kind of index", "index: an index of Kind %s cannot be calibrated", LSH)
	}
	if err := s.complete(); err != nil || s.Len() == 0 {
		return m, err
	}
	s.calibrate.Lock()
	defer s.calibrate.Unlock()
	if len(queries) > calibrateUncoded*s.options.Dim {
		s.encodeNow()
	}
	truth, err := s.truth(ctx, queries)
	if err != nil {
		return m, err
	}
	if s.measuring != nil && s.Len() >= calibrateFrom {
		s.measuring(asked{queries, truth, false})
	}
	s.held = slices.Clone(queries)
	s.noteRecall(queries, truth, true)
	return s.stated(), ctx.Err()
}

// asked are queries, packed, with the results of exact search.
type asked struct {
	queries []float32
	truth   [][]Result
	foreign bool // three times as many results as otherwise may be missed
}

// mixtures returns how many queries that are mixtures measure the widths.
func (s *store) mixtures() int { return max(sampleWith, min(s.Len()/20, sampleMost)) }

// sampleQueries returns count queries made of vectors of the index, or as many as it can.
func (s *store) sampleQueries(count int) []float32 {
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	drawn := s.drawn(count + 1)
	queries := make([]float32, 0, count*s.options.Dim)
	for i := range len(drawn) - 1 {
		queries = s.appendMixture(queries, drawn[i], drawn[i+1], blend)
	}
	return queries
}

// foreignQueries returns vectors moved by the differences of two others: away from all vectors, as questions are from
// the sections that answer them.
func (s *store) foreignQueries(count int) []float32 {
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	drawn := s.drawn(count + 2)
	queries := make([]float32, 0, count*s.options.Dim)
	for i := range max(0, len(drawn)-2) {
		x, y, z := s.Arena.Vector(drawn[i]), s.Arena.Vector(drawn[i+1]), s.Arena.Vector(drawn[i+2])
		for j := range s.options.Dim {
			v := float64(x[j]) + astray*(float64(y[j])-float64(z[j]))
			queries = append(queries, float32(max(-math.MaxFloat32, min(v, math.MaxFloat32))))
		}
	}
	return queries
}

// drawn returns count of the visible ids, or all.
func (s *store) drawn(count int) []id {
	draw := func(i int) (uint64, bool) {
		return hashing.Mix(s.options.Seed ^ rows.LabelHash(s.Label(id(i)))), s.Visible(id(i))
	}
	var ids []id
	for _, i := range sample.Draw(int(s.Reserved.Load()), count, draw) {
		ids = append(ids, id(i))
	}
	return ids
}

// appendMixture appends to queries the vector of x with a part of that of y.
func (s *store) appendMixture(queries []float32, x, y id, part float32) []float32 {
	u, v := s.Arena.Vector(x), s.Arena.Vector(y)
	for j := range s.options.Dim {
		queries = append(queries, float32((1-part)*u[j])+float32(part*v[j]))
	}
	return queries
}

// nearQueries returns queries halfway between vectors and neighbors of theirs. If the vectors are a few crowds far from
// each other, mixtures of any two lie between the crowds, where searches are easier than within one.
func (g *graph) nearQueries(count int) []float32 {
	g.recoding.RLock()
	defer g.recoding.RUnlock()
	w := g.Pool.Get() // so that no id is used again meanwhile
	defer g.Pool.Put(w)
	queries := make([]float32, 0, count*g.options.Dim)
	for _, n := range g.drawn(count) {
		slots := g.Arena.Links(n)
		for i := range slots {
			if c := slots[i].Load(); c != none {
				queries = g.appendMixture(queries, n, c, 0.5)
				break
			}
		}
	}
	return queries
}

// truth returns the results of exact search, more than calibrateK of each query.
func (s *store) truth(ctx context.Context, queries []float32) ([][]Result, error) {
	return s.scanBatch(ctx, queries, tied*calibrateK, SearchOptions{}, func(w *scratch, r request) {
		s.Shown.RLock()
		defer s.Shown.RUnlock()
		s.scan(w, r)
	})
}

// share returns what share of the calibrateK nearest of truth searches find.
func (s *store) share(queries []float32, truth [][]Result, o SearchOptions, find finder) float64 {
	all, near, dim := 0, 0, s.options.Dim
	var rs []Result
	for i, want := range truth {
		k := min(calibrateK, len(want))
		rs, _ = s.searchInto(rs[:0], queries[i*dim:(i+1)*dim], calibrateK, o, find)
		hits := 0
		for j, r := range want {
			if j >= k && r.Score != want[k-1].Score {
				break
			}
			if slices.ContainsFunc(rs, func(f Result) bool { return f.Label == r.Label }) {
				hits++
			}
		}
		all, near = all+k, near+min(hits, k)
	}
	return float64(near) / float64(max(all, 1))
}

// noteRecall measures the recall that the index states.
func (s *store) noteRecall(queries []float32, truth [][]Result, given bool) {
	s.measured.Store(&Measured{
		Recall: s.share(queries, truth, SearchOptions{Recall: DefaultRecall}, s.finding),
		K:      min(calibrateK, s.Len()), Queries: len(queries) / s.options.Dim, Vectors: s.Len(), Given: given,
	})
}

// keptBytes is the length of the section kept: the form of the vectors (uint32: 0 float32, 1 float16, 2 codes),
// and Measured: queries, k, vectors, given (uint32 each), recall (float64).
const keptBytes = 4 + 4*4 + 8

func (s *store) saveKept(w *container.Writer) {
	m := s.measured.Load()
	if m == nil {
		m = new(Measured)
	}
	given := 0
	if m.Given {
		given = 1
	}
	w.Section("kept", keptBytes)
	for _, v := range []int{int(s.Arena.Form), m.Queries, m.K, m.Vectors, given} {
		w.Uint32(uint32(v))
	}
	w.Uint64(math.Float64bits(m.Recall))
	w.End()
}

// adoptKept uses the payload of the section kept.
func (s *store) adoptKept(p []byte) error {
	if len(p) != keptBytes {
		return container.Damaged("kept", "it has %d bytes, expected %d", len(p), keptBytes)
	}
	var v [5]int
	for i := range v {
		v[i] = int(binary.LittleEndian.Uint32(p[4*i:]))
	}
	form, m := s.options.KeepVectors.form(), Measured{K: v[2], Queries: v[1], Vectors: v[3], Given: v[4] == 1}
	m.Recall = math.Float64frombits(binary.LittleEndian.Uint64(p[20:]))
	if v[0] != 0 && v[0] != int(form) || v[4] > 1 || !(m.Recall >= 0 && m.Recall <= 1) {
		return container.Damaged("kept", "form %d, recall %v", v[0], m.Recall)
	}
	if m.Queries > 0 {
		s.measured.Store(&m)
	}
	if v[0] != 0 {
		s.Arena.Adopt(form)
	} else {
		s.Arena.Whole = false // reducing the vectors decides
	}
	return nil
}

// stated returns the recall that the index states.
func (s *store) stated() Measured {
	if m := s.measured.Load(); m != nil {
		return *m
	}
	return Measured{}
}
