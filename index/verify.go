package index

import (
	"context"
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Report is what Verify has looked at.
type Report struct {
	Vectors int // as Len
	Room    int // vectors that there is room for without more memory: those and the places of deleted ones

	// The rest is 0 for a kind without a graph.

	Nodes   int // nodes of the graph: vectors, but copies of one vector share a node
	Copies  int
	Deleted int // deleted nodes that links still lead to
	Edges   int // links on all levels, each direction counted
	Mutual  int // links on level 0 that have one back
	Longest int // links of the node that has the most on level 0
}

// maxProblems is how many faults an error of Verify lists.
const maxProblems = 10

// problems collects faults.
type problems struct {
	list []string
	all  int
}

func (p *problems) add(format string, args ...any) {
	if p.all++; len(p.list) < maxProblems {
		p.list = append(p.list, fmt.Sprintf(format, args...))
	}
}

func (p *problems) err() error {
	if p.all == 0 {
		return nil
	}
	return fault.New("this is a fault of the index, not of your data: build it again, and report it",
		"index: %d problems: %s", p.all, strings.Join(p.list, "; "))
}

// verifyEvery is how many vectors are looked at before the context is.
const verifyEvery = 1 << 12

// verify checks the labels and the vectors, and that every id is accounted for:
// shown, free, or in extra. The caller holds gate alone.
func (s *store) verify(ctx context.Context, p *problems, extra []id) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	total := int(s.reserved.Load())
	uses := make([]uint8, total)
	for _, ids := range [][]id{s.free, extra} {
		for _, n := range ids {
			uses[n]++
		}
	}
	for _, r := range s.limbo {
		uses[r.id]++
	}
	shown := 0
	for i := range total {
		if i%verifyEvery == 0 && ctx.Err() != nil {
			return fmt.Errorf("index: verify: %w", ctx.Err())
		}
		n := id(i)
		if !s.shows(n) {
			if uses[i] != 1 {
				p.add("place %d is lost or free %d times", i, uses[i])
			}
			continue
		}
		shown++
		label := s.label(n)
		if known := s.idOf(label); known != n || uses[i] != 0 {
			p.add("label %d is at place %d, and known at %d", label, i, known)
		}
		if !s.options.Metric.storable(s.arena.vector(n)[:s.options.Dim]) {
			p.add("label %d: the vector is none that %s stores", label, s.options.Metric)
		}
	}
	if shown != s.ids.count || shown != s.Len() {
		p.add("%d vectors, %d labels, a length of %d", shown, s.ids.count, s.Len())
	}
	return nil
}

func (f *flat) Verify(ctx context.Context) (Report, error) {
	if err := f.complete(); err != nil {
		return Report{}, err
	}
	f.gate.Lock()
	defer f.gate.Unlock()
	var p problems
	if err := f.verify(ctx, &p, nil); err != nil {
		return Report{}, err
	}
	return Report{Vectors: f.Len(), Room: int(f.reserved.Load())}, p.err()
}
