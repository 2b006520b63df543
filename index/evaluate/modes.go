package evaluate

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// Mode is how documents are found.
type Mode = fusion.Mode

// The modes.
const (
	Dense  = fusion.Dense
	BM25   = fusion.BM25
	Hybrid = fusion.Hybrid
)

// Comparison is the result of a set in every mode, and tests of their differences.
type Comparison struct {
	Name  string            `json:"name"`
	Split string            `json:"split"`
	Modes []RetrievalResult `json:"modes"`
	Tests []PairedTest      `json:"tests"` // of nDCG@10, between each two modes
}

// RetrievalModes searches the documents of a set in every mode. The mode of the options is ignored.
func RetrievalModes(ctx context.Context, e Encoder, set *sets.Retrieval, o RetrievalOptions) (*Comparison, error) {
	all, err := retrieve(ctx, e, set, o, BM25, Dense, Hybrid)
	if err != nil {
		return nil, err
	}
	return CompareRetrieval(set.Name, set.Split, all, o.Resamples), nil
}

// CompareRetrieval compares results for the same queries.
func CompareRetrieval(name, split string, all []RetrievalResult, resamples int) *Comparison {
	c := &Comparison{Name: name, Split: split, Modes: all, Tests: []PairedTest{}}
	for i := range all {
		for j := i + 1; j < len(all); j++ {
			c.Tests = append(c.Tests, testPaired(string(all[j].Mode), string(all[i].Mode), all[j].ndcg, all[i].ndcg, resamples))
		}
	}
	return c
}

// Searcher finds the documents for a query, best first, each once; it returns the ids of at most k.
type Searcher func(ctx context.Context, query string, k int) (ids []string, err error)

// RetrievalBy measures what search finds for the queries of a set; the mode is only named in the
// result. ids are those of all documents, which may not be the documents of the set.
func RetrievalBy(ctx context.Context, search Searcher, ids map[string]bool, set *sets.Retrieval, o RetrievalOptions) (RetrievalResult, error) {
	r := RetrievalResult{Name: set.Name, Split: set.Split, Mode: o.Mode, Queries: len(set.Queries), Documents: len(ids)}
	missing := map[string]bool{}
	found := make([][]ranked, len(set.Queries))
	for i, q := range set.Queries {
		for id, grade := range q.Relevant {
			if grade > 0 && !ids[id] {
				missing[id] = true
			}
		}
		list, err := search(ctx, q.Text, rankDepth+1)
		if err != nil {
			return r, fmt.Errorf("%s: query %q: %w", set.Name, q.ID, err)
		}
		if len(list) == 0 {
			r.Unknown++
		}
		for _, id := range list {
			if !o.SkipIdentical || id != q.ID {
				found[i] = append(found[i], ranked{grade: int32(q.Relevant[id]), id: id})
			}
		}
		if o.Progress != nil {
			o.Progress(float64(i+1)/float64(len(set.Queries)), i+1)
		}
	}
	r.Missing = len(missing)
	r.average(set.Queries, found, o.Resamples)
	return r, ctx.Err()
}

// hybridDepth is the number of documents of each search that a hybrid search combines.
const hybridDepth = 1000

// retrieve searches a set in some modes.
func retrieve(ctx context.Context, e Encoder, set *sets.Retrieval, o RetrievalOptions, modes ...Mode) ([]RetrievalResult, error) {
	for _, m := range modes {
		if err := m.Validate(); err != nil {
			return nil, err
		}
	}
	if err := checkThreads(o.Threads); err != nil {
		return nil, err
	}
	if o.DenseWeight < 0 || o.DenseWeight > 1 {
		return nil, fault.Field("DenseWeight", "", "must be from 0 to 1, got %v", o.DenseWeight)
	}
	if o.DenseWeight == 0 {
		o.DenseWeight = fusion.DenseWeight
	}
	base := RetrievalResult{Name: set.Name, Split: set.Split, Queries: len(set.Queries)}
	s := &ranking{set: set, options: o, result: &base, depth: rankDepth}
	named := func(err error) error { return fmt.Errorf("%s: %w", set.Name, err) }
	has := func(m Mode) bool { return slices.Contains(modes, m) }

	var words *wordSearch
	var byWords [][]ranked
	if has(BM25) || has(Hybrid) {
		if o.Words == nil {
			return nil, fault.Field("Words", "use that of package index/evaluate/lexical", "is needed to compare words")
		}
		var err error
		if words, err = s.index(ctx); err != nil {
			return nil, named(err)
		}
		defer words.close()
		if byWords, err = words.searchAll(ctx, s); err != nil {
			return nil, named(err)
		}
	}
	wordsOnly := base
	if has(Dense) || has(Hybrid) {
		if has(Hybrid) {
			s.depth = hybridDepth
			s.hybrid = newFusions(byWords)
		}
		base.Documents, base.Identical = 0, 0
		if err := s.searchDense(ctx, e); err != nil {
			return nil, err
		}
	}
	results := make([]RetrievalResult, len(modes))
	for i, mode := range modes {
		r, found := base, s.found
		switch mode {
		case BM25:
			r, found = wordsOnly, byWords
			r.Unknown = words.unknown
		case Hybrid:
			var err error
			if found, err = s.fuse(ctx, words, byWords); err != nil {
				return nil, named(err)
			}
			r.Unknown, r.Empty = min(r.Unknown, words.unknown), 0 // not more than in either
		}
		if words != nil && mode != Dense {
			r.Language = words.index.Language()
		}
		r.Mode = mode
		r.Missing = len(s.unseen)
		r.average(set.Queries, found, o.Resamples)
		results[i] = r
	}
	return results, ctx.Err()
}

