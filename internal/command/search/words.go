package search

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const neighborsHelp = `Usage: search neighbors -m MODEL [options] WORD...

Print the words whose vectors are nearest to each WORD's, with the cosine of
the two: 1 for the same direction, 0 for nothing in common. A word that is not
in the vocabulary is composed of its character n-grams, if the model has any
(train --char-ngrams). --json prints one object for a word; with several
words, one object a line.

Options:
` + cli.ModelHelp + `  -k, --k N              show N words (default 10)
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search neighbors -m model -k 3 paris
  paris
    0.812  france
    0.794  lyon
    0.771  brussels
`

const analogyHelp = `Usage: search analogy -m MODEL [options] A B C

Print the words nearest to A - B + C: from A, the step that leads from B to C.
'king man woman' asks for the woman among kings, and 'paris france italy' for
the Paris of Italy. The three words themselves are left out. A word that is not
in the vocabulary is composed of its character n-grams, if the model has any.

Options:
` + cli.ModelHelp + `  -k, --k N              show N words (default 10)
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search analogy -m model -k 2 king man woman
  king - man + woman
    0.702  queen
    0.655  throne
`

func neighborsCommand() *cobra.Command {
	var k int
	cmd := &cobra.Command{Use: "neighbors", Aliases: []string{"neighbours"}, Long: neighborsHelp,
		RunE: func(cmd *cobra.Command, args []string) error { return neighbors(cmd, args, k) }}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	cmd.Flags().IntVarP(&k, "k", "k", 10, "")
	return cmd
}

func analogyCommand() *cobra.Command {
	var k int
	cmd := &cobra.Command{Use: "analogy", Long: analogyHelp,
		RunE: func(cmd *cobra.Command, args []string) error { return analogy(cmd, args, k) }}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	cmd.Flags().IntVarP(&k, "k", "k", 10, "")
	return cmd
}

// wordVectors reads the model that -m names.
func wordVectors(cmd *cobra.Command) (*evaluate.WordVectors, error) {
	model, err := cli.ReadModel(cmd)
	if err != nil {
		return nil, err
	}
	return evaluate.NewWordVectors(model), nil
}

// near is a word and its neighbours, as --json prints it.
type near struct {
	Word      string              `json:"word"`
	Composed  int                 `json:"composed,omitempty"` // of so many n-grams; 0: it is in the vocabulary
	Neighbors []evaluate.Neighbor `json:"neighbors"`
}

func neighbors(cmd *cobra.Command, words []string, k int) error {
	if len(words) == 0 {
		return cli.UsageError(fault.New("search neighbors -m model paris", "no word is named"))
	}
	if err := cli.AtLeastOne("-k", k); err != nil {
		return err
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
		return cli.UsageError(fault.New("search analogy -m model king man woman", "an analogy takes 3 words, not %d", len(words)))
	}
	if err := cli.AtLeastOne("-k", k); err != nil {
		return err
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	// The library says "man is to king as woman is to …".
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

// noteComposed tells on stderr of a word that is not in the vocabulary, and
// returns of how many n-grams its vector is the mean.
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
