package mining

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
)

const (
	encodeTexts = 4096 // texts encoded at a time
	searchPairs = 1024 // pairs searched at a time

	// mostPartners limits the number of texts beyond RangeMax that a search considers, to
	// make up for the anchor's own positives. If more of these are near, fewer negatives are
	// found.
	mostPartners = 1000

	// sameScore is the maximum difference between two cosines for which the vectors may be
	// equal.
	sameScore = 1e-5
)

// Example is a pair with its negatives.
type Example struct {
	Anchor, Positive string
	Negatives        []string  // nearest first
	Score            float32   // cosine of anchor and positive
	Scores           []float32 // of anchor and negatives
}

// Result summarizes a run of Mine.
type Result struct {
	Pairs      int64      `json:"pairs"`         // all pairs
	Written    int64      `json:"written"`       // pairs with enough negatives, passed to emit
	Unknown    int64      `json:"unknown"`       // skipped: the model does not know any token of the anchor, or any of the positive
	TooFew     int64      `json:"too_few"`       // skipped: not enough negatives
	TooNear    int64      `json:"too_near"`      // neighbors excluded by MaxScore or the margins
	Candidates int        `json:"candidates"`    // texts that may be negatives
	NoVector   int        `json:"no_vector"`     // candidates without a known token
	Index      index.Kind `json:"index"`         // kind of index that was searched
	Positive   float64    `json:"mean_positive"` // mean cosine of anchors and positives in written pairs
	Negative   float64    `json:"mean_negative"` // mean cosine of anchors and negatives
}

// Empty returns an error that explains why no pair was written with options o, or nil if at
// least one was.
func (r *Result) Empty(o Options) error {
	switch {
	case r.Written > 0:
		return nil
	case r.Unknown == r.Pairs:
		return fault.New("check that the model and the pairs have the same language", "the model does not know any token of any pair")
	}
	what := fmt.Sprintf("%d negatives that qualify", o.Negatives)
	if o.Negatives == 1 {
		what = "a negative that qualifies"
	}
	return fault.Mention("lower Negatives, raise RangeMax, or admit nearer texts with RelativeMargin 0 or Margin -2", "no pair has %s", what)
}

// Mine calls emit for each pair that has enough negatives, in the order of the pairs and from
// one goroutine at a time. It stops if emit returns an error, which it returns unchanged, or
// if ctx is canceled.
func (p *Pairs) Mine(ctx context.Context, enc Encoder, o Options, emit func(Example) error) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.OnProgress == nil {
		o.OnProgress = func(string, int64, int64) {}
	}
	m := &miner{pairs: p, encoder: enc, options: o, result: Result{Pairs: int64(p.Len())}}
	if err := m.build(ctx); err != nil {
		return nil, err
	}
	for from := 0; from < p.Len(); from += searchPairs {
		o.OnProgress("searching", int64(from), int64(p.Len()))
		if err := m.chunk(ctx, from, min(from+searchPairs, p.Len()), emit); err != nil {
			return nil, err
		}
	}
	o.OnProgress("searching", int64(p.Len()), int64(p.Len()))
	r := &m.result
	if r.Written > 0 {
		r.Positive /= float64(r.Written)
		r.Negative /= float64(r.Written) * float64(o.Negatives)
	}
	return r, nil
}

type miner struct {
	pairs   *Pairs
	encoder Encoder
	options Options
	index   index.Index // candidates by their numbers
	result  Result
}

// build encodes the candidates and indexes them.
func (m *miner) build(ctx context.Context) error {
	p, o := m.pairs, m.options
	kind := o.kind(p.candidates)
	threads := 1
	if o.ParallelBuild || kind == index.Flat {
		threads = o.Threads
	}
	var err error
	if m.index, err = index.New(index.Options{Dim: m.encoder.Dim(), Kind: kind, Threads: threads}); err != nil {
		return err
	}
	m.result.Index = kind
	var numbers []int64
	done := 0
	add := func() error {
		o.OnProgress("encoding", int64(done), int64(p.candidates))
		done += len(numbers)
		vectors, err := m.encode(ctx, numbers)
		if err != nil {
			return err
		}
		dim, kept := m.encoder.Dim(), 0
		for i := range numbers { // zero vectors are not near anything
			if v := vectors[i*dim : (i+1)*dim]; norm(v) > 0 {
				copy(vectors[kept*dim:], v)
				numbers[kept] = numbers[i]
				kept++
			}
		}
		m.result.NoVector += len(numbers) - kept
		err = m.index.AddBatch(ctx, numbers[:kept], vectors[:kept*dim])
		numbers = numbers[:0]
		return err
	}
	for n, is := range p.candidate {
		if !is {
			continue
		}
		if numbers = append(numbers, int64(n)); len(numbers) == encodeTexts {
			if err := add(); err != nil {
				return err
			}
		}
	}
	if err := add(); err != nil {
		return err
	}
	m.result.Candidates = m.index.Len()
	o.OnProgress("encoding", int64(p.candidates), int64(p.candidates))
	return nil
}

// encode returns the vectors of texts.
func (m *miner) encode(ctx context.Context, numbers []int64) ([]float32, error) {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		var err error
		if texts[i], err = m.pairs.texts.text(int32(n)); err != nil {
			return nil, err
		}
	}
	vectors, _, err := m.encoder.EncodeBatch(ctx, texts, m.options.Threads)
	if err == nil && len(vectors) != len(texts)*m.encoder.Dim() {
		err = fmt.Errorf("the encoder returned %d values for %d texts of %d dimensions", len(vectors), len(texts), m.encoder.Dim())
	}
	return vectors, err
}

