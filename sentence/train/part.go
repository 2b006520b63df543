package train

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// NewPart returns the place of round r of rounds on the shard that p holds.
func NewPart(p *pairs.Dataset, r, rounds int) Part {
	shard := p.Shard()
	fingerprint := p.Fingerprint() // of all pairs, and the shard
	if suffix := " " + shard.String(); len(fingerprint) > len(suffix) {
		fingerprint = fingerprint[:len(fingerprint)-len(suffix)]
	}
	return Part{Shard: shard.Index, Shards: shard.Of, Round: r, Rounds: rounds, Corpus: fingerprint}
}

// beginRound sets up one round on a shard, which starts from parent, or like any run if it is nil.
// Round r of R takes the share (r-1)/R to r/R of the batches that a run over the shard takes.
func (t *trainer) beginRound(p Part, parent *checkpoints.Checkpoint) error {
	if p.Shard < 1 {
		return fmt.Errorf("part: the shard must be from 1 to %d, got %d", p.Shards, p.Shard)
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if t.run.Validation != nil {
		return fault.New("evaluate the average", "a part of training cannot be validated: it is not a model of its own")
	}
	start, end := training.RoundBlocks(t.Blocks, p.Round, p.Rounds)
	if start == end {
		return fault.Mention("use fewer rounds, fewer shards, or more Epochs", "round %d of %d trains nothing: shard %d/%d has only %s", p.Round, p.Rounds, p.Shard, p.Shards, fault.Count(int(t.Blocks), "batch"))
	}
	if p.Round > 1 {
		if err := training.CheckParent(parent, p, sentence.Kind); err != nil {
			return err
		}
		if parent.Vocabulary.Fingerprint() != t.tokenizer.Vocabulary().Fingerprint() {
			return fault.New("read the pairs with the tokenizer of the first round", "the tokens of the pairs are not those of the model of round %d", p.Round-1)
		}
		if err := training.CheckState(parent); err != nil {
			return err
		}
		// The options of a part name its shard; those of the average name that of the first part.
		if err := sameOptions(parent.Config.Options, t.settings()); err != nil {
			return err
		}
		if err := t.restore(parent, start); err != nil {
			return err
		}
	} else if err := t.begin(t.run.Start); err != nil {
		return err
	}
	t.Begin(start)
	t.End = end
	var err error
	if p.Parent, err = t.model().Fingerprint(); err != nil {
		return err
	}
	t.part = &p
	return nil
}

// settings returns what config.json records of the options.
func (t *trainer) settings() json.RawMessage {
	if t.run.Settings != nil {
		return t.run.Settings
	}
	data, _ := json.Marshal(t.options) // plain numbers and strings
	return data
}

// sameOptions compares the settings of parts.
func sameOptions(was, now json.RawMessage) error {
	var s Settings
	if err := json.Unmarshal(now, &s); err != nil {
		return fmt.Errorf("options in config.json: %w", err)
	}
	if err := training.CheckSameParts(was, s.Options, "Threads", "Engine"); err != nil {
		return err
	}
	var before Settings
	if err := json.Unmarshal(was, &before); err != nil {
		return fmt.Errorf("options in config.json: %w", err)
	}
	for _, c := range []struct {
		field    string
		was, now string
	}{
		{"Columns", before.Columns, s.Columns}, {"Labels", fmt.Sprint(before.Labels), fmt.Sprint(s.Labels)},
		{"ScoreRange", fmt.Sprint(before.ScoreRange), fmt.Sprint(s.ScoreRange)}, {"Weights", fmt.Sprint(before.Weights), fmt.Sprint(s.Weights)},
	} {
		if c.was != c.now {
			return fault.Mention("use the same for all parts", c.field+" is %s, not %s", c.now, c.was)
		}
	}
	return nil
}

// PartOf is a part of a round, as [Train] returns it, and its name in errors.
type PartOf = training.PartOf

// The methods of [Average]: the mean of the parts, in which each row of the table is weighted by how
// often its token occurs in a shard, or all by the texts of the shards.
const (
	RowMean = training.RowMean
	Mean    = training.Mean
)

// Average returns the model of a round from the parts of all shards: Run.Parent of the next round,
// or the finished model. The state of the optimizer is averaged like the parameters that it belongs
// to. It takes ownership of the tensors. Parts of different options, tokens, pairs, rounds or
// parents, a missing shard and a shard that occurs twice are errors. method is RowMean if it is "".
func Average(ctx context.Context, parts []PartOf, method training.Method) (*checkpoints.Checkpoint, error) {
	if method == "" {
		method = RowMean
	}
	if method != RowMean && method != Mean {
		return nil, fault.Field("Method", "", "must be %s or %s for sentence models, got %q", RowMean, Mean, string(method))
	}
	err := training.CheckParts(parts, func(first, c *checkpoints.Checkpoint) error {
		return sameOptions(first.Config.Options, c.Config.Options)
	})
	if err != nil {
		return nil, err
	}
	first := parts[0].Model
	v := first.Vocabulary.Len()
	var counts [][]float32
	shares, total := make([]float64, len(parts)), 0.0
	for s, p := range parts {
		if err := training.CheckState(p.Model); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		x, ok := p.Model.State[checkpoints.PartTensor]
		if !ok || !slices.Equal(x.Shape, []int{v, 1}) {
			return nil, fmt.Errorf("%s has no tensor %s of shape [%d 1]", p.Name, checkpoints.PartTensor, v)
		}
		row := make([]float32, v)
		for i := range row {
			row[i] = max(0, x.Row(i)[0])
			shares[s] += float64(row[i])
		}
		counts = append(counts, row)
		total += shares[s]
	}
	for s := range shares {
		shares[s] /= max(1, total)
	}
	for _, state := range []bool{false, true} {
		of := func(c *checkpoints.Checkpoint) map[string]checkpoints.Tensor {
			if state {
				return c.State
			}
			return c.Tensors
		}
		for _, name := range slices.Sorted(maps.Keys(of(first))) {
			if name == checkpoints.PartTensor || name == checkpoints.PoolingTensor { // the same in all parts
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			t := training.Table{Shares: shares}
			for _, p := range parts {
				x, ok := of(p.Model)[name]
				if !ok {
					return nil, fmt.Errorf("%s has no tensor %s", p.Name, name)
				}
				t.Parts = append(t.Parts, x)
			}
			if len(t.Parts[0].Shape) == 2 && t.Parts[0].Shape[0] == v {
				t.Counts = counts
			}
			x, err := t.Merge(method)
			if err != nil {
				return nil, fmt.Errorf("tensor %s: %w", name, err)
			}
			of(first)[name] = x
		}
	}
	training.Averaged(parts, method)
	return first, nil
}
