package train

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/words"
)

// openInit opens the vectors of --init before the text is read, so that errors are found
// early; nil without --init. The dimension becomes that of the vectors.
func (j *wordJob) openInit(cmd *cobra.Command) (*exchange.Vectors, error) {
	if j.init == "" {
		if j.options.FreezeInit {
			return nil, cli.UsageError(fault.New("name the vectors to keep: --init vectors.txt", "--freeze-init requires --init"))
		}
		return nil, nil
	}
	given, err := exchange.Open(cmd.Context(), j.init, exchange.Options{State: true})
	if err != nil {
		return nil, err
	}
	if cmd.Flags().Changed("dim") && j.options.Dim != given.Dim {
		given.Close()
		return nil, cli.UsageError(fault.New(fmt.Sprintf("omit --dim, or use --dim %d", given.Dim),
			"--dim is %d, but the vectors of %s have %d dimensions", j.options.Dim, j.init, given.Dim))
	}
	j.options.Dim = given.Dim
	return given, nil
}

// start reads the vectors of the words of the vocabulary and reports how many were found.
func (j *wordJob) start(cmd *cobra.Command, given *exchange.Vectors, v *tokenize.Vocabulary) (*words.Start, error) {
	if given == nil {
		return nil, nil
	}
	start, err := words.NewStart(cmd.Context(), given, v, j.kind.Name(), j.options)
	if err != nil {
		return nil, err
	}
	also := ""
	if start.Out != nil {
		also = ", output vectors included"
	}
	cli.Note(cmd, "%s of %s start from the vectors of %s (%s, %.1f%%)%s", cli.Thousands(start.Found()),
		cli.Plural(v.Len(), "word", "words"), j.init, given.Format, 100*float64(start.Found())/float64(v.Len()), also)
	if start.Freeze && start.Found() == v.Len() {
		cli.Warn(cmd, "with --freeze-init no vector will change: every word has an initial vector")
	}
	return start, nil
}