// searchDense searches by cosine.
func (s *ranking) searchDense(ctx context.Context, e Encoder) error {
	encoder, err := truncate(e, s.options.Dim, s.options.Threads)
	if err != nil {
		return err
	}
	s.encoder, s.asks, s.result.Dim = encoder, encoder, encoder.dim
	if q := s.options.QueryEncoder; q != nil {
		if n := q.Dim(); n != e.Dim() {
			return fault.Field("QueryEncoder", "both models must have been trained to share a space", "must have the %d dimensions of the model of the documents, has %d", e.Dim(), n)
		}
		if s.asks, err = truncate(q, s.options.Dim, s.options.Threads); err != nil {
			return err
		}
	}
	if err := s.encodeQueries(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.set.Name, err)
	}
	if err := s.searchAll(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.set.Name, err)
	}
	return nil
}

// WordIndex finds documents by their words. Package index/evaluate/lexical makes one.
type WordIndex interface {
	Add(ctx context.Context, label int64, heading, text string) error
	Commit(ctx context.Context) error // before the first Query
	// Query returns the best k documents for a question.
	Query(ctx context.Context, question string, k int) (*WordMatches, error)
	Language() string
	Close() error
}

// WordMatches are the documents that have words of a question.
type WordMatches struct {
	Labels          []int64 // best first
	Scores          []float64
	Mean, Deviation float64                   // of the scores of all documents
	Score           func(label int64) float64 // of any document
}

// wordSearch is a full-text index of the documents of a set, in a temporary folder.
type wordSearch struct {
	dir     string
	index   WordIndex
	ids     []string // of the documents, by label
	unknown int      // queries without a term that a document has
}

func (w *wordSearch) close() {
	if w.index != nil {
		w.index.Close()
	}
	os.RemoveAll(w.dir)
}

// sampleBytes is the amount of text from which the language is detected.
const sampleBytes = 64 << 10

