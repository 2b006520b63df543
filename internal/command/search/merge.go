package search

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

func mergeCommand() *cobra.Command {
	var output string
	var o collection.MergeOptions
	cmd := &cobra.Command{
		Use:   "merge COLLECTION... -o DIR [options]",
		Short: "Make one collection of several",
		Long: `
The result is what one build of all their files would be, and 'search sync' keeps it so. The
collections must have the same model and options. Shards ('search build --shard 2/8') must all
be there, each once.

Vectors of a static model are computed again; those of a transformer are taken over.`,
		Example: `
$ for i in 1 2 3 4; do search build docs --shard $i/4 -o part$i; done
$ search merge part1 part2 part3 part4 -o collection`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return cli.UsageError(fault.New("name at least two", "no collection is named"))
			case output == "":
				return cli.UsageError(fault.New("name what to write with -o DIR", "no output is named"))
			}
			return merge(cmd, args, output, o)
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument())
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "DIR", Into: &output, Help: "collection to write"},
		cli.Flag{Name: "force", Into: &o.Replace, Field: "Replace", Help: "replace it if it exists"},
		cli.Flag{Name: "partial", Into: &o.Partial, Field: "Partial", Help: "merge the shards there are, although some are missing"},
		cli.Flag{Name: "any-recall", Into: &o.AnyRecall, Field: "AnyRecall", Help: "accept codes that find few of the nearest vectors, as 'search build' does"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"},
		cli.JSONFlag())
}

func merge(cmd *cobra.Command, collections []string, output string, o collection.MergeOptions) error {
	if err := refuseExisting(buildOptions{output: output, force: o.Replace}); err != nil {
		return err
	}
	began := time.Now()
	progress := cli.StartProgress(cmd, "merge")
	defer progress.Done()
	o.OnProgress = func(p collection.Progress) { showProgress(progress, p) }
	s, err := collection.Merge(cmd.Context(), output, collections, o)
	progress.Done()
	if err != nil {
		return err
	}
	warnRepeated(cmd, s)
	b := built{Recall: s.Recall, Output: output, Files: s.Files, Passages: s.Passages, Documents: s.Documents, Skipped: s.Skipped, FirstSkipped: s.FirstSkipped,
		Dimensions: s.Dim, Index: s.Kind, Language: s.Language, Bytes: s.Bytes, RepeatedIDs: s.RepeatedIDs, Seconds: time.Since(began).Seconds()}
	return b.report(cmd, cli.CommandLine("search", "query", cli.PathArgument(output))+` "a question"`)
}
