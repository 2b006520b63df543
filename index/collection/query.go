package collection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// Question is a question to a collection.
type Question struct {
	Text string

	K    int         // number of passages; default 0: 10
	Mode fusion.Mode // how they are found; default "": fusion.Hybrid, or Dense in a collection of format 1

	// DenseWeight is the weight of the meaning in the mode Hybrid, above 0 and at most 1. Default 0:
	// [fusion.DenseWeight].
	DenseWeight float64

	// Where is a condition of package filter. Beside the fields of the passages it may use path,
	// folder, ext, id, title and heading. Default "": all passages.
	Where string

	// MinScore, if set, excludes passages with a lower score, or for the metric euclidean in the
	// mode Dense, a larger distance.
	MinScore *float64

	// GroupBy is GroupByFile to return only the best passage of each file. Default "": all.
	GroupBy string

	// Counts, if set, are the numbers of passages by which the words are weighted, those of several collections that
	// are searched together. Default nil: those of this collection.
	Counts *fulltext.Counts

	// Search says how the index of vectors is searched. Its filters are not used. The default of its Recall
	// is 0.99; 1 compares all vectors.
	Search index.SearchOptions
}

// ErrNoWord is, for errors.Is, the error for a question without a word that can be used.
var ErrNoWord = errors.New("no word of the question can be used")

// GroupByFile is the value of Question.GroupBy for one passage of each file.
const GroupByFile = "file"

// Answer is the answer to a question.
type Answer struct {
	Mode fusion.Mode
	Hits []Match

	// Unknown are the words of the question that no passage has;
	// NoWords: all its words are stop words, or it has none.
	Unknown []string
	NoWords bool
	// NoMeaning: the model does not know any of its words.
	NoMeaning bool

	// NoMatch: nothing is nearer to the question than passages are to unrelated texts
	// ([Calibration]). The hits are the best there are; in the mode Hybrid, there are none if no passage
	// has a word of the question either, and the nearest by meaning is no nearer.
	NoMatch bool

	// Distances: scores are distances, of which smaller ones are better.
	Distances bool
	// Statistics are those of the scores, for package shards; Dense only with fusion.Hybrid.
	Statistics Statistics
	// Failed are the shards that did not answer, of shards.Ask with Partial.
	Failed []ShardError
}

// Match is a passage found.
type Match struct {
	Stored
	Score float64  // by which the passages are ranked
	Dense *float64 // similarity of the vectors; nil if it was not computed
	BM25  *float64 // score of the words; nil if it was not computed
	More  int      // other passages of the file among those compared, with GroupByFile
	Shard string   // where it was found, of shards.Ask
}

// depth is the minimum number of passages that each of the two searches of a hybrid search finds.
const depth = 100

// defaultRecall is the share of the nearest vectors that a search finds on average, unless Question.Search has
// another.
const defaultRecall = 0.99

// maxSample is the number of passages from which the mean and the deviation of the similarities are
// computed.
const maxSample = 500

func (q *Question) complete(c *Collection) error {
	if q.K == 0 {
		q.K = 10
	}
	if q.Mode == "" {
		if q.Mode = fusion.Hybrid; c.words == nil {
			q.Mode = fusion.Dense
		}
	}
	if q.DenseWeight == 0 {
		q.DenseWeight = fusion.DenseWeight
	}
	switch {
	case q.K < 1:
		return fault.Field("K", "", "must be positive, got %d", q.K)
	case q.Mode.Validate() != nil:
		return q.Mode.Validate()
	case !(q.DenseWeight > 0 && q.DenseWeight <= 1):
		return fault.Field("DenseWeight", "", "must be above 0 and at most 1, got %v", q.DenseWeight)
	case q.GroupBy != "" && q.GroupBy != GroupByFile:
		return fault.Field("GroupBy", "", "must be %s, got %q", GroupByFile, q.GroupBy)
	case q.Mode != fusion.Dense && c.words == nil:
		return fault.Mention("build the collection again, or set Mode to dense", "%s has no full-text index: it was built by an earlier release", c.dir)
	case q.Mode != fusion.BM25 && c.asks == nil:
		return errWords
	case q.MinScore != nil && math.IsNaN(*q.MinScore):
		return fault.Field("MinScore", "", "must be a number")
	}
	if strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, q.Text)) == "" {
		return fault.New("use at least one word", "the question is empty")
	}
	return nil
}

