package embed

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// importJob is a command line of embed import.
type importJob struct {
	output  string
	force   bool
	words   tokenize.WordOptions
	cut     string // --tokenizer
	options exchange.ImportOptions
}

func importCommand() *cobra.Command {
	j := importJob{cut: "words"}
	cmd := &cobra.Command{
		Use:   "import FILE -o MODEL [options]",
		Short: "Make a model of word vectors from another program",
		Long: `
The model works with embed and search, and training can start from it
('train skipgram --init').

The format is detected from the content:

` + formatList(exchange.Readable()) + `
The format of a text file is detected from all lines in its first MiB. A file that can be
read in two ways, such as rows of numbers whose first number may be a word, is refused
until --vectors-format decides. fastText .vec is word2vec. A .bin or .ftz of fastText keeps
its n-grams, and is for text split at white space, with capitals, unless --tokenizer or
--cased says otherwise. Rows of arrays (npy, raw, fvecs and so on) and of tsv have no words:
--vocab lists them. Without it, the words of an array FILE are those in vocab.tsv in its
folder or, if there is none, the ids in FILE.ids.tsv. In csv, jsonl and parquet the text of a
row is its word, or with --ids its id. Words may contain spaces. If a word occurs in several
rows, the first row is used. In formats without counts, words are expected in order of
frequency: the r-th of V words gets the count V/r.

Words are normalized like text: to Unicode NFC and, without --cased, to lower case. 'embed
export' writes their original spelling. Of several words with the same NFC, one row is used.
A model folder, and a folder of model2vec, StaticEmbedding of sentence-transformers or
WordLlama, keeps its tokenizer, weights, layers and n-grams, and what it does with unknown
text. Texts are read to their end, also if the other program truncates them.`,
		Example: `
$ embed import glove.6B.100d.txt -o glove
embed: 400,000 words, 100 dimensions, from glove, glove`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(fault.New("name one file: 'embed import vectors.txt -o model'", "expected one file, got %d", len(args)))
			}
			return j.run(cmd, args[0])
		}}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "FILE",
		Help: "file or folder of word vectors, or - for standard input; gzip, bzip2 and zstd are decompressed"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "cased", Into: &j.words.Cased, Field: "Cased", Help: "keep capital letters in text, for vectors that distinguish Paris from paris"},
		cli.LocaleFlag(&j.words.Locale),
		cli.Flag{Name: "tokenizer", Arg: "NAME", Into: &j.cut, Field: "Tokenizer", Help: "how text is split into words to look up", Values: []cli.Value{
			{Name: "words", Help: "at word boundaries of Unicode (UAX #29)"},
			{Name: "whitespace", Help: "at white space"}}},
		cli.Flag{Name: "ids", Into: &j.options.IDs, Field: "IDs", Help: "take the ids of the rows as words, not their texts"},
		cli.Flag{Name: "vocab", Arg: "FILE", Into: &j.options.WordList, Field: "WordList", Ext: []string{"tsv", "txt"},
			Help: "words of rows that have none, one per line, optionally with a tab and a count; or the tokenizer.json of a table in a .safetensors file"})
	cli.Declare(cmd, cli.ForInput, cli.VectorFlags(&j.options.Options)...)
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "MODEL", Into: &j.output, Help: "folder to write"},
		cli.Flag{Name: "force", Into: &j.force, Help: "replace MODEL if it exists"},
		cli.JSONFlag())
}

// formatList lists formats for a help text.
func formatList(formats []exchange.Format) string {
	var b strings.Builder
	for _, f := range formats {
		fmt.Fprintf(&b, "  %s  %s\n", f.Name, f.Description)
	}
	return b.String()
}

func (j *importJob) run(cmd *cobra.Command, path string) error {
	if j.output == "" {
		return cli.UsageError(fault.New("name the folder to write: -o model", "no output is named"))
	}
	if err := cli.NotInput(j.output, path); err != nil {
		return err
	}
	if err := checkpoints.CheckOutput(j.output, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	if f := cmd.Flags(); f.Changed("cased") || f.Changed("locale") || f.Changed("tokenizer") { // otherwise that of a model folder is kept
		j.words.Whitespace = j.cut == "whitespace"
		if err := j.words.Validate(); err != nil {
			return cli.UsageError(err)
		}
		j.options.Tokenizer = tokenize.NewWordTokenizer(j.words)
	}
	progress := cli.StartProgress(cmd, "reading")
	j.options.OnProgress = progress.Bytes
	model, r, err := exchange.Import(cmd.Context(), path, j.options)
	progress.Done()
	if err != nil {
		return err
	}
	cli.Note(cmd, "read %s", cli.Printable(r.Read))
	cli.WarnImported(cmd, model, r)
	model.Config.Version = cli.Version()
	if err := checkpoints.Write(cmd.Context(), j.output, model, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), imported{
			Output: j.output, Format: r.Format, Words: model.Vocabulary.Len(), Dim: model.Config.VectorDim(), Rows: r.Rows,
			Missing: r.Missing, Duplicates: r.Duplicates, Unusable: r.Unusable, Repaired: r.Repaired, Unreachable: r.Unreachable, CountsByRank: r.Ranked,
			Renamed: r.Renamed, Collisions: r.Collisions,
		})
	}
	cli.Note(cmd, "%s, %s, from %s, %s", cli.Plural(model.Vocabulary.Len(), "word", "words"),
		cli.Plural(model.Config.VectorDim(), "dimension", "dimensions"), r.Format, cli.Printable(j.output))
	return nil
}

// imported is what "embed import --json" prints.
type imported struct {
	Output       string `json:"output"`
	Format       string `json:"format"`
	Words        int    `json:"words"`
	Dim          int    `json:"dim"`
	Rows         int64  `json:"rows"`
	Missing      int64  `json:"missing"`     // rows that the file states but lacks
	Duplicates   int64  `json:"duplicates"`  // rows whose word came before
	Unusable     int64  `json:"unusable"`    // rows whose word cannot be a token
	Repaired     int64  `json:"repaired"`    // words with invalid UTF-8
	Unreachable  int    `json:"unreachable"` // words that the tokenizer never produces
	CountsByRank bool   `json:"counts_by_rank"`
	Renamed      int    `json:"renamed"`    // words in another form than in the file, that of text
	Collisions   int    `json:"collisions"` // rows whose word is another spelling of a word
}
