package index

import (
	"context"
	"fmt"
	"math"

	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/sample"
	"github.com/luminavec/luminavec/index/internal/vectors"
	"github.com/luminavec/luminavec/internal/fault"
)

// Recall is what share of the true nearest vectors an index finds. MeasureRecall measures it.
type Recall struct {
	Queries int     `json:"queries"` // vectors of the index that were drawn and searched for
	K       int     `json:"k"`       // nearest other vectors of each
	Found   float64 `json:"found"`   // share of these that a search of the default width finds
	Codes   float64 `json:"codes"`   // share that is among the EfSearch nearest by their codes; 1 without codes
	Poor    float64 `json:"poor"`    // share of the queries for which less than half of these are
	Equal   float64 `json:"equal"`   // always 0; it was the share whose distance is rounded to 0, although the vectors differ
}

// String returns, for example, "recall@10 0.982 on 100 of its vectors".
func (r Recall) String() string {
	return fmt.Sprintf("recall@%d %.3f on %d of its vectors", r.K, r.Found, r.Queries)
}

// Codes by which less than GoodRecall of the nearest vectors are found deserve a warning. Less than
// PoorRecall is an error of Recall.Check, and poor for a single query.
const (
	GoodRecall = 0.9
	PoorRecall = 0.5
)

// maxPoor is the share of poor queries that deserves a warning. If the codes of a small cluster
// collapse, the mean hardly changes.
const maxPoor = 0.03

// Warning returns a sentence if the codes do not suit the vectors, or some of them, and "" otherwise.
func (r Recall) Warning() string {
	switch {
	case r.Codes < GoodRecall:
		return fmt.Sprintf("%v: the codes find only %.1f%% of the nearest", r, 100*r.Codes)
	case r.Poor >= maxPoor:
		return fmt.Sprintf("%v: for %.0f%% of these, the codes find less than half of the nearest", r, 100*r.Poor)
	}
	return ""
}

// Check returns an error if the codes collapse: they rank so badly that a search misses most of what it would find
// without them.
func (r Recall) Check(q Quantization) error {
	if r.Codes < PoorRecall {
		return fault.Mention("use Quantization none or more bits; or accept this with AnyRecall",
			"Quantization %s does not suit these vectors: only %.1f%% of the %d nearest are found by their codes (%d vectors sampled)", q, 100*r.Codes, r.K, r.Queries)
	}
	return nil
}

// MeasureRecall draws 100 vectors of ix by their labels and the seed, and searches for the 10
// nearest others of each: exactly, with the default width, and by the codes alone. Nothing else
// should change ix meanwhile. It takes about as long as 100 exact searches in a batch. Of a flat
// index, which is exact, it measures nothing.
func MeasureRecall(ctx context.Context, ix Index) (Recall, error) {
	s, flat := ix.(kindIndex).base(), ix.Options().Kind == Flat
	r := Recall{K: min(10, s.Len()-1), Found: 1, Codes: 1}
	if err := s.complete(); err != nil || r.K < 1 || flat {
		return r, err
	}
	count, dim, metric := 100, s.options.Dim, s.options.Metric
	var queries []float32
	var ids []id
	draw := func(i int) (uint64, bool) {
		return hashing.Mix(s.options.Seed ^ rows.LabelHash(s.Label(id(i)))), s.Visible(id(i))
	}
	for _, i := range sample.Draw(int(s.Reserved.Load()), count, draw) {
		ids, queries = append(ids, id(i)), append(queries, s.Arena.Vector(id(i))[:dim]...)
	}
	truth, err := s.scanBatch(ctx, queries, r.K+1, SearchOptions{}, func(w *scratch, q request) {
		s.Shown.RLock()
		defer s.Shown.RUnlock()
		s.scan(w, q)
	})
	if err != nil {
		return r, err
	}
	found, err := ix.SearchBatch(ctx, queries, r.K+1, SearchOptions{})
	if err != nil {
		return r, err
	}
	w := s.Pool.Get()
	defer s.Pool.Put(w)
	var hits, coded float64 // of the K of each
	poor := 0
	for i, self := range ids {
		last := truth[i][r.K-1].Score // of the K nearest others
		q := queries[i*dim : (i+1)*dim]
		if s.isWide(vectors.Length(q)) || metric == Euclidean && last < MinLength { // searches are exact
			hits, coded = hits+float64(r.K), coded+float64(r.K)
			continue
		}
		for _, t := range truth[i] {
			if t.Label == s.Label(self) {
				last = truth[i][r.K].Score
			}
		}
		near := 0
		for _, f := range found[i] {
			if f.Label != s.Label(self) && metric.reaches(f.Score, last) {
				near++
			}
		}
		hits += float64(min(near, r.K))
		if !s.Arena.Coded || ctx.Err() != nil {
			continue
		}
		near = 0
		_, _ = metric.prepare(w.Query, q) // as the searches do; it is a vector of the index
		w.Code.Set(s.Arena.Space, w.Query[:dim])
		w.Code.EncodeFor(s.Arena.Bits)
		codes := s.Arena.Codes()
		away := func(dst []float32, of []int32) {
			codes.Distances(dst, &w.Code.Codes, of)
			for j, n := range of {
				if !s.Visible(id(n)) {
					dst[j] = float32(math.Inf(1))
				}
			}
		}
		for _, n := range sample.Nearest(int(s.Reserved.Load()), max(s.options.EfSearch, r.K+1), away) {
			if n != self && s.Visible(n) && metric.reaches(metric.score(s.Distance(w.Query, s.Arena.Vector(n))), last) {
				near++
			}
		}
		near = min(near, r.K)
		coded += float64(near)
		if float64(near) < PoorRecall*float64(r.K) {
			poor++
		}
	}
	r.Queries = len(ids)
	all := float64(r.Queries * r.K)
	r.Found = hits / all
	if s.Arena.Coded {
		r.Codes, r.Poor = coded/all, float64(poor)/float64(r.Queries)
	}
	return r, ctx.Err()
}
