package sentence

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Layers holds the parts of an encoder. Shapes: Embedding [V, dim], Linear [hidden, dim], Bias
// [hidden], Projection [out, hidden], or [out, dim] if there is no Linear.
type Layers struct {
	Tokenizer  *tokenize.Tokenizer // has a vocabulary whose ids are the rows of Embedding
	Embedding  checkpoints.Tensor
	Linear     *checkpoints.Tensor // nil: no Linear and no ReLU
	Bias       *checkpoints.Tensor // nil: zero
	Projection *checkpoints.Tensor // nil: none
	NGrams     *tokenize.NGrams    // nil: unknown tokens have no vector
	NGramTable *checkpoints.Tensor // [NGrams.Rows, dim]; nil: none
	Pooling    Pooling             // default Mean
	Weights    *checkpoints.Tensor // [V] weight of each token with SIF; else nil
	Normalize  bool                // divide the result by its length
	Unknown    string              // what the token for unknown text counts; see checkpoints.EncoderConfig
	Repeats    float64             // a token that occurs n times counts n^Repeats times, with Mean and SIF; default 0: 1
}

// Encoder turns text into vectors. It is immutable and safe for concurrent use.
type Encoder struct {
	tokenizer  *tokenize.Tokenizer
	unknown    int32            // id of the token for unknown text, which has no vector; -1: none
	counted    string           // Layers.Unknown
	blank      []bool           // by id: the token stands for a space only; nil if none does
	table      table            // [V, dim]
	width      extent           // of the rows of table
	pooled     vectors          // what is pooled for each token: the rows of table, or the outputs of Linear and ReLU
	linear     *matrix          // [hidden, dim] or nil
	bias       []float32        // [hidden], padded; nil without linear
	projection *matrix          // [out, hidden or dim] or nil
	grams      *tokenize.NGrams // of unknown tokens; nil: none
	gramTable  table            // [grams.Rows, dim]; nil without grams
	pooling    Pooling
	weights    []float32 // [V] with SIF; else nil
	normalize  bool
	repeats    float64           // Layers.Repeats
	spellings  map[string]string // of imported words; see checkpoints.Checkpoint
	scratch    sync.Pool         // *buffers
}

// buffers are the scratch memory of one call of Encode.
type buffers struct {
	mapped  *mappedTable // the table, while faults of its file are caught; otherwise nil
	ids     []int32      // tokens of the text
	weights []float32    // of ids
	repeats Repeats
	grams   []int32   // rows of the n-grams of one token
	row     []float32 // their mean, or the row of a token, padded
	ones    []float32 // weights of n-grams
	feature []float32 // of one token, padded; nil without linear
	pooled  []float32 // of all features, padded
	known   int       // tokens of the text so far that have a vector
	blank   int       // how many of them stand for a space only
	unknown int       // tokens for unknown text
	err     error     // of the first token whose vector could not be read
	token   func(word []byte, id int32)
}

// errLength is the panic message for a dst of the wrong length.
const errLength = "sentence: dst is not Encoder.Dim numbers long"

var errNotFinite = errors.New("the sentence vector is not finite: the model's numbers are too large for float32")

