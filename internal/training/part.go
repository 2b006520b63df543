package training

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// RoundBlocks returns the blocks [from, to) that round r of rounds trains, of all blocks of a run.
func RoundBlocks(blocks int64, r, rounds int) (from, to int64) {
	at := func(r int) int64 {
		hi, lo := bits.Mul64(uint64(blocks), uint64(r))
		n, _ := bits.Div64(hi, lo, uint64(rounds))
		return int64(n)
	}
	return at(r - 1), at(r)
}

// CheckParent returns an error unless parent, a model of the given kind or nil, is what the part p
// of training starts from: the average of the round before.
func CheckParent(parent *checkpoints.Checkpoint, p checkpoints.Part, kind string) error {
	const hint = "start from the average of the round before"
	if parent == nil {
		return fault.New(hint, "round %d of %d needs the model of round %d", p.Round, p.Rounds, p.Round-1)
	}
	if parent.Config.Kind != kind {
		return fmt.Errorf("the model is of kind %q, not %q", parent.Config.Kind, kind)
	}
	was := parent.Config.Part
	switch {
	case was == nil:
		return fault.New(hint, "the model is not the average of a round, but round %d of %d must start from one", p.Round, p.Rounds)
	case was.Shard != 0:
		return fault.New("average the parts of all shards first", "the model is the part of shard %d/%d in round %d, not an average", was.Shard, was.Shards, was.Round)
	case was.Rounds != p.Rounds || was.Round != p.Round-1:
		return fault.New(fmt.Sprintf("the next round is %d/%d", was.Round+1, was.Rounds), "the model is the average of round %d of %d, so round %d of %d cannot start from it", was.Round, was.Rounds, p.Round, p.Rounds)
	case was.Corpus != p.Corpus:
		return fault.New("name the same files in the same order", "the model was trained on the shards of another text")
	case was.Shards != p.Shards:
		return fault.New(fmt.Sprintf("use %d shards", was.Shards), "the model was trained on %d shards, not %d", was.Shards, p.Shards)
	}
	return nil
}

// PartDone reports whether a part was trained to the end of its round.
func PartDone(c *checkpoints.Checkpoint) bool {
	p := c.Config.Part
	if p == nil || c.Config.Progress.TotalBlocks < 1 {
		return false
	}
	_, end := RoundBlocks(c.Config.Progress.TotalBlocks, p.Round, p.Rounds)
	return c.Config.Progress.Blocks == end
}

// PartOf is a part of a round and its name in errors.
type PartOf struct {
	Name  string
	Model *checkpoints.Checkpoint
}

