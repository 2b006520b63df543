package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
)

var textHelp = `Usage: embed text -m MODEL [options] [FILE... | -]

Write one vector for each line of the input, in the order of the lines. The
input is standard input, or files, folders and patterns; gzip, bzip2 and zstd
are unpacked. A line is one text, up to 16 MB. An empty line, and one without
a word that the model knows, has the zero vector; a warning at the end counts
them. A model with character n-grams composes the words that it does not know,
and these count as known. With --field or --column each record of JSON Lines
or CSV is one text; line breaks in it become spaces.

Options:
` + cli.ModelHelp + `      --field NAME       the text is this member of each line's JSON object: a
                         string or a list of strings; meta.title leads deeper
      --column NAME      the text is this column of CSV or TSV, by its name in
                         the header, or by its number in files without one
` + formatHelp(exchange.WritableTexts()) + `                         default: what the name of -o ends in; else npy, and
                         jsonl when the output is a terminal
  -o, --output FILE      write to FILE instead of standard output
      --force            replace FILE if it exists
      --threads N        encode on N threads (default: one per core)
` + cli.SharedHelp + `
npy has the number of lines at its start, so vectors are kept back until the
last line is read: up to 64 MB in memory, more in a temporary file. jsonl and
tsv are written as lines come in.

Example:
  $ printf 'good morning\nhow are you\n' | embed text -m model -o out.npy
  embed: 2 lines, 100 dimensions, out.npy
`

type textOptions struct {
	text    text.Selection
	format  string
	output  string
	force   bool
	threads int
}

func textCommand() *cobra.Command {
	var o textOptions
	cmd := &cobra.Command{Use: "text", Long: textHelp, RunE: func(cmd *cobra.Command, args []string) error {
		return embedText(cmd, args, o)
	}}
	cli.AddModel(cmd)
	cmd.Flags().StringVar(&o.text.Field, "field", "", "")
	cmd.Flags().StringVar(&o.text.Column, "column", "", "")
	cmd.Flags().StringVarP(&o.format, "format", "f", "", "")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "")
	cmd.Flags().BoolVar(&o.force, "force", false, "")
	cmd.Flags().IntVar(&o.threads, "threads", 0, "")
	return cmd
}

// vectorFormat decides on the format from the flag, the name of the output and
// whether a person is looking.
func vectorFormat(o textOptions, terminal bool) (string, error) {
	known := exchange.WritableTexts()
	if o.format != "" {
		if _, err := exchange.Lookup(known, o.format); err != nil {
			return "", cli.UsageError(err)
		}
		return o.format, nil
	}
	extension := strings.ToLower(filepath.Ext(o.output))
	for _, f := range known {
		if slices.Contains(f.Extensions, extension) {
			return f.Name, nil
		}
	}
	if terminal && (o.output == "" || o.output == "-") {
		return "jsonl", nil
	}
	return "npy", nil
}

func embedText(cmd *cobra.Command, paths []string, o textOptions) error {
	if o.threads < 0 {
		return cli.UsageError(fmt.Errorf("--threads is %d, want 0 or more", o.threads))
	}
	terminal := cli.IsTerminal(cmd.OutOrStdout()) && (o.output == "" || o.output == "-")
	format, err := vectorFormat(o, terminal)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{text.Stdin}
	}
	src, err := text.Open(paths...)
	if err != nil {
		return err
	}
	o.text.OneLine = true
	if err := src.Select(o.text); err != nil {
		return cli.UsageError(err)
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: o.output, Force: o.force, Binary: format == "npy", Inputs: src.Names()})
	if err != nil {
		return err
	}
	defer out.Abort()
	enc, err := cli.OpenEncoder(cmd)
	if err != nil {
		return err
	}
	if cli.IsTerminal(cmd.InOrStdin()) && src.Names()[0] == text.Stdin {
		cli.Note(cmd, "reading lines from the terminal; Ctrl-D ends")
	}
	var progress *cli.Progress
	if !terminal {
		progress = cli.StartProgress(cmd, "embed")
		defer progress.Done()
	}
	w, err := exchange.NewWriter(out, format, exchange.Shape{Rows: exchange.Unknown, Dim: enc.Dim()})
	if err != nil {
		return err
	}
	defer w.Close()
	t := &texts{src: src, enc: enc, threads: o.threads, progress: progress, began: time.Now()}
	if err := t.encode(cmd.Context(), w); err != nil {
		return err
	}
	if err := w.Finish(); err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	progress.Done()
	t.report(cmd)
	if o.output != "" && o.output != "-" {
		cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(t.lines, "line", "lines"), enc.Dim(), out.Name())
	}
	return nil
}

