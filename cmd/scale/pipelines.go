package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/embed"
	"github.com/luminavec/luminavec/internal/command/search"
	"github.com/luminavec/luminavec/internal/command/train"
)

func init() {
	register.DoFn3x1[context.Context, int, func(string), error](&shardStep{})
	register.DoFn4x1[context.Context, int, string, func(string), error](&roundStep{})
	register.DoFn4x1[context.Context, int, func(*string) bool, func(string), error](&mergeStep{})
	register.Emitter1[string]()
	register.Iter1[string]()
}

// command runs a command line of LuminaVec in this process: "train vocab …".
func command(ctx context.Context, args ...string) error {
	commands := map[string]func() *cobra.Command{"train": train.Command, "embed": embed.Command, "search": search.Command}
	return cli.Execute(ctx, commands[args[0]](), args[1:], os.Stderr)
}

// shardStep runs a command on one shard. SHARD in Args becomes i/n, and OUT the name of its file.
type shardStep struct {
	Args    []string
	Pattern string // of the files: %d of %d
	Shards  int
}

// ProcessElement is called by Beam with the number of a shard, and emits the name of its file.
func (s *shardStep) ProcessElement(ctx context.Context, shard int, emit func(string)) error {
	out := fmt.Sprintf(s.Pattern, shard, s.Shards)
	if err := command(ctx, fill(s.Args, shard, s.Shards, out, "")...); err != nil {
		return err
	}
	emit(out)
	return nil
}

// roundStep is shardStep from the model of the round before, which is a side input. MODEL in Args becomes its name.
type roundStep struct{ shardStep }

// ProcessElement is called by Beam with the number of a shard and the model.
func (s *roundStep) ProcessElement(ctx context.Context, shard int, model string, emit func(string)) error {
	out := fmt.Sprintf(s.Pattern, shard, s.Shards)
	if err := command(ctx, fill(s.Args, shard, s.Shards, out, model)...); err != nil {
		return err
	}
	emit(out)
	return nil
}

// fill replaces the names in a command line.
func fill(args []string, shard, of int, out, model string) []string {
	filled := slices.Clone(args)
	for i, a := range filled {
		switch a {
		case "SHARD":
			filled[i] = fmt.Sprintf("%d/%d", shard, of)
		case "OUT":
			filled[i] = out
		case "MODEL":
			filled[i] = model
		}
	}
	return filled
}

// mergeStep runs a command on the files of all shards, which take the place of FILES in Args.
type mergeStep struct {
	Args   []string
	Output string
}

// ProcessElement is called by Beam once, with all names.
func (m *mergeStep) ProcessElement(ctx context.Context, _ int, names func(*string) bool, emit func(string)) error {
	var all []string
	for name := ""; names(&name); {
		all = append(all, name)
	}
	slices.Sort(all)
	all = slices.Compact(all) // a step that ran twice wrote the same file
	at := slices.Index(m.Args, "FILES")
	if err := command(ctx, slices.Concat(m.Args[:at], all, m.Args[at+1:])...); err != nil {
		return err
	}
	emit(m.Output)
	return nil
}

// shards are the numbers of the shards, spread over the workers.
func shards(s beam.Scope, n int) beam.PCollection {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i + 1
	}
	return beam.Reshuffle(s, beam.CreateList(s, numbers))
}

// merge collects the names and runs a command on all of them.
func merge(s beam.Scope, names beam.PCollection, output string, args ...string) beam.PCollection {
	keyed := beam.AddFixedKey(s, names)
	return beam.ParDo(s, &mergeStep{args, output}, beam.GroupByKey(s, keyed))
}

// count counts the words of each shard and adds the counts: the vocabulary of one pass over all.
func count(s beam.Scope, j job) beam.PCollection {
	s = s.Scope("count")
	args := slices.Concat([]string{"train", "vocab"}, j.Input, []string{"--shard", "SHARD", "-o", "OUT", "--force"}, j.Extra)
	parts := beam.ParDo(s, &shardStep{args, filepath.Join(j.Work, "vocab-%05d-of-%05d.tsv"), j.Shards}, shards(s, j.Shards))
	return merge(s, parts, j.Output, "train", "vocab", "merge", "FILES", "-o", j.Output, "--force")
}

// embedAll writes a file of vectors for each shard into the folder of the output.
func embedAll(s beam.Scope, j job, model, format string) beam.PCollection {
	s = s.Scope("embed")
	args := slices.Concat([]string{"embed", "text"}, j.Input, withModel(model), []string{"--shard", "SHARD", "-f", format, "-o", "OUT", "--force"}, j.Extra)
	_ = os.MkdirAll(j.Output, 0o777)
	return beam.ParDo(s, &shardStep{args, filepath.Join(j.Output, "part-%05d-of-%05d."+format), j.Shards}, shards(s, j.Shards))
}

func withModel(model string) []string {
	if model == "" {
		return nil
	}
	return []string{"-m", model}
}

// build builds a collection of each shard, and merges them.
func build(s beam.Scope, j job, model string) beam.PCollection {
	s = s.Scope("build")
	args := slices.Concat([]string{"search", "build"}, j.Input, withModel(model), []string{"--shard", "SHARD", "-o", "OUT", "--force"}, j.Extra)
	parts := beam.ParDo(s, &shardStep{args, filepath.Join(j.Work, "part-%05d-of-%05d"), j.Shards}, shards(s, j.Shards))
	return merge(s, parts, j.Output, "search", "merge", "FILES", "-o", j.Output, "--force")
}

// trainRounds trains in rounds: each shard from the model of the round before, then their average.
func trainRounds(s beam.Scope, o *options) error {
	s = s.Scope("train")
	model, parent := beam.Create(s, o.initial), o.initial
	for r := 1; r <= o.rounds; r++ {
		round := s.Scope(fmt.Sprintf("round %d", r))
		args := slices.Concat([]string{"train", o.kind}, o.Input, []string{"--vocab", o.vocab, "--shard", "SHARD", "--round", fmt.Sprintf("%d/%d", r, o.rounds), "-o", "OUT", "--force"}, o.Extra)
		if r > 1 || o.initial != "" {
			args = append(args, "--init", "MODEL")
		}
		pattern := filepath.Join(o.Work, fmt.Sprintf("round%d-", r)+"%05d-of-%05d")
		parts := beam.ParDo(round, &roundStep{shardStep{args, pattern, o.Shards}}, shards(round, o.Shards), beam.SideInput{Input: model})
		output := o.Output
		if r < o.rounds {
			output = filepath.Join(o.Work, fmt.Sprintf("round%d", r))
		}
		average := []string{"train", "average", "FILES", "-o", output, "--force"}
		if parent != "" {
			average = append(average, "--parent", parent)
		}
		model, parent = merge(round, parts, output, average...), output
	}
	return nil
}
