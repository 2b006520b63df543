package embed

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/passages"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

type textOptions struct {
	text      text.Selection
	kept      text.Kept
	documents bool
	passages  passages.Options
	skipBad   bool
	shard     string
	threads   int
	out       textOutput
}

func textCommand() *cobra.Command {
	var o textOptions
	cmd := &cobra.Command{
		Use:   "text [-m MODEL] [options] [FILE...]",
		Short: "Write one vector for each line of text",
		Long: `
Vectors are written in the order of the lines. A line is one text of up to 16 MB;
with --field or --column each record of JSON Lines, CSV, TSV or Parquet is one text;
with --documents each file is, Markdown and HTML without their markup. A text is
encoded as it is, NUL and line breaks included; in the output these are spaces. A model
with character n-grams composes the vectors of words that it does not know, and these
words count as known; the token of a tokenizer for unknown text, such as [UNK], does
not. A line that is empty or has no known word gets the zero vector; a warning at the
end counts these lines.

With a transformer, texts have at most as many tokens as the model allows, often 256 or
512; the rest of a text is not used, and a warning counts these texts. An empty line has
the vector of the tokens that mark the ends of a text. --prompt is for models trained
with one, such as "query: " and "passage: " of e5.

--id and --keep carry parts of each record into the output: members of JSON Lines with
--field, columns with --column, by number if --column is a number. Numbers are kept as
they are written, lists and objects as JSON, and null is empty. Ids may repeat. A
record that lacks one of these parts is an error, or skipped with --skip-bad. Of a
Parquet file, only the columns that are named are read.

--chunk cuts texts into passages, each with its vector and the columns document, start,
end, first_line and last_line. The document is the id, or the path of the file with
--documents, or the number of the line or row (FILE:NUMBER if there are several files).
Start and end are bytes of the file after decompression; of the text, if it is a part
of a record. The title of a page, which is read before its body, has an empty range. A sentence of more than N tokens is cut at line breaks or between words.
` + outputHelp,
		Example: `
$ printf 'good morning\nhow are you\n' | embed text -m model -o out.npy
embed: 2 lines, 100 dimensions, out.npy
$ embed text -m model --field body --id meta.id --keep title,url -o out.jsonl talks.parquet
$ embed text -m model --documents --chunk 150 --overlap 20 -o out.jsonl notes/`,
		RunE: func(cmd *cobra.Command, args []string) error { return embedText(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "FILE",
		Help: "text file, folder or glob, or - for standard input (default: standard input); gzip, bzip2 and zstd are decompressed"})
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(), cli.PromptFlag(), cli.PrecisionFlag())
	cli.Declare(cmd, cli.ForInput, append(cli.TextFlags(&o.text), cli.KeptFlags(&o.kept)...)...)
	cli.Declare(cmd, cli.ForInput, cli.DocumentsFlag(&o.documents), cli.SkipBadFlag(&o.skipBad), cli.ShardFlag(&o.shard))
	cli.Declare(cmd, cli.ForInput, cli.PassageFlags(&o.passages)...)
	cli.Declare(cmd, cli.ForInput, cli.Flag{Name: "threads", Arg: "N", Into: &o.threads, Field: "Threads", Positive: true,
		Help: "number of threads that encode", Default: "one per core"})
	return o.out.declare(cmd)
}

