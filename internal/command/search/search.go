// Package search is the command search: it makes collections of text that answer
// questions, and evaluates models and indexes.
package search

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/command/search/draw"
)

// Command returns the command with its subcommands.
func Command() *cobra.Command {
	cmd := &cobra.Command{Use: "search", Short: "Search text by meaning with a trained model, and evaluate the model",
		Example: "$ search build notes -o docs\n$ search query docs \"who discovered penicillin\""}
	cmd.AddCommand(buildCommand(), queryCommand(), syncCommand(), addCommand(), deleteCommand(), listCommand(), infoCommand(), compactCommand(), neighborsCommand(), analogyCommand(), oddCommand(), similarCommand(), dedupeCommand(), clusterCommand(), evalCommand(), verifyCommand(), exportCommand(), pushCommand(), mergeCommand(), draw.Command(), serveCommand(), mcpCommand())
	return cmd
}

// kFlag declares -k, the number of results.
func kFlag(k *int, help string) cli.Flag {
	*k = 10
	return cli.Flag{Name: "k", Short: "k", Arg: "N", Into: k, Field: "K", Help: help, Positive: true}
}

// indexFlags declare the options of an index, with defaults of two of them, the metric by its name.
func indexFlags(o *index.Options, metric *string, kind index.Kind, keep index.KeepVectors) []cli.Flag {
	*o = index.Options{Kind: kind, M: 16, EfConstruction: 200, Quantization: index.AutoQuantization, KeepVectors: keep, Seed: 1}
	*metric = index.Cosine.String()
	return []cli.Flag{
		{Name: "index", Arg: "KIND", Into: &o.Kind, Field: "Kind", Help: "how the index searches", Values: cli.Summarized(append(index.Kinds(), index.Auto), index.Kind.Summary)},
		{Name: "metric", Arg: "METRIC", Into: metric, Field: "Metric", Help: "how vectors are compared", Values: cli.Values(index.MetricNames()...), Also: []string{"ip", "l2"}},
		{Name: "m", Arg: "N", Into: &o.M, Field: "M", Help: "links of each node of the graph", Positive: true},
		{Name: "ef-construction", Arg: "N", Into: &o.EfConstruction, Field: "EfConstruction", Help: "search width when a vector is added to the graph", Positive: true},
		{Name: "quantize", Arg: "KIND", Into: &o.Quantization, Field: "Quantization", Help: "what the walk through the graph, or the exact scan of a flat index, compares first; scores are those of the vectors that are kept",
			Values: cli.Summarized(index.Quantizations(), index.Quantization.Summary)},
		{Name: "keep-vectors", Arg: "KIND", Into: &o.KeepVectors, Field: "KeepVectors", Help: "what is kept of the vectors, for the last comparison and for 'search export'; a collection of documents without --quantize: auto is codes of 8 bits and none, and 8 bits per value of a static model's table; if passages are shorter than such codes, codes of 2 bits find candidates, and the best are compared by their texts again",
			Values: cli.Summarized(index.KeptVectors(), index.KeepVectors.Summary)},
		{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"},
		{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of all random choices"},
	}
}

// checkIndex completes the options with the metric and checks them before any work.
func checkIndex(o *index.Options, metric string) (err error) {
	if o.Metric, err = index.ParseMetric(metric); err != nil {
		return cli.UsageError(err)
	}
	withDim := *o
	withDim.Dim = 1 // it is known later
	return withDim.Validate()
}

// readSets reads the sets of paths, or takes the bundled one when there are none.
func readSets[S any](paths []string, read func(path string) (S, error), bundled func() S) ([]S, error) {
	if len(paths) == 0 {
		return []S{bundled()}, nil
	}
	sets := make([]S, len(paths))
	for i, path := range paths {
		var err error
		if sets[i], err = read(path); err != nil {
			return nil, err
		}
	}
	return sets, nil
}
