package main

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/estimate"
	"github.com/luminavec/luminavec/sentence"
)

// checkSentenceNeeds is checkNeeds for a training of sentences.
func checkSentenceNeeds(cmd *cobra.Command, o sentence.Options, pairs *pairs.Dataset, tokenizer *tokenize.Tokenizer, output string, done float64, best, force bool) error {
	v := tokenizer.Vocabulary()
	r := estimate.SentenceRun{
		Rows: v.Len(), Dim: o.Dim, Hidden: o.Hidden, Project: o.Project, Threads: o.Threads, Slots: 1,
		Loaded: done > 0, Best: best, Graph: o.Engine == sentence.Graph,
		Batch: o.BatchSize, Texts: pairs.Columns(), InBatch: o.Loss == sentence.InBatch, Epochs: float64(o.Epochs) * (1 - done),
		Tokens: float64(pairs.Tokens()) / float64(max(1, pairs.Examples())),
	}
	switch o.Optimizer {
	case sentence.SGD:
		r.Slots = 0
	case sentence.Adam, sentence.AdamW:
		r.Slots = 2
	}
	for _, f := range pairs.Files() {
		r.Examples += int64(float64(f.Examples) * f.Weight)
	}
	for _, token := range v.Tokens() {
		r.TokenBytes += len(token)
	}
	return tellNeeds(cmd, estimate.Sentences(r), output, "lower --dim or --batch", force)
}