// Ask finds the passages that answer a question, best first; those of equal score in the order of
// their labels. If the question has no word that the mode can use, the error says so; a hybrid search
// needs one of the two.
func (c *Collection) Ask(ctx context.Context, q Question) (*Answer, error) {
	if err := q.complete(c); err != nil {
		return nil, err
	}
	a := &Answer{Mode: q.Mode}
	var allowed *roaring64.Bitmap
	if q.Where != "" {
		var err error
		if allowed, err = c.allowed(ctx, q.Where); err != nil {
			return nil, err
		}
		if allowed.IsEmpty() {
			return a, ctx.Err()
		}
	}
	s := &asking{c: c, q: q, answer: a, allowed: allowed, deep: max(depth, 4*q.K)}
	if q.GroupBy != "" {
		s.deep = max(s.deep, 20*q.K)
	}
	s.deep = min(s.deep, max(1, c.Len()))
	err := s.search(ctx)
	if s.matches != nil {
		defer s.matches.Release()
	}
	if err != nil {
		return nil, err
	}
	if err := s.rescore(ctx); err != nil {
		return nil, err
	}
	s.rank()
	if q.GroupBy != "" {
		if err := s.group(); err != nil {
			return nil, err
		}
	}
	best := s.found[:min(q.K, len(s.found))]
	labels := make([]int64, len(best))
	for i := range best {
		labels[i] = best[i].label
	}
	stored, err := c.Passages(labels)
	if err != nil {
		return nil, err
	}
	a.Hits = make([]Match, len(best))
	for i, b := range best {
		m := Match{Stored: stored[i], Score: b.score, More: b.more}
		if b.compared {
			m.Dense = &best[i].dense
		}
		if s.matches != nil {
			m.BM25 = &best[i].words
		}
		a.Hits[i] = m
	}
	return a, ctx.Err()
}

// candidate is a passage that may be among the best.
type candidate struct {
	label    int64
	dense    float64 // similarity of the vectors, of which a larger one is nearer, if they were compared
	words    float64 // BM25
	score    float64
	more     int // see Match.More
	compared bool
	counted  bool // words is set
}

// asking is a question that is being answered.
type asking struct {
	c       *Collection
	q       Question
	answer  *Answer
	allowed *roaring64.Bitmap
	deep    int

	vector  []float32         // nil if the model knows no word
	matches *fulltext.Matches // nil if words are not compared
	top     []fulltext.Hit    // the best of matches
	found   []candidate
	stats   fusion.Stats // of the similarities
}

func (s *asking) search(ctx context.Context) error {
	if s.q.Mode != fusion.BM25 {
		vector, known, err := s.c.asks.EncodeBatch(ctx, []string{s.q.Text}, 1)
		if err != nil {
			return err
		}
		if known[0] > 0 {
			s.vector = vector
		} else if s.answer.NoMeaning = true; s.q.Mode == fusion.Dense {
			return fault.Mark(s.c.unknown(s.q.Text), ErrNoWord)
		}
	}
	if s.q.Mode != fusion.Dense {
		var err error
		if s.matches, err = s.c.matches(ctx, s.q); err != nil {
			return err
		}
		s.answer.Unknown = s.matches.Unknown
		s.answer.NoWords = len(s.matches.Terms) == 0
		if s.matches.Matched == 0 && s.vector == nil {
			return fault.Mark(s.nothing(), ErrNoWord)
		}
		s.top = s.matches.Top(s.deep, s.allowed)
	}
	s.found = make([]candidate, 0, len(s.top)+s.deep)
	for _, h := range s.top {
		s.found = append(s.found, candidate{label: h.Label, words: h.Score, counted: true})
	}
	if s.vector != nil {
		o := s.q.Search
		o.Filter, o.Allowed = nil, s.allowed
		if o.Ef == 0 && o.Recall == 0 {
			o.Recall = defaultRecall
		}
		if o.Ef > 0 {
			o.Ef = max(o.Ef, s.deep)
		}
		results, err := s.c.index.Search(s.vector, s.deep, o)
		if err != nil {
			return err
		}
		for _, r := range results {
			s.found = append(s.found, candidate{label: r.Label, dense: s.similarity(r.Score), compared: true})
		}
		s.join()
		if s.matches != nil {
			return s.complete()
		}
	}
	return ctx.Err()
}

