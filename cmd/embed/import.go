package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

var importHelp = `Usage: embed import FILE -o MODEL [options]

Make a model of word vectors that another program wrote, so that embed and
search can use them and a training can start from them (train ... --init).

FILE is in one of these formats, detected by its content:

` + formatList(exchange.Readable()) + `
fastText .vec is word2vec. npy needs the words, one a line, in vocab.tsv beside
it. gzip, bzip2 and zstd are decompressed, - is standard input. Words may
contain spaces.

Options:
  -o, --output MODEL     folder to write
      --force            replace MODEL if it exists
      --cased            text keeps its capital letters: for vectors that tell
                         Paris from paris
      --tokenizer NAME   how text is cut into words to look up:
                         words       as Unicode (UAX #29) cuts it (default)
                         whitespace  what stands between white space
      --vocab FILE       the words of an npy file, each a line, with or without
                         a tab and its count
` + cli.JSONHelp + cli.SharedHelp + `
A word that comes twice has the vector of its first row. Formats without counts
get them from the order of the words, the most frequent first: the r-th of V
words counts V/r.

Example:
  $ embed import glove.6B.100d.txt -o glove
  embed: 400,000 words, 100 dimensions, from glove, glove
`

// importJob is a command line of embed import.
type importJob struct {
	output  string
	force   bool
	words   tokenize.WordOptions
	cut     string // --tokenizer
	options exchange.ImportOptions
}

func importCommand() *cobra.Command {
	var j importJob
	cmd := &cobra.Command{Use: "import", Long: importHelp, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return cli.UsageError(fault.New("name one: embed import vectors.txt -o model", "%s named", cli.Plural(len(args), "file is", "files are")))
		}
		return j.run(cmd, args[0])
	}}
	cmd.Flags().StringVarP(&j.output, "output", "o", "", "")
	cmd.Flags().BoolVar(&j.force, "force", false, "")
	cmd.Flags().BoolVar(&j.words.Cased, "cased", false, "")
	cmd.Flags().StringVar(&j.cut, "tokenizer", "words", "")
	cmd.Flags().StringVar(&j.options.Vocabulary, "vocab", "", "")
	cli.AddJSON(cmd)
	return cmd
}

func (j *importJob) run(cmd *cobra.Command, path string) error {
	switch {
	case j.output == "":
		return cli.UsageError(fault.New("name the folder to write: -o model", "no output was given"))
	case j.cut != "words" && j.cut != "whitespace":
		return cli.UsageError(fault.New("choose words or whitespace", "unknown tokenizer %q", j.cut))
	}
	if err := checkpoints.CheckOutput(j.output, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	if f := cmd.Flags(); f.Changed("cased") || f.Changed("tokenizer") { // else a model folder's own is kept
		j.words.Whitespace = j.cut == "whitespace"
		j.options.Tokenizer = tokenize.NewWordTokenizer(j.words)
	}
	progress := cli.StartProgress(cmd, "reading")
	j.options.OnProgress = func(done, size int64) {
		fraction := -1.0
		if size > 0 {
			fraction = float64(done) / float64(size)
		}
		progress.Update(fraction, cli.Bytes(done))
	}
	model, r, err := exchange.Import(cmd.Context(), path, j.options)
	progress.Done()
	if err != nil {
		return err
	}
	warnImported(cmd, model, r)
	model.Config.Version = cli.Version()
	if err := checkpoints.Write(cmd.Context(), j.output, model, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), imported{
			Output: j.output, Format: r.Format, Words: model.Vocabulary.Len(), Dim: model.Config.Dim, Rows: r.Rows,
			Duplicates: r.Duplicates, Unusable: r.Unusable, Repaired: r.Repaired, Unreachable: r.Unreachable, CountsByRank: r.Ranked,
		})
	}
	cli.Note(cmd, "%s, %s, from %s, %s", cli.Plural(model.Vocabulary.Len(), "word", "words"),
		cli.Plural(model.Config.Dim, "dimension", "dimensions"), r.Format, cli.Printable(j.output))
	return nil
}

// imported is what "embed import --json" prints.
type imported struct {
	Output       string `json:"output"`
	Format       string `json:"format"`
	Words        int    `json:"words"`
	Dim          int    `json:"dim"`
	Rows         int64  `json:"rows"`
	Duplicates   int64  `json:"duplicates"`  // rows whose word came before
	Unusable     int64  `json:"unusable"`    // rows whose word cannot be a token
	Repaired     int64  `json:"repaired"`    // words with broken UTF-8
	Unreachable  int    `json:"unreachable"` // words that the tokenizer never makes
	CountsByRank bool   `json:"counts_by_rank"`
}

// warnImported tells what is not as the file has it.
func warnImported(cmd *cobra.Command, c *checkpoints.Checkpoint, r *exchange.ImportReport) {
	if r.Duplicates > 0 {
		cli.Warn(cmd, "%s left out whose word came before, first %s", cli.Plural(r.Duplicates, "row", "rows"), r.FirstDuplicate)
	}
	if r.Unusable > 0 {
		cli.Warn(cmd, "%s left out whose word is empty or holds a tab or a line break, first %s", cli.Plural(r.Unusable, "row", "rows"), r.FirstUnusable)
	}
	if r.Repaired > 0 {
		cli.Warn(cmd, "%s with bytes that are not UTF-8, read as U+FFFD", cli.Plural(r.Repaired, "word", "words"))
	}
	if r.Unreachable == 0 {
		return
	}
	help := ""
	switch o := c.Tokenizer.Options(); {
	case r.WithCased < r.Unreachable && !o.Cased && r.WithWhitespace < r.WithCased && !o.Whitespace:
		help = fmt.Sprintf("; with --cased they are %s, with --cased --tokenizer whitespace %s", cli.Thousands(r.WithCased), cli.Thousands(r.WithWhitespace))
	case r.WithCased < r.Unreachable && !o.Cased:
		help = fmt.Sprintf("; with --cased they are %s", cli.Thousands(r.WithCased))
	case r.WithWhitespace < r.Unreachable && !o.Whitespace:
		help = fmt.Sprintf("; with --tokenizer whitespace they are %s", cli.Thousands(r.WithWhitespace))
	}
	cli.Warn(cmd, "%s of %s, such as %.60q, can be looked up, but not found in a text%s",
		cli.Thousands(r.Unreachable), cli.Plural(c.Vocabulary.Len(), "word", "words"), r.FirstUnreachable, help)
}
