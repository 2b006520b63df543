package train

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// watchFlags are the flags of validation.
type watchFlags struct {
	sets     []string
	every    string
	keep     string
	patience int
	read     words.SetOptions
	cadence  training.Cadence
}

// setHelp is the help of --validate of the word trainers.
const setHelp = "evaluate the model during training with words:FILE (pairs of words with scores), analogies:FILE, or text:FILE (the loss on held-out text); " +
	"the prefix may be left out; the first file decides which model is best"

// declare declares the flags.
func (w *watchFlags) declare(cmd *cobra.Command, arg, sets, every, usual string) {
	w.keep = checkpoints.KeepBest
	cli.Declare(cmd, "Validation",
		cli.Flag{Name: "validate", Arg: arg, Into: &w.sets, Field: "Validation", Help: sets},
		cli.Flag{Name: "validate-every", Arg: "N", Into: &w.every, Field: "Every", Default: usual,
			Help: "validate every N epochs, such as 0.25, " + every + "or after a time such as 10m and each epoch, which depends on the machine"},
		cli.Flag{Name: "keep", Arg: "NAME", Into: &w.keep, Field: "Keep", Help: "which model to write at the end", Values: cli.Values(checkpoints.KeepBest, checkpoints.KeepLast)},
		cli.Flag{Name: "patience", Arg: "N", Into: &w.patience, Field: "Patience", Help: "stop after N validations without improvement; 0 never stops early"},
		cli.ScoreColumnFlag(&w.read.ScoreColumn))
}

// declareWords declares the flags of a command that trains word vectors.
func (w *watchFlags) declareWords(cmd *cobra.Command) {
	w.declare(cmd, "FILE", setHelp, "", "every epoch, or more often in epochs of over a billion words")
}

// check checks the flags. Those that were not given are taken from was, the validation
// of the training before it was interrupted.
func (w *watchFlags) check(cmd *cobra.Command, was *checkpoints.Validation) (err error) {
	given := cmd.Flags().Changed
	for _, name := range []string{"validate-every", "keep", "patience", "score-column"} {
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
	if w.patience < 0 {
		return fault.Field("Patience", "0 trains to the end", "must be 0 or more, got %d", w.patience)
	}
	if w.every != "" {
		w.cadence, err = training.ParseCadence(w.every)
	}
	return cli.UsageError(err)
}

// set sets what the flags say of a validation.
func (w *watchFlags) set(v *training.Validation) {
	v.Every, v.KeepLast, v.Patience = w.cadence, w.keep == checkpoints.KeepLast, w.patience
}

// keepsBest reports whether the best model is kept beside the one that is trained.
func (w *watchFlags) keepsBest(sets int) bool { return sets > 0 && w.keep == checkpoints.KeepBest }

// noteSets reports how sets were read and how much of each is known, and warns of those that say little.
func noteSets(cmd *cobra.Command, v *training.Validation) {
	for _, text := range v.Readings() {
		cli.Note(cmd, "%s", cli.Printable(text))
	}
	for _, s := range v.Sets {
		unit := map[string]string{string(sets.WordsSet): "word pairs", string(sets.AnalogiesSet): "analogies"}[s.Kind]
		switch {
		case s.Size == 0: // not counted before the first validation
		case unit == "":
			cli.Note(cmd, "validating with %s: %s of %s words known", s.File, cli.Count(float64(s.Known)), cli.Count(float64(s.Size)))
		default:
			cli.Note(cmd, "validating with %s: %d of %d %s known", s.File, s.Known, s.Size, unit)
		}
		if s.Warning != "" {
			cli.Warn(cmd, "%s: %s", s.File, s.Warning)
		}
	}
}
