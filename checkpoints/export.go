package checkpoints

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/luminavec/luminavec/internal/fault"
)

// Format is a file format that Export writes.
type Format struct {
	Name        string // for Export
	Extension   string // usual at the end of a file name, with the dot
	Description string // one line
	Binary      bool   // not to be shown on a terminal
}

type exporter struct {
	Format
	words bool // holds words, which spaces and line ends separate
	write func(*exportWriter, Tensor) error
}

var exporters = []exporter{
	{Format{"word2vec", ".txt", "text: a line with the numbers of words and dimensions, then a word and its values a line", false}, true, (*exportWriter).word2vec},
	{Format{"word2vec-bin", ".bin", "binary, as word2vec.c writes it with -binary 1", true}, true, (*exportWriter).word2vecBinary},
	{Format{"glove", ".txt", "text: a word and its values a line, without a first line", false}, true, (*exportWriter).lines},
	{Format{"npy", ".npy", "NumPy array of float32, a row a token in the order of vocab.tsv, without the tokens", true}, false, (*exportWriter).npy},
}

// Formats lists the formats that Export knows.
func Formats() []Format {
	var formats []Format
	for _, e := range exporters {
		formats = append(formats, e.Format)
	}
	return formats
}

// Export writes the table of the vocabulary, Embedding, to w in a format of
// other programs. What an encoder does with the rows afterwards (a linear
// layer, a projection) is not in it.
//
// Text holds the shortest decimal number that reads back as the same float32,
// so no format loses anything. A token with white space in it cannot be told
// from two in the formats of words, and is an error before anything is written.
//
// The rows of a model with character n-grams have these in them already; what is
// lost is the means to compose other words. ExportWords exports such words.
func Export(ctx context.Context, w io.Writer, c *Checkpoint, format string) error {
	t := c.Embedding()
	if err := t.check(); err != nil {
		return fmt.Errorf("cannot export: tensor %q: %w", EmbeddingTensor, err)
	}
	if len(t.Shape) != 2 || c.Vocabulary == nil || t.Rows() != c.Vocabulary.Len() {
		return fmt.Errorf("cannot export: tensor %q does not have a row for each token", EmbeddingTensor)
	}
	return exportRows(ctx, w, c.Vocabulary.Tokens(), t, format)
}

// ExportWords writes the vectors of the given words to w as Export does, in
// their order; see Vector. A word without one has the zero vector, and its place
// in words is in unknown.
func ExportWords(ctx context.Context, w io.Writer, c *Checkpoint, format string, words []string) (unknown []int, err error) {
	if len(words) == 0 {
		return nil, fmt.Errorf("cannot export: there is no word")
	}
	t := NewTensor(len(words), c.Config.Dim)
	for i, word := range words {
		if !c.Vector(t.Row(i), word) {
			unknown = append(unknown, i)
		}
	}
	return unknown, exportRows(ctx, w, words, t, format)
}

// exportRows writes tokens and their rows.
func exportRows(ctx context.Context, w io.Writer, tokens []string, t Tensor, format string) error {
	for _, e := range exporters {
		if e.Name != format {
			continue
		}
		if e.words {
			if err := checkWords(tokens, format); err != nil {
				return err
			}
		}
		x := &exportWriter{ctx: ctx, w: bufio.NewWriterSize(w, blockBytes), tokens: tokens}
		if err := e.write(x, t); err != nil {
			return fmt.Errorf("export as %s: %w", format, err)
		}
		if err := x.w.Flush(); err != nil {
			return fmt.Errorf("export as %s: %w", format, err)
		}
		return nil
	}
	var names []string
	for _, e := range exporters {
		names = append(names, e.Name)
	}
	return fault.New("choose one of "+strings.Join(names, ", "), "there is no export format %q", format)
}

// checkWords makes sure that programs which cut at white space get every
// token in one piece.
func checkWords(tokens []string, format string) error {
	for i, token := range tokens {
		if token == "" || strings.ContainsFunc(token, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return fault.New("export as npy, and keep the words beside it",
				"token %d, %q, has white space in it, and format %s cannot hold that", i, token, format)
		}
	}
	return nil
}

// exportWriter writes rows, asking the context now and then.
type exportWriter struct {
	ctx    context.Context
	w      *bufio.Writer
	tokens []string
	line   []byte
}

// rows calls row for each row of t with a buffer to append to, and writes
// what it returns.
func (x *exportWriter) rows(t Tensor, row func(b []byte, i int, values []float32) []byte) error {
	for i := range t.Rows() {
		if i%256 == 0 {
			if err := x.ctx.Err(); err != nil {
				return err
			}
		}
		x.line = row(x.line[:0], i, t.Row(i))
		if _, err := x.w.Write(x.line); err != nil {
			return err
		}
	}
	return nil
}

func (x *exportWriter) word2vec(t Tensor) error {
	if _, err := fmt.Fprintf(x.w, "%d %d\n", t.Rows(), t.Cols()); err != nil {
		return err
	}
	return x.lines(t)
}

func (x *exportWriter) lines(t Tensor) error {
	return x.rows(t, func(b []byte, i int, values []float32) []byte {
		b = append(b, x.tokens[i]...)
		for _, v := range values {
			b = append(b, ' ')
			b = strconv.AppendFloat(b, float64(v), 'g', -1, 32)
		}
		return append(b, '\n')
	})
}

// word2vecBinary writes "V dim\n", then for each word: the word, a space, dim
// little-endian float32, a line feed.
func (x *exportWriter) word2vecBinary(t Tensor) error {
	if _, err := fmt.Fprintf(x.w, "%d %d\n", t.Rows(), t.Cols()); err != nil {
		return err
	}
	return x.rows(t, func(b []byte, i int, values []float32) []byte {
		b = append(b, x.tokens[i]...)
		b = append(b, ' ')
		return append(appendValues(b, values), '\n')
	})
}

// npy writes version 1.0 of the NumPy format, whose values start at a
// multiple of 64 bytes so that they can be mapped into memory. (sbinet/npyio
// wants the whole array as one Go value; rows here are padded.)
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func (x *exportWriter) npy(t Tensor) error {
	const magic = "\x93NUMPY\x01\x00"
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", t.Rows(), t.Cols())
	dict += strings.Repeat(" ", -(len(magic)+2+len(dict)+1)&63) + "\n"
	head := little.AppendUint16([]byte(magic), uint16(len(dict)))
	if _, err := x.w.Write(append(head, dict...)); err != nil {
		return err
	}
	return x.rows(t, func(b []byte, _ int, values []float32) []byte { return appendValues(b, values) })
}

func appendValues(b []byte, values []float32) []byte {
	at := len(b)
	b = append(b, make([]byte, 4*len(values))...)
	encode(b[at:], values) // an export shows the values as they are, finite or not
	return b
}