// picked is the result for one pair.
type picked struct {
	negatives []index.Result
	score     float64 // cosine of the positive
	near      int64   // number of texts excluded as too near
	unknown   bool
}

// chunk mines pairs from up to, but not including, to.
func (m *miner) chunk(ctx context.Context, from, to int, emit func(Example) error) error {
	p, dim := m.pairs, m.encoder.Dim()
	// Pairs with the same anchor share a search.
	anchors := make([]int64, 0, to-from)
	of := map[int64][]int{} // pairs of each anchor
	for i := from; i < to; i++ {
		a := int64(p.anchors[i])
		if of[a] == nil {
			anchors = append(anchors, a)
		}
		of[a] = append(of[a], i)
	}
	vectors, err := m.encode(ctx, anchors)
	if err != nil {
		return err
	}
	found := make([]picked, to-from)
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(m.options.Threads)
	const each = 16
	for at := 0; at < len(anchors); at += each {
		workers.Go(func(ctx context.Context) error {
			for i := at; i < min(at+each, len(anchors)); i++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := m.anchor(anchors[i], vectors[i*dim:(i+1)*dim], of[anchors[i]], found, from); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	for i, f := range found {
		r := &m.result
		r.TooNear += f.near
		switch {
		case f.unknown:
			r.Unknown++
		case len(f.negatives) < m.options.Negatives:
			r.TooFew++
		default:
			if err := m.hand(from+i, f, emit); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// anchor finds the negatives of the pairs that share an anchor with the given vector.
func (m *miner) anchor(anchor int64, vector []float32, pairs []int, found []picked, from int) error {
	length := norm(vector)
	if length == 0 {
		for _, i := range pairs {
			found[i-from].unknown = true
		}
		return nil
	}
	partners := m.pairs.with(int32(anchor))
	more := min(len(slices.Compact(slices.Clone(partners))), mostPartners)
	hits, err := m.index.Search(vector, m.options.RangeMax+1+more, index.SearchOptions{Ef: m.options.Ef})
	if err != nil {
		return err
	}
	// For all pairs of the anchor, exclude its partners and repeated vectors.
	near := hits[:0]
	for _, h := range hits {
		_, partner := slices.BinarySearch(partners, int32(h.Label))
		if partner || h.Label == anchor || h.Score > 1-sameScore && m.equal(h.Label, vector, length) ||
			len(near) > 0 && near[len(near)-1].Score-h.Score < sameScore && m.alike(near[len(near)-1].Label, h.Label) {
			continue
		}
		near = append(near, h)
	}
	for _, i := range pairs {
		positive, ok := m.index.Vector(int64(m.pairs.positives[i]))
		if !ok {
			found[i-from].unknown = true
			continue
		}
		found[i-from] = m.pick(i, near, positive, dot(vector, positive)/length)
	}
	return nil
}

// pick chooses the negatives of a pair from the texts near its anchor.
func (m *miner) pick(pair int, near []index.Result, positive []float32, score float64) picked {
	o := m.options
	f := picked{score: score}
	limit := o.MaxScore
	if o.Margin > -2 {
		limit = min(limit, score-o.Margin-o.RelativeMargin*math.Abs(score))
	}
	rank := 0
	for _, h := range near {
		if math.Abs(float64(h.Score)-score) < sameScore && m.equal(h.Label, positive, 1) {
			continue
		}
		if rank++; rank > o.RangeMax || o.Sample == Top && len(f.negatives) == o.Negatives {
			break
		}
		if rank <= o.RangeMin {
			continue
		}
		if float64(h.Score) > limit {
			f.near++
			continue
		}
		f.negatives = append(f.negatives, h)
	}
	if o.Sample == Random && len(f.negatives) > o.Negatives {
		// Take the first of a shuffled list, and restore their order by score.
		random := rand.New(rand.NewPCG(o.Seed, uint64(pair)))
		chosen := random.Perm(len(f.negatives))[:o.Negatives]
		slices.Sort(chosen)
		for to, i := range chosen {
			f.negatives[to] = f.negatives[i]
		}
		f.negatives = f.negatives[:o.Negatives]
	}
	return f
}

// hand passes a pair and its negatives to emit.
func (m *miner) hand(pair int, f picked, emit func(Example) error) error {
	p, r := m.pairs, &m.result
	e := Example{Score: float32(f.score)}
	var err error
	if e.Anchor, err = p.texts.text(p.anchors[pair]); err != nil {
		return err
	}
	if e.Positive, err = p.texts.text(p.positives[pair]); err != nil {
		return err
	}
	r.Written++
	r.Positive += f.score
	for _, h := range f.negatives {
		text, err := p.texts.text(int32(h.Label))
		if err != nil {
			return err
		}
		e.Negatives, e.Scores = append(e.Negatives, text), append(e.Scores, h.Score)
		r.Negative += float64(h.Score)
	}
	return emit(e)
}

// equal reports whether a candidate has the direction of vector, which has the given length.
func (m *miner) equal(candidate int64, vector []float32, length float64) bool {
	v, _ := m.index.Vector(candidate)
	for i, x := range v {
		if math.Abs(float64(x)-float64(vector[i])/length) > 1e-6 {
			return false
		}
	}
	return true
}

// alike reports whether two candidates have the same vector.
func (m *miner) alike(a, b int64) bool {
	v, _ := m.index.Vector(a)
	return m.equal(b, v, 1)
}

func dot(a, b []float32) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

func norm(v []float32) float64 { return math.Sqrt(dot(v, v)) }
