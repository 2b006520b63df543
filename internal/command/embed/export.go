package embed

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/checkpoints/exchange/output"
	"github.com/luminavec/luminavec/checkpoints/exchange/projector"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
)

func exportCommand() *cobra.Command {
	var words, path, format string
	var force bool
	var limit int
	cmd := &cobra.Command{
		Use:   "export [-m MODEL] [options] -o FILE",
		Short: "Write a model, or its word vectors, in the format of another program",
		Long: `
It writes the vectors of the vocabulary or, with --words, those of a list of words. The
mean of the rows of a text is the vector that 'embed text' writes, before it is scaled to
length 1: layers and token weights of a sentence model are part of the rows. Imported
words are written in their original spelling. Formats without words have them in a file beside
the vectors, such as out.npy.ids.tsv, which 'embed import' reads.
A model with character n-grams can compose the vectors of other words. Of these formats
only fasttext-bin holds n-grams, for models whose n-grams count as in fastText; for the
others, list the words you will need. fastText neither changes case nor normalizes: look
up words there as they are in the vocabulary.

The formats sentence-transformers and model2vec are folders with the tokenizer, so that any
text has the vector in them that 'embed text' writes. Both programs open the folder, unless
the model does what one of them cannot: see 'embed formats'. To open it, use
SentenceTransformer("FOLDER") or StaticModel.from_pretrained("FOLDER").

The format projector is a folder for the Embedding Projector: 'tensorboard --logdir FOLDER'
shows it, and projector.tensorflow.org takes its vectors.tsv and metadata.tsv.`,
		Example: `
$ embed export -m model --format word2vec -o vectors.txt
embed: 21,456 words, 100 dimensions, vectors.txt
$ embed export -m model -f sentence-transformers -o folder
$ echo walkable | embed export -m model --words - --format glove`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return export(cmd, format, words, path, limit, force) },
	}
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(),
		cli.Flag{Name: "words", Arg: "FILE", Into: &words, Field: "Words", Help: "export the words in FILE, one per line, in that order; - is standard input. " +
			"A word that the model does not know is composed of its n-grams; one without known n-grams gets the zero vector"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "format", Short: "f", Arg: "FORMAT", Into: &format, Field: "Format", Help: "output format", Values: formats(append(exchange.Exportable(), projector.Format())),
			Default: "the extension of the output file; without one word2vec"},
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &path, Help: "write to FILE", Default: "standard output"},
		cli.Flag{Name: "limit", Arg: "N", Into: &limit, Field: "Limit", Positive: true, Help: "projector: export the N most frequent words", Default: "10,000"},
		cli.Flag{Name: "force", Into: &force, Help: "replace FILE if it exists"})
}

// formats are the values of --format.
func formats(list []exchange.Format) []cli.Value {
	var values []cli.Value
	for _, f := range list {
		values = append(values, cli.Value{Name: f.Name, Help: f.Description})
	}
	return values
}

