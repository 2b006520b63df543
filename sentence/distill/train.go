package distill

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/train"
)

// Teacher is the model to imitate. *transformer.Encoder implements it.
type Teacher interface {
	Dim() int
	Tokenizer() *tokenize.Tokenizer
	// EncodeTokens returns the vectors of texts, as ids of the tokenizer, cut at limit tokens.
	EncodeTokens(ctx context.Context, texts [][]int32, limit, threads int) ([]float32, error)
}

// Report says what a distillation did.
type Report struct {
	Texts       int     `json:"texts"`        // that the teacher encoded
	Of          int64   `json:"of"`           // texts
	Reused      int     `json:"reused"`       // of Texts, by an interrupted run
	FirstCosine float64 `json:"first_cosine"` // mean, with the teacher's vectors, in the first 100 steps
	LastCosine  float64 `json:"cosine"`       // in the last 100 steps
	Dim         int     `json:"dim"`          // of the vectors
	PairDim     int     `json:"pair_dim"`     // of the table that was trained on pairs; 0: none
	Whiten      float64 `json:"whiten"`
	Variance    float64 `json:"variance_kept"` // share of the variance of the vectors in Dim components, before scaling
	Teacher     float64 `json:"teacher_seconds"`
	Seconds     float64 `json:"seconds"` // of all
}

