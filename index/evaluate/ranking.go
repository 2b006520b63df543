package evaluate

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/kernel"
)

// rankDepth is the number of documents kept for each query, the maximum that a measure uses.
const rankDepth = 100

// Documents are encoded in blocks of this number or amount of text, and searched in tiles that
// stay in the L2 cache while all queries are compared with them.
const (
	blockDocuments = 2048
	blockBytes     = 16 << 20
	tileDocuments  = 256
)

// ranking is a search of all documents for all queries.
type ranking struct {
	encoder *truncated
	asks    *truncated // encodes the queries
	set     *sets.Retrieval
	options RetrievalOptions
	result  *RetrievalResult

	stride  int
	queries []float32       // unit vectors, padded to stride
	ask     []int           // queries that have a vector
	found   [][]ranked      // by query, best first
	unseen  map[string]bool // relevant documents that have not been read yet
	asked   map[string]int  // queries by id; nil with SkipIdentical

	depth  int      // documents kept for each query
	hybrid *fusions // what a hybrid search needs beside; nil without
}

// ranked is a document found.
type ranked struct {
	score float32
	grade int32
	id    string
	label int64 // number of the document
}

// compareRanked orders documents as trec_eval does: by descending score, and documents of equal
// score by descending id, byte by byte. The order does not depend on that of the collection.
func compareRanked(a, b ranked) int {
	return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(b.id, a.id))
}

// block is a group of consecutive documents.
type block struct {
	ids, texts []string
	bytes      int       // of the texts
	units      []float32 // padded to stride
}

func (s *ranking) threads() int {
	if s.options.Threads > 0 {
		return s.options.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// expect notes which documents are relevant, and which queries may be documents.
func (s *ranking) expect() {
	s.unseen = map[string]bool{}
	if !s.options.SkipIdentical {
		s.asked = map[string]int{}
	}
	for i, q := range s.set.Queries {
		if s.asked != nil {
			s.asked[q.ID] = i
		}
		for id, grade := range q.Relevant {
			if grade > 0 {
				s.unseen[id] = true
			}
		}
	}
}

// meet notes a document, which has the text.
func (s *ranking) meet(id, text string) {
	delete(s.unseen, id)
	if q, ok := s.asked[id]; ok && strings.Contains(text, strings.TrimSpace(s.set.Queries[q].Text)) {
		s.result.Identical++
	}
}

func (s *ranking) encodeQueries(ctx context.Context) error {
	n := len(s.set.Queries)
	s.stride = kernel.Stride(s.encoder.dim)
	s.queries = kernel.Aligned(n * s.stride)
	s.found = make([][]ranked, n)
	s.expect()
	var texts []string
	for from := 0; from < n; from += encodeTexts {
		to := min(from+encodeTexts, n)
		texts = texts[:0]
		for _, q := range s.set.Queries[from:to] {
			texts = append(texts, q.Text)
		}
		vector, known, err := s.asks.encode(ctx, texts)
		if err != nil {
			return err
		}
		for i := range texts {
			if known[i] == 0 {
				s.result.Unknown++
				continue
			}
			unit(s.queries[(from+i)*s.stride:][:s.encoder.dim], vector(i))
			s.ask = append(s.ask, from+i)
		}
	}
	return nil
}

// searchAll streams the documents and compares them with the queries.
func (s *ranking) searchAll(ctx context.Context) error {
	b := block{units: kernel.Aligned(blockDocuments * s.stride)}
	next := func() error {
		err := s.search(ctx, &b)
		s.result.Documents += len(b.ids)
		b.ids, b.texts, b.bytes = b.ids[:0], b.texts[:0], 0
		if err == nil && s.options.Progress != nil {
			s.options.Progress(s.set.Passed(), s.result.Documents)
		}
		return err
	}
	for d, err := range s.set.Documents(ctx) {
		if err != nil {
			return err
		}
		text := d.Content()
		s.meet(d.ID, text)
		b.ids, b.texts, b.bytes = append(b.ids, d.ID), append(b.texts, text), b.bytes+len(text)
		if len(b.ids) == blockDocuments || b.bytes >= blockBytes {
			if err := next(); err != nil {
				return err
			}
		}
	}
	return next()
}

// search compares all queries with a block.
func (s *ranking) search(ctx context.Context, b *block) error {
	n := len(b.texts)
	vector, known, err := s.encoder.encode(ctx, b.texts)
	if err != nil {
		return err
	}
	for i := range n {
		if known[i] == 0 {
			s.result.Empty++
		}
		unit(b.units[i*s.stride:][:s.encoder.dim], vector(i))
	}
	// Each worker has its own queries and compares them with the documents in order.
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	threads := s.threads()
	for t := range threads {
		mine := s.ask[t*len(s.ask)/threads : (t+1)*len(s.ask)/threads]
		workers.Go(func(ctx context.Context) error {
			scores := make([]float32, tileDocuments)
			for from := 0; from < n; from += tileDocuments {
				if err := ctx.Err(); err != nil {
					return err
				}
				tile := scores[:min(tileDocuments, n-from)]
				for _, q := range mine {
					// A whole tile even if fewer documents are left: the rows at the end of a
					// shorter one are rounded differently, and equal documents must have equal scores.
					kernel.Dots(scores, s.queries[q*s.stride:][:s.stride], b.units[from*s.stride:], s.stride)
					s.keep(q, tile, b.ids[from:], s.result.Documents+from)
					if s.hybrid != nil {
						s.hybrid.collect(q, tile, s.result.Documents+from)
					}
				}
			}
			return nil
		})
	}
	return workers.Wait()
}

// keep adds the documents of a tile, which have the numbers from first, to the best of a query, if
// they are good enough.
func (s *ranking) keep(query int, scores []float32, ids []string, first int) {
	best := s.found[query]
	q := &s.set.Queries[query]
	for i, score := range scores {
		if full := len(best) == s.depth; full && (score < best[s.depth-1].score || score == best[s.depth-1].score && ids[i] < best[s.depth-1].id) {
			continue
		}
		if s.options.SkipIdentical && ids[i] == q.ID {
			continue
		}
		if best == nil {
			best = make([]ranked, 0, s.depth+1)
		}
		h := ranked{score, int32(q.Relevant[ids[i]]), ids[i], int64(first + i)}
		at, _ := slices.BinarySearchFunc(best, h, compareRanked)
		if best = slices.Insert(best, at, h); len(best) > s.depth {
			best = best[:s.depth]
		}
	}
	s.found[query] = best
}
