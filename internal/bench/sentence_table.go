package main

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence/train"
)

// writeHead writes the notes above the table: the command, the host, the number of pairs, the
// settings and the meaning of the columns. learning is the time it took to train the tokenizer.
func (b *sentenceBench) writeHead(w io.Writer, given *pflag.FlagSet, pairs int64, learning time.Duration) {
	parts := []string{"go run ./internal/bench sentence"}
	for _, p := range b.pairs {
		parts = append(parts, "--pairs "+filepath.Base(p))
	}
	for _, r := range b.retrieval {
		parts = append(parts, "--retrieval "+filepath.Base(r))
	}
	made := commandLine(parts, given, "threads", "seeds", "epochs", "vocab", "only")
	if b.peers {
		made += " --peers"
	}
	o := train.DefaultOptions()
	fmt.Fprintf(w, "## Sentence vectors: %s pairs\n\nProduced by `%s`.\n\n", cli.Thousands(pairs), made)
	fmt.Fprintf(w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(w, "- Tokens: WordPiece, %s, learned from the pairs in %.1f s.\n", cli.Thousands(b.vocabulary), learning.Seconds())
	fmt.Fprintf(w, "- The defaults: %d dimensions, pooling %s, batches of %s, scale %g, %s %g, %s, at most %d tokens per text. The other rows: batches of 1,024, %s.\n",
		o.Dim, o.Pooling, cli.Thousands(o.BatchSize), o.Scale, o.Optimizer, o.LearningRate, cli.Plural(o.Epochs, "epoch", "epochs"), o.MaxTokens, cli.Plural(b.epochs, "epoch", "epochs"))
	fmt.Fprintf(w, "- Speed: thousands of pairs per second over the training alone, after tokenization.\n")
	fmt.Fprintf(w, "- Quality: Spearman's correlation on the development set of the STS benchmark; nDCG@10.\n")
	writeFoot(w, b.seeds)
}

// writeSentenceRows writes the table. sets names the retrieval sets, whose figures follow that
// of the STS benchmark in each row.
func writeSentenceRows(w io.Writer, sets []string, rows []row) {
	head := append([]string{"system", "threads", "seconds", "speed", "loss", "STS dev"}, sets...)
	var lines [][]string
	for _, r := range rows {
		cells := []string{r.system, fmt.Sprint(r.threads), spread(r.seconds, 1, 1), spread(r.speed, 1e-3, 1), spread(r.loss, 1, 4)}
		lines = append(lines, append(cells, r.qualityCells(4)...))
	}
	writeTable(w, head, lines)
}
