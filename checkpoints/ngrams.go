package checkpoints

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Compose writes the vector of a word outside the vocabulary to dst, whose length must be Dim:
// the mean of the rows of its character n-grams, after the tokenizer's normalization; whether
// those without a row count, as zeros, is tokenize.NGramOptions.CountAll. It returns how many of the n-grams have a row; if none has, or if the model has no n-grams, dst
// is zero. For a word of the vocabulary use its row of Embedding, which also includes the
// word's own row.
func (c *Checkpoint) Compose(dst []float32, word string) int {
	clear(dst)
	if c.NGrams == nil {
		return 0
	}
	table := c.Tensors[NGramTensor]
	var space [128]int32 // enough for a word of 30 letters
	rows := c.NGrams.Append(space[:0], word)
	for _, row := range rows {
		kernel.Axpy(dst, 1, table.Row(int(row)))
	}
	if n := float32(c.NGrams.Divisor(word, len(rows))); n > 1 {
		for i := range dst {
			dst[i] /= n
		}
	}
	return len(rows)
}

// Vector writes the vector of a word to dst, whose length must be Dim: its row of Embedding,
// looked up first unchanged, then in Unicode normal form C, and then as the tokenizer normalizes
// it, or the result of Compose.
// It returns false if the word has no vector; dst is then zero.
func (c *Checkpoint) Vector(dst []float32, word string) bool {
	id, known := c.Vocabulary.ID(word)
	if !known && !norm.NFC.IsNormalString(word) {
		id, known = c.Vocabulary.ID(norm.NFC.String(word))
	}
	if !known {
		var one bool
		if word, one = c.Tokenizer.Word(word); !one {
			clear(dst)
			return false
		}
		id, known = c.Vocabulary.ID(word)
	}
	if known {
		copy(dst, c.Embedding().Row(int(id)))
		return true
	}
	return c.Compose(dst, word) > 0
}

// checkNGrams checks that config.json, ngrams.txt and the table of the n-grams agree.
func (c *Checkpoint) checkNGrams() error {
	table, have := c.Tensors[NGramTensor]
	if c.NGrams == nil {
		switch {
		case c.Config.NGrams.Max > 0:
			return faultIn(NGramFile, "no n-grams, but %s has some", ConfigFile)
		case have:
			return faultIn(ModelFile, "tensor %q, but no ngrams in %s", NGramTensor, ConfigFile)
		}
		return nil
	}
	if o := c.NGrams.Options(); o != c.Config.NGrams {
		return faultIn(ConfigFile, "ngrams are %d-%d in %d buckets, but those of the model are %d-%d in %d",
			c.Config.NGrams.Min, c.Config.NGrams.Max, c.Config.NGrams.Buckets, o.Min, o.Max, o.Buckets)
	}
	if !have {
		return faultIn(ModelFile, "no tensor %q", NGramTensor)
	}
	if want := []int{c.NGrams.Rows(), c.Config.Dim}; !slices.Equal(table.Shape, want) {
		return faultIn(ModelFile, "tensor %q has shape %v; %[4]s and %[5]s require %[3]v", NGramTensor, table.Shape, want, NGramFile, ConfigFile)
	}
	return nil
}

// writeBuckets writes ngrams.txt.
func writeBuckets(w io.Writer, buckets []int32) error {
	b := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	for _, bucket := range buckets {
		line = append(strconv.AppendInt(line[:0], int64(bucket), 10), '\n')
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	return b.Flush()
}

// readBuckets reads ngrams.txt and accepts only what writeBuckets writes.
// tokenize.RestoreNGrams checks the buckets.
func readBuckets(r io.Reader) ([]int32, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var buckets []int32
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return buckets, nil
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		digits := line[:max(0, len(line)-1)]
		bucket, bad := strconv.ParseUint(string(digits), 10, 31)
		if err != nil || bad != nil || len(digits) > 1 && digits[0] == '0' {
			return nil, fmt.Errorf("line %d: %.40q is not a bucket", len(buckets)+1, line)
		}
		buckets = append(buckets, int32(bucket))
	}
}