func embedText(cmd *cobra.Command, paths []string, o textOptions) (err error) {
	terminal := cli.IsTerminal(cmd.OutOrStdout()) && (o.out.path == "" || o.out.path == "-")
	format, err := o.out.settle(cmd, terminal)
	if err != nil {
		return err
	}
	src, err := openTexts(cmd, paths, &o)
	if err != nil {
		return err
	}
	enc, err := cli.OpenModel(cmd)
	if err != nil {
		return err
	}
	t, err := newTexts(src, enc.Tokenizer(), o)
	if err != nil {
		return err
	}
	job := map[string]string{"--field": o.text.Field, "--column": o.text.Column, "--id": o.kept.ID, "--keep": strings.Join(o.kept.Fields, ","),
		"--prompt": cmd.Flag("prompt").Value.String(), "--precision": cmd.Flag("precision").Value.String(), "--documents": fmt.Sprint(o.documents), "--chunk": fmt.Sprint(o.passages.Tokens), "--overlap": fmt.Sprint(o.passages.Overlap), "--skip-bad": fmt.Sprint(o.skipBad), "--shard": o.shard}
	out, err := o.out.open(cmd, format, enc, t.columns(), src.Names(), job, t)
	if err != nil {
		return err
	}
	defer func() { err = out.close(err) }()
	if cli.IsTerminal(cmd.InOrStdin()) && src.Names()[0] == text.Stdin {
		cli.Note(cmd, "reading lines from the terminal; Ctrl-D ends the input")
	}
	var progress *cli.Progress
	if !terminal {
		progress = cli.StartProgress(cmd, "embed")
		defer progress.Done()
	}
	read := func(ctx context.Context) iter.Seq2[item, error] {
		return rest(out, t.read(ctx), func(i item) exchange.Row { return exchange.Row{Token: []byte(i.line), ID: i.id, Fields: i.fields} })
	}
	var row exchange.Row
	err = sentence.EncodeStream(cmd.Context(), enc, read, func(i item) string { return i.text }, o.threads, func(batch []item, known []int, vectors []float32, idle bool) error {
		for i, item := range batch {
			t.count(item, known[i])
			row.Token = append(row.Token[:0], item.line...)
			row.Known, row.Values = known[i], vectors[i*enc.Dim():(i+1)*enc.Dim()]
			row.ID, row.Fields = item.id, item.fields
			if err := out.write(row); err != nil {
				return err
			}
		}
		progress.Update(t.share(), progress.Rate(t.lines, t.many))
		if idle {
			return out.flush()
		}
		return nil
	})
	if err != nil {
		return cli.Skippable(err)
	}
	if err := out.finish(); err != nil {
		return err
	}
	progress.Done()
	t.report(cmd)
	cli.WarnTruncated(cmd, enc)
	cli.WarnInvalid(cmd, src)
	if o.out.path != "" && o.out.path != "-" {
		cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(t.lines, t.one, t.many), out.dims, o.out.path)
	}
	out.report()
	return nil
}

// openTexts opens the texts and says what is read of them.
func openTexts(cmd *cobra.Command, paths []string, o *textOptions) (*text.Source, error) {
	if o.passages.Overlap != 0 && o.passages.Tokens == 0 {
		return nil, cli.UsageError(fault.New("give the length of the passages", "--overlap needs --chunk"))
	}
	if o.passages.Tokens > 0 {
		if err := o.passages.Validate(); err != nil {
			return nil, cli.UsageError(err)
		}
	}
	src, err := cli.OpenText(paths, o.text)
	if err != nil {
		return nil, err
	}
	if o.documents {
		if err := src.Documents(); err != nil {
			return nil, cli.UsageError(err)
		}
	}
	for i, names := range o.kept.Fields {
		if strings.Contains(names, ",") {
			o.kept.Fields = append(append(o.kept.Fields[:i:i], strings.Split(names, ",")...), o.kept.Fields[i+1:]...)
		}
	}
	if err := src.Keep(o.kept); err != nil {
		return nil, cli.UsageError(err)
	}
	if o.skipBad {
		if err := src.SkipBad(); err != nil {
			return nil, cli.UsageError(err)
		}
	}
	d, err := cli.OpenShard(cmd.Context(), cmd, src, o.shard)
	if err == nil && d != nil && d.Reason == "" && o.passages.Tokens > 0 && o.kept.ID == "" && !o.documents {
		err = cli.UsageError(fault.New("name the field of the ids with --id", "--shard and --chunk need --id: without it passages are named by the numbers of lines, which a shard does not know"))
	}
	return src, err
}

// texts are what is embedded, and the count of it.
type texts struct {
	src       *text.Source
	cutter    *passages.Cutter // nil: texts are not cut
	one, many string           // what a row is called
	whole     string           // what a text is called that is cut
	kept      []string
	hasID     bool
	documents bool // each text is a file

	ahead        atomic.Int64 // rows that were read
	lines        int64        // rows that were encoded, whatever they are called
	empty        int64        // rows of white space
	unknown      int64        // rows with text but no known word
	firstEmpty   string
	firstUnknown string

	blank      int64 // texts without passages
	firstBlank string
}

func newTexts(src *text.Source, tokenizer *tokenize.Tokenizer, o textOptions) (t *texts, err error) {
	t = &texts{src: src, one: "line", many: "lines", kept: o.kept.Fields, hasID: o.kept.ID != "" || o.documents, documents: o.documents}
	if o.documents {
		t.one, t.many = "document", "documents"
	}
	if o.passages.Tokens > 0 {
		t.whole, t.one, t.many = t.one, "passage", "passages"
		t.cutter, err = passages.New(tokenizer, o.passages)
	}
	return t, cli.UsageError(err)
}

// item is a row of the output.
type item struct {
	text   string // that is encoded
	line   string // the same as one line, for the output
	at     text.Position
	id     string
	fields []string
}

// columns returns what is written beside the text and the vector.
func (t *texts) columns() exchange.Shape {
	if t.cutter == nil {
		return exchange.Shape{HasID: t.hasID, Fields: t.kept}
	}
	numbers := []string{"start", "end", "first_line", "last_line"}
	return exchange.Shape{Fields: append(append(t.kept[:len(t.kept):len(t.kept)], "document"), numbers...), Integers: numbers}
}

