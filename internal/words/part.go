package words

import (
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// beginRound sets the position of a run that trains one round on a shard, starting from parent, or
// from the tables as they are if it is nil.
//
// The schedule is that of the whole run: round r of R trains the shard from the share (r-1)/R of
// all its blocks to r/R, at the learning rates of these blocks, with their order and their random
// numbers. So R rounds are the run that one process would do on the shard, interrupted by averages.
func (t *wordTrainer) beginRound(p checkpoints.Part, parent *checkpoints.Checkpoint) error {
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
		return fault.Mention("use fewer rounds, fewer shards, or more Epochs", "round %d of %d trains nothing: shard %d/%d has only %s", p.Round, p.Rounds, p.Shard, p.Shards, fault.Count(int(t.Blocks), "block"))
	}
	if p.Round > 1 {
		if err := CheckParent(parent, p, t.objective.Name); err != nil {
			return err
		}
		if !sameVocabulary(parent.Vocabulary, t.run.Corpus.Vocabulary()) {
			return fault.New("read the text with the vocabulary that the first round had", "the vocabulary of the text is not that of the model of round %d", p.Round-1)
		}
		if err := training.CheckState(parent); err != nil {
			return err
		}
		if err := t.restore(parent); err != nil {
			return err
		}
		t.Session.Resume(parent)
		if err := sameOptions(parent.Config.Options, t.options); err != nil {
			return err
		}
	}
	t.Begin(start)
	t.End = end
	t.part = nil
	var err error
	if p.Parent, err = t.model().Fingerprint(); err != nil {
		return err
	}
	t.part, t.counts = &p, make([]float32, t.tables.Rows)
	return nil
}

// CheckParent returns an error unless parent, a model of the given kind or nil, is what a part
// starts from: the average of the round before.
func CheckParent(parent *checkpoints.Checkpoint, p checkpoints.Part, kind string) error {
	return training.CheckParent(parent, p, kind)
}

// resumePart restores what a part needs beside its model.
func (t *wordTrainer) resumePart(c *checkpoints.Checkpoint) error {
	p := *c.Config.Part
	if p.Shard == 0 {
		return fault.New("train its next round on every shard", "resume: the model is the average of round %d of %d, not an interrupted part", p.Round, p.Rounds)
	}
	_, t.End = training.RoundBlocks(t.Blocks, p.Round, p.Rounds)
	x, ok := c.State[checkpoints.PartTensor]
	if !ok || len(x.Shape) != 2 || x.Shape[0] != t.tables.Rows || x.Shape[1] != 1 {
		return fmt.Errorf("resume: the checkpoint has no tensor %s of shape [%d 1]", checkpoints.PartTensor, t.tables.Rows)
	}
	t.part, t.counts = &p, make([]float32, t.tables.Rows)
	for i := range t.counts {
		t.counts[i] = x.Row(i)[0]
	}
	return nil
}

// partCounts returns how often each word was trained in this part.
func (t *wordTrainer) partCounts() checkpoints.Tensor {
	x := checkpoints.Tensor{Shape: []int{len(t.counts), 1}, Data: append([]float32(nil), t.counts...)}
	for _, w := range t.workers {
		for i, n := range w.counts {
			x.Data[i] += n
		}
	}
	return x
}

// optionsOf returns the options of a model.
func optionsOf(c *checkpoints.Checkpoint) (o Options, err error) {
	if err := json.Unmarshal(c.Config.Options, &o); err != nil {
		return o, fmt.Errorf("options in config.json: %w", err)
	}
	return o, nil
}
