package training

import (
	"fmt"
	"math/bits"

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
