package search

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/adapt"
)

// declareAdapt declares the flags of tuning the model for the documents.
func declareAdapt(cmd *cobra.Command, o *buildOptions) {
	cli.Declare(cmd, cli.ForModel,
		cli.Flag{Name: "adapt", Into: &o.adapt, Help: "tune a copy of the model for the documents, and use it if it finds their parts better"},
		cli.Flag{Name: "no-adapt", Into: &o.noAdapt, Help: "use the model as it is"})
}

// adaptModel returns the model tuned for the documents of paths, or as it is, and the report, nil if it
// was not tried.
func adaptModel(cmd *cobra.Command, model sentence.Model, paths []string, o buildOptions) (sentence.Model, *adapt.Report, error) {
	if o.noAdapt && cmd.Flags().Changed("adapt") && o.adapt {
		return nil, nil, cli.UsageError(fault.New("leave out one of them", "--adapt and --no-adapt exclude each other"))
	}
	for _, c := range []struct {
		given        bool
		flag, reason string
	}{{o.query != "", "query-model", "questions have a model of their own"}, {o.noCopy, "no-copy-model", "it is not copied"}, {o.shard != "", "shard", "all shards need the same"}} {
		switch {
		case !c.given || o.noAdapt || !o.adapt:
		case cmd.Flags().Changed("adapt"):
			return nil, nil, cli.UsageError(fault.New("leave out one of them", "--adapt and --%s exclude each other", c.flag))
		default:
			r := &adapt.Report{Reason: c.reason}
			cli.Note(cmd, "%s", r)
			return model, r, nil
		}
	}
	if o.noAdapt || !o.adapt {
		return model, nil, nil
	}
	// A source of its own: what it skips is reported when the collection is built.
	o.documents.Strict = false
	src, err := cli.OpenDocuments(cmd.Context(), nil, paths, o.documents)
	if err != nil {
		return nil, nil, err
	}
	progress := cli.StartProgress(cmd, "adapt")
	defer progress.Done()
	tuned, report, err := adapt.Tune(cmd.Context(), model, src, adapt.Options{Seed: o.index.Seed, Threads: o.index.Threads,
		Progress: func(share float64) { progress.Update(share, "") }})
	progress.Done()
	if err != nil {
		return nil, nil, err
	}
	cli.Note(cmd, "%s", report)
	return tuned, report, nil
}
