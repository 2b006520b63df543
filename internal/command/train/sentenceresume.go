package train

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// resumeSentence resumes an interrupted training on pairs.
func (j *resumeJob) resumeSentence(cmd *cobra.Command, c *checkpoints.Checkpoint, names []string) error {
	model := cli.PathArgument(j.model)
	again := "start a new run from what it has learned: " + cli.CommandLine("train", "sentence", "PAIRS", "--init", model, "-o", "NEW")
	switch given := cmd.Flags().Changed; {
	case given("corpus"):
		return cli.UsageError(fault.New(again, "--corpus cannot be used with the sentence model %s", j.model))
	case given("cache"):
		return cli.UsageError(fault.New("leave it out", "--cache cannot be used with the sentence model %s", j.model))
	}
	s, err := sentences.Interrupted(c)
	if errors.Is(err, sentences.ErrFinished) {
		err = fault.New(again, "%w", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", j.model, err)
	}
	if cmd.Flags().Changed("threads") {
		s.Threads = j.threads
		if err := s.Options.Validate(); err != nil {
			return cli.UsageError(err)
		}
	}
	if err := s.Complete(j.pairs); err != nil {
		return cli.UsageError(err)
	}
	if err := j.watch.check(cmd, c.Config.Validation); err != nil {
		return err
	}
	sets, err := sentences.ReopenSets(cmd.Context(), sets.STSOptions{Labels: s.Labels, ScoreColumn: j.watch.read.ScoreColumn}, c.Config.Validation, j.watch.sets...)
	if err != nil {
		return fmt.Errorf("%s: %w", j.model, err)
	}
	switch {
	case len(names) > 0:
		s.Move(names)
	case slices.Contains(s.Files, text.Stdin):
		return fault.New("give the same pairs again: "+cli.CommandLine("train", "resume", model, "-")+" < pairs", "%s: its pairs came from standard input", j.model)
	}
	sources, done, err := s.Open(cmd.Context(), false)
	if errors.Is(err, fs.ErrNotExist) && len(names) == 0 {
		return fault.New("if they have moved, name them again: "+cli.CommandLine("train", "resume", model, "PAIRS"), "the pairs of %s are not where they were: %w", j.model, err)
	}
	if err != nil {
		return err
	}
	defer done()
	pairs, err := readPairs(cmd, sources, s.PairOptions(c.Tokenizer, s.MaxTokens))
	if err != nil {
		return err
	}
	defer pairs.Close()
	job := sentenceJob{Settings: *s, target: target{output: j.model, force: true, every: j.every, watch: j.watch}}
	return job.trainPairs(cmd, sets, c.Config.Progress.Done, sentences.Run{Pairs: pairs, Tokenizer: c.Tokenizer, Sources: s.Files, Resume: c})
}
