package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// sentenceSettings are what a resumed training needs to read its pairs as before,
// beside the options of the trainer.
type sentenceSettings struct {
	sentence.Options
	Columns string   `json:"columns,omitempty"`
	Weights []string `json:"weights,omitempty"` // FILE=N
	Strict  bool     `json:"strict,omitempty"`
}

// settings returns the options with those of the pairs, as they stand in config.json.
func (j *sentenceJob) settings() json.RawMessage {
	data, _ := json.Marshal(sentenceSettings{j.options, j.columns, j.weights, j.strict}) // plain numbers and strings
	return data
}

// resumeSentence goes on with a training of sentences that was interrupted.
func (j *resumeJob) resumeSentence(cmd *cobra.Command, c *checkpoints.Checkpoint, names []string) error {
	if len(j.corpus) > 0 {
		return cli.UsageError(fault.New("begin a new run with what it has learnt: "+
			cli.CommandLine("train", "sentence", "PAIRS", "--init", cli.PathArgument(j.model), "-o", "NEW"), "%s: --corpus is for word models", j.model))
	}
	if cmd.Flags().Changed("cache") {
		return cli.UsageError(fault.New("leave it out", "%s: --cache is for word models", j.model))
	}
	var s sentenceSettings
	if err := json.Unmarshal(c.Config.Options, &s); err != nil {
		return fmt.Errorf("%s: options in config.json: %w", j.model, err)
	}
	if err := s.Validate(); err != nil {
		return fmt.Errorf("%s: options in config.json: %w", j.model, err)
	}
	if cmd.Flags().Changed("threads") {
		s.Threads = j.threads
		if err := s.Validate(); err != nil {
			return cli.UsageError(err)
		}
	}
	if why := c.Config.Progress.Stopped; why != "" || c.Config.Progress.Finished {
		err := fmt.Errorf("%s: its training is finished", j.model)
		if why != "" {
			err = fmt.Errorf("%w, it ended early: %s", err, why)
		}
		return fault.New("begin a new run with what it has learnt: "+
			cli.CommandLine("train", "sentence", "PAIRS", "--init", cli.PathArgument(j.model), "-o", "NEW"), "%w", err)
	}
	if err := j.watch.check(cmd, c.Config.Validation); err != nil {
		return err
	}
	sets, err := j.watch.resumeSentenceSets(cmd.Context(), j.model, c.Config.Validation)
	if err != nil {
		return err
	}
	before := sentenceJob{options: s.Options, columns: s.Columns, weights: s.Weights, strict: s.Strict, output: j.model}
	sources, err := before.sameSources(cmd, c.Config.Corpus.Sources, names)
	if err != nil {
		return err
	}
	defer sources.close()
	pairs, err := readPairs(cmd, sources.all, before.pairOptions(c.Tokenizer))
	if err != nil {
		return err
	}
	defer pairs.Close()
	if err := checkSentenceNeeds(cmd, s.Options, pairs, c.Tokenizer, j.model, c.Config.Progress.Done, j.watch.keepsBest(), true); err != nil {
		return err
	}
	recorded := c.Config.Corpus.Sources
	if len(names) > 0 {
		recorded = names // the weights go by these names
	}
	return before.train(cmd, true, sentence.Run{
		Pairs: pairs, Tokenizer: c.Tokenizer, Sources: recorded, SaveEvery: j.every, Resume: c,
		Validation: j.watch.sentenceValidation(sets),
	})
}

// sameSources opens the pairs of a checkpoint: what is named now, else what was named
// then.
func (j *sentenceJob) sameSources(cmd *cobra.Command, then, now []string) (*pairSources, error) {
	j.tokenizer = "given" // nothing is to be learnt: pairs from a pipe are read once
	if len(now) > 0 {
		if len(then) == len(now) { // weights follow their files to new places
			for i, w := range j.weights {
				for k, name := range then {
					if number, ok := cutName(w, name); ok {
						j.weights[i] = now[k] + "=" + number
					}
				}
			}
		}
		return j.sources(cmd, now)
	}
	if slices.Contains(then, text.Stdin) {
		return nil, fault.New("give the same pairs again: "+cli.CommandLine("train", "resume", cli.PathArgument(j.output), "-")+" < pairs",
			"%s: its pairs came from standard input", j.output)
	}
	sources, err := j.sources(cmd, then)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New("if they have moved, name them again: "+cli.CommandLine("train", "resume", cli.PathArgument(j.output), "PAIRS"),
			"the pairs of %s are not where they were: %w", j.output, err)
	}
	return sources, err
}

// cutName cuts the name of a file off a --weight.
func cutName(weight, name string) (number string, ok bool) {
	if len(weight) > len(name) && weight[:len(name)] == name && weight[len(name)] == '=' {
		return weight[len(name)+1:], true
	}
	return "", false
}