// Train makes a static model of the teacher from the texts of the sample.
func Train(ctx context.Context, t Teacher, s *Sample, o Options) (*checkpoints.Checkpoint, *Report, error) {
	began := time.Now()
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	if len(s.texts) == 0 {
		return nil, nil, fault.New("name files of text, or check that the teacher knows the language", "no texts to learn from")
	}
	if s.blank() == len(s.texts) {
		return nil, nil, fault.New("learn the tokens from these texts", "no text has a token of the vocabulary")
	}
	tokenizer := s.Tokenizer(t)
	beside, err := besides(tokenizer.Vocabulary(), o.Beside)
	if err != nil {
		return nil, nil, err
	}
	limit, err := o.checkDim(t, beside.dim)
	if err != nil {
		return nil, nil, err
	}
	usual := limit
	if o.Pairs != nil {
		usual -= max(0, o.PairDim-usualPairDim)
	}
	o.Dim, o.Threads = cmp.Or(o.Dim, usual), cmp.Or(o.Threads, runtime.GOMAXPROCS(0))
	d := &distillation{teacher: t, tokenizer: tokenizer, sample: s, o: o, weights: s.weights(o.SIF), repeats: sentence.Repeats{Power: o.Repeats}, report: &Report{Texts: len(s.texts), Of: s.seen, Dim: o.Dim, Whiten: o.Whiten, Variance: 1}}
	if o.Pairs != nil {
		d.report.PairDim = o.PairDim
		if err := d.checkPairs(ctx); err != nil {
			return nil, nil, err
		}
	}
	id, err := fingerprint(ctx, t, s, o)
	if err != nil {
		return nil, nil, err
	}
	targets, have, err := openCache(o.Cache, o.ReplaceCache, id, t.Dim())
	if err != nil {
		return nil, nil, err
	}
	defer targets.close(o.Cache == "")
	if err := d.begin(ctx); err != nil {
		return nil, nil, err
	}
	d.report.Reused = min(have, len(s.texts))
	if err := targets.fill(ctx, t, s, o, have); err != nil {
		return nil, nil, err
	}
	d.report.Teacher = time.Since(began).Seconds()
	if err := d.train(ctx, targets); err != nil {
		return nil, nil, err
	}
	d.join(beside)
	if err := d.pairTable(ctx); err != nil {
		return nil, nil, err
	}
	if err := d.whiten(ctx); err != nil {
		return nil, nil, err
	}
	d.exact()
	encoder, err := sentence.New(sentence.Layers{Tokenizer: tokenizer, Embedding: d.table(),
		Pooling: sentence.SIF, Weights: &checkpoints.Tensor{Shape: []int{len(d.weights)}, Data: d.weights}, Normalize: true, Repeats: o.Repeats})
	if err != nil {
		return nil, nil, err
	}
	c := encoder.Checkpoint()
	if o.Pairs != nil && o.TuneSteps > 0 {
		if c, err = d.tune(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	if o.Scored != nil && o.ScoredEpochs > 0 {
		if c, err = d.score(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	d.report.Seconds = time.Since(began).Seconds()
	return c, d.report, nil
}

// usualPairDim is how many dimensions a model has more with a table of pairs of so many or more, unless Dim says
// otherwise.
const usualPairDim = 512

// distillation is the state of a run. The table has the rows of the tokens and behind them those of the
// teacher's vectors of a batch, of which each is the only token of the second text of an example.
type distillation struct {
	teacher   Teacher
	tokenizer *tokenize.Tokenizer // of the model
	sample    *Sample
	o         Options
	weights   []float32
	repeats   sentence.Repeats
	scaled    []float32 // of textWeights
	e         *train.Parameters
	tokens    int // rows of tokens
	spread    *spread
	report    *Report
}

// table returns the rows of the tokens.
func (d *distillation) table() checkpoints.Tensor {
	stride := kernel.Stride(d.e.Dim)
	return checkpoints.Tensor{Shape: []int{d.tokens, d.e.Dim}, Stride: stride, Data: d.e.Table[:d.tokens*stride]}
}

// begin sets the table to the teacher's vectors of single tokens, or of their texts, centered.
func (d *distillation) begin(ctx context.Context) error {
	d.tokens = d.tokenizer.Vocabulary().Len()
	dim := d.teacher.Dim()
	var stands [][]int32
	if d.tokenizer != d.teacher.Tokenizer() {
		stands = starts(d.teacher.Tokenizer(), d.tokenizer)
	}
	stride := kernel.Stride(dim)
	rows := d.tokens + d.o.BatchSize
	d.e = &train.Parameters{Rows: rows, Dim: dim, Table: kernel.Aligned(rows * stride)}
	mean := make([]float64, dim)
	for from := 0; from < d.tokens; from += block {
		d.o.progress("tokens", from, d.tokens)
		var texts [][]int32
		for id := from; id < min(from+block, d.tokens); id++ {
			if stands == nil {
				texts = append(texts, []int32{int32(id)})
			} else {
				texts = append(texts, stands[id])
			}
		}
		vectors, err := d.teacher.EncodeTokens(ctx, texts, d.o.MaxTokens, d.o.Threads)
		if err != nil {
			return err
		}
		for i := range texts {
			copy(d.e.Table[(from+i)*stride:], vectors[i*dim:(i+1)*dim])
			for j, v := range vectors[i*dim : (i+1)*dim] {
				mean[j] += float64(v) / float64(d.tokens)
			}
		}
	}
	d.o.progress("tokens", d.tokens, d.tokens)
	for i := range d.tokens {
		for j, m := range mean {
			d.e.Table[i*stride+j] -= float32(m)
		}
	}
	return nil
}

// train moves the table towards the teacher's vectors of the texts.
func (d *distillation) train(ctx context.Context, targets *cache) (err error) {
	o, s := d.o, d.sample
	engine, err := train.NewFused(d.e, train.Objective{Loss: train.Align}, o.Threads)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	optimizer := &autograd.AdaGrad{Threads: o.Threads}
	matrix := &autograd.Matrix{Name: "embedding", Data: d.e.Table, Rows: d.e.Rows, Cols: d.e.Dim, Stride: kernel.Stride(d.e.Dim)}
	if d.spread, err = newSpread(ctx, targets, len(s.texts), o); err != nil {
		return err
	}
	d.spread.apply(d.e.Table[:d.tokens*kernel.Stride(d.e.Dim)], kernel.Stride(d.e.Dim), o.Threads, true)
	blank := func(i int) bool { return len(s.texts[i]) == 0 } // with other tokens than the teacher's, some texts are unknown
	perEpoch := (len(s.texts) - s.blank() + o.BatchSize - 1) / o.BatchSize
	steps := perEpoch * o.Epochs
	place := make([]int32, d.tokens)
	var b train.Batch
	var order []int
	losses := make([]float64, 0, steps)
	for step := range steps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		at := step % perEpoch * o.BatchSize
		if at == 0 {
			order = rand.New(rand.NewPCG(o.Seed, uint64(1+step/perEpoch))).Perm(len(s.texts))
			order = slices.DeleteFunc(order, blank)
		}
		texts := order[at:min(at+o.BatchSize, len(order))]
		if err := d.batch(&b, texts, place, targets); err != nil {
			return err
		}
		known := len(b.Rows) - len(texts)
		loss, g, err := engine.Gradient(&b)
		if err != nil {
			return err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fault.New("lower the learning rate", "%w in step %d", train.ErrDiverged, step+1)
		}
		optimizer.Begin()
		rate := o.LearningRate * (1 - float64(step)/float64(steps))
		if err := optimizer.Update(matrix, b.Rows[:known], g.Rows[:known*matrix.Stride], rate); err != nil {
			return err
		}
		losses = append(losses, loss)
		o.progress("training", step+1, steps)
	}
	few := min(100, (len(losses)+9)/10)
	for i := range few {
		d.report.FirstCosine += (1 - losses[i]) / float64(few)
		d.report.LastCosine += (1 - losses[len(losses)-1-i]) / float64(few)
	}
	return nil
}

// textWeights returns the weights of the tokens of a text, given those of all tokens (nil: 1), as they are
// summed. They are valid until the next call.
func (d *distillation) textWeights(ids []int32, weights []float32) []float32 {
	d.scaled = d.scaled[:0]
	for _, id := range ids {
		w := float32(1)
		if weights != nil {
			w = weights[id]
		}
		d.scaled = append(d.scaled, w)
	}
	d.repeats.Scale(d.scaled, ids)
	return d.scaled
}

// batch fills b with the texts and the teacher's vectors of them. place is zero before and after.
func (d *distillation) batch(b *train.Batch, texts []int, place []int32, targets *cache) error {
	n := len(texts)
	b.Examples, b.Columns = n, 2
	b.Rows, b.Tokens, b.Weights, b.Offsets = b.Rows[:0], b.Tokens[:0], b.Weights[:0], append(b.Offsets[:0], 0)
	for _, i := range texts {
		ids := d.sample.texts[i]
		weights := d.textWeights(ids, d.weights)
		for k, id := range ids {
			if place[id] == 0 {
				b.Rows = append(b.Rows, id)
				place[id] = int32(len(b.Rows))
			}
			b.Tokens = append(b.Tokens, place[id]-1)
			b.Weights = append(b.Weights, weights[k]/float32(len(ids)))
		}
		b.Offsets = append(b.Offsets, int32(len(b.Tokens)))
	}
	for _, id := range b.Rows {
		place[id] = 0
	}
	stride := kernel.Stride(d.e.Dim)
	for k, i := range texts {
		row := d.tokens + k
		if err := targets.read(d.e.Table[row*stride:row*stride+d.e.Dim], i); err != nil {
			return err
		}
		b.Tokens, b.Weights = append(b.Tokens, int32(len(b.Rows))), append(b.Weights, 1)
		b.Rows = append(b.Rows, int32(row))
		b.Offsets = append(b.Offsets, int32(len(b.Tokens)))
	}
	d.spread.apply(d.e.Table[d.tokens*stride:(d.tokens+n)*stride], stride, d.o.Threads, false)
	return nil
}