// New makes an encoder from its layers. It checks every shape and that every number is finite;
// an error names the tensor.
func New(l Layers) (*Encoder, error) {
	if l.Tokenizer == nil || l.Tokenizer.Vocabulary() == nil {
		return nil, errors.New("an encoder needs a tokenizer with a vocabulary")
	}
	if l.Pooling == "" {
		l.Pooling = Mean
	}
	if l.Repeats == 1 {
		l.Repeats = 0
	}
	err := checkPooling(l.Pooling)
	if err != nil {
		return nil, err
	}
	e := &Encoder{tokenizer: l.Tokenizer, normalize: l.Normalize, pooling: l.Pooling, counted: l.Unknown, repeats: l.Repeats}
	if !(l.Repeats >= 0 && l.Repeats <= 1) || l.Repeats > 0 && (l.Pooling != Mean && l.Pooling != SIF || l.NGrams != nil) {
		return nil, fault.New(hintShapes, "repeats must be from 0 to 1, and 0 with character n-grams or the pooling %q, got %g", l.Pooling, l.Repeats)
	}
	e.setUnknown()
	if e.table, err = newTable(checkpoints.EmbeddingTensor, l.Embedding); err != nil {
		return nil, err
	}
	var rows int
	rows, e.width = e.table.size()
	if n := l.Tokenizer.Vocabulary().Len(); rows != n {
		return nil, fault.New(hintShapes, "tensor embedding.weight has %d rows, but the vocabulary has %d tokens", rows, n)
	}
	if err := e.setWeights(l.Weights, rows); err != nil {
		return nil, err
	}
	if err := e.setLinear(l.Linear, l.Bias); err != nil {
		return nil, err
	}
	if l.Projection != nil {
		if e.projection, err = tensorMatrix(checkpoints.ProjectionTensor, *l.Projection); err != nil {
			return nil, err
		}
		if want := e.features().cols; e.projection.cols != want {
			return nil, fault.New(hintShapes, "tensor projection.weight has shape %v; expected %d columns, the length of its input", l.Projection.Shape, want)
		}
	}
	if err := e.setNGrams(l.NGrams, l.NGramTable); err != nil {
		return nil, err
	}
	e.pooled = e.table
	if e.linear != nil {
		e.pooled = &features{from: e.table, e: e}
	}
	e.scratch.New = func() any {
		b := &buffers{pooled: kernel.Aligned(e.features().stride), row: kernel.Aligned(e.width.stride), repeats: Repeats{Power: e.repeats}}
		if e.linear != nil {
			b.feature = kernel.Aligned(e.linear.out().stride)
		}
		b.token = func(word []byte, id int32) { e.take(b, word, id) }
		return b
	}
	return e, nil
}

// setUnknown finds the tokens that say nothing about a text.
func (e *Encoder) setUnknown() {
	if e.unknown = e.tokenizer.Unknown(); e.unknown < 0 || e.counted == checkpoints.UnknownSkipped {
		return
	}
	if e.counted == checkpoints.UnknownCounted {
		e.unknown = -1
		return
	}
	for id, token := range e.tokenizer.Vocabulary().Tokens() {
		if e.tokenizer.Blank(token) {
			if e.blank == nil {
				e.blank = make([]bool, e.tokenizer.Vocabulary().Len())
			}
			e.blank[id] = true
		}
	}
}

func (e *Encoder) setWeights(weights *checkpoints.Tensor, rows int) error {
	if (weights != nil) != (e.pooling == SIF) {
		return fault.New(hintShapes, "tensor %s must be present only with pooling %q, but the pooling is %q", checkpoints.PoolingTensor, SIF, e.pooling)
	}
	if weights == nil {
		return nil
	}
	if len(weights.Shape) != 1 || weights.Shape[0] != rows || len(weights.Data) < rows {
		return fault.New(hintShapes, "tensor %s has shape %v; expected one number for each of the %d tokens", checkpoints.PoolingTensor, weights.Shape, rows)
	}
	e.weights = weights.Data[:rows]
	if !finite(e.weights) {
		return notFiniteIn(checkpoints.PoolingTensor, 0, e.weights)
	}
	return nil
}

func (e *Encoder) setLinear(linear, bias *checkpoints.Tensor) error {
	if linear == nil {
		if bias != nil {
			return fault.New(hintShapes, "tensor linear.bias requires linear.weight, which is missing")
		}
		return nil
	}
	var err error
	if e.linear, err = tensorMatrix(checkpoints.LinearTensor, *linear); err != nil {
		return err
	}
	if e.linear.cols != e.width.cols {
		return fault.New(hintShapes, "tensor linear.weight has shape %v; expected %d columns, like embedding.weight", linear.Shape, e.width.cols)
	}
	e.bias = kernel.Aligned(e.linear.out().stride)
	if bias == nil {
		return nil
	}
	if len(bias.Shape) != 1 || bias.Shape[0] != e.linear.rows || len(bias.Data) < e.linear.rows {
		return fault.New(hintShapes, "tensor linear.bias has shape %v and %d numbers; expected %d, the rows of linear.weight", bias.Shape, len(bias.Data), e.linear.rows)
	}
	copy(e.bias, bias.Data[:e.linear.rows])
	if !finite(e.bias) {
		return notFiniteIn(checkpoints.BiasTensor, 0, e.bias)
	}
	return nil
}