// join makes one candidate of those with one label.
func (s *asking) join() {
	slices.SortFunc(s.found, func(a, b candidate) int { return cmp.Compare(a.label, b.label) })
	kept := s.found[:0]
	for _, f := range s.found {
		if n := len(kept); n > 0 && kept[n-1].label == f.label {
			last := &kept[n-1]
			if f.compared {
				last.dense, last.compared = f.dense, true
			} else {
				last.words, last.counted = f.words, true
			}
			continue
		}
		kept = append(kept, f)
	}
	s.found = kept
}

// nothing is the error for a question without a word that can be used.
func (s *asking) nothing() error {
	shown := fmt.Sprintf("%.60q", s.q.Text)
	switch {
	case s.answer.NoMeaning:
		return s.c.unknown(s.q.Text)
	case s.answer.NoWords && !strings.ContainsFunc(s.q.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
		return fault.New("use at least one word", "the question contains no word: %s", shown)
	case s.answer.NoWords:
		return fault.New("use words that tell passages apart", "the question has only very common words, which are not searched for: %s", shown)
	}
	return fault.New("check the spelling, or use other words", "no passage has a word of the question %s", shown)
}

// similarity returns a score of the index as one of which a larger one is nearer.
func (s *asking) similarity(score float32) float64 {
	if s.euclidean() {
		return -float64(score)
	}
	return float64(score)
}

func (s *asking) euclidean() bool { return s.c.index.Options().Metric == index.Euclidean }

// complete computes the similarities of the passages found by their words, and those of a sample.
func (s *asking) complete() error {
	sample, err := s.c.sample()
	if err != nil {
		return err
	}
	scores, err := sample.Scores(make([]float32, 0, maxSample), s.vector)
	if err != nil {
		return err
	}
	if s.euclidean() {
		for i := range scores {
			scores[i] = -scores[i]
		}
	}
	s.stats = fusion.Measure(scores)
	labels := make([]int64, 0, len(s.found))
	for _, f := range s.found {
		if !f.compared {
			labels = append(labels, f.label)
		}
	}
	if scores, err = index.Scores(scores[:0], s.c.index, s.vector, labels); err != nil {
		return err
	}
	for i, at := 0, 0; i < len(s.found); i++ {
		if f := &s.found[i]; !f.compared {
			if score := scores[at]; score == score { // a passage without a vector has none
				f.dense, f.compared = s.similarity(score), true
			}
			at++
		}
	}
	return nil
}

// sample returns the vectors of maxSample passages, evenly spread.
func (c *Collection) sample() (*index.Subset, error) {
	c.sampled.Do(func() {
		all, err := c.Labels()
		if err != nil {
			c.sampleErr = err
			return
		}
		n := all.GetCardinality()
		labels := make([]int64, min(n, maxSample))
		for i := range labels {
			label, err := all.Select(uint64(i) * n / uint64(len(labels)))
			if err != nil {
				c.sampleErr = err
				return
			}
			labels[i] = int64(label)
		}
		c.sampleSet, c.sampleErr = index.NewSubset(c.index, labels)
	})
	return c.sampleSet, c.sampleErr
}

// rescore computes the similarities of the best candidates from their texts.
func (s *asking) rescore(ctx context.Context) error {
	if !s.c.info.Rescored || s.vector == nil {
		return ctx.Err()
	}
	s.order()
	var labels []int64
	for _, f := range s.found[:min(len(s.found), candidates(s.q.K))] {
		if f.compared {
			labels = append(labels, f.label)
		}
	}
	scores, err := s.c.similarities(ctx, s.vector, labels)
	if err != nil {
		return err
	}
	for i, at := 0, 0; at < len(labels); i++ {
		if f := &s.found[i]; f.compared {
			f.dense = s.similarity(scores[at])
			at++
		}
	}
	return nil
}

// order scores and sorts what was found.
func (s *asking) order() {
	var words fusion.Stats
	if s.matches != nil {
		words = fusion.Stats{Mean: s.matches.Mean, Deviation: s.matches.Deviation}
	}
	s.answer.Statistics = Statistics{int64(s.c.Len()), s.stats, words}
	for i := range s.found {
		f := &s.found[i]
		if s.matches != nil && !f.counted {
			f.words, f.counted = s.matches.Score(f.label), true
		}
		switch s.q.Mode {
		case fusion.Dense:
			f.score = f.dense
		case fusion.BM25:
			f.score = f.words
		default:
			dense := s.stats.Mean // of a passage without a vector
			if f.compared {
				dense = f.dense
			}
			f.score = fusion.Combine(s.stats.Z(dense), words.Z(f.words), s.q.DenseWeight)
			if s.c.Len() == 1 && f.compared { // there are no others to deviate from
				f.score = f.dense
			}
		}
	}
	slices.SortFunc(s.found, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.label, b.label)) })
}