// read yields the texts, or their passages.
func (t *texts) read(ctx context.Context) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		stopped := false
		pass := func(i item) error {
			t.ahead.Add(1)
			if stopped = !yield(i, nil); stopped {
				return context.Canceled
			}
			return nil
		}
		err := t.src.Texts(ctx, func(x *text.Text) error {
			var plain *documents.PlainText
			if t.documents {
				var err error
				if plain, err = documents.Plain(ctx, x.File, x.Raw); err != nil {
					return err
				}
			}
			if t.cutter != nil {
				return t.cut(x, plain, pass)
			}
			if plain != nil {
				x.Exact, x.Text = plain.Text, text.OneLine(plain.Text)
			}
			i := item{text: string(x.Exact), at: x.Position, id: x.ID, fields: x.Fields}
			if i.line = i.text; !bytes.Equal(x.Text, x.Exact) {
				i.line = string(x.Text)
			}
			return pass(i)
		})
		if err != nil && !stopped {
			yield(item{}, err)
		}
	}
}

// cut passes on the passages of a text or, if plain is not nil, of its text without markup.
func (t *texts) cut(x *text.Text, plain *documents.PlainText, pass func(item) error) error {
	raw := x.Raw
	if plain != nil {
		raw = plain.Text
	}
	if cli.Blank(string(raw)) {
		if t.blank++; t.blank == 1 {
			t.firstBlank = place(x.Position)
		}
		return nil
	}
	document := x.ID
	if !t.hasID {
		document = strconv.FormatInt(x.Line, 10)
		if len(t.src.Names()) > 1 {
			document = x.File + ":" + document
		}
	}
	mark, line := 0, 1 // a byte of x.Raw, and its line
	return t.cutter.Cut(raw, func(p passages.Passage) error {
		if plain != nil {
			p.Start, p.End = plain.Source(p.Start, p.End)
			line += bytes.Count(x.Raw[min(mark, p.Start):p.Start], []byte("\n")) - bytes.Count(x.Raw[min(mark, p.Start):mark], []byte("\n"))
			mark, p.FirstLine = p.Start, line
			p.LastLine = p.FirstLine + bytes.Count(x.Raw[p.Start:max(p.Start, p.End-1)], []byte("\n"))
		}
		at, last := x.Position, x.Line
		if x.Lines {
			at.Line, last = x.Line+int64(p.FirstLine)-1, x.Line+int64(p.LastLine)-1
		}
		i := item{text: p.Text, line: p.Text, at: at, fields: append(x.Fields[:len(x.Fields):len(x.Fields)], document)}
		for _, n := range []int64{x.Offset + int64(p.Start), x.Offset + int64(p.End), at.Line, last} {
			i.fields = append(i.fields, strconv.FormatInt(n, 10))
		}
		return pass(i)
	})
}

// share returns the share of the input that is encoded. Up to 4 MB of text that was read waits to be.
func (t *texts) share() float64 {
	return cli.Share(t.src.Consumed(), t.src.Size()) * float64(t.lines) / float64(max(t.ahead.Load(), 1))
}

func (t *texts) count(i item, known int) {
	t.lines++
	switch {
	case known > 0:
	case cli.Blank(i.text):
		if t.empty++; t.empty == 1 {
			t.firstEmpty = place(i.at)
		}
	default:
		if t.unknown++; t.unknown == 1 {
			t.firstUnknown = place(i.at)
		}
	}
}

// place is where a text is, for a warning.
func place(at text.Position) string {
	if at.File == text.Stdin && !at.Rows {
		return fmt.Sprintf("line %d", at.Line)
	}
	return at.String()
}

// report warns of an empty input, of zero vectors and of texts without passages.
func (t *texts) report(cmd *cobra.Command) {
	if t.lines+t.blank == 0 {
		cli.Warn(cmd, "the input is empty")
	}
	if t.blank > 0 {
		cli.Warn(cmd, "%s (first: %s): no passages", cli.Plural(t.blank, "empty "+t.whole, "empty "+t.whole+"s"), t.firstBlank)
	}
	var zero []string
	if t.unknown > 0 {
		zero = append(zero, fmt.Sprintf("%s without a known word (first: %s)", cli.Plural(t.unknown, t.one, t.many), t.firstUnknown))
	}
	if t.empty > 0 {
		zero = append(zero, fmt.Sprintf("%s (first: %s)", cli.Plural(t.empty, "empty "+t.one, "empty "+t.many), t.firstEmpty))
	}
	switch {
	case t.unknown+t.empty > 1:
		cli.Warn(cmd, "%s: their vectors are zero", strings.Join(zero, " and "))
	case len(zero) > 0:
		cli.Warn(cmd, "%s: the vector is zero", zero[0])
	}
}