func (e *Encoder) setNGrams(grams *tokenize.NGrams, table *checkpoints.Tensor) error {
	if grams == nil && table == nil {
		return nil
	}
	if grams == nil || table == nil {
		return fault.New(hintShapes, "tensor ngrams.weight and the character n-grams must be present together")
	}
	t, err := newTable(checkpoints.NGramTensor, *table)
	if err != nil {
		return err
	}
	if rows, width := t.size(); rows != grams.Rows() || width != e.width {
		return fault.New(hintShapes, "tensor ngrams.weight has shape %v; expected %d rows, one per n-gram, and %d columns, like embedding.weight",
			table.Shape, grams.Rows(), e.width.cols)
	}
	e.grams, e.gramTable = grams, t
	return nil
}

// FromCheckpoint makes an encoder from a model: a word model, whose sentence vector is the mean
// of its word vectors, or a sentence model with its layers. The encoder shares the memory of
// the tensors where it can, so they must not be changed afterwards.
func FromCheckpoint(c *checkpoints.Checkpoint) (*Encoder, error) {
	if c == nil || c.Tokenizer == nil || c.Vocabulary == nil {
		return nil, fault.New("read it with checkpoints.Read", "the checkpoint has no tokenizer or no vocabulary")
	}
	optional := func(name string) *checkpoints.Tensor {
		if t, ok := c.Tensors[name]; ok {
			return &t
		}
		return nil
	}
	table, ok := c.Tensors[checkpoints.EmbeddingTensor]
	if !ok {
		return nil, fault.New(hintShapes, "the model has no tensor embedding.weight")
	}
	tokenizer := c.Tokenizer
	if tokenizer.Vocabulary() != c.Vocabulary {
		var err error
		if tokenizer, err = tokenizer.WithVocabulary(c.Vocabulary); err != nil {
			return nil, fmt.Errorf("joining tokenizer and vocabulary: %w", err)
		}
	}
	e, err := New(Layers{
		Tokenizer:  tokenizer,
		Embedding:  table,
		Linear:     optional(checkpoints.LinearTensor),
		Bias:       optional(checkpoints.BiasTensor),
		Projection: optional(checkpoints.ProjectionTensor),
		NGrams:     c.NGrams,
		NGramTable: optional(checkpoints.NGramTensor),
		Pooling:    Pooling(c.Config.Encoder.Pooling),
		Weights:    optional(checkpoints.PoolingTensor),
		Normalize:  c.Config.Encoder.Normalize,
		Unknown:    c.Config.Encoder.Unknown,
		Repeats:    c.Config.Encoder.Repeats,
	})
	if err != nil {
		return nil, err
	}
	e.spellings = c.Spellings
	return e, nil
}

// Open opens the model in the folder dir and makes an encoder from it. The tables stay in their file,
// which is mapped into memory: opening takes no time for them, and a part is verified when it is used
// for the first time (checkpoints.ReadOptions.Mapped). If it is damaged, or if the file was truncated
// in the meantime, encoding returns an error.
func Open(ctx context.Context, dir string) (*Encoder, error) {
	c, err := checkpoints.Read(ctx, dir, checkpoints.ReadOptions{Mapped: true})
	if err != nil {
		return nil, err
	}
	e, err := FromCheckpoint(c)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	return e, nil
}

// Tokenizer returns the tokenizer, with its vocabulary.
func (e *Encoder) Tokenizer() *tokenize.Tokenizer { return e.tokenizer }

// Composes reports whether the encoder makes vectors of unknown words from character n-grams, so
// that texts of different unknown words differ.
func (e *Encoder) Composes() bool { return e.grams != nil }

// Dim returns the length of the encoder's vectors.
func (e *Encoder) Dim() int {
	if e.projection != nil {
		return e.projection.rows
	}
	return e.features().cols
}

// features returns the extent of the vectors that are pooled: the rows of the table, or the
// outputs of Linear.
func (e *Encoder) features() extent {
	if e.linear != nil {
		return e.linear.out()
	}
	return e.width
}

