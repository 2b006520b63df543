package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
)

// ShardFlag declares --shard: which part of the input a process reads.
func ShardFlag(into *string) Flag {
	return Flag{Name: "shard", Arg: "I/N", Into: into, Field: "Shard", Default: "all of it",
		Help: "read only shard I of the N into which the input is divided, counted from 1: text and JSON Lines at line ends, other files whole"}
}

// OpenShard reduces a source to the shard that --shard names, and reports how it is divided.
func OpenShard(ctx context.Context, cmd *cobra.Command, src *text.Source, name string) (*text.Division, error) {
	if name == "" {
		return nil, nil
	}
	shard, err := text.ParseShard(name)
	if err != nil {
		return nil, UsageError(err)
	}
	d, err := src.Shard(ctx, shard)
	if err != nil {
		return nil, err
	}
	Note(cmd, "%s", DescribeShard(d))
	return d, nil
}

// DescribeShard says in one line what a shard holds.
func DescribeShard(d *text.Division) string {
	const most = 3
	var parts []string
	for _, p := range d.Parts[:min(most, len(d.Parts))] {
		name := Printable(text.Describe(p.Name))
		if !p.Whole {
			name = fmt.Sprintf("bytes %s to %s of %s", Thousands(p.From), Thousands(p.To), name)
		}
		parts = append(parts, name)
	}
	if more := len(d.Parts) - most; more > 0 {
		parts = append(parts, "and "+Plural(more, "more file", "more files"))
	}
	why := ""
	if d.Reason != "" {
		why = "; whole files, because " + Printable(d.Reason)
	}
	return fmt.Sprintf("shard %s: %s of %s: %s%s", d.Shard, Bytes(d.Bytes), Bytes(d.Size), strings.Join(parts, ", "), why)
}
