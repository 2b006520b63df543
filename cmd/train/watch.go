package main

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/skipgram"
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
		return cli.UsageError(fault.New("choose best or last", "keep is %q", w.keep))
	}
	if w.patience < 0 {
		return cli.UsageError(fault.New("0 trains to the end", "patience is %d", w.patience))
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

// resumeSets reads the sets of a training that goes on: those that are named
// now, else those of before, which must not have changed.
func (w *watchFlags) resumeSets(model string, was *checkpoints.Validation) ([]*validationSet, error) {
	if was == nil || len(w.sets) > 0 {
		return readSets(w.sets)
	}
	const hint = "give the set that the model was validated with, or another one, which is begun anew with: --validate FILE"
	for _, s := range was.Sets {
		w.sets = append(w.sets, s.Kind+":"+s.File)
	}
	sets, err := readSets(w.sets)
	if err != nil {
		return nil, fault.New(hint, "%s was validated with a set that cannot be read: %w", model, err)
	}
	for i, s := range sets {
		if s.SHA256 != was.Sets[i].SHA256 {
			return nil, fault.New(hint, "%s has changed since %s was validated with it", s.File, model)
		}
	}
	return sets, nil
}

// validation makes the sets ready for the training of a corpus, and returns nil
// when there are none. The other function frees what they hold.
func (w *watchFlags) validation(cmd *cobra.Command, sets []*validationSet, corpus *corpora.Corpus, tokenizer *tokenize.Tokenizer, o skipgram.Options) (*training.Validation, func(), error) {
	if len(sets) == 0 {
		return nil, func() {}, nil
	}
	v := &training.Validation{Every: w.cadence, KeepLast: w.keep == checkpoints.KeepLast, Patience: w.patience}
	closeAll := func() {
		for _, s := range v.Sets {
			if s.Text != nil {
				s.Text.Close()
			}
		}
	}
	known, err := newKnownWords(corpus, tokenizer, o.NGrams.Max > 0)
	if err != nil {
		return nil, nil, err
	}
	shared := &sharedVectors{}
	for _, s := range sets {
		ready, err := s.prepare(cmd, known, shared)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		v.Sets = append(v.Sets, ready)
	}
	return v, closeAll, nil
}