func export(cmd *cobra.Command, name, list, path string, limit int, force bool) error {
	if name == projector.Name {
		return exportProjector(cmd, list, path, limit, force)
	}
	if limit > 0 {
		return cli.UsageError(fault.New("list the words that you need with --words", "--limit applies to the format %s only", projector.Name))
	}
	format, err := cli.OutputFormat(exchange.Exportable(), name, path, "word2vec")
	if err != nil {
		return err
	}
	if format.WriteModel != nil {
		return exportFolder(cmd, format, list, path, exchange.FolderOptions{Replace: force})
	}
	var inputs []string
	if list != "" {
		inputs = append(inputs, list)
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: path, Force: force, Binary: format.Binary, Inputs: inputs})
	if err != nil {
		return err
	}
	defer out.Abort()
	read, err := cli.ReadSentenceModel(cmd)
	if err != nil {
		return err
	}
	model, err := wordVectors(cmd, read)
	if err != nil {
		return err
	}
	if model != read {
		cli.Note(cmd, "the layers of the model are part of the exported rows: their mean over the tokens of a text is its vector, before normalization")
	}
	if model.Tokenizer.Subwords() {
		cli.Warn(cmd, "the vectors belong to the tokens of the model's tokenizer.json, which are parts of words: programs that split text into words will not find most of them")
	}
	if list != "" && read.NGrams != nil && model.NGrams == nil {
		return fault.New("leave out --words, or write the vectors of the words with 'embed text'", "a linear layer follows the n-grams of this model: vectors of unknown words cannot be exported")
	}
	var listed []string // nil: the vocabulary
	count := model.Vocabulary.Len()
	if cmd.Flags().Changed("words") {
		if listed, err = wordsToExport(cmd, list); err != nil {
			return err
		}
		count = len(listed)
	}
	var unknown []int
	beside := format.Holds.Words == exchange.Beside && !out.Stream()
	switch {
	case beside:
		unknown, err = exportBeside(cmd, model, format, listed, path, force)
	case listed != nil:
		unknown, err = exchange.ExportWords(cmd.Context(), out, model, format.Name, listed)
	default:
		err = exchange.Export(cmd.Context(), out, model, format.Name)
	}
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		cli.Warn(cmd, "%s the zero vector (first: %q)", cli.Plural(len(unknown), "unknown word has", "unknown words have"), listed[unknown[0]])
	}
	if !beside {
		if err := out.Commit(); err != nil {
			return err
		}
	}
	if format.Holds.Words != exchange.Inside && !beside {
		cli.Note(cmd, "the output has no words: %s", wordsOf(cmd, list))
	}
	if name == "" && !format.Words {
		cli.Note(cmd, "the ending of %s selects the format %s: %s", out.Name(), format.Name, format.Description)
	}
	if path != "" && path != "-" {
		cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(count, "word", "words"), model.Config.Dim, out.Name())
	}
	return nil
}

// wordVectors returns a model whose rows are the vectors of the words of read.
func wordVectors(cmd *cobra.Command, read *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	once := *read
	if n := read.Config.Encoder.Repeats; n > 0 {
		once.Config.Encoder.Repeats = 0
		cli.Warn(cmd, "the vector of a text is the mean of the exported rows only if no token occurs twice: the model counts n occurrences of a token n^%g times", n)
	}
	model, err := sentence.WordVectors(&once)
	switch {
	case err != nil:
		return nil, fault.New("'embed text' writes the vectors of the texts that you need", "cannot export %s: %w", cli.Printable(cmp.Or(cli.ModelName(cmd), bundled.Name)), err)
	case model == &once:
		return read, nil
	}
	return model, nil
}

// exportProjector exports a folder for TensorBoard.
func exportProjector(cmd *cobra.Command, list, path string, limit int, force bool) error {
	switch {
	case path == "" || path == "-":
		return cli.UsageError(fault.New("name the folder to write: -o folder", "the format %s is a folder", projector.Name))
	case list != "" && limit > 0:
		return cli.UsageError(fault.New("leave one of them out", "--words and --limit cannot be used together"))
	}
	read, err := cli.ReadSentenceModel(cmd)
	if err != nil {
		return err
	}
	model, err := wordVectors(cmd, read)
	if err != nil {
		return err
	}
	o := projector.Options{Limit: limit, Replace: force}
	if cmd.Flags().Changed("words") {
		if o.Words, err = wordsToExport(cmd, list); err != nil {
			return err
		}
	}
	rows, unknown, err := projector.Write(cmd.Context(), path, model, o)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		cli.Warn(cmd, "%s the zero vector (first: %q)", cli.Plural(len(unknown), "unknown word has", "unknown words have"), o.Words[unknown[0]])
	}
	if all := model.Vocabulary.Len(); list == "" && limit == 0 && rows < all {
		cli.Note(cmd, "the %s most frequent of %s words are exported; --limit exports more", cli.Thousands(rows), cli.Thousands(all))
	}
	cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(rows, "word", "words"), model.Config.Dim, cli.Printable(path))
	cli.Note(cmd, "next: tensorboard --logdir %s", cli.PathArgument(path))
	return nil
}