// Encode writes the vector of text to dst and returns the number of tokens that have a vector, from
// the table or composed of their n-grams; if there are none, the vector is zero. The token of a
// subword tokenizer for unknown text, such as [UNK], has no vector, whatever its row; nor has the
// mark of a space, such as ▁, in a text of which nothing else is known. Encode panics unless dst
// has the length Dim. It returns an error only if the numbers of the model are so large that the
// result is not finite.
func (e *Encoder) Encode(dst []float32, text string) (known int, err error) {
	if len(dst) != e.Dim() {
		panic(errLength)
	}
	b := e.scratch.Get().(*buffers)
	defer e.scratch.Put(b)
	if e.grams == nil {
		known, err = e.poolTokens(b, text)
	} else {
		known, err = e.poolWords(b, text)
	}
	if err != nil {
		return 0, err
	}
	e.finishPooling(b.pooled, known)
	if e.projection != nil {
		e.projection.multiply(dst, b.pooled)
	} else {
		copy(dst, b.pooled)
	}
	if !finite(dst) {
		return 0, errNotFinite
	}
	if e.normalize {
		normalize(dst)
	}
	return known, nil
}

// poolTokens pools the vectors of the tokens of text that are in the table and returns their number.
func (e *Encoder) poolTokens(b *buffers, text string) (known int, err error) {
	b.ids = e.tokenizer.Encode(b.ids[:0], text)
	ids := b.ids
	if e.unknown >= 0 {
		ids = ids[:0]
		blank := 0
		for _, id := range b.ids {
			if id != e.unknown {
				ids = append(ids, id)
				if e.blank != nil && e.blank[id] {
					blank++
				}
			}
		}
		if len(ids) < len(b.ids) && len(ids) == blank {
			ids = nil
		}
	}
	if e.pooling != Mean && e.pooling != SIF {
		clear(b.pooled)
		for i, id := range ids {
			row, err := e.pooled.row(b.row, int(id))
			if err != nil {
				return 0, err
			}
			e.pool(b.pooled, row, i, 1)
		}
		return len(ids), nil
	}
	weights := b.weights[:0]
	for _, id := range ids {
		weights = append(weights, e.weight(id))
	}
	b.weights = weights
	b.repeats.Scale(weights, ids)
	return len(ids), e.pooled.sum(b.pooled, ids, weights)
}

// poolWords is poolTokens for an encoder that composes the vectors of unknown words.
func (e *Encoder) poolWords(b *buffers, text string) (known int, err error) {
	if m, ok := e.table.(*mappedTable); ok { // guarded once for all words
		b.mapped = m
		defer m.Unfault(debug.SetPanicOnFault(true), &err)
		defer func() { b.mapped = nil }()
	}
	clear(b.pooled)
	b.known, b.blank, b.unknown, b.err = 0, 0, 0, nil
	e.tokenizer.Each(text, b.token)
	if b.unknown > 0 && b.known == b.blank {
		clear(b.pooled)
		b.known = 0
	}
	return b.known, b.err
}

// take adds a token of the text to the pooled vector in b.
func (e *Encoder) take(b *buffers, word []byte, id int32) {
	feature, err := e.lookUp(b, word, id)
	if err != nil && b.err == nil {
		b.err = err
	}
	if feature == nil {
		b.unknown++
		return
	}
	b.known++
	if id >= 0 && e.blank != nil && e.blank[id] {
		b.blank++
	}
	if b.known > 1 && e.pooling == First {
		return
	}
	if e.linear != nil {
		e.feature(b.feature, feature)
		feature = b.feature
	}
	e.pool(b.pooled, feature, b.known-1, e.weight(id))
}

// feature sets dst, which is padded, to the output of Linear and ReLU for a row of the table.
func (e *Encoder) feature(dst, row []float32) {
	e.linear.multiply(dst, row)
	addTo(dst, e.bias)
	relu(dst)
}

// lookUp returns the vector of a token, padded and valid until the next call with b: the row of
// its id or, if that is -1, the mean of the rows of its n-grams. It returns nil if the token has
// neither or stands for unknown text.
func (e *Encoder) lookUp(b *buffers, word []byte, id int32) ([]float32, error) {
	if id >= 0 {
		if id == e.unknown {
			return nil, nil
		}
		if b.mapped != nil {
			return b.mapped.guarded(b.row, int(id))
		}
		return e.table.row(b.row, int(id))
	}
	if e.grams == nil {
		return nil, nil
	}
	b.grams = e.grams.Append(b.grams[:0], string(word))
	if len(b.grams) == 0 {
		return nil, nil
	}
	for len(b.ones) < len(b.grams) {
		b.ones = append(b.ones, 1)
	}
	if err := e.gramTable.sum(b.row, b.grams, b.ones); err != nil {
		return nil, err
	}
	divide(b.row, e.grams.Divisor(string(word), len(b.grams)))
	return b.row, nil
}
