// Package pairs reads pairs of texts that belong together, from which sentence vectors are
// learnt, and cuts them into batches.
//
//	files ──► Source ──► Build ──► Dataset ──► Plan ──► Batch
//	          weights    tokens    ids         epoch    anchors, positives, negatives
//
// An example is an anchor and its positive, with any number of negatives; or two texts and
// a score; or two texts and a label, 0 or 1. Files are TSV, CSV, JSON Lines or any format
// that is registered with package text. What their columns mean is detected, or named in
// Options.Columns. Bad rows are skipped and counted in Stats, or are errors with Strict.
//
//	sources, err := pairs.Open(paths, nil) // or pairs.Sample()
//	data, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer})
//	defer data.Close()
//
// A Dataset holds the texts as ids, beyond 256 MiB in a file, so that every epoch after the
// first pass reads 4 bytes a token.
//
// # Batches
//
// A Plan is one epoch in batches, any of which can be read at any time. So training resumes
// at batch i, and one goroutine prepares the batch that another will train on.
//
//	plan, err := data.Plan(ctx, pairs.PlanOptions{BatchSize: 1024, Seed: 1, Epoch: 0})
//	var batch pairs.Batch
//	for i := range plan.Len() {
//		err = data.Batch(&batch, plan, i)
//	}
//
// A batch holds no text twice, because each example takes the texts of the others as its
// negatives. With Options.Related, Batch.Masked lists the texts that must not be negatives,
// as far as other pairs of the data show it. Files larger than memory are shuffled by runs
// of examples, not one by one.
//
// # Texts
//
// EachText and Each read the same examples as text, for training a tokenizer or for mining
// negatives; Spool makes standard input readable twice for that.
package pairs