// CheckParts returns an error unless the parts are those of all shards in one round of training,
// each once and trained to the end of the round. same compares the options of a part with those of
// the first.
func CheckParts(parts []PartOf, same func(first, c *checkpoints.Checkpoint) error) error {
	if len(parts) == 0 {
		return fault.New("name the parts of all shards", "no parts to average")
	}
	const again = "train it again from the same model, with the same options, text and vocabulary as the others"
	first := parts[0]
	shards := map[int]string{}
	for _, p := range parts {
		c := p.Model
		at := c.Config.Part
		if at == nil || at.Shard == 0 {
			return fault.Mention("average what was trained with Shard", "%s is not a part of training: it was not trained on a shard", p.Name)
		}
		was := first.Model.Config.Part
		for _, d := range []struct {
			differs bool
			message string
			args    []any
		}{
			{c.Config.Kind != first.Model.Config.Kind, "it is a %s model, but %s is a %s model", []any{c.Config.Kind, first.Name, first.Model.Config.Kind}},
			{c.Config.Dim != first.Model.Config.Dim, "it has %d dimensions, but %s has %d", []any{c.Config.Dim, first.Name, first.Model.Config.Dim}},
			{at.Shards != was.Shards, "it is one of %d shards, but %s is one of %d", []any{at.Shards, first.Name, was.Shards}},
			{at.Rounds != was.Rounds || at.Round != was.Round, "it is of round %d/%d, but %s is of round %d/%d", []any{at.Round, at.Rounds, first.Name, was.Round, was.Rounds}},
			{at.Corpus != was.Corpus, "it was trained on a shard of another text than %s", []any{first.Name}},
			{c.Tokenizer.Fingerprint() != first.Model.Tokenizer.Fingerprint(), "its text was split with another tokenizer than that of %s", []any{first.Name}},
			{c.Vocabulary.Fingerprint() != first.Model.Vocabulary.Fingerprint(), "its vocabulary is not that of %s", []any{first.Name}},
			{at.Parent != was.Parent, "it started from another model than %s", []any{first.Name}},
			{!PartDone(c), "it was interrupted at %.1f%% of the training; its round ends at %.1f%%", []any{100 * c.Config.Progress.Done, 100 * float64(at.Round) / float64(at.Rounds)}},
		} {
			if d.differs && strings.HasPrefix(d.message, "it was interrupted") {
				return fault.New("resume it to the end of its round", "%s cannot be averaged: %s", p.Name, fmt.Sprintf(d.message, d.args...))
			}
			if d.differs {
				return fault.New(again, "%s cannot be averaged: %s", p.Name, fmt.Sprintf(d.message, d.args...))
			}
		}
		if err := same(first.Model, c); err != nil {
			return fault.New(again, "%s cannot be averaged with %s: %w", p.Name, first.Name, err)
		}
		if other, ok := shards[at.Shard]; ok {
			return fault.New("name each part once", "%s and %s are the same shard, %d/%d", other, p.Name, at.Shard, at.Shards)
		}
		shards[at.Shard] = p.Name
	}
	of := first.Model.Config.Part.Shards
	for i := 1; i <= of; i++ {
		if shards[i] == "" {
			return fault.New("train it, or name its part", "the part of shard %d/%d is missing", i, of)
		}
	}
	return nil
}

// Averaged sets the configuration of the first part to that of the average of all, and removes what
// belongs to parts.
func Averaged(parts []PartOf, m Method) {
	c := parts[0].Model
	p := *c.Config.Part
	p.Shard, p.Method = 0, string(m)
	c.Config.Part = &p
	sum := checkpoints.CorpusInfo{
		Sources: c.Config.Corpus.Sources, Field: c.Config.Corpus.Field, Column: c.Config.Corpus.Column,
		Vocabulary: c.Config.Corpus.Vocabulary, Tokenizer: c.Config.Corpus.Tokenizer,
	}
	progress := checkpoints.Progress{Epochs: c.Config.Progress.Epochs, Untrained: c.Config.Progress.Untrained}
	var targets float64
	for _, part := range parts {
		info, done := part.Model.Config.Corpus, part.Model.Config.Progress
		sum.RawWords += info.RawWords
		sum.Words += info.Words
		sum.Lines += info.Lines
		progress.Blocks += done.Blocks
		progress.TotalBlocks += done.TotalBlocks
		progress.Loss += done.Loss * float64(info.Words)
		targets += float64(info.Words)
		progress.Seconds = max(progress.Seconds, done.Seconds)
	}
	progress.Loss /= max(1, targets)
	progress.Done = float64(p.Round) / float64(p.Rounds)
	progress.Epoch = progress.Epochs * p.Round / p.Rounds
	progress.Finished = p.Round == p.Rounds
	c.Config.Corpus, c.Config.Progress = sum, progress
	delete(c.State, checkpoints.PartTensor)
}

// ParseRound reads r/R: round r of R, counted from 1.
func ParseRound(s string) (r, rounds int, err error) {
	if n, err := fmt.Sscanf(s, "%d/%d", &r, &rounds); err != nil || n != 2 || fmt.Sprintf("%d/%d", r, rounds) != s {
		return 0, 0, fault.Field("Round", "write 2/5 for the second of five rounds", "must have the form r/R, got %q", s)
	}
	if rounds < 1 || rounds > 1<<20 || r < 1 || r > rounds {
		return 0, 0, fault.Field("Round", "rounds are counted from 1: the first of five is 1/5 and the last 5/5", "must be from 1 to the number of rounds, got %s", s)
	}
	return r, rounds, nil
}
