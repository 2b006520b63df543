package main

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// watchHelp describes the flags of watchFlags.
const watchHelp = `      --validate FILE    judge the model by FILE while it trains: pairs of words
                         with scores, analogies, or text kept out of training,
                         whose loss is measured. Its lines show what it is, or
                         words:FILE, analogies:FILE, text:FILE say so. May be
                         given several times; the first decides what is best
      --validate-every N after each N epochs, such as 0.25; or with a time such
                         as 10m that often and at the end of each epoch, which
                         makes the choice depend on the machine (default 1; a
                         part of it in epochs of over a billion words)
      --keep best|last   the model that is left at the end (default best)
      --patience N       end after N validations in a row without a better one
                         (default 0: train to the end)
`

// watchFlags are the flags of how a training is watched.
type watchFlags struct {
	sets     []string
	every    string
	keep     string
	patience int
	cadence  training.Cadence
}

func (w *watchFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&w.sets, "validate", nil, "")
	f.StringVar(&w.every, "validate-every", "", "")
	f.StringVar(&w.keep, "keep", checkpoints.KeepBest, "")
	f.IntVar(&w.patience, "patience", 0, "")
}

// check looks at the flags, and takes those that were not given from was, how
// the training was watched before it was interrupted.
func (w *watchFlags) check(cmd *cobra.Command, was *checkpoints.Validation) error {
	given := cmd.Flags().Changed
	for _, name := range []string{"validate-every", "keep", "patience"} {
		if given(name) && len(w.sets) == 0 && was == nil {
			return cli.UsageError(fault.New("name a set or a text to validate with: --validate FILE", "--%s needs --validate", name))
		}
	}
	if was != nil {
		if !given("validate-every") {
			w.every = was.Every
		}
		if !given("keep") {
			w.keep = was.Keep
		}
		if !given("patience") {
			w.patience = was.Patience
		}
	}
	if w.keep != checkpoints.KeepBest && w.keep != checkpoints.KeepLast {
		return fault.Field("Keep", "", "must be best or last, got %q", w.keep)
	}
	if w.patience < 0 {
		return fault.Field("Patience", "0 trains to the end", "must be 0 or more, got %d", w.patience)
	}
	if w.every == "" {
		return nil
	}
	var err error
	if w.cadence, err = training.ParseCadence(w.every); err != nil {
		return cli.UsageError(err)
	}
	return nil
}

// keepsBest says whether the best model is kept beside the one that is trained.
func (w *watchFlags) keepsBest() bool { return len(w.sets) > 0 && w.keep == checkpoints.KeepBest }
