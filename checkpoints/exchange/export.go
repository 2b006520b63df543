package exchange

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Export writes the table of the vocabulary, Embedding, to w in one of the Writable
// formats. It is an error if the model has layers after the table or a pooling other than the
// mean, so that the rows are not its vectors: sentence.WordVectors folds the layers.
//
// Words are written in the spelling that they were imported with, if they were.
//
// In formats of words, a token that contains a space, a tab or a line break cannot be
// distinguished from two tokens. Such a token is an error, which is returned before anything is
// written.
//
// The rows of a model with character n-grams already include the n-grams; what is lost is the
// ability to compose other words. ExportWords exports such words.
func Export(ctx context.Context, w io.Writer, c *checkpoints.Checkpoint, format string) error {
	words, t, err := vocabularyRows(c)
	if err != nil {
		return err
	}
	if f, _ := Lookup(Writable(), format); f.WriteModelFile != nil {
		return f.write(ctx, w, c, words)
	}
	return exportRows(ctx, w, words, t, nil, format)
}

// vocabularyRows returns the words of the vocabulary as they are spelled, and their rows.
func vocabularyRows(c *checkpoints.Checkpoint) ([]string, checkpoints.Tensor, error) {
	t := c.Embedding()
	if err := t.Validate(); err != nil {
		return nil, t, fmt.Errorf("cannot export: tensor %q: %w", checkpoints.EmbeddingTensor, err)
	}
	if len(t.Shape) != 2 || c.Vocabulary == nil || t.Rows() != c.Vocabulary.Len() {
		return nil, t, fmt.Errorf("cannot export: tensor %q does not have a row for each token", checkpoints.EmbeddingTensor)
	}
	if err := checkTable(c); err != nil {
		return nil, t, fault.New(fault.Hint(err), "cannot export: %w", err)
	}
	words := c.Vocabulary.Tokens()
	if len(c.Spellings) > 0 {
		words = slices.Clone(words)
		for i, token := range words {
			words[i] = cmp.Or(c.Spellings[token], token)
		}
	}
	return words, t, nil
}

// ExportRows calls write with each row that Export writes or, if words is not nil, ExportWords.
// The word is its Token and its ID, so that formats which hold ids beside the vectors keep it
// there. Rows are valid until write returns.
func ExportRows(ctx context.Context, c *checkpoints.Checkpoint, words []string, write func(Row) error) (unknown []int, err error) {
	var t checkpoints.Tensor
	if words == nil {
		words, t, err = vocabularyRows(c)
	} else {
		t, unknown, err = wordRows(c, words)
	}
	if err != nil {
		return nil, err
	}
	return unknown, eachRow(ctx, words, t, unknown, write)
}

// write writes a model in a format of whole models.
func (f Format) write(ctx context.Context, w io.Writer, c *checkpoints.Checkpoint, words []string) error {
	err := checkWords(words, f.Name)
	if err == nil {
		err = f.WriteModelFile(ctx, w, c, words)
	}
	if err != nil {
		return fmt.Errorf("export as %s: %w", f.Name, err)
	}
	return nil
}

// ExportWords writes the vectors of the given words to w as Export does, in their order; see
// Checkpoint.Vector. A word without a vector has the zero vector, and its index in words is in
// unknown.
func ExportWords(ctx context.Context, w io.Writer, c *checkpoints.Checkpoint, format string, words []string) (unknown []int, err error) {
	t, unknown, err := wordRows(c, words)
	if err != nil {
		return nil, err
	}
	if f, _ := Lookup(Writable(), format); f.WriteModelFile != nil {
		of := *c
		of.State, of.Tensors = nil, maps.Clone(c.Tensors)
		of.Tensors[checkpoints.EmbeddingTensor] = t
		if of.Vocabulary, err = tokenize.NewVocabulary(words, nil); err != nil {
			return nil, fmt.Errorf("export as %s: %w", format, err)
		}
		return unknown, f.write(ctx, w, &of, words)
	}
	return unknown, exportRows(ctx, w, words, t, unknown, format)
}

// wordRows returns the vectors of words; unknown are the indices of those that have none.
func wordRows(c *checkpoints.Checkpoint, words []string) (t checkpoints.Tensor, unknown []int, err error) {
	if len(words) == 0 {
		return t, nil, errors.New("cannot export: the list of words is empty")
	}
	if err := checkTable(c); err != nil {
		return t, nil, fault.New(fault.Hint(err), "cannot export: %w", err)
	}
	t = checkpoints.NewTensor(len(words), c.Config.Dim)
	for i, word := range words {
		if !c.Vector(t.Row(i), word) {
			unknown = append(unknown, i)
		}
	}
	return t, unknown, nil
}

// exportRows writes tokens and their rows; unknown are the indices of tokens without a vector.
func exportRows(ctx context.Context, w io.Writer, tokens []string, t checkpoints.Tensor, unknown []int, format string) error {
	f, err := Lookup(Writable(), format)
	if err != nil {
		return err
	}
	if f.Words {
		if err := checkWords(tokens, format); err != nil {
			return err
		}
	}
	fail := func(err error) error { return fmt.Errorf("export as %s: %w", format, err) }
	out, err := NewWriter(bufio.NewWriterSize(w, 256<<10), format, Shape{Rows: int64(t.Rows()), Dim: t.Cols(), Text: true})
	if err != nil {
		return fail(err)
	}
	defer out.Close()
	if err := eachRow(ctx, tokens, t, unknown, out.Write); err != nil {
		return fail(err)
	}
	if err := out.Finish(); err != nil {
		return fail(err)
	}
	return nil
}

func eachRow(ctx context.Context, tokens []string, t checkpoints.Tensor, unknown []int, write func(Row) error) error {
	row := Row{Count: -1}
	for i, token := range tokens {
		if i%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		row.Token, row.ID, row.Known, row.Values = append(row.Token[:0], token...), token, 1, t.Row(i)
		if len(unknown) > 0 && unknown[0] == i {
			row.Known, unknown = 0, unknown[1:]
		}
		if err := write(row); err != nil {
			return err
		}
	}
	return nil
}

// checkWords checks that programs that split at the white space of ASCII read every token in one
// piece. Other spaces, such as U+00A0 and U+3000, do not end a word in word2vec's formats.
func checkWords(tokens []string, format string) error {
	for i, token := range tokens {
		if token == "" || strings.ContainsAny(token, " \t\n\v\f\r\x00") || i == 0 && strings.HasPrefix(token, "\ufeff") {
			return fault.Mention("export as jsonl, or as npy with the words beside it; or list the words to export with Words",
				"token %d, %q, is empty or contains white space, which format %s cannot represent", i, token, format)
		}
	}
	return nil
}
