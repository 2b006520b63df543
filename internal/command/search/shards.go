package search

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/collection/shards"
	"github.com/luminavec/luminavec/index/serve/remote"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// openShards opens the collections that --shards names. Words are highlighted as the first folder does.
func (a *asker) openShards() (end func(), err error) {
	end = func() {
		for _, c := range a.opened {
			c.Close()
		}
	}
	o := &a.options
	var list []shards.Shard
	var names []string
	for _, list := range o.shards {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	seen := map[string]bool{}
	for _, name := range names {
		key := name
		if abs, err := filepath.Abs(name); err == nil && !remote.IsAddress(name) {
			key = abs
		}
		if seen[key] {
			return end, cli.UsageError(fault.New("leave out one of them", "%s is named twice", name))
		}
		seen[key] = true
		asker, err := a.openShard(name)
		if err != nil && !o.partial {
			return end, err
		}
		if err != nil {
			asker = failed{err}
		}
		if c, ok := asker.(*collection.Collection); ok {
			a.opened = append(a.opened, c)
			if a.collection == nil {
				a.collection = c
			}
		}
		list = append(list, shards.Shard{Name: name, Asker: asker})
	}
	if len(list) == 0 {
		return end, cli.UsageError(fault.New("for example --shards part1,part2", "--shards names no collection"))
	}
	missing, err := shards.Missing(list)
	if err == nil && len(missing) > 0 && !o.partial {
		err = cli.UsageError(fault.New("name all shards, or use --skip-failed to search those there are", "%s", text.MissingShards(missing)))
	}
	if err != nil {
		return end, err
	}
	if len(missing) > 0 && !slices.ContainsFunc(list, func(s shards.Shard) bool { _, bad := s.Asker.(failed); return bad }) {
		cli.Warn(a.cmd, "%s", text.MissingShards(missing))
	}
	var reported []string
	a.find = func(ctx context.Context, q collection.Question) (*collection.Answer, error) {
		answer, err := shards.Ask(ctx, list, q, shards.Options{Partial: o.partial, Timeout: o.timeout})
		if err == nil && !a.json {
			for _, f := range answer.Failed {
				if !slices.Contains(reported, f.Name) {
					reported = append(reported, f.Name)
					cli.Warn(a.cmd, "the answers are without %v", f)
				}
			}
		}
		return answer, err
	}
	return end, nil
}

// openShard opens a folder or the address of a server.
func (a *asker) openShard(name string) (shards.Asker, error) {
	if remote.IsAddress(name) {
		return remote.Open(a.cmd.Context(), name, remote.Options{Token: os.Getenv("LUMINAVEC_TOKEN")})
	}
	return collection.Open(a.cmd.Context(), name)
}

// failed is a shard that could not be opened.
type failed struct{ err error }

func (f failed) Ask(context.Context, collection.Question) (*collection.Answer, error) {
	return nil, f.err
}
