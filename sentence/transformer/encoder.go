package transformer

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel/rounded"
)

// An Encoder turns texts into vectors. Its methods are safe for concurrent use.
type Encoder struct {
	dir       string
	config    *Config
	tokenizer *tokenizer
	weights   *weights
	prompt    string // before every text
	skip      int    // tokens of the prompt, with the mark of the beginning, that do not count in the pooling
	truncated *truncated
}

// truncated counts the texts that were longer than the limit.
type truncated struct{ texts, longest atomic.Int64 }

// Open reads the model in the folder dir: config.json, model.safetensors, tokenizer.json and, if they
// are there, modules.json and the files it names. Errors name the file and what is wrong with it.
func Open(ctx context.Context, dir string) (*Encoder, error) {
	return OpenWith(ctx, dir, Options{})
}

// Precision is how the products of a network are computed.
type Precision string

// The precisions.
const (
	Float32  Precision = "float32"
	Bfloat16 Precision = "bf16" // weights and what they are multiplied with are rounded to 8 significant bits
	Int8     Precision = "int8" // … to whole numbers of 8 bits
)

// Precisions returns all precisions, the default first.
func Precisions() []Precision { return []Precision{Float32, Bfloat16, Int8} }

// Summary describes the precision in a few words.
func (p Precision) Summary() string {
	return map[Precision]string{Float32: "exact", Bfloat16: "faster, for processors with AVX512-BF16; cosines to exact vectors are about 0.9999",
		Int8: "faster, for AVX2, AVX-512 and arm64 with dot products; cosines to exact vectors are about 0.998"}[p]
}

// Needs says what kind of processor computes the precision fast.
func (p Precision) Needs() string {
	return map[Precision]string{Bfloat16: "a processor with AVX512-BF16", Int8: "a processor with AVX2 (or on arm64 with dot products of bytes)"}[p]
}

// Options change how a model is applied.
type Options struct {
	// Precision is Float32 by default. Bfloat16 needs a processor with AVX512-BF16, and Int8 one with AVX2, or on arm64 with dot
	// products of bytes; on others, and for matrices that do not fit the instructions of Int8, float32 is used, see
	// [Encoder.Precision].
	Precision Precision
}

// Validate reports a field that cannot be used.
func (o Options) Validate() error {
	if o.Precision != "" && !slices.Contains(Precisions(), o.Precision) {
		return fault.Field("Precision", "float32, bf16 or int8", "must be float32, bf16 or int8, got %q", o.Precision)
	}
	return nil
}

// Precision returns how the products are computed.
func (e *Encoder) Precision() Precision {
	switch first := e.weights.layers[0].qkv; {
	case first.bytes != nil:
		return Int8
	case first.brain != nil:
		return Bfloat16
	}
	return Float32
}

// OpenWith is Open with options.
func OpenWith(ctx context.Context, dir string, o Options) (*Encoder, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	at := filepath.Join(dir, filepath.FromSlash(c.folder))
	k, err := openTokenizer(at, c.lower)
	if err != nil {
		return nil, err
	}
	if marks := len(k.before) + len(k.after); c.MaxTokens <= marks {
		return nil, fault.New("the files belong to different models", "%s: there is no room between the %d tokens that mark the ends of a text",
			filepath.Join(at, "sentence_bert_config.json"), marks)
	}
	precision := o.Precision
	if precision == Int8 && !rounded.BytesFast() || precision == Bfloat16 && !rounded.BrainFast() {
		precision = Float32
	}
	w, err := readWeights(ctx, at, c, precision)
	if err != nil {
		return nil, err
	}
	for i := range c.Dense {
		if err := c.Dense[i].readWeights(ctx, dir); err != nil {
			return nil, err
		}
	}
	if n := k.largest(); n >= w.tokens.rows {
		return nil, fault.New("the files belong to different models", "%s: it has the id %d, but model.safetensors only %d rows of tokens",
			filepath.Join(at, "tokenizer.json"), n, w.tokens.rows)
	}
	e := &Encoder{dir: dir, config: c, tokenizer: k, weights: w, truncated: new(truncated)}
	e = e.WithPrompt(c.Prompts[c.DefaultPrompt])
	if precision == Int8 {
		e.round()
	}
	w.each(func(f *linear) { f.source = nil })
	return e, nil
}

// largest returns the largest id.
func (k *tokenizer) largest() int {
	largest := k.Vocabulary().Len() - 1
	for _, id := range append(slices.Clone(k.before), k.after...) {
		largest = max(largest, int(id))
	}
	return largest
}

