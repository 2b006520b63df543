package collection

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// Codes of 8 bits of short passages are larger than their texts. They get codes of 2 bits then, which find
// candidates, and the best of these are encoded again from their texts: a static model takes some microseconds
// for each, and the scores are those of vectors that no code has changed.

const (
	// rescored is the least number of candidates that are encoded again, and rescoredFactor how many for
	// each passage that is wanted. Of the 10 nearest sentences of 256 values, the 64 nearest by their codes
	// lack fewer than 1 in 1,000.
	rescored       = 64
	rescoredFactor = 3

	// rescoredSample is the number of questions with which the index itself measures what its codes find.
	rescoredSample = 16

	// rescoredFrom is the number of values from which codes of 2 bits are good enough to find candidates.
	rescoredFrom = 192
)

// candidates returns how many passages are encoded again for k.
func candidates(k int) int { return max(rescored, rescoredFactor*k) }

// canRescore reports whether passages can be encoded again when they are found.
func canRescore(model sentence.Model, o BuildOptions) bool {
	_, static := model.(*sentence.Encoder)
	return static && o.QueryModel == nil && o.Index.Metric == index.Cosine && o.Index.Dim >= rescoredFrom &&
		(o.Index.Kind == index.Auto || o.Index.Kind == index.Flat)
}

// chooseCodes makes the codes smaller if the first passages are so short that those of 8 bits would be larger
// than they are.
func (w *writer) chooseCodes() error {
	if !w.coarse || w.summary.Encoded > 0 {
		return nil
	}
	size := 0
	for i := range w.batch {
		size += len(w.batch[i].Text)
	}
	if w.coarse = len(w.batch) == batchPassages && size < len(w.batch)*w.options.Dim; !w.coarse {
		return nil
	}
	o := w.options
	o.Quantization = index.Int2
	var err error
	w.index, err = index.New(o)
	return err
}

// settle gives a new index of the kind Auto the kind for its size. A graph needs better codes.
func (w *writer) settle(ctx context.Context) (err error) {
	if w.coarse && index.AutoKind(w.index.Options(), w.index.Len()) == index.HNSW {
		w.coarse = false
		o := w.options
		o.Kind = index.HNSW
		w.index, err = index.FillLabeled(ctx, o, "", func(add func(total, label int64, vector []float32) error) error {
			labels, err := index.Labels(w.index)
			if err != nil {
				return err
			}
			for _, label := range labels {
				v, _ := w.index.Vector(label)
				if err := add(int64(len(labels)), label, v); err != nil {
					return err
				}
			}
			return nil
		}, nil)
		return err
	}
	w.index, err = index.Settle(ctx, w.index, nil)
	return err
}

// measureRescored measures the recall of the index with which the next state is searched, by the questions of
// calibrateIndex.
func (w *writer) measureRescored() error {
	k, dim := 10, w.index.Options().Dim
	m := index.Measured{K: k, Vectors: w.index.Len(), Given: true}
	all, found := 0, 0
	for i, truth := range w.truth {
		near, err := w.index.Search(w.asked[i*dim:(i+1)*dim], candidates(k), index.SearchOptions{})
		if err != nil {
			return err
		}
		m.Queries++
		all += len(truth)
		for _, t := range truth {
			if slices.ContainsFunc(near, func(r index.Result) bool { return r.Label == t.Label }) {
				found++
			}
		}
	}
	if all > 0 {
		m.Recall = float64(found) / float64(all)
		w.info.Measured = m
	}
	return nil
}

// similarities returns the cosines of a vector with the passages of labels, which are encoded again unless
// their vectors are kept.
func (c *Collection) similarities(ctx context.Context, vector []float32, labels []int64) ([]float32, error) {
	vectors, missing := make([]*keptVector, len(labels)), make([]int64, 0, len(labels))
	for i, label := range labels {
		if vectors[i] = c.kept.get(label); vectors[i] == nil {
			missing = append(missing, label)
		}
	}
	if len(missing) > 0 {
		encoded, err := c.encode(ctx, missing)
		if err != nil {
			return nil, err
		}
		dim, at := len(vector), 0
		for i, label := range labels {
			if vectors[i] == nil {
				v := slices.Clone(encoded[at*dim : (at+1)*dim]) // a piece of encoded would keep all of it
				vectors[i] = &keptVector{label, kernel.Norm(v), v}
				c.kept.put(vectors[i])
				at++
			}
		}
	}
	norm := kernel.Norm(vector)
	scores := make([]float32, len(labels))
	for i, v := range vectors {
		if n := norm * v.norm; n > 0 {
			scores[i] = kernel.Dot(vector, v.values) / n
		}
	}
	return scores, nil
}

