package main

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/words"
)

// textStats describes the text that the word models were trained on.
type textStats struct {
	bytes      int64 // uncompressed
	raw        int64 // words in the text
	words      int64 // words of the text that are in the vocabulary
	vocabulary int
	reading    time.Duration // reading, tokenizing and counting
}

// writeHead writes the notes above the table: the command, the host, the text, the settings
// and the meaning of the columns.
func (b *wordsBench) writeHead(w io.Writer, given *pflag.FlagSet, t textStats) {
	parts := []string{"go run ./internal/bench words"}
	for _, c := range b.corpus {
		parts = append(parts, "--corpus "+filepath.Base(c))
	}
	for _, s := range b.sets {
		parts = append(parts, "--set "+filepath.Base(s))
	}
	made := commandLine(parts, given, "threads", "seeds", "epochs", "dim", "only")
	if b.peers {
		made += " --peers"
	}
	o := b.options
	fmt.Fprintf(w, "## Word vectors: %s, %d dimensions, %s\n\nProduced by `%s`.\n\n", cli.Bytes(t.bytes), o.Dim, cli.Plural(o.Epochs, "epoch", "epochs"), made)
	fmt.Fprintf(w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(w, "- Text: %s, %s words, of which %s are in the vocabulary of %s (minimum count %d). Read, tokenized and counted in %.1f s: %.0f MB/s.\n",
		cli.Bytes(t.bytes), cli.Count(float64(t.raw)), cli.Count(float64(t.words)),
		cli.Thousands(t.vocabulary), o.MinCount, t.reading.Seconds(), float64(t.bytes)/1e6/t.reading.Seconds())
	fmt.Fprintf(w, "- Settings: %d dimensions, window %d, %d negatives, subsampling %g, %s; learning rate %g (CBOW %g); with word2vec's windows and for the peers 0.025 (CBOW and n-grams 0.05).\n",
		o.Dim, o.Window, o.Negative, o.Subsample, cli.Plural(o.Epochs, "epoch", "epochs"), usualRate("skipgram", &o), usualRate("cbow", &o))
	fmt.Fprintf(w, "- Speed: thousands of vocabulary words per second, before subsampling, over the training alone.\n")
	fmt.Fprintf(w, "- Quality: Spearman's correlation on word pairs; accuracy on Google's analogies among the 30,000 most frequent words.\n")
	writeFoot(w, b.seeds)
}

// writeWordRows writes the table. sets names the sets of word pairs, whose figures precede
// those of the analogies in each row.
func writeWordRows(w io.Writer, sets []string, rows []row) {
	head := append([]string{"system", "threads", "seconds", "speed", "per thread", "loss"}, sets...)
	head = append(head, "analogies")
	var lines [][]string
	for _, r := range rows {
		cells := []string{r.system, fmt.Sprint(r.threads), spread(r.seconds, 1, 1), spread(r.speed, 1e-3, 0),
			spread(r.speed, 1e-3/float64(r.threads), 0), spread(r.loss, 1, 4)}
		lines = append(lines, append(cells, r.qualityCells(3)...))
	}
	writeTable(w, head, lines)
}

// usualRate returns the usual initial learning rate of a word objective with options o.
func usualRate(name string, o *words.Options) float64 {
	kind, _ := words.Lookup(name)
	return kind.Rates.Usual(o)
}