// rank scores and sorts what was found, and says whether it is a good match.
func (s *asking) rank() {
	s.order()
	if s.answer.NoMatch = s.c.unrelated(s); s.answer.NoMatch && s.senseless() {
		s.found = nil
	}
	distances := s.euclidean()
	s.answer.Distances = s.q.Mode == fusion.Dense && distances
	for i := range s.found {
		f := &s.found[i]
		if distances && f.compared {
			if f.dense = -f.dense; s.q.Mode == fusion.Dense {
				f.score = f.dense
			}
		}
	}
	if m := s.q.MinScore; m != nil {
		s.found = slices.DeleteFunc(s.found, func(f candidate) bool {
			if s.q.Mode == fusion.Dense && distances {
				return f.score > *m
			}
			return f.score < *m
		})
	}
}

// group keeps the best passages of different files.
func (s *asking) group() error {
	at := map[uint64]int{}
	kept := make([]candidate, 0, s.q.K)
	files, err := s.c.filesOf(s.found)
	if err != nil {
		return err
	}
	for i, f := range s.found {
		if j, ok := at[files[i]]; ok {
			if j >= 0 {
				kept[j].more++
			}
			continue
		}
		if at[files[i]] = -1; len(kept) < s.q.K {
			at[files[i]] = len(kept)
			kept = append(kept, f)
		}
	}
	s.found = kept
	return nil
}

// paths returns the paths of passages.
func (c *Collection) paths(labels []int64) ([]string, error) {
	stored, err := c.Passages(labels)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(stored))
	for i, p := range stored {
		paths[i] = p.Path
	}
	return paths, nil
}

// EachPassage calls visit with every passage, in the order of the labels.
func (c *Collection) EachPassage(ctx context.Context, visit func(*Stored)) error {
	all, err := c.Labels()
	if err != nil {
		return err
	}
	const batch = 4096
	labels := make([]int64, 0, batch)
	flush := func() error {
		stored, err := c.Passages(labels)
		for i := range stored {
			visit(&stored[i])
		}
		labels = labels[:0]
		return cmp.Or(err, ctx.Err())
	}
	for it := all.Iterator(); it.HasNext(); {
		if labels = append(labels, int64(it.Next())); len(labels) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// Locate returns where the file of a path of the collection is now, or "" if it is gone.
func (c *Collection) Locate(name string) string {
	var candidates []string
	for _, p := range c.info.Input.Paths {
		// The paths of a folder begin with its name as it was given.
		if p.Absolute == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(name, p.Given); ok {
			candidates = append(candidates, filepath.Join(p.Absolute, filepath.FromSlash(rest)))
		}
		candidates = append(candidates, filepath.Join(p.Absolute, filepath.FromSlash(name)))
	}
	for _, at := range append(candidates, name) {
		if stat, err := os.Stat(at); err == nil && stat.Mode().IsRegular() {
			if at, err = filepath.Abs(at); err == nil {
				return at
			}
		}
	}
	return ""
}
