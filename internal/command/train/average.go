package train

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/sentence"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// averageJob is a command line of train average.
type averageJob struct {
	output string
	force  bool
	parent string
	method training.Method
}

// averageCommand makes the command; those that train the parts have the flags that errors name.
func averageCommand(trainers ...*cobra.Command) *cobra.Command {
	j := &averageJob{}
	cmd := &cobra.Command{
		Use:   "average PART... -o MODEL [options]",
		Short: "Make one model of the parts of all shards",
		Long: `
Each process has trained its shard of the text from the same model, with --shard. MODEL is
where the next round starts, --init MODEL, or the finished model after the last round. It
holds what training needs, like any model.

A missing shard, a shard that is named twice, parts of different rounds, options,
vocabularies or texts, and parts that started from different models are refused.`,
		Example: `
$ train vocab wiki.txt -o vocab.tsv
$ train skipgram wiki.txt --vocab vocab.tsv --shard 1/2 --round 1/5 -o part1
$ train skipgram wiki.txt --vocab vocab.tsv --shard 2/2 --round 1/5 -o part2
$ train average part1 part2 -o round1
$ train skipgram wiki.txt --vocab vocab.tsv --shard 1/2 --round 2/5 --init round1 -o part1b
$ train average part1b part2b --parent round1 -o round2`,
		RunE: j.run,
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "PART", Help: "model folder that was trained with --shard, one for each shard"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "parent", Arg: "MODEL", Into: &j.parent, Field: "Parent", Help: "model that the round started from; methods adaptive, momentum and sum need it", Default: "in the first round, random vectors"})
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "method", Arg: "NAME", Into: &j.method, Field: "Method", Help: "how the parts become one model", Default: string(training.Methods()[0]) + "; rows for sentence models, which have rows and mean", Values: cli.Summarized(training.Methods(), training.Method.Summary)})
	own := cli.FieldFlags(cmd)
	for _, trainer := range trainers {
		for field, flag := range cli.FieldFlags(trainer) {
			if own[field] == "" {
				cli.NameField(cmd, field, flag)
			}
		}
	}
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "MODEL", Into: &j.output, Help: "folder to write"},
		cli.Flag{Name: "force", Into: &j.force, Help: "replace MODEL if it exists"},
		cli.JSONFlag())
}

func (j *averageJob) run(cmd *cobra.Command, args []string) error {
	if j.output == "" {
		return cli.UsageError(fault.New("name the folder to write: -o model", "no output is named"))
	}
	if len(args) == 0 {
		return cli.UsageError(fault.New("name the parts of all shards", "no parts to average"))
	}
	for _, name := range append([]string{j.parent}, args...) {
		if name != "" && same(name, j.output) {
			return cli.UsageError(fault.New("write to another folder", "%s is read, so it cannot be the output", j.output))
		}
	}
	if err := checkpoints.CheckOutput(j.output, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	ctx, began := cmd.Context(), time.Now()
	var parts []training.PartOf
	for _, name := range args {
		c, err := checkpoints.Read(ctx, name, checkpoints.ReadOptions{State: true})
		if err != nil {
			return missing(err)
		}
		parts = append(parts, training.PartOf{Name: name, Model: c})
	}
	var parent *checkpoints.Checkpoint
	if j.parent != "" {
		var err error
		if parent, err = checkpoints.Read(ctx, j.parent, checkpoints.ReadOptions{State: true}); err != nil {
			return missing(err)
		}
	}
	c, err := j.average(ctx, parts, parent)
	if err != nil {
		return err
	}
	c.Config.Version, c.Config.Created = cli.Version(), time.Now().UTC().Format(time.RFC3339)
	if err := checkpoints.Write(ctx, j.output, c, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	_, bytes, err := checkpoints.FileSizes(j.output)
	if err != nil {
		return err
	}
	p := c.Config.Part
	text, set := []string{c.Config.Kind, "CORPUS", "--vocab", "vocab.tsv"}, "words"
	if c.Config.Kind == sentence.Kind {
		text, set = []string{c.Config.Kind, "PAIRS"}, "sts"
	}
	next := cli.CommandLine("search", "eval", set, "-m", cli.PathArgument(j.output))
	if p.Round < p.Rounds {
		next = cli.CommandLine("train", append(text, "--init", cli.PathArgument(j.output), "--shard", fmt.Sprintf("1/%d", p.Shards), "--round", fmt.Sprintf("%d/%d", p.Round+1, p.Rounds), "-o", "part1")...)
	}
	return printReport(cmd, &averageReport{c.Config.Kind, j.output, bytes, len(args), fmt.Sprintf("%d/%d", p.Round, p.Rounds), p.Method, c.Config.Progress.Finished,
		c.Config.Progress.Loss, time.Since(began).Seconds(), []string{next}})
}

// average averages the parts of either kind.
func (j *averageJob) average(ctx context.Context, parts []training.PartOf, parent *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	if parts[0].Model.Config.Kind == sentence.Kind {
		return sentences.Average(ctx, parts, j.method)
	}
	return words.Average(ctx, parts, words.AverageOptions{Method: j.method, Parent: parent})
}

// same reports whether two paths are the same folder.
func same(a, b string) bool { return cli.NotInput(a, b) != nil }

// averageReport is the report of train average.
type averageReport struct {
	Kind     string   `json:"kind"`
	Model    string   `json:"model"`
	Bytes    int64    `json:"bytes"`
	Parts    int      `json:"parts"`
	Round    string   `json:"round"`
	Method   string   `json:"method"`
	Finished bool     `json:"finished"` // it was the last round
	Loss     float64  `json:"loss"`     // mean of the parts
	Seconds  float64  `json:"seconds"`
	Next     []string `json:"next"`
}

func (r *averageReport) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "averaged %s of %s: round %s, method %s, mean loss %.4f, in %s\n", cli.Plural(r.Parts, "part", "parts"), r.Kind, r.Round, r.Method, r.Loss, cli.Seconds(r.Seconds))
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(r.Model), cli.Bytes(r.Bytes))
	writeNext(b, r.Next)
}
