package search

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// evalCollection measures what is found in a collection.
func evalCollection(cmd *cobra.Command, f retrievalFlags, all []*sets.Retrieval, o evaluate.RetrievalOptions) error {
	for _, name := range []string{"model", "query-model", "query-prompt", "document-prompt", "dim", "language", "threads"} {
		if cmd.Flags().Changed(name) {
			return cli.UsageError(fault.New("leave one of them out: a collection has its own model and language", "--collection and --%s cannot be used together", name))
		}
	}
	modes := []evaluate.Mode{o.Mode}
	if f.mode == allModes {
		modes = []evaluate.Mode{evaluate.BM25, evaluate.Dense, evaluate.Hybrid}
	} else if err := o.Mode.Validate(); err != nil {
		return err
	}
	ctx := cmd.Context()
	c, err := collection.Open(ctx, f.collection)
	if err != nil {
		return err
	}
	defer c.Close()
	ids := map[string]bool{}
	if err := c.EachPassage(ctx, func(p *collection.Stored) {
		if p.ID != "" {
			ids[p.ID] = true
		}
	}); err != nil {
		return err
	}
	if len(ids) == 0 {
		return fault.New("build it from records with --id", "the passages of %s have no ids to compare with those of the set", f.collection)
	}
	measure := func(set *sets.Retrieval, mode evaluate.Mode) (evaluate.RetrievalResult, error) {
		o.Mode = mode
		progress := cli.StartProgress(cmd, set.Name)
		defer progress.Done()
		o.Progress = func(share float64, queries int) {
			progress.Update(share, progress.Rate(int64(queries), "queries"))
		}
		return evaluate.RetrievalBy(ctx, searcher(c, mode, o.DenseWeight), ids, set, o)
	}
	if f.mode != allModes {
		return judge(cmd, all, func(set *sets.Retrieval) (evaluate.RetrievalResult, error) {
			r, err := measure(set, o.Mode)
			if err == nil {
				warnRetrieval(cmd, r)
			}
			return r, err
		}, evaluate.WriteRetrieval)
	}
	return judge(cmd, all, func(set *sets.Retrieval) (*evaluate.Comparison, error) {
		var results []evaluate.RetrievalResult
		for _, mode := range modes {
			r, err := measure(set, mode)
			if err != nil {
				return nil, err
			}
			results = append(results, r)
		}
		warnRetrieval(cmd, results[1])
		return evaluate.CompareRetrieval(set.Name, set.Split, results, resamples), nil
	}, evaluate.WriteComparisons)
}

// searcher returns the ids of the documents with the best passages.
func searcher(c *collection.Collection, mode evaluate.Mode, weight float64) evaluate.Searcher {
	return func(ctx context.Context, query string, k int) ([]string, error) {
		q := collection.Question{Text: query, K: 4 * k, Mode: mode, DenseWeight: weight} // a document may have several passages
		q.Search.Recall = 0.99
		a, err := c.Ask(ctx, q)
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, collection.ErrNoWord) {
				return nil, nil
			}
			return nil, err
		}
		var ids []string
		seen := map[string]bool{}
		for _, h := range a.Hits {
			if h.ID != "" && !seen[h.ID] && len(ids) < k {
				seen[h.ID] = true
				ids = append(ids, h.ID)
			}
		}
		return ids, nil
	}
}
