package training

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
)

// snapshot is a copy of the tensors of a checkpoint: the best model so far
// and its training state.
type snapshot struct {
	tensors map[string]checkpoints.Tensor
	state   map[string]checkpoints.Tensor
}

// of returns a copy of the tensors of c and reuses the memory of s where it fits. s may be
// nil.
func (s *snapshot) of(c *checkpoints.Checkpoint) *snapshot {
	if s == nil {
		s = &snapshot{}
	}
	s.tensors, s.state = copyTensors(s.tensors, c.Tensors), copyTensors(s.state, c.State)
	return s
}

func copyTensors(to, from map[string]checkpoints.Tensor) map[string]checkpoints.Tensor {
	out := make(map[string]checkpoints.Tensor, len(from))
	for name, t := range from {
		if strings.HasPrefix(name, checkpoints.BestPrefix) {
			continue // of a checkpoint that was read
		}
		t.Data = append(to[name].Data[:0], t.Data...)
		out[name] = t
	}
	return out
}

// addTo adds the tensors to the state of c, each under its name after
// checkpoints.BestPrefix.
func (s *snapshot) addTo(c *checkpoints.Checkpoint) {
	for _, from := range []map[string]checkpoints.Tensor{s.tensors, s.state} {
		for name, t := range from {
			c.State[checkpoints.BestPrefix+name] = t
		}
	}
}

// restoreSnapshot returns what addTo has added to c: a tensor for each of
// c's own.
func restoreSnapshot(c *checkpoints.Checkpoint) (*snapshot, error) {
	s := &snapshot{tensors: map[string]checkpoints.Tensor{}, state: map[string]checkpoints.Tensor{}}
	for _, of := range []struct{ own, to map[string]checkpoints.Tensor }{{c.Tensors, s.tensors}, {c.State, s.state}} {
		for name, own := range of.own {
			if strings.HasPrefix(name, checkpoints.BestPrefix) {
				continue
			}
			best, ok := c.State[checkpoints.BestPrefix+name]
			if !ok || !slices.Equal(best.Shape, own.Shape) {
				return nil, fmt.Errorf("resume: the checkpoint has no tensor %s of shape %v", checkpoints.BestPrefix+name, own.Shape)
			}
			of.to[name] = best
		}
	}
	return s, nil
}
