package index

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/index/internal/problems"
)

// Report counts what Verify checked.
type Report struct {
	Vectors int // the result of Len
	Room    int // number of vectors that fit without allocating more memory

	// The remaining fields are 0 for a kind without a graph.

	Nodes   int // nodes of the graph; copies of one vector share a node
	Copies  int // vectors that share the node of an equal one
	Deleted int // deleted nodes that links still lead to
	Edges   int // links on all levels, each direction counted separately
	Mutual  int // links on level 0 that have a link back
	Longest int // greatest number of links of a node on level 0
}

// verifyEvery is the number of vectors between two checks of the context.
const verifyEvery = 1 << 12

// verify checks the labels and the vectors, and that every id is either visible, free,
// or in extra. The caller holds Gate exclusively.
func (s *store) verify(ctx context.Context, p *problems.List, extra []id) error {
	s.Mu.RLock()
	defer s.Mu.RUnlock()
	total := int(s.Reserved.Load())
	uses := make([]uint8, total)
	for _, ids := range [][]id{s.Limbo.All(), extra} {
		for _, n := range ids {
			uses[n]++
		}
	}
	shown := 0
	for i := range total {
		if i%verifyEvery == 0 && ctx.Err() != nil {
			return fmt.Errorf("index: verifying: %w", ctx.Err())
		}
		n := id(i)
		if !s.Visible(n) {
			if uses[i] != 1 {
				p.Add("id %d is unused, but free %d times", i, uses[i])
			}
			continue
		}
		shown++
		label := s.Label(n)
		if known := s.IDOf(label); known != n || uses[i] != 0 {
			p.Add("label %d has id %d, but the table says %d", label, i, known)
		}
		if !s.valid(n) {
			p.Add("label %d: invalid vector for metric %s", label, s.options.Metric)
		}
	}
	if shown != s.IDs.Len() || shown != s.Len() {
		p.Add("found %d vectors and %d labels, expected %d", shown, s.IDs.Len(), s.Len())
	}
	return nil
}
