package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/skipgram"
)

func resumeCommand() *cobra.Command {
	var threads int
	var cache string
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "resume MODEL [CORPUS...]",
		Short: "go on with a training that was interrupted",
		Long: `Usage: train resume MODEL [CORPUS...] [OPTIONS]

Go on with a training that was interrupted, from the checkpoint in MODEL to its
end. The options are those it began with. The text is read again: from where it
was read before, or from CORPUS, which must hold the same text; with the --field
or --column that it was read with. A training with --cache needs no text.

Options:
      --cache DIR        take the words from where --cache kept them; read the
                         text, and keep it, if they are not there (default: as
                         before)
      --threads N        workers (default: as before)
      --checkpoint-every DURATION
                         save MODEL this often while training (default 5m)
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  train resume model
`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.UsageError(fault.New("name the folder of the interrupted training: train resume model", "no model is named"))
			}
			return resume(cmd, args[0], args[1:], cache, threads, every)
		},
	}
	cmd.Flags().StringVar(&cache, "cache", "", "")
	cmd.Flags().IntVar(&threads, "threads", 0, "")
	cmd.Flags().DurationVar(&every, "checkpoint-every", 5*time.Minute, "")
	cli.AddJSON(cmd)
	return cmd
}

func resume(cmd *cobra.Command, model string, names []string, cache string, threads int, every time.Duration) error {
	if err := checkOutput(model, every); err != nil {
		return err
	}
	c, err := checkpoints.Read(cmd.Context(), model, checkpoints.ReadOptions{State: true})
	if err != nil {
		return err
	}
	fn, ok := trainers[c.Config.Kind]
	if !ok {
		return fmt.Errorf("%s: a model of kind %q cannot be trained further", model, c.Config.Kind)
	}
	if c.Config.Progress.Finished {
		return fault.New("to train longer, begin again with more --epochs", "%s: its training is finished", model)
	}
	var o skipgram.Options
	if err := json.Unmarshal(c.Config.Options, &o); err != nil {
		return fmt.Errorf("%s: options in config.json: %w", model, err)
	}
	if err := o.Validate(); err != nil {
		return fmt.Errorf("%s: options in config.json: %w", model, err)
	}
	if cmd.Flags().Changed("threads") {
		o.Threads = threads
		if err := o.Validate(); err != nil {
			return cli.UsageError(err)
		}
	}
	if err := training.CheckTokenizer(c); err != nil {
		return fmt.Errorf("%s: %w", model, err)
	}
	text := corpora.Selection{Field: c.Config.Corpus.Field, Column: c.Config.Corpus.Column}
	if !cmd.Flags().Changed("cache") {
		cache = c.Config.Corpus.Cache
	}
	corpus, err := resumedCorpus(cmd, cache, c, func() (*corpora.Source, error) {
		source, err := sameSource(c.Config.Corpus.Sources, names, model)
		if err != nil {
			return nil, err
		}
		if err := source.Select(text); err != nil {
			return nil, fmt.Errorf("%s: corpus in config.json: %w", model, err)
		}
		return source, notInside(model, source.Names())
	}, corpora.BuildOptions{Tokenizer: c.Tokenizer, Vocabulary: c.Vocabulary, MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary})
	if err != nil {
		return err
	}
	defer corpus.Close()
	if err := checkNeeds(cmd, c.Config.Kind, o, corpus, model, c.Config.Progress.Done, true, true); err != nil {
		return err
	}
	return train(cmd, fn, o, model, true, skipgram.Run{
		Corpus: corpus, Tokenizer: c.Tokenizer, Sources: c.Config.Corpus.Sources, Selection: text, Cache: cache, SaveEvery: every, Resume: c,
	})
}

// sameSource opens the text of a checkpoint: what is named now, else what was
// named then.
func sameSource(then, now []string, model string) (*corpora.Source, error) {
	switch {
	case len(now) > 0:
		return corpora.Open(now...)
	case slices.Equal(then, corpora.Sample().Names()):
		return corpora.Sample(), nil
	case slices.Contains(then, "-"):
		return nil, fault.New("give the same text again: "+cli.CommandLine("train", "resume", cli.PathArgument(model), "-")+" < text",
			"%s: its text came from standard input", model)
	}
	return corpora.Open(then...)
}
