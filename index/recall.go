package index

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/index/internal/sample"
	"github.com/luminavec/luminavec/internal/fault"
)

// Recall is what share of the true nearest vectors an index finds. MeasureRecall measures it.
type Recall struct {
	Queries int     `json:"queries"` // vectors of the index that were drawn and searched for
	K       int     `json:"k"`       // nearest other vectors of each
	Found   float64 `json:"found"`   // share of these that a search of the default width finds
	Codes   float64 `json:"codes"`   // share that is among the EfSearch nearest by their codes; 1 without codes
	Equal   float64 `json:"equal"`   // share whose distance is rounded to 0, although the vectors differ
}

// String returns, for example, "recall@10 0.982 on 100 of its vectors".
func (r Recall) String() string {
	return fmt.Sprintf("recall@%d %.3f on %d of its vectors", r.K, r.Found, r.Queries)
}

// Codes by which less than GoodRecall of the nearest vectors are found deserve a warning. Less than
// PoorRecall is an error of Recall.Check.
const (
	GoodRecall = 0.9
	PoorRecall = 0.5
)

// Check returns an error if the vectors cannot be compared in float32, or if their codes collapse:
// they rank so badly that a search misses most of what it would find without them.
func (r Recall) Check(q Quantization) error {
	switch {
	case r.Equal > 1-GoodRecall:
		return fault.Mention("scale the vectors up; or accept this with AnyRecall",
			"the distances of %.0f%% of the nearest vectors are rounded to 0: their squares are too small for float32", 100*r.Equal)
	case r.Codes < PoorRecall:
		return fault.Mention("use Quantization none, or subtract the mean and scale the columns alike; or accept this with AnyRecall",
			"Quantization %s does not suit these vectors: only %.1f%% of the %d nearest are found by their codes (%d vectors sampled)", q, 100*r.Codes, r.K, r.Queries)
	}
	return nil
}

// MeasureRecall draws 100 vectors of ix and searches for the 10 nearest others of each: exactly,
// with the default width, and by the codes alone. Nothing else should change ix meanwhile. It takes
// about as long as 100 exact searches in a batch. Of a flat index, which is exact, it measures only
// Equal, on 16 vectors and for Euclidean.
func MeasureRecall(ctx context.Context, ix Index) (Recall, error) {
	s, flat := ix.(kindIndex).base(), ix.Options().Kind == Flat
	r := Recall{K: min(10, s.Len()-1), Found: 1, Codes: 1}
	if err := s.complete(); err != nil || r.K < 1 || flat && s.options.Metric != Euclidean {
		return r, err
	}
	count, dim, metric := 100, s.options.Dim, s.options.Metric
	if flat {
		count = 16
	}
	var queries []float32
	var ids []id
	for _, i := range sample.Draw(int(s.reserved.Load()), count, s.options.Seed) {
		if n := id(i); s.visible(n) {
			ids, queries = append(ids, n), append(queries, s.arena.Vector(n)[:dim]...)
		}
	}
	truth, err := s.scanBatch(ctx, queries, r.K+1, SearchOptions{}, func(w *scratch, q request) {
		s.shown.RLock()
		defer s.shown.RUnlock()
		s.scan(w, q)
	})
	found := truth
	if err == nil && !flat {
		found, err = ix.SearchBatch(ctx, queries, r.K+1, SearchOptions{})
	}
	if err != nil {
		return r, err
	}
	w := s.scratch.get()
	defer s.scratch.put(w)
	var hits, coded, equals float64 // of the K of each
	for i, self := range ids {
		last, same := truth[i][r.K-1].Score, 0 // of the K nearest others
		q := queries[i*dim : (i+1)*dim]
		for _, t := range truth[i] {
			if t.Label == s.label(self) {
				last = truth[i][r.K].Score
			} else if metric == Euclidean && t.Score < 1e-18 {
				if v, _ := s.Vector(t.Label); !equal(v, q) {
					same++
				}
			}
		}
		near := 0
		for _, f := range found[i] {
			if f.Label != s.label(self) && metric.reaches(f.Score, last) {
				near++
			}
		}
		hits, equals = hits+float64(min(near, r.K)), equals+float64(min(same, r.K))
		if !s.arena.Coded || ctx.Err() != nil {
			continue
		}
		near = 0
		_ = metric.prepare(w.query, q, 0) // as the searches do; it is a vector of the index
		w.code.Encode(w.query[:dim], s.arena.Bits)
		codes := s.arena.Codes()
		away := func(dst []float32, of []int32) { codes.Distances(dst, &w.code, of) }
		for _, n := range sample.Nearest(int(s.reserved.Load()), max(s.options.EfSearch, r.K+1), away) {
			if n != self && metric.reaches(metric.score(s.distance(w.query, s.arena.Vector(n))), last) {
				near++
			}
		}
		coded += float64(min(near, r.K))
	}
	r.Queries = len(ids)
	all := float64(r.Queries * r.K)
	r.Found, r.Equal = hits/all, equals/all
	if s.arena.Coded {
		r.Codes = coded / all
	}
	return r, ctx.Err()
}