// index makes the full-text index.
func (s *ranking) index(ctx context.Context) (*wordSearch, error) {
	dir, err := os.MkdirTemp("", "luminavec-words-*")
	if err != nil {
		return nil, err
	}
	w := &wordSearch{dir: dir}
	s.expect()
	var waiting []sets.Document
	var sample strings.Builder
	add := func(d sets.Document) error {
		w.ids = append(w.ids, d.ID)
		return w.index.Add(ctx, int64(len(w.ids)-1), d.Title, d.Text)
	}
	start := func() error {
		if w.index, err = s.options.Words(dir, s.options.Language, sample.String(), s.options.Threads); err != nil {
			w.index = nil
			return err
		}
		for _, d := range waiting {
			if err := add(d); err != nil {
				return err
			}
		}
		waiting = nil
		return nil
	}
	err = func() error {
		for d, err := range s.set.Documents(ctx) {
			if err != nil {
				return err
			}
			s.meet(d.ID, d.Content())
			s.result.Documents++
			if w.index != nil {
				err = add(d)
			} else {
				waiting = append(waiting, d)
				sample.WriteString(d.Title + " " + d.Text + "\n")
				if sample.Len() >= sampleBytes {
					err = start()
				}
			}
			if err != nil {
				return err
			}
			if s.options.Progress != nil && len(w.ids)%1024 == 0 {
				s.options.Progress(s.set.Passed(), len(w.ids))
			}
		}
		if w.index == nil {
			if err := start(); err != nil {
				return err
			}
		}
		return w.index.Commit(ctx)
	}()
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// searchAll returns the best documents of each query.
func (w *wordSearch) searchAll(ctx context.Context, s *ranking) ([][]ranked, error) {
	found := make([][]ranked, len(s.set.Queries))
	for i, q := range s.set.Queries {
		m, err := w.index.Query(ctx, q.Text, hybridDepth)
		if err != nil {
			return nil, err
		}
		if len(m.Labels) == 0 {
			w.unknown++
		}
		for j, label := range m.Labels {
			if id := w.ids[label]; !s.options.SkipIdentical || id != q.ID {
				found[i] = append(found[i], ranked{float32(m.Scores[j]), int32(q.Relevant[id]), id, label})
			}
		}
		slices.SortFunc(found[i], compareRanked)
	}
	return found, nil
}

// fusions are, for each query, the sums of the cosines of all documents and the cosines of the
// documents found by words.
type fusions struct {
	sums, squares []float64
	count         []int
	wanted        [][]int64 // labels, sorted
	cosines       [][]float32
}

func newFusions(byWords [][]ranked) *fusions {
	n := len(byWords)
	f := &fusions{make([]float64, n), make([]float64, n), make([]int, n), make([][]int64, n), make([][]float32, n)}
	for i, found := range byWords {
		for _, h := range found {
			f.wanted[i] = append(f.wanted[i], h.label)
		}
		slices.Sort(f.wanted[i])
	}
	return f
}

// collect adds the cosines of the documents from first. They come in order.
func (f *fusions) collect(query int, scores []float32, first int) {
	f.count[query] += len(scores)
	for _, s := range scores {
		f.sums[query] += float64(s)
		f.squares[query] += float64(s) * float64(s)
	}
	wanted := f.wanted[query]
	for at := len(f.cosines[query]); at < len(wanted) && wanted[at] < int64(first+len(scores)); at++ {
		f.cosines[query] = append(f.cosines[query], scores[wanted[at]-int64(first)])
	}
}

// fuse combines the documents found by cosine and those found by words.
func (s *ranking) fuse(ctx context.Context, words *wordSearch, byWords [][]ranked) ([][]ranked, error) {
	f := s.hybrid
	all := make([][]ranked, len(byWords))
	for i, q := range s.set.Queries {
		m, err := words.index.Query(ctx, q.Text, 0)
		if err != nil {
			return nil, err
		}
		dense := fusion.FromSums(f.sums[i], f.squares[i], f.count[i])
		lexical := fusion.Stats{Mean: m.Mean, Deviation: m.Deviation}
		score := func(cosine, bm25 float64) float32 {
			return float32(fusion.Combine(dense.Z(cosine), lexical.Z(bm25), s.options.DenseWeight))
		}
		known := map[int64]float32{} // cosines of those found by words
		for j, c := range f.cosines[i] {
			known[f.wanted[i][j]] = c
		}
		found := make([]ranked, 0, 2*hybridDepth)
		for _, h := range byWords[i] {
			h.score = score(float64(known[h.label]), float64(h.score))
			found = append(found, h)
		}
		for _, h := range s.found[i] {
			if _, ok := known[h.label]; !ok {
				h.score = score(float64(h.score), m.Score(h.label))
				found = append(found, h)
			}
		}
		slices.SortFunc(found, compareRanked)
		all[i] = found[:min(rankDepth, len(found))]
	}
	return all, nil
}

// WriteComparisons writes the results of each set in every mode as a table, and the tests.
func WriteComparisons(w io.Writer, all []*Comparison) error {
	for i, c := range all {
		rows := slices.Clone(c.Modes)
		for j := range rows {
			rows[j].Name = strings.TrimSpace(c.Name + " " + string(rows[j].Mode))
		}
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := WriteRetrieval(w, rows); err != nil {
			return err
		}
		if err := WriteTests(w, "nDCG@10", c.Tests); err != nil {
			return err
		}
	}
	return nil
}

// WriteTests writes paired tests of a measure as a table.
func WriteTests(w io.Writer, measure string, tests []PairedTest) error {
	if len(tests) == 0 {
		return nil
	}
	width := len("difference of " + measure)
	for _, t := range tests {
		width = max(width, uniseg.StringWidth(t.A+" vs "+t.B))
	}
	pad := func(s string) string { return s + strings.Repeat(" ", width-uniseg.StringWidth(s)) }
	if _, err := fmt.Fprintf(w, "\n%s %10s %19s %8s\n", pad("difference of "+measure), "", "95% interval", "p"); err != nil {
		return err
	}
	for _, t := range tests {
		if _, err := fmt.Fprintf(w, "%s %+10.4f %19s %8.4f\n", pad(t.A+" vs "+t.B), t.Difference, t.Interval, t.P); err != nil {
			return err
		}
	}
	return nil
}
