package train

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// watchFlags are the flags of validation.
type watchFlags struct {
	sets     []string
	every    string
	keep     string
	patience int
	cadence  training.Cadence
}

// add declares the flags for the help of train sentence that is written by hand.
func (w *watchFlags) add(cmd *cobra.Command) {
	w.keep = checkpoints.KeepBest
	w.declare(cmd)
}

// declare adds the flags to a command that trains word vectors.
func (w *watchFlags) declare(cmd *cobra.Command) {
	cli.Declare(cmd, "Validation",
		cli.Flag{Name: "validate", Arg: "FILE", Into: &w.sets, Field: "Validation",
			Help: "judge the model while it trains by words:FILE, pairs of words with scores, analogies:FILE, or text:FILE, text that is not trained on and whose loss is measured; the prefix may be left out; the first file decides which model is best"},
		cli.Flag{Name: "validate-every", Arg: "N", Into: &w.every, Field: "Every", Default: "every epoch, or more often in epochs of over a billion words",
			Help: "validate every N epochs, such as 0.25, or after a time such as 10m and each epoch, which depends on the machine"},
		cli.Flag{Name: "keep", Arg: "NAME", Into: &w.keep, Field: "Keep", Help: "the model to write at the end", Values: cli.Values(checkpoints.KeepBest, checkpoints.KeepLast)},
		cli.Flag{Name: "patience", Arg: "N", Into: &w.patience, Field: "Patience", Help: "stop after N validations without a better one; 0 trains to the end"})
}

// check checks the flags. Those that were not given are taken from was, the validation
// of the training before it was interrupted.
func (w *watchFlags) check(cmd *cobra.Command, was *checkpoints.Validation) error {
	given := cmd.Flags().Changed
	for _, name := range []string{"validate-every", "keep", "patience"} {
		if given(name) && len(w.sets) == 0 && was == nil {
			return cli.UsageError(fault.New("name a file to validate with: --validate FILE", "--%s requires --validate", name))
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

// keepsBest reports whether the best model is kept beside the one that is trained.
func (w *watchFlags) keepsBest() bool { return len(w.sets) > 0 && w.keep == checkpoints.KeepBest }
