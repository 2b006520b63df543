package search

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

func neighborsCommand() *cobra.Command {
	var k int
	cmd := &cobra.Command{
		Use:     "neighbors -m MODEL [options] [WORD...]",
		Aliases: []string{"neighbours"},
		Short:   "Print the words whose vectors are nearest to the vector of each word",
		Long: `
The score is the cosine of the two vectors: 1 for the same direction, 0 for unrelated
words. The layers of a sentence model are part of its vectors. A word that is not in the vocabulary is composed of its character n-grams, if the
model has any ('train skipgram --char-ngrams').

An argument such as 'king - man + woman' is a sum of the unit vectors of words. Without an
argument, words and sums are read from standard input, one per line, at a prompt on a terminal.`,
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
	method := evaluate.Add3Cos
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
		RunE: func(cmd *cobra.Command, args []string) error { return analogy(cmd, args, k, method) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(), cli.Flag{Name: "method", Arg: "NAME", Into: &method, Field: "Method", Help: "how answers are scored",
		Values: cli.Summarized(evaluate.AnalogyMethods(), evaluate.AnalogyMethod.Summary)})
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
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return neighborLines(cmd, vectors, k)
	}
	if len(words) > 2 && (slices.Contains(words, "+") || slices.Contains(words, "-")) { // a sum without quotes
		words = []string{strings.Join(words, " ")}
	}
	all := make([]near, len(words))
	for i, word := range words {
		if all[i], err = nearestTo(cmd, vectors, word, k); err != nil {
			return err
		}
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

// nearestTo finds the neighbors of a word or of a sum.
func nearestTo(cmd *cobra.Command, vectors *evaluate.WordVectors, word string, k int) (near, error) {
	terms, sum, err := evaluate.ParseTerms(word)
	if err != nil {
		return near{}, cli.UsageError(err)
	}
	if !sum {
		found, err := vectors.Neighbors(word, k)
		return near{word, noteComposed(cmd, vectors, word), found}, err
	}
	for _, w := range append(slices.Clone(terms.Plus), terms.Minus...) {
		noteComposed(cmd, vectors, w)
	}
	found, err := vectors.Sum(terms, k)
	return near{word, 0, found}, err
}

// neighborLines answers the lines of standard input. A line without an answer does not end it.
func neighborLines(cmd *cobra.Command, vectors *evaluate.WordVectors, k int) error {
	terminal := cli.IsTerminal(cmd.InOrStdin())
	ask := func() {
		if terminal {
			fmt.Fprint(cmd.ErrOrStderr(), "word> ")
		}
	}
	lines := bufio.NewScanner(cmd.InOrStdin())
	for ask(); lines.Scan(); ask() {
		word := strings.TrimSpace(lines.Text())
		switch {
		case word == "":
			continue
		case terminal && (word == "exit" || word == "quit"):
			return nil
		}
		n, err := nearestTo(cmd, vectors, word, k)
		if err != nil {
			cli.Warn(cmd, "%s", cli.Printable(err.Error()))
			continue
		}
		if cli.JSON(cmd) {
			err = cli.WriteJSONLine(cmd.OutOrStdout(), n)
		} else {
			err = writeNear(cmd.OutOrStdout(), n.Word, n.Neighbors)
		}
		if err != nil {
			return err
		}
	}
	return lines.Err()
}

func oddCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "odd -m MODEL [options] WORD WORD WORD...",
		Short: "Print the word that does not belong to the others",
		Long: `
The score of a word is the cosine of its vector with the mean of all, each divided by its
length. The words are printed from the lowest score on: the first does not belong.`,
		Example: `
$ search odd -m model breakfast cereal dinner lunch
   0.512  cereal
   0.784  dinner
   0.790  breakfast
   0.801  lunch`,
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) < 3 {
				return cli.UsageError(fault.New("for example: 'search odd -m model breakfast cereal dinner lunch'", "at least 3 words are needed, got %d", len(words)))
			}
			vectors, err := wordVectors(cmd)
			if err != nil {
				return err
			}
			found, err := vectors.Odd(words)
			if err != nil {
				return err
			}
			for _, w := range words {
				noteComposed(cmd, vectors, w)
			}
			if cli.JSON(cmd) {
				return cli.WriteJSON(cmd.OutOrStdout(), struct {
					Odd   string              `json:"odd"`
					Words []evaluate.Neighbor `json:"words"`
				}{found[0].Word, found})
			}
			for _, w := range found {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "  %6.3f  %s\n", w.Score, cli.Printable(w.Word)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

func analogy(cmd *cobra.Command, words []string, k int, method evaluate.AnalogyMethod) error {
	if len(words) != 3 {
		return cli.UsageError(fault.New("for example: 'search analogy -m model king man woman'", "an analogy takes 3 words, got %d", len(words)))
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	// To the library man is to king as woman is to ….
	found, err := vectors.Analogy(words[1], words[0], words[2], k)
	if method == evaluate.Mul3Cos {
		found, err = vectors.Product(evaluate.Terms{Plus: []string{words[0], words[2]}, Minus: words[1:2]}, k)
	}
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