// exportFolder exports the whole model as a folder.
func exportFolder(cmd *cobra.Command, format exchange.Format, list, path string, o exchange.FolderOptions) error {
	switch {
	case list != "":
		return cli.UsageError(fault.New("leave out --words: the folder has the tokenizer of the model and all of its tokens", "--words does not apply to the format %s", format.Name))
	case path == "" || path == "-":
		return cli.UsageError(fault.New("name the folder to write: -o folder", "the format %s is a folder", format.Name))
	}
	if err := exchange.CheckFolder(path, o); err != nil {
		return err
	}
	read, err := cli.ReadSentenceModel(cmd)
	if err != nil {
		return err
	}
	model, err := sentence.WordVectors(read)
	if err == nil {
		model.Config.Version = cli.Version()
		if model.NGrams == nil && read.NGrams != nil {
			plain := *model
			plain.NGrams = read.NGrams // which are refused
			model = &plain
		}
		err = exchange.ExportFolder(cmd.Context(), path, model, format.Name, o)
	}
	if n := read.Config.Encoder.Repeats; err != nil && n > 0 {
		err = fault.New("'train distill' and 'train sentence' with --repeats 1 make models that other programs open", "other programs compute plain means, and the model counts n occurrences of a token n^%g times", n)
	}
	if err != nil {
		return fault.New(fault.Hint(err), "%s: %w", cli.Printable(cmp.Or(cli.ModelName(cmd), bundled.Name)), err)
	}
	if model != read {
		cli.Note(cmd, "the layers of the model are part of the exported rows")
	}
	cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(model.Vocabulary.Len(), "token", "tokens"), model.Config.Dim, cli.Printable(path))
	return nil
}

// exportBeside exports the vocabulary, or the listed words, as a file with the words beside it.
func exportBeside(cmd *cobra.Command, model *checkpoints.Checkpoint, format exchange.Format, listed []string, path string, force bool) ([]int, error) {
	shape := exchange.Shape{Rows: exchange.Unknown, Dim: model.Config.Dim, HasID: true}
	file, err := output.Create(cmd.Context(), output.Options{Path: path, Format: format.Name, Shape: shape, Replace: force})
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unknown, err := exchange.ExportRows(cmd.Context(), model, listed, file.Write)
	if err != nil {
		return nil, err
	}
	if err := file.Finish(); err != nil {
		return nil, err
	}
	cli.Note(cmd, "words: %s", file.IDs())
	return unknown, nil
}

// wordsOf says where the words of an export are that does not hold them.
func wordsOf(cmd *cobra.Command, list string) string {
	if list == "" {
		if list = cli.ModelName(cmd); list == "" {
			return "those of its rows are the tokens of the bundled model, in the order of their ids"
		}
		list = filepath.Join(list, checkpoints.VocabularyFile)
	}
	return "those of its rows are in " + cli.Printable(cli.InputName(list))
}

// wordsToExport returns the words of the file list.
func wordsToExport(cmd *cobra.Command, list string) ([]string, error) {
	src, err := text.Open(list)
	if err != nil {
		return nil, err
	}
	if cli.IsTerminal(cmd.InOrStdin()) && list == text.Stdin {
		cli.Note(cmd, "reading words from the terminal; Ctrl-D ends the input")
	}
	var words []string
	for line, err := range cli.Lines(cmd.Context(), src) {
		if err != nil {
			return nil, err
		}
		if word := strings.TrimSpace(line.Text); word != "" {
			words = append(words, word)
		}
	}
	cli.WarnInvalid(cmd, src)
	if len(words) == 0 {
		return nil, fault.New("--words takes a file with one word per line", "%s contains no words", cli.InputName(list))
	}
	return words, nil
}
