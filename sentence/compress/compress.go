// Package compress makes models smaller: fewer tokens, fewer dimensions, and rows of bytes, of half
// bytes or of numbers of vectors instead of float32. A compressed model is used like any other;
// its tables are never expanded.
//
//	small, report, err := compress.Compress(ctx, model, compress.Options{DType: checkpoints.Int8})
//
// The steps, in this order:
//
//  1. Layers and the weights of tokens are folded into the rows, which is exact; see package
//     sentence.
//  2. With Vocabulary, only the most frequent tokens stay; see tokenize.Tokenizer.Pruned.
//  3. With Dim, rows are replaced by their principal components: of all tables of that many
//     columns, the one whose inner products are nearest.
//  4. With Clusters, tokens whose rows point in similar directions share one row and keep their
//     lengths: k-means on the unit sphere.
//  5. The values become those of DType. The scale of a row makes its error least.
//
// docs/small-models.md has the sizes and what they cost.
package compress

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// Options say what is left of a model.
type Options struct {
	DType      checkpoints.DType // how rows are stored; default Int4
	Vocabulary int               // most tokens; default 0: all
	Clusters   int               // rows that the tokens share; default 0, and also if there are no more tokens: one for each token
	Dim        int               // length of a row; default 0: as it is
	Seed       uint64            // of the clustering; default 1
	Threads    int               // goroutines; default 0: one per core. The result does not depend on them
	// KeepState keeps the training state and log, so that training can resume from the rounded
	// rows. Nothing is then folded. It excludes Vocabulary, Clusters and Dim. Default false.
	KeepState bool
	// OnProgress, if not nil, is called with the work done and all of it, in any unit.
	OnProgress func(done, total int64)
}

// Report says what Compress has done.
type Report struct {
	Tokens, Dim   int               // before
	KeptTokens    int               // after
	KeptDim       int               // after
	DType         checkpoints.DType // of the rows
	Clusters      int               // rows that the tokens share; 0: one for each token
	Folded        bool              // layers or weights of tokens have become part of the rows
	Before, After int64             // bytes of all tensors
	Error         float64           // of a row, as a share of its length: the root of the mean square, tokens weighted by their counts
	DroppedTokens float64           // share of the text that the dropped tokens were, by their counts
	KeptVariance  float64           // share of the sum of squares that the principal components keep; 1 without Dim
}

// Validate returns an error that names the first invalid field.
func (o *Options) Validate() error {
	if o.DType != "" && !slices.Contains(checkpoints.DTypes, o.DType) {
		return fault.Field("DType", "choose float32, int8, int4 or pq", "is unknown: %q", string(o.DType))
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"Vocabulary", o.Vocabulary}, {"Clusters", o.Clusters}, {"Dim", o.Dim}, {"Threads", o.Threads}} {
		if f.value < 0 {
			return fault.Field(f.name, "leave it out to keep everything", "must not be negative, got %d", f.value)
		}
		if f.value > 0 && f.name != "Threads" && o.KeepState {
			return fault.Field(f.name, "leave one of them out: the training state has a row for each token", "cannot be used with KeepState")
		}
	}
	if o.Clusters > 0 && o.DType == checkpoints.Float32 {
		return fault.Field("Clusters", "choose int8 or int4", "cannot be used with the type float32")
	}
	return nil
}

