package search

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

func neighborsCommand() *cobra.Command {
	var k int
	cmd := &cobra.Command{
		Use:     "neighbors -m MODEL [options] WORD...",
		Aliases: []string{"neighbours"},
		Short:   "Print the words whose vectors are nearest to the vector of each word",
		Long: `
The score is the cosine of the two vectors: 1 for the same direction, 0 for unrelated
words. The layers of a sentence model are part of its vectors. A word that is not in the vocabulary is composed of its character n-grams, if the
model has any ('train skipgram --char-ngrams').`,
		Example: `
$ search neighbors -m model -k 3 paris
paris
  0.812  france
  0.794  lyon
  0.771  brussels`,
		RunE: func(cmd *cobra.Command, args []string) error { return neighbors(cmd, args, k) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
	return cli.Declare(cmd, cli.ForOutput, kFlag(&k, "number of words"), reportsFlag("word"))
}

// reportsFlag declares --json of a command with one report for each item.
func reportsFlag(item string) cli.Flag {
	return cli.Flag{Name: "json", Help: fmt.Sprintf("print the report as JSON: one object for one %s, one object per line for several", item)}
}

func analogyCommand() *cobra.Command {
	var k int
	cmd := &cobra.Command{
		Use:   "analogy -m MODEL [options] A B C",
		Short: "Print the words nearest to A - B + C",
		Long: `
'king man woman' asks for the word that is to king as woman is to man, and 'paris france
italy' for the capital of Italy. The three words themselves are not printed. A word that
is not in the vocabulary is composed of its character n-grams, if the model has any.`,
		Example: `
$ search analogy -m model -k 2 king man woman
king - man + woman
  0.702  queen
  0.655  throne`,
		RunE: func(cmd *cobra.Command, args []string) error { return analogy(cmd, args, k) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
	return cli.Declare(cmd, cli.ForOutput, kFlag(&k, "number of words"), cli.JSONFlag())
}

// wordVectors reads the model that -m names. Its layers, if it has any, are part of the vectors.
func wordVectors(cmd *cobra.Command) (*evaluate.WordVectors, error) {
	read, err := cli.ReadModel(cmd)
	if err != nil {
		return nil, err
	}
	model, err := sentence.TokenVectors(read)
	if err != nil {
		return nil, err
	}
	if read.NGrams != nil && model.NGrams == nil {
		cli.Note(cmd, "only words of the vocabulary have vectors: a linear layer follows the n-grams of this model")
	}
	return evaluate.NewWordVectors(model), nil
}

// near is a word and its neighbors, as --json prints it.
type near struct {
	Word      string              `json:"word"`
	Composed  int                 `json:"composed,omitempty"` // number of n-grams; 0: in the vocabulary
	Neighbors []evaluate.Neighbor `json:"neighbors"`
}

func neighbors(cmd *cobra.Command, words []string, k int) error {
	if len(words) == 0 {
		return cli.UsageError(fault.New("name one: 'search neighbors -m model paris'", "no word is named"))
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	all := make([]near, len(words))
	for i, word := range words {
		found, err := vectors.Neighbors(word, k)
		if err != nil {
			return err
		}
		all[i] = near{word, noteComposed(cmd, vectors, word), found}
	}
	out := cmd.OutOrStdout()
	if cli.JSON(cmd) {
		return cli.WriteJSONEach(out, all)
	}
	for _, n := range all {
		if err := writeNear(out, n.Word, n.Neighbors); err != nil {
			return err
		}
	}
	return nil
}

func analogy(cmd *cobra.Command, words []string, k int) error {
	if len(words) != 3 {
		return cli.UsageError(fault.New("for example: 'search analogy -m model king man woman'", "an analogy takes 3 words, got %d", len(words)))
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	// To the library man is to king as woman is to ….
	found, err := vectors.Analogy(words[1], words[0], words[2], k)
	if err != nil {
		return err
	}
	var composed []string
	for _, word := range words {
		if noteComposed(cmd, vectors, word) > 0 {
			composed = append(composed, word)
		}
	}
	out := cmd.OutOrStdout()
	if cli.JSON(cmd) {
		return cli.WriteJSON(out, struct {
			A        string              `json:"a"`
			B        string              `json:"b"`
			C        string              `json:"c"`
			Composed []string            `json:"composed,omitempty"` // of n-grams
			Answers  []evaluate.Neighbor `json:"answers"`
		}{words[0], words[1], words[2], composed, found})
	}
	return writeNear(out, fmt.Sprintf("%s - %s + %s", words[0], words[1], words[2]), found)
}

// noteComposed notes that a word is not in the vocabulary, and returns the number
// of n-grams that its vector is the mean of.
func noteComposed(cmd *cobra.Command, vectors *evaluate.WordVectors, word string) int {
	n := vectors.Composed(word)
	if n > 0 {
		cli.Note(cmd, "%q is not in the vocabulary: it is composed of %s", word, cli.Plural(n, "n-gram", "n-grams"))
	}
	return n
}

func writeNear(w io.Writer, title string, found []evaluate.Neighbor) error {
	if _, err := fmt.Fprintln(w, cli.Printable(title)); err != nil {
		return err
	}
	for _, n := range found {
		if _, err := fmt.Fprintf(w, "  %6.3f  %s\n", n.Score, cli.Printable(n.Word)); err != nil {
			return err
		}
	}
	return nil
}
