package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
)

// writeHead writes the notes above the table. difference is that of the vectors of the peer; negative:
// none.
func (b *embedBench) writeHead(w io.Writer, given *pflag.FlagSet, difference float64) {
	parts := []string{"go run ./internal/bench embed"}
	for _, c := range b.corpus {
		parts = append(parts, "--corpus "+filepath.Base(c))
	}
	made := commandLine(parts, given, "threads", "runs", "texts", "only")
	if b.peers {
		made += " --peers"
	}
	fmt.Fprintf(w, "## Encoding: %s sentences\n\nProduced by `%s`.\n\n", cli.Thousands(int64(b.count)), made)
	fmt.Fprintf(w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(w, "- Texts: sentences of 5 to 40 words, %s. Model: 256 dimensions, WordPiece, as 'train sentence --dim 256' makes it, unless another one is named.\n", cli.Bytes(b.bytes))
	fmt.Fprintf(w, "- Whole processes, from their start to a .npy file of all vectors: reading, tokenizing, pooling and writing. CPU is user and system time.\n")
	fmt.Fprintf(w, "- One thread: GOMAXPROCS=1, and for model2vec RAYON_NUM_THREADS=1, OMP_NUM_THREADS=1 and no multiprocessing; same table, same tokenizer.\n")
	if difference >= 0 {
		fmt.Fprintf(w, "- Largest difference between the vectors of both: %.1g.\n", difference)
	}
	if b.runs > 1 {
		fmt.Fprintf(w, "- Mean of %d runs in turns, ± half the range.\n", b.runs)
	}
	fmt.Fprintf(w, "\n%s\n\n", sharedMachine)
}

// writeRows writes the table. peer is the row that others are compared with; nil: none.
func (b *embedBench) writeRows(w io.Writer, rows []*processRow, peer *processRow) {
	if len(rows) == 0 {
		return
	}
	n := float64(b.count) / 1000
	head := []string{"system", "threads", "CPU seconds", "seconds", "thousand texts per CPU second", "thousand texts per second", "CPU, times model2vec", "seconds, times one thread"}
	var lines [][]string
	for _, r := range rows {
		timesPeer, timesOne := "–", "–"
		if peer != nil {
			timesPeer = fmt.Sprintf("%.1f", mean(peer.cpu)/mean(r.cpu))
		}
		one := slices.IndexFunc(rows, func(o *processRow) bool { return o.system == r.system && o.threads == 1 })
		if one >= 0 {
			timesOne = fmt.Sprintf("%.2f", mean(rows[one].wall)/mean(r.wall))
		}
		lines = append(lines, []string{r.system, fmt.Sprint(r.threads), spread(r.cpu, 1, 2), spread(r.wall, 1, 2),
			fmt.Sprintf("%.0f", n/mean(r.cpu)), fmt.Sprintf("%.0f", n/mean(r.wall)), timesPeer, timesOne})
	}
	writeTable(w, head, lines)
}

// writeStart writes the time to the first vector.
func writeStart(w io.Writer, r *processRow) {
	fmt.Fprintf(w, "\nFrom the start of the process to the first vector of a model of %s words and 100 dimensions (%s): %.0f ms, of which %.0f ms CPU (fastest of %d runs).\n",
		cli.Thousands(startWords), cli.Bytes(startWords*400), 1000*slices.Min(r.wall), 1000*slices.Min(r.cpu), len(r.wall))
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
