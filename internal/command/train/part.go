package train

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// partFlags are the flags of a process that trains one part of a round.
type partFlags struct {
	vocab string
	shard string
	round string
}

const forParts = "Several processes"

func (p *partFlags) declare(cmd *cobra.Command) {
	flag := cli.ShardFlag(&p.shard)
	flag.Help += "; MODEL is then a part for 'train average'"
	cli.Declare(cmd, forParts, flag,
		cli.Flag{Name: "round", Arg: "R/N", Into: &p.round, Field: "Round", Default: "1/1; the next one if --init is the average of a round",
			Help: "with --shard, train round R of the N into which all --epochs are divided, at the learning rates of this part of the training, and start from the average of the round before: --init MODEL. Word vectors need some 15 rounds for each shard to be like those of one process (docs/scale.md)"})
}

// settle checks the flags.
func (p *partFlags) settle(cmd *cobra.Command, validated bool) error {
	if p.shard == "" {
		if p.round != "" {
			return fault.New("name the shard that this process trains: --shard 1/4", "--round requires --shard")
		}
		return nil
	}
	if _, err := text.ParseShard(p.shard); err != nil {
		return err
	}
	if p.round != "" {
		if _, _, err := training.ParseRound(p.round); err != nil {
			return err
		}
	}
	if validated {
		return fault.New("evaluate the average: search eval words", "--validate cannot be used with --shard: a part is not a model of its own")
	}
	return nil
}

// open returns the place of the part, nil without --shard, and the average that it starts from, nil
// in the first round. init is the path of --init and model is its model, if it is one.
func (p *partFlags) open(cmd *cobra.Command, source *text.Source, init string, model *checkpoints.Checkpoint) (*checkpoints.Part, *checkpoints.Checkpoint, error) {
	if p.shard == "" {
		return nil, nil, nil
	}
	d, err := cli.OpenShard(cmd.Context(), cmd, source, p.shard)
	if err != nil {
		return nil, nil, err
	}
	part, err := p.place(d.Shard, d.Corpus, init, model)
	if err != nil || part.Round == 1 {
		return part, nil, err
	}
	parent, err := checkpoints.Read(cmd.Context(), init, checkpoints.ReadOptions{State: true})
	return part, parent, err
}

// place returns the place of the part of a shard.
func (p *partFlags) place(shard text.Shard, corpus, init string, model *checkpoints.Checkpoint) (*checkpoints.Part, error) {
	part := &checkpoints.Part{Shard: shard.Index, Shards: shard.Of, Round: 1, Rounds: 1, Corpus: corpus}
	var was *checkpoints.Part
	if model != nil {
		was = model.Config.Part
	}
	if was != nil && was.Shard > 0 {
		return nil, fault.New("average the parts of all shards, and start from the result", "%s is the part of shard %d/%d in round %d of %d, not an average", init, was.Shard, was.Shards, was.Round, was.Rounds)
	}
	unfinished := was != nil && was.Round < was.Rounds
	if p.round != "" {
		part.Round, part.Rounds, _ = training.ParseRound(p.round)
	} else if unfinished {
		part.Round, part.Rounds = was.Round+1, was.Rounds
	}
	if part.Round == 1 {
		if unfinished {
			return nil, fault.New(fmt.Sprintf("continue with --round %d/%d; to train anew, export its vectors and start from these", was.Round+1, was.Rounds), "%s is the average of round %d of %d, so round %s cannot start from it", init, was.Round, was.Rounds, p.round)
		}
		return part, nil
	}
	if model == nil {
		return nil, cli.UsageError(fault.New("name the average of the round before: --init MODEL", "--round %d/%d requires the model of round %d", part.Round, part.Rounds, part.Round-1))
	}
	if err := training.CheckParent(model, *part, model.Config.Kind); err != nil {
		return nil, fault.New(fault.Hint(err), "%s: %w", init, err)
	}
	return part, nil
}

// noteRound reports what a round trains.
func noteRound(cmd *cobra.Command, p checkpoints.Part, epochs int, rate func(progress float64) float64) {
	from, to := float64(p.Round-1)/float64(p.Rounds), float64(p.Round)/float64(p.Rounds)
	cli.Note(cmd, "round %d of %d: %.3g to %.3g of %s over the shard, learning rate %.3g to %.3g", p.Round, p.Rounds,
		from*float64(epochs), to*float64(epochs), cli.Plural(epochs, "epoch", "epochs"), rate(from), rate(to))
}

// partReport is the report of a part.
type partReport struct {
	Kind      string   `json:"kind"`
	Model     string   `json:"model"`
	Bytes     int64    `json:"bytes"`
	Shard     string   `json:"shard"`
	Round     string   `json:"round"`
	Parent    string   `json:"parent"`
	Corpus    string   `json:"corpus"`
	Units     int64    `json:"units"` // words or pairs of the shard
	Seconds   float64  `json:"seconds"`
	PerSecond float64  `json:"units_per_second"`
	Loss      float64  `json:"loss"`
	Next      []string `json:"next"`
	unit      string
}

func reportPart(cmd *cobra.Command, output, unit string, c *checkpoints.Checkpoint, last training.Event) error {
	p := c.Config.Part
	_, bytes, err := checkpoints.FileSizes(output)
	if err != nil {
		return err
	}
	units := c.Config.Corpus.Words
	if unit == "pairs" {
		units = c.Config.Corpus.Lines
	}
	next := []string{"average", "PART"}
	if p.Round > 1 && unit == "words" {
		next = append(next, "--parent", "PARENT")
	}
	return printReport(cmd, &partReport{c.Config.Kind, output, bytes, fmt.Sprintf("%d/%d", p.Shard, p.Shards), fmt.Sprintf("%d/%d", p.Round, p.Rounds), p.Parent, p.Corpus,
		units, last.Elapsed.Seconds(), last.UnitsPerSecond, c.Config.Progress.Loss, []string{cli.CommandLine("train", append(next, "-o", "model")...)}, unit})
}

func (r *partReport) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "trained a part of %s: shard %s, round %s, loss %.4f\n", r.Kind, r.Shard, r.Round, r.Loss)
	fmt.Fprintf(b, "  %s %s in the shard, in %s: %s %s/s\n", cli.Count(float64(r.Units)), r.unit, cli.Seconds(r.Seconds), cli.Count(r.PerSecond), r.unit)
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(r.Model), cli.Bytes(r.Bytes))
	writeNext(b, r.Next)
}
