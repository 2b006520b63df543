package exact

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Codes is exact search of some vectors that have codes, but no signs beside them: it compares all codes, and
// then the vectors that the bounds on the errors of codes do not exclude (see Signs).
type Codes struct {
	IDs []walk.ID // the vectors to compare, which the caller sets

	lower []float32 // what the distances are at least, by the codes
	first walk.Heap // the nearest by these, as indexes of IDs
}

// Find compares query, which is set and encoded, with the vectors of IDs that may be among the k nearest. With k = 0,
// the target has a limit from the beginning.
func (c *Codes) Find(a *arena.Arena, query *codes.Query, target Target, k int) {
	c.lower = slices.Grow(c.lower[:0], len(c.IDs))[:len(c.IDs)]
	c.first = c.first[:0]
	count := 0
	if k > 0 {
		count = max(leastFirst, 2*k)
	}
	slack, table := query.Slack(a.Bits), a.Codes()
	for at := 0; at < len(c.IDs); at += portion {
		ids := c.IDs[at:min(at+portion, len(c.IDs))]
		if target.TouchCodes(ids); at == 0 {
			table.Prefetch(&query.Codes, walk.AsInt32(ids))
		}
		if next := at + portion; next < len(c.IDs) {
			table.Prefetch(&query.Codes, walk.AsInt32(c.IDs[next:min(next+portion, len(c.IDs))]))
		}
		lower := c.lower[at : at+len(ids)]
		table.Distances(lower, &query.Codes, walk.AsInt32(ids))
		for i, n := range ids {
			lower[i] -= slack * kernel.CodeBound(a.Records.Row(int(n))[a.Head:], a.Space.Len, a.Bits)
			if len(c.first) == count && (count == 0 || lower[i] >= c.first[0].Distance()) {
				continue
			}
			if key := walk.NewKey(lower[i], walk.ID(at+i)); len(c.first) < count {
				c.first.Push(key)
			} else if key < c.first[0] {
				c.first.Replace(key)
			}
		}
	}
	slices.Sort(c.first)
	last := walk.Key(0)
	for _, key := range c.first {
		last = key
		if !(key.Distance() > query.Limit(target.Worst())) {
			target.Compare(c.IDs[key.ID()])
		}
	}
	limit := query.Limit(target.Worst())
	for i, v := range c.lower {
		if v > limit || walk.NewKey(v, walk.ID(i)) <= last {
			continue
		}
		target.Compare(c.IDs[i])
		limit = query.Limit(target.Worst())
	}
}
