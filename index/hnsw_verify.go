package index

import (
	"context"

	"github.com/luminavec/luminavec/index/internal/problems"
)

func (g *graph) Verify(ctx context.Context) (Report, error) {
	if err := g.complete(); err != nil {
		return Report{}, err
	}
	g.Gate.Lock()
	defer g.Gate.Unlock()
	var p problems.List
	if err := g.verify(ctx, &p, g.net.Gone()); err != nil {
		return Report{}, err
	}
	c, err := g.net.Verify(ctx, &p)
	if err != nil {
		return Report{}, err
	}
	return Report{
		Vectors: g.Len(), Room: int(g.Reserved.Load()),
		Nodes: c.Nodes, Copies: c.Copies, Deleted: c.Deleted, Edges: c.Edges, Mutual: c.Mutual, Longest: c.Longest,
	}, p.Err()
}
