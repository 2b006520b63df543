package exchange

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange/internal/fasttext"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

const fastTextBin = "fasttext-bin"

// fastText's model, with its n-grams; see package fasttext.
func init() {
	Register(Format{
		Name: fastTextBin, Words: true, Binary: true,
		Description: "fastText's model, .bin or .ftz",
		Holds:       Holds{Words: Inside, Counts: Inside, NGrams: true},
		Loses:       "layers are folded; how text is split and the training state are lost",
		Detect: func(head Head) Match {
			if is, _ := fasttext.Is(head.Data); is {
				return Yes
			}
			return No
		},
		Read:           readFastText,
		WriteModelFile: writeFastText,
	})
}

// fastTextRows returns the vectors of the words.
type fastTextRows struct {
	v     *Vectors
	file  *fasttext.File
	table checkpoints.Tensor
}

func (r *fastTextRows) Place() string { return fmt.Sprintf("%s: word %d", r.v.Name(), r.v.stats.Rows) }

func (r *fastTextRows) Next() (Row, error) {
	i := int(r.v.stats.Rows)
	if i == r.table.Rows() {
		return Row{}, io.EOF
	}
	return Row{Token: []byte(r.file.Words[i]), Count: r.file.Counts[i], Values: r.table.Row(i)}, nil
}

// readFastText reads a whole model, since its n-grams are at the end, and composes the vectors of
// its words, in the memory of their own rows.
func readFastText(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	in := func(err error) error {
		if err == nil || ctx.Err() != nil {
			return err
		}
		return fault.New(fault.Hint(err), "%s: %w", v.Name(), err)
	}
	file, err := fasttext.Open(r, v.stored(1), fasttext.Limits{Dim: MaxDim, MaxN: tokenize.MaxNGram, Tokens: math.MaxInt32})
	if err != nil {
		return nil, in(err)
	}
	v.Dim, v.Rows = int(file.Dim), int64(len(file.Words))
	limit := v.Rows
	if v.Options.Limit > 0 {
		limit = min(limit, int64(v.Options.Limit))
	}
	// The number of rows of a quantized matrix is read with its codes, one byte each.
	words, grams := &growingTable{dim: v.Dim}, &growingTable{dim: v.Dim}
	if v.stored(1) >= 0 && !file.Quantized {
		words.whole = checkpoints.NewTensor(int(limit), v.Dim)
		if n := file.Rows - v.Rows; n > 0 && file.NGrams() {
			grams.whole = checkpoints.NewTensor(int(n), v.Dim)
		}
	}
	err = file.Each(func(i, at int64, row []float32) error {
		if i%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.report()
		}
		table := grams
		switch {
		case i < limit:
			table = words
		case i < v.Rows || !file.NGrams():
			return nil
		}
		if bad := number.NotFinite(row); bad >= 0 {
			of := fmt.Sprintf("n-gram %d", i-v.Rows+1)
			if i < v.Rows {
				of = fmt.Sprintf("word %d, %.40q", i+1, file.Words[i])
			}
			return fault.New("the training of such a model has failed, or the file is damaged: train it with a lower learning rate, or copy it again",
				"byte %d: value %d of the row of %s is %v", at, bad+1, of, row[bad])
		}
		table.add(row)
		return nil
	})
	if err != nil {
		return nil, in(err)
	}
	rows := &fastTextRows{v: v, file: file, table: words.tensor()}
	from := &checkpoints.Checkpoint{Config: checkpoints.Config{Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}}}
	if grams.rows > 0 {
		if err := rows.compose(ctx, from, grams.tensor()); err != nil {
			return nil, in(err)
		}
	}
	// fastText reads text as it is and splits it at white space.
	from.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true, Whitespace: true})
	v.made = from
	v.describeFastText(file, from)
	return rows, nil
}

// compose adds the n-grams to the own rows of the words.
func (r *fastTextRows) compose(ctx context.Context, from *checkpoints.Checkpoint, table checkpoints.Tensor) error {
	f := r.file
	buckets := f.Buckets
	if buckets == nil {
		buckets = make([]int32, table.Rows())
		for i := range buckets {
			buckets[i] = int32(i)
		}
	}
	o := tokenize.NGramOptions{Min: max(1, int(f.MinN)), Max: int(f.MaxN), Buckets: int(f.Bucket), Whole: true, CountAll: !f.Pruned}
	grams, err := tokenize.RestoreNGrams(nil, o, buckets)
	if err != nil {
		return err
	}
	var of []int32
	for i := range r.table.Rows() {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if f.Words[i] == fasttext.EndOfLine {
			continue
		}
		of = grams.Append(of[:0], f.Words[i])
		row := r.table.Row(i)
		for _, gram := range of {
			kernel.Axpy(row, 1, table.Row(int(gram)))
		}
		kernel.Scale(row, 1/float32(1+len(of)))
	}
	from.NGrams = grams
	from.Tensors = map[string]checkpoints.Tensor{checkpoints.NGramTensor: table}
	return nil
}

