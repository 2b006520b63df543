package fasttext

import (
	"context"
	"io"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Check returns an error unless fastText gives every word the vector that c gives it.
func Check(c *checkpoints.Checkpoint) error {
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

// WriteCheckpoint writes a model. The own row of each word is what makes the mean of it and of the
// rows of its n-grams the vector of the word. Words are sorted by count, as gensim needs them.
func WriteCheckpoint(ctx context.Context, w io.Writer, c *checkpoints.Checkpoint, words []string) error {
	if err := Check(c); err != nil {
		return err
	}
	m := &Model{Settings: Settings{Dim: int32(c.Config.Dim), Window: 5, Epoch: 5, MinCount: 1, Negative: 5,
		WordNGrams: 1, Loss: 2, Model: SkipGram, UpdateRate: 100, Sample: 1e-4}}
	if c.Config.Kind == "cbow" {
		m.Settings.Model = CBOW
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
			if of = of[:0]; word != EndOfLine {
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
	return Write(ctx, w, m)
}

// compareCounts compares how often two words occur.
func compareCounts(c *checkpoints.Checkpoint, a, b int32) int {
	return int(min(1, max(-1, c.Vocabulary.Count(a)-c.Vocabulary.Count(b))))
}

// Compose adds the rows of the n-grams in table to the own rows of the words, and returns the n-grams.
func (f *File) Compose(ctx context.Context, words, table checkpoints.Tensor) (*tokenize.NGrams, error) {
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
		return nil, err
	}
	var of []int32
	for i := range words.Rows() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if f.Words[i] == EndOfLine {
			continue
		}
		of = grams.Append(of[:0], f.Words[i])
		row := words.Row(i)
		for _, gram := range of {
			kernel.Axpy(row, 1, table.Row(int(gram)))
		}
		kernel.Scale(row, 1/float32(1+len(of)))
	}
	return grams, nil
}
