package documents

import (
	"cmp"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// divide reduces the files to those of one shard: each file, the largest first, belongs to the shard that has
// the fewest bytes so far. This depends only on the paths and sizes, so separate processes
// agree on it.
func (s *Source) divide() error {
	shard := s.options.Shard
	if shard.Of == 0 {
		return nil
	}
	order := make([]int, len(s.files))
	for i := range order {
		if order[i] = i; s.files[i].Path == Stdin {
			return fault.Field("Shard", "save it in files", "standard input cannot be divided into shards")
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.files[b].Size, s.files[a].Size), strings.Compare(s.files[a].Path, s.files[b].Path))
	})
	var ours []int
	load := make([]int64, shard.Of)
	for _, i := range order {
		least := 0
		for j, n := range load {
			if n < load[least] {
				least = j
			}
		}
		if load[least] += s.files[i].Size + 1; least == shard.Index-1 { // empty files are spread too
			ours = append(ours, i)
		}
	}
	if len(ours) == 0 {
		return fault.Mark(fault.Field("Shard", "use fewer shards, or more and smaller files", "%s has no file: whole files are assigned to shards, and there are %d", shard, len(s.files)), ErrNoFiles)
	}
	slices.Sort(ours)
	for i, at := range ours {
		s.files[i] = s.files[at]
	}
	s.files = s.files[:len(ours)]
	return nil
}