// texts is one pass over the input: it encodes every line and counts what the
// user should know of.
type texts struct {
	src      *text.Source
	enc      *sentence.Encoder
	threads  int
	progress *cli.Progress
	began    time.Time

	lines        int64
	empty        int64 // lines with nothing in them
	unknown      int64 // lines with text but no known word
	firstEmpty   string
	firstUnknown string
}

// encode reads on one goroutine and encodes on this one whatever has come in,
// so that lines from a slow pipe are answered at once and lines from a file
// make large batches.
func (t *texts) encode(ctx context.Context, w *exchange.Writer) error {
	q := newQueue()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		// What a library below panics with belongs to the user as one line.
		defer func() {
			if v := recover(); v != nil {
				q.end(fmt.Errorf("reading the input: %v", v))
			}
		}()
		for line, err := range cli.Lines(ctx, t.src) {
			if err != nil {
				q.end(err)
				return
			}
			if !q.put(line) {
				return
			}
		}
		q.end(nil)
	}()
	defer func() {
		cancel()
		q.close()
		<-done
	}()
	for {
		batch, err := q.take()
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		if err := t.encodeBatch(ctx, w, batch); err != nil {
			return err
		}
		if q.idle() {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
}

func (t *texts) encodeBatch(ctx context.Context, w *exchange.Writer, batch []cli.Line) error {
	lines := make([]string, len(batch))
	for i := range batch {
		lines[i] = batch[i].Text
	}
	vectors, known, err := t.enc.EncodeBatch(ctx, lines, t.threads)
	if err != nil {
		return err
	}
	dim := t.enc.Dim()
	var row exchange.Row
	for i, line := range batch {
		if known[i] == 0 {
			t.countZero(line)
		}
		row.Token = append(row.Token[:0], line.Text...)
		row.Known, row.Values = known[i], vectors[i*dim:(i+1)*dim]
		if err := w.Write(row); err != nil {
			return err
		}
	}
	t.lines += int64(len(batch))
	fraction := -1.0
	if size := t.src.Size(); size > 0 {
		fraction = float64(t.src.Consumed()) / float64(size)
	}
	t.progress.Update(fraction, fmt.Sprintf("%s lines %s lines/s",
		cli.Count(float64(t.lines)), cli.Count(float64(t.lines)/time.Since(t.began).Seconds())))
	return nil
}

func (t *texts) countZero(line cli.Line) {
	where := fmt.Sprintf("%s:%d", line.File, line.Number)
	if line.File == text.Stdin {
		where = fmt.Sprintf("line %d", line.Number)
	}
	if cli.Blank(line.Text) {
		if t.empty++; t.empty == 1 {
			t.firstEmpty = where
		}
		return
	}
	if t.unknown++; t.unknown == 1 {
		t.firstUnknown = where
	}
}

// report warns, once each, of what makes vectors less than they seem.
func (t *texts) report(cmd *cobra.Command) {
	if t.lines == 0 {
		cli.Warn(cmd, "the input is empty")
	}
	var zero []string
	if t.unknown > 0 {
		zero = append(zero, fmt.Sprintf("%s without a known word (first: %s)", cli.Plural(t.unknown, "line", "lines"), t.firstUnknown))
	}
	if t.empty > 0 {
		zero = append(zero, fmt.Sprintf("%s (first: %s)", cli.Plural(t.empty, "empty line", "empty lines"), t.firstEmpty))
	}
	switch {
	case t.unknown+t.empty > 1:
		cli.Warn(cmd, "%s: their vectors are zero", strings.Join(zero, " and "))
	case len(zero) > 0:
		cli.Warn(cmd, "%s: the vector is zero", zero[0])
	}
	if s := t.src.Stats(); s.Invalid > 0 {
		cli.Warn(cmd, "%s not UTF-8 and became U+FFFD (first: %s)", cli.Plural(s.Invalid, "byte is", "bytes are"), s.FirstInvalid)
	}
}
