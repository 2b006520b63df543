package embed

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
)

type textOptions struct {
	text    text.Selection
	skipBad bool
	format  string
	output  string
	force   bool
	threads int
}

func textCommand() *cobra.Command {
	var o textOptions
	cmd := &cobra.Command{
		Use:   "text -m MODEL [options] [FILE...]",
		Short: "Write one vector for each line of text",
		Long: `
Vectors are written in the order of the lines. A line is one text of up to 16 MB;
with --field or --column each record of JSON Lines or CSV is one text, whose line
breaks become spaces. A model with character n-grams composes the vectors of words
that it does not know, and these words count as known; the token of a tokenizer for
unknown text, such as [UNK], does not. A line that is empty or has no known word gets
the zero vector; a warning at the end counts these lines.

The npy format starts with the number of lines, so vectors are held until the last
line is read: up to 64 MB in memory, the rest in a temporary file. jsonl and tsv are
written as lines arrive.`,
		Example: `
$ printf 'good morning\nhow are you\n' | embed text -m model -o out.npy
embed: 2 lines, 100 dimensions, out.npy`,
		RunE: func(cmd *cobra.Command, args []string) error { return embedText(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "FILE",
		Help: "text file, folder or glob, or - for standard input (default: standard input); gzip, bzip2 and zstd are decompressed"})
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
	cli.Declare(cmd, cli.ForInput, append(cli.TextFlags(&o.text), cli.SkipBadFlag(&o.skipBad))...)
	cli.Declare(cmd, cli.ForInput, cli.Flag{Name: "threads", Arg: "N", Into: &o.threads, Field: "Threads", Positive: true,
		Help: "number of threads that encode", Default: "one per core"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "format", Short: "f", Arg: "FORMAT", Into: &o.format, Help: "output format",
			Field: "Format", Default: "the extension of the output file; without one npy, or jsonl on a terminal", Values: formats(exchange.WritableTexts())},
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &o.output, Help: "write to FILE", Default: "standard output"},
		cli.Flag{Name: "force", Into: &o.force, Help: "replace FILE if it exists"})
}

func embedText(cmd *cobra.Command, paths []string, o textOptions) error {
	terminal := cli.IsTerminal(cmd.OutOrStdout()) && (o.output == "" || o.output == "-")
	usual := "npy"
	if terminal {
		usual = "jsonl"
	}
	format, err := cli.OutputFormat(exchange.WritableTexts(), o.format, o.output, usual)
	if err != nil {
		return err
	}
	src, err := cli.OpenRecords(paths, o.text, o.skipBad)
	if err != nil {
		return err
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: o.output, Force: o.force, Binary: format.Binary, Inputs: src.Names()})
	if err != nil {
		return err
	}
	defer out.Abort()
	enc, err := cli.OpenEncoder(cmd)
	if err != nil {
		return err
	}
	if cli.IsTerminal(cmd.InOrStdin()) && src.Names()[0] == text.Stdin {
		cli.Note(cmd, "reading lines from the terminal; Ctrl-D ends the input")
	}
	var progress *cli.Progress
	if !terminal {
		progress = cli.StartProgress(cmd, "embed")
		defer progress.Done()
	}
	w, err := exchange.NewWriter(out, format.Name, exchange.Shape{Rows: exchange.Unknown, Dim: enc.Dim(), Text: true})
	if err != nil {
		return err
	}
	defer w.Close()
	var t texts
	var row exchange.Row
	read := func(ctx context.Context) iter.Seq2[cli.Line, error] { return cli.Lines(ctx, src) }
	text := func(line cli.Line) string { return line.Text }
	err = sentence.EncodeStream(cmd.Context(), enc, read, text, o.threads, func(batch []cli.Line, known []int, vectors []float32, idle bool) error {
		for i, line := range batch {
			t.count(line, known[i])
			row.Token = append(row.Token[:0], line.Text...)
			row.Known, row.Values = known[i], vectors[i*enc.Dim():(i+1)*enc.Dim()]
			if err := w.Write(row); err != nil {
				return err
			}
		}
		progress.Update(cli.Share(src.Consumed(), src.Size()), progress.Rate(t.lines, "lines"))
		if idle {
			return w.Flush()
		}
		return nil
	})
	if err != nil {
		return cli.Skippable(err)
	}
	if err := w.Finish(); err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	progress.Done()
	t.report(cmd)
	cli.WarnInvalid(cmd, src)
	if o.output != "" && o.output != "-" {
		cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(t.lines, "line", "lines"), enc.Dim(), out.Name())
	}
	return nil
}

// texts counts the lines and those whose vector is zero.
type texts struct {
	lines        int64
	empty        int64 // lines of white space
	unknown      int64 // lines with text but no known word
	firstEmpty   string
	firstUnknown string
}

func (t *texts) count(line cli.Line, known int) {
	t.lines++
	if known > 0 {
		return
	}
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

// report warns of an empty input and of zero vectors.
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
}