// Compress returns a smaller model; c does not change. It is an error if c is compressed already,
// or if it has what an option cannot keep: then choose another.
func Compress(ctx context.Context, c *checkpoints.Checkpoint, o Options) (*checkpoints.Checkpoint, *Report, error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	if c.Quantized() {
		return nil, nil, fault.New("compress the model that it was made from", "the model is compressed already")
	}
	if o.DType == "" {
		o.DType = checkpoints.Int4
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	r := &Report{Tokens: c.Vocabulary.Len(), Dim: c.Config.VectorDim(), DType: o.DType, Before: tensorBytes(c.Tensors), KeptVariance: 1}
	j := &job{ctx: ctx, Options: o, report: r}
	out, err := j.fold(c)
	if err != nil {
		return nil, nil, err
	}
	for _, step := range []func(*checkpoints.Checkpoint) error{j.prune, j.project, j.quantize} {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if err := step(out); err != nil {
			return nil, nil, err
		}
	}
	r.KeptTokens, r.KeptDim, r.After = out.Vocabulary.Len(), out.Config.VectorDim(), tensorBytes(out.Tensors)
	out.Config.Compression = &checkpoints.Compression{DType: o.DType, Tokens: r.Tokens, Dim: r.Dim, Clusters: r.Clusters, Bytes: r.Before}
	if r.Clusters > 0 || o.DType == checkpoints.PQ {
		out.Config.Compression.Seed = o.Seed
	}
	return out, r, nil
}

// tensorBytes returns the size of tensors in a file.
func tensorBytes(tensors map[string]checkpoints.Tensor) (n int64) {
	for _, t := range tensors {
		n += t.Bytes()
	}
	return n
}

// job is a call of Compress.
type job struct {
	ctx context.Context
	Options
	report *Report
}

// fold returns a copy of c whose layers are folded, without its training state.
func (j *job) fold(c *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	out := *c
	out.Tensors = maps.Clone(c.Tensors)
	out.CurveSVG, out.CurvePNG = nil, nil
	encoder, err := sentence.FromCheckpoint(c) // which checks the tensors
	if err != nil {
		return nil, err
	}
	if j.KeepState {
		return &out, nil
	}
	out.State, out.Log, out.Config.Corpus.Cache = nil, nil, ""
	folded, err := encoder.Fold()
	if err != nil {
		return nil, err
	}
	if folded == encoder {
		return &out, nil
	}
	made := folded.Checkpoint()
	out.Tensors, j.report.Folded = made.Tensors, true
	out.Config.Dim, out.Config.Encoder = made.Config.Dim, made.Config.Encoder
	return &out, nil
}

// prune drops tokens.
func (j *job) prune(c *checkpoints.Checkpoint) error {
	if j.Vocabulary == 0 {
		return nil
	}
	tokenizer := c.Tokenizer
	if tokenizer.Vocabulary() != c.Vocabulary {
		var err error
		if tokenizer, err = tokenizer.WithVocabulary(c.Vocabulary); err != nil {
			return err
		}
	}
	pruned, ids, err := tokenizer.Pruned(j.Vocabulary)
	if err != nil {
		return fault.Field("Vocabulary", "choose a larger number", "%w", err)
	}
	if ids == nil {
		return nil
	}
	before := c.Vocabulary
	c.Tokenizer, c.Vocabulary = pruned, pruned.Vocabulary()
	if total := before.Total(); total > 0 {
		j.report.DroppedTokens = 1 - float64(c.Vocabulary.Total())/float64(total)
	}
	c.Tensors[checkpoints.EmbeddingTensor] = rowsOf(c.Embedding(), ids)
	if w, ok := c.Tensors[checkpoints.PoolingTensor]; ok {
		few := checkpoints.NewTensor(len(ids))
		for i, id := range ids {
			few.Data[i] = w.Data[id]
		}
		c.Tensors[checkpoints.PoolingTensor] = few
	}
	if c.NGrams != nil {
		if c.NGrams, err = tokenize.RestoreNGrams(c.Vocabulary, c.NGrams.Options(), c.NGrams.Buckets()); err != nil {
			return err
		}
	}
	if c.Spellings != nil {
		c.Spellings = maps.Clone(c.Spellings)
		maps.DeleteFunc(c.Spellings, func(token, _ string) bool { return !c.Vocabulary.Has(token) })
	}
	// The counts of the text and the fingerprint of its tokens are those of training.
	c.Config.Corpus.Tokenizer, c.Config.Corpus.Fingerprint = "", ""
	return nil
}

// rowsOf returns the rows ids of t.
func rowsOf(t checkpoints.Tensor, ids []int32) checkpoints.Tensor {
	out := checkpoints.NewTensor(len(ids), t.Cols())
	for i, id := range ids {
		copy(out.Row(i), t.Row(int(id)))
	}
	return out
}

// quantize stores the tables as DType.
func (j *job) quantize(c *checkpoints.Checkpoint) error {
	if j.DType == checkpoints.Float32 {
		return nil
	}
	table := c.Embedding()
	var counts []float64
	if c.Vocabulary.Total() > 0 {
		for id := range c.Vocabulary.Len() {
			counts = append(counts, float64(c.Vocabulary.Count(int32(id))))
		}
	}
	q, err := j.table(table, j.Clusters, counts)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", checkpoints.EmbeddingTensor, err)
	}
	if q.Mapping != nil {
		j.report.Clusters = q.Clusters()
	}
	j.report.Error = relativeError(table, q, c.Vocabulary)
	c.Tensors[checkpoints.EmbeddingTensor] = checkpoints.Tensor{Shape: table.Shape, Quantized: q}
	grams, ok := c.Tensors[checkpoints.NGramTensor]
	if !ok {
		return nil
	}
	if q, err = j.table(grams, 0, nil); err != nil {
		return fmt.Errorf("tensor %s: %w", checkpoints.NGramTensor, err)
	}
	c.Tensors[checkpoints.NGramTensor] = checkpoints.Tensor{Shape: grams.Shape, Quantized: q}
	return nil
}

// progress reports a round of clustering.
func (j *job) progress(round int) {
	if j.OnProgress != nil {
		j.OnProgress(int64(round), rounds)
	}
}

// relativeError returns the error of rows; see Report.
func relativeError(t checkpoints.Tensor, q *checkpoints.Quantized, v *tokenize.Vocabulary) float64 {
	row := make([]float32, t.Cols())
	var sum, total float64
	for i := range t.Rows() {
		q.Row(row, i)
		var square, wrong float64
		for k, v := range t.Row(i) {
			square += float64(v) * float64(v)
			wrong += (float64(v) - float64(row[k])) * (float64(v) - float64(row[k]))
		}
		weight := float64(v.Count(int32(i)))
		if v.Total() == 0 {
			weight = 1
		}
		if square > 0 {
			sum += weight * wrong / square
			total += weight
		}
	}
	return math.Sqrt(sum / math.Max(total, 1e-300))
}

var errTooLarge = errors.New("the values of the table are too large")
