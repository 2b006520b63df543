// Package pairs reads pairs of related texts, from which sentence vectors are learned, and
// splits them into batches.
//
//	files ──► Source ──► Build ──► Dataset ──► Plan ──► Batch
//	          weights    tokens    ids         epoch    anchors, positives, negatives
//
// An example is an anchor and its positive, with any number of negatives; or two texts and a
// score; or two texts and a label, such as 0 or 1. Files are TSV, CSV, JSON Lines or any format
// registered with package text. The meaning of their columns is detected, or given in
// Options.Columns. Bad rows are skipped and counted in Stats, or are errors with Strict.
//
//	sources, err := pairs.Open(paths, nil) // or pairs.Sample()
//	data, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer})
//	defer data.Close()
//
// A Dataset holds the texts as ids, with those beyond 256 MiB in a file, so that every epoch
// after the first pass reads 4 bytes per token.
//
// # Batches
//
// A Plan is one epoch in batches, any of which can be read at any time. Training can therefore
// resume at batch i, and one goroutine can prepare the next batch while another trains.
//
//	plan, err := data.Plan(ctx, pairs.PlanOptions{BatchSize: 1024, Seed: 1, Epoch: 0})
//	var batch pairs.Batch
//	for i := range plan.Len() {
//		err = data.Batch(&batch, plan, i)
//	}
//
// No text occurs twice in a batch, because each example uses the texts of the others as its
// negatives. With Options.Related, Batch.Masked lists the texts that must not be negatives, as
// far as other pairs in the data show it. Files larger than memory are shuffled in runs of
// examples, not one by one.
//
// # Texts
//
// EachText and Each read the same examples as text, for training a tokenizer or mining
// negatives. Spool makes standard input readable twice for that.
package pairs