// Config returns the description of the network.
func (e *Encoder) Config() Config { return *e.config }

// Dim returns the number of values in a vector.
func (e *Encoder) Dim() int { return e.config.dims() }

// batchTokens is about the number of tokens that are processed together: enough to make the
// products efficient, and few enough for the caches.
const batchTokens = 1024

// EncodeBatch returns the vectors of texts, packed one after another, and the number of tokens of
// each text, including those that mark its ends; so an empty text has a vector too, that of the
// marks, as in sentence-transformers. Of a text of more than Config.MaxTokens tokens, the first ones
// count; see [Encoder.Truncated]. Texts of similar lengths are computed together on the given
// number of threads (0: one per core); the result does not depend on it, nor on the other texts,
// except in the last bits. The error is that of ctx, if it ends.
func (e *Encoder) EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, tokens []int, err error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	tokens = make([]int, len(texts))
	inputs := make([]input, len(texts))
	err = parallel(ctx, threads, len(texts), func(_ *scratch, i int) {
		ids, length := e.tokenizer.encode(nil, e.prompt+texts[i], e.config.MaxTokens)
		inputs[i], tokens[i] = input{at: i, ids: ids, skip: e.skip}, len(ids)
		if length > len(ids) {
			e.truncated.add(length)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if vectors, err = e.encodeInputs(ctx, inputs, threads); err != nil {
		return nil, nil, err
	}
	return vectors, tokens, nil
}

// encodeInputs returns the vectors of the inputs, whose order it changes, at their places.
func (e *Encoder) encodeInputs(ctx context.Context, inputs []input, threads int) ([]float32, error) {
	vectors := make([]float32, len(inputs)*e.Dim())
	batches := divide(inputs)
	if err := parallel(ctx, threads, len(batches), func(s *scratch, i int) { e.run(s, batches[i], vectors) }); err != nil {
		return nil, err
	}
	return vectors, nil
}

// EncodeTokens is EncodeBatch for texts that are tokens already, without the marks of the ends: ids of
// Tokenizer. The tokens of the prompt come before them. Of a text of more than limit tokens, including the
// marks but not the prompt, the first ones count; limit 0, and what exceeds it, is Config.MaxTokens.
func (e *Encoder) EncodeTokens(ctx context.Context, texts [][]int32, limit, threads int) ([]float32, error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	k := e.tokenizer
	before := slices.Clone(k.before)
	if e.prompt != "" { // without the space at its end, which some tokenizers take for a token
		before = k.Encode(before, strings.TrimRight(e.prompt, " "))
	}
	skip := 0
	if e.skip > 0 {
		skip = len(before)
	}
	if limit > 0 {
		limit += len(before) - len(k.before)
	}
	if limit <= 0 || limit > e.config.MaxTokens {
		limit = e.config.MaxTokens
	}
	inputs := make([]input, len(texts))
	for i, text := range texts {
		for _, id := range text {
			if id < 0 || int(id) >= e.weights.tokens.rows {
				return nil, fmt.Errorf("text %d: the model has no token %d", i, id)
			}
		}
		ids := append(slices.Clone(before), text...)
		ids = ids[:min(len(ids), max(0, limit-len(k.after)))]
		inputs[i] = input{at: i, ids: append(ids, k.after...), skip: skip}
	}
	return e.encodeInputs(ctx, inputs, threads)
}

// parallel calls work for each number below n, on threads goroutines.
func parallel(ctx context.Context, threads, n int, work func(s *scratch, i int)) error {
	var next atomic.Int64
	workers := pool.New().WithErrors().WithFirstError()
	for range min(threads, n) {
		workers.Go(func() error {
			var s scratch
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if ctx.Err() != nil {
					return fmt.Errorf("encoding texts: %w", ctx.Err())
				}
				work(&s, i)
			}
			return nil
		})
	}
	return workers.Wait()
}

// An input is a text of a batch.
type input struct {
	at   int // place of the text
	ids  []int32
	skip int // tokens at the beginning that do not count in the pooling
}

// divide sorts the inputs by length, longest first so that the threads end together, and divides
// them into batches of about batchTokens.
func divide(inputs []input) [][]input {
	slices.SortStableFunc(inputs, func(a, b input) int { return cmp.Compare(len(b.ids), len(a.ids)) })
	var batches [][]input
	for start := 0; start < len(inputs); {
		end, tokens := start, 0
		for end < len(inputs) && (end == start || tokens+len(inputs[end].ids) <= batchTokens) {
			tokens += len(inputs[end].ids)
			end++
		}
		batches = append(batches, inputs[start:end])
		start = end
	}
	return batches
}