// keptVectors keeps vectors of passages that were encoded again: questions have many candidates in common. Each
// label has one place, which it shares with others. It is safe for concurrent use.
type keptVectors []atomic.Pointer[keptVector]

// keptBytes is about how much memory an open collection uses for them.
const keptBytes = 16 << 20

func newKeptVectors(dim int) keptVectors { return make(keptVectors, max(1, keptBytes/(4*dim))) }

type keptVector struct {
	label  int64
	norm   float32
	values []float32
}

// get returns the vector of a label, or nil.
func (k keptVectors) get(label int64) *keptVector {
	if v := k[label%int64(len(k))].Load(); v != nil && v.label == label {
		return v
	}
	return nil
}

func (k keptVectors) put(v *keptVector) { k[v.label%int64(len(k))].Store(v) }

// encode returns the vectors of passages, packed one after another, by encoding them again.
func (c *Collection) encode(ctx context.Context, labels []int64) ([]float32, error) {
	if c.model == nil {
		return nil, errWords
	}
	stored, err := c.Passages(labels)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(stored))
	for i := range stored {
		texts[i] = stored[i].Input()
	}
	threads := 1
	if len(labels) > 4*rescored {
		threads = 0
	}
	vectors, _, err := c.model.EncodeBatch(ctx, texts, threads)
	return vectors, err
}

// rescore replaces the scores of the best candidates, which are sorted, and sorts them again.
func (c *Collection) rescore(ctx context.Context, vector []float32, results []index.Result, k int) error {
	results = results[:min(len(results), candidates(k))]
	labels := make([]int64, len(results))
	for i, r := range results {
		labels[i] = r.Label
	}
	scores, err := c.similarities(ctx, vector, labels)
	if err != nil {
		return err
	}
	for i := range results {
		results[i].Score = scores[i]
	}
	slices.SortFunc(results, func(a, b index.Result) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Label, b.Label))
	})
	return nil
}

// nearest searches the index for the k vectors nearest to one.
func (c *Collection) nearest(ctx context.Context, vector []float32, k int, o index.SearchOptions) ([]index.Result, error) {
	if !c.info.Rescored {
		return c.index.Search(vector, k, o)
	}
	results, err := c.index.Search(vector, candidates(k), o)
	if err == nil {
		err = c.rescore(ctx, vector, results, k)
	}
	return results[:min(k, len(results))], err
}

// Vectors returns an index with the vectors of the passages: Index, or if that has only codes by which
// candidates are found ([Info].Rescored), a new flat one, for which all passages are encoded again. That takes
// a second for 100,000 short passages.
func (c *Collection) Vectors(ctx context.Context) (index.Index, error) {
	if !c.info.Rescored {
		return c.index, nil
	}
	labels, err := index.Labels(c.index)
	if err != nil {
		return nil, err
	}
	ix, err := index.New(index.Options{Dim: c.info.Dim, Kind: index.Flat, Metric: index.Cosine})
	if err != nil {
		return nil, err
	}
	err = c.eachVectors(ctx, labels, func(part []int64, vectors []float32) error { return ix.AddBatch(ctx, part, vectors) })
	return ix, err
}

// eachVectors calls use with the vectors of passages that have one, some at a time: packed one after another, and those
// of the index unless it has only codes by which candidates are found.
func (c *Collection) eachVectors(ctx context.Context, labels []int64, use func(part []int64, vectors []float32) error) error {
	for part := range slices.Chunk(labels, 4*batchPassages) {
		if err := ctx.Err(); err != nil {
			return err
		}
		var vectors []float32
		if c.info.Rescored {
			var err error
			if vectors, err = c.encode(ctx, part); err != nil {
				return fault.New(fault.Hint(err), "encoding the passages of %s: %w", c.dir, err)
			}
		} else {
			for _, label := range part {
				v, ok := c.index.Vector(label)
				if !ok {
					return fault.New(hintRebuild, "%s: the index has no vector %d", c.dir, label)
				}
				vectors = append(vectors, v...)
			}
		}
		if err := use(part, vectors); err != nil {
			return err
		}
	}
	return nil
}
