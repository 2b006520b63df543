package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/skipgram"
)

// openInit opens what --init names, nil without it, before the text is read:
// what is wrong with it is told at once. The dimension is that of the vectors.
func (j *wordJob) openInit(cmd *cobra.Command) (*exchange.Vectors, error) {
	if j.init == "" {
		if j.options.FreezeInit {
			return nil, cli.UsageError(fault.New("name the vectors to keep: --init vectors.txt", "--freeze-init needs --init"))
		}
		return nil, nil
	}
	given, err := exchange.Open(cmd.Context(), j.init, exchange.Options{State: true})
	if err != nil {
		return nil, err
	}
	if cmd.Flags().Changed("dim") && j.options.Dim != given.Dim {
		given.Close()
		return nil, cli.UsageError(fault.New(fmt.Sprintf("leave --dim out, or give --dim %d", given.Dim),
			"--dim is %d, and the vectors of %s have %d dimensions", j.options.Dim, j.init, given.Dim))
	}
	j.options.Dim = given.Dim
	return given, nil
}

// start takes the vectors of the vocabulary's words out of given, and says how
// many it found.
func (j *wordJob) start(cmd *cobra.Command, given *exchange.Vectors, v *tokenize.Vocabulary) (*skipgram.Start, error) {
	if given == nil {
		return nil, nil
	}
	start, err := training.NewStart(cmd.Context(), given, v, j.kind, j.options)
	if err != nil {
		return nil, err
	}
	also := ""
	if start.Out != nil {
		also = ", their output vectors too"
	}
	cli.Note(cmd, "%s of %s begin with the vectors of %s (%s, %.1f%%)%s", cli.Thousands(start.Found()),
		cli.Plural(v.Len(), "word", "words"), j.init, given.Format, 100*float64(start.Found())/float64(v.Len()), also)
	if start.Freeze && start.Found() == v.Len() {
		cli.Warn(cmd, "with --freeze-init no vector will change: every word has one that is given")
	}
	return start, nil
}