// describeFastText says what was read and what not.
func (v *Vectors) describeFastText(f *fasttext.File, from *checkpoints.Checkpoint) {
	parts := []string{", " + f.ModelName()}
	if from.NGrams != nil {
		parts = append(parts, fmt.Sprintf("n-grams of %d to %d characters", f.MinN, f.MaxN))
	} else {
		parts = append(parts, "without n-grams")
	}
	if f.Quantized {
		parts = append(parts, "quantized")
	}
	if f.Labels > 0 {
		parts = append(parts, count(int64(f.Labels), "label")+" not read")
	}
	v.detail = strings.Join(parts, ", ") + ", words between white space"
	v.settings = map[string]any{"model": f.ModelName(), "loss": f.LossName(), "window": f.Window, "epochs": f.Epoch, "negative": f.Negative,
		"min_count": f.MinCount, "word_ngrams": f.WordNGrams, "subsample": f.Sample}
}

// checkFastText returns an error unless fastText gives every word the vector that c gives it.
func checkFastText(c *checkpoints.Checkpoint) error {
	if c.NGrams == nil {
		return nil
	}
	const hint = "train the model again, for n-grams that count as in fastText; or list the words that you need with Words, in another format"
	o := c.NGrams.Options()
	switch {
	case !o.Whole && o.Max >= 3: // <a> is the shortest whole word
		return fault.Mention(hint, "words of up to %d characters that are not in the vocabulary would get other vectors: the model does not count the whole of a word as an n-gram, as fastText does", o.Max-2)
	case !o.CountAll && c.NGrams.Rows() < o.Buckets:
		return fault.Mention(hint, "words that are not in the vocabulary would get other vectors: the model has n-grams in %d of %d buckets and skips the others, which fastText counts", c.NGrams.Rows(), o.Buckets)
	}
	return nil
}

// writeFastText writes a model. The own row of each word is what makes the mean of it and of the
// rows of its n-grams the vector of the word. Words are sorted by count, as gensim needs them.
func writeFastText(ctx context.Context, w io.Writer, c *checkpoints.Checkpoint, words []string) error {
	if err := checkFastText(c); err != nil {
		return err
	}
	m := &fasttext.Model{Settings: fasttext.Settings{Dim: int32(c.Config.Dim), Window: 5, Epoch: 5, MinCount: 1, Negative: 5,
		WordNGrams: 1, Loss: 2, Model: fasttext.SkipGram, UpdateRate: 100, Sample: 1e-4}}
	if c.Config.Kind == "cbow" {
		m.Settings.Model = fasttext.CBOW
	}
	order := make([]int32, len(words))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return -compareCounts(c, a, b) })
	m.Words, m.Counts = make([]string, len(words)), make([]int64, len(words))
	seen := make(map[string]bool, len(words))
	for i, id := range order {
		if m.Words[i], m.Counts[i] = words[id], max(1, c.Vocabulary.Count(id)); seen[words[id]] {
			return fault.New("remove one of them", "two words are spelled %q", words[id])
		}
		seen[words[id]] = true
	}
	table := c.Embedding()
	m.Own = func(dst []float32, i int) { copy(dst, table.Row(int(order[i]))) }
	m.Gram = func([]float32, int) {}
	m.Output = m.Gram
	if out, ok := c.State[checkpoints.OutputTensor]; ok && len(out.Shape) == 2 && out.Rows() == len(words) && out.Cols() == c.Config.Dim {
		m.Output = func(dst []float32, i int) { copy(dst, out.Row(int(order[i]))) }
	}
	if c.NGrams != nil {
		o := c.NGrams.Options()
		m.MinN, m.MaxN, m.Bucket = int32(o.Min), int32(o.Max), int32(o.Buckets)
		grams, buckets := c.Tensors[checkpoints.NGramTensor], c.NGrams.Buckets()
		rows := make([]int32, o.Buckets) // row+1 of each bucket
		for row, bucket := range buckets {
			rows[bucket] = int32(row) + 1
		}
		m.Gram = func(dst []float32, i int) {
			if rows[i] > 0 {
				copy(dst, grams.Row(int(rows[i]-1)))
			}
		}
		sum := make([]float64, c.Config.Dim)
		var of []int32
		m.Own = func(dst []float32, i int) {
			vector, word := table.Row(int(order[i])), m.Words[i]
			n := 1
			if of = of[:0]; word != fasttext.EndOfLine {
				of = c.NGrams.Append(of, word)
				n += c.NGrams.Divisor(word, len(of))
			}
			for k, x := range vector {
				sum[k] = float64(n) * float64(x)
			}
			for _, gram := range of {
				for k, x := range grams.Row(int(gram)) {
					sum[k] -= float64(x)
				}
			}
			for k := range dst {
				dst[k] = float32(sum[k])
			}
		}
	}
	return fasttext.Write(ctx, w, m)
}

// compareCounts compares how often two words occur.
func compareCounts(c *checkpoints.Checkpoint, a, b int32) int {
	return int(min(1, max(-1, c.Vocabulary.Count(a)-c.Vocabulary.Count(b))))
}
