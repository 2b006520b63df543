package train

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

const hintValidate = "check the name and your permission to read it"

// sumOf returns the SHA-256 of a file.
var sumOf = training.FileSum

// resumeSets reads the sets of a resumed training: those that are named now, else
// those of before, which must not have changed.
func (w *watchFlags) resumeSets(model string, was *checkpoints.Validation) ([]*words.Set, error) {
	if was == nil || len(w.sets) > 0 {
		return words.ReadSets(w.sets...)
	}
	sets, err := words.ReadSameSets(was)
	if err != nil {
		return nil, fault.Mention(fault.Hint(err), "%s: %w", model, err)
	}
	for _, s := range sets {
		w.sets = append(w.sets, s.File)
	}
	return sets, nil
}

// validation opens the sets for the training of a corpus and reports how much of each is
// known; nil if there are none.
func (w *watchFlags) validation(cmd *cobra.Command, evalSets []*words.Set, corpus *corpora.Corpus, tokenizer *tokenize.Tokenizer, o words.Options) (*training.Validation, error) {
	if len(evalSets) == 0 {
		return nil, nil
	}
	v, err := words.OpenValidation(cmd.Context(), evalSets, corpus, tokenizer, o.NGrams.Max > 0)
	if err != nil {
		return nil, err
	}
	v.Every, v.KeepLast, v.Patience = w.cadence, w.keep == checkpoints.KeepLast, w.patience
	for _, s := range v.Sets {
		unit := map[string]string{string(sets.WordsSet): "word pairs", string(sets.AnalogiesSet): "analogies"}[s.Kind]
		if unit == "" {
			cli.Note(cmd, "validating with %s: %s of %s words known", s.File, cli.Count(float64(s.Known)), cli.Count(float64(s.Size)))
			continue
		}
		cli.Note(cmd, "validating with %s: %d of %d %s known", s.File, s.Known, s.Size, unit)
	}
	return v, nil
}
