package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// annBench holds the command line of bench ann and the vectors.
type annBench struct {
	vectors   string
	output    string
	plot      string
	queries   int
	k         int
	efs       []int
	recalls   []float64
	metric    string
	threads   int
	index     index.Options
	peers     bool
	stability bool
	only      []string

	dim         int
	base, asked []float32   // vectors to index, and queries
	exact       index.Index // exact index of base
	truth       []int64     // the k nearest rows of base for each query
}

func annCommand() *cobra.Command {
	b := &annBench{
		queries: 2000, k: 10, metric: index.Cosine.String(), threads: 1, index: index.Options{M: 16, EfConstruction: 200},
		efs: []int{20, 40, 80, 120, 160, 240, 320, 480, 640, 900}, recalls: []float64{0.94, 0.962, 0.987, 0.99},
	}
	cmd := &cobra.Command{
		Use:   "ann --vectors FILE [options]",
		Short: "Measure the indexes",
		Long: `
It builds each kind of index from the vectors of a file, using some of them as queries
instead, and writes a table of recall, queries per second on one thread, build time
and memory. Nothing is downloaded.

With --peers, hnswlib, faiss, rabitqlib (SymphonyQG) and usearch, if they are installed
for Python, run on the same vectors with the same settings.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	cli.Declare(cmd, cli.ForInput, cli.Flag{Name: "vectors", Arg: "FILE", Into: &b.vectors, Help: "the vectors, in the format " + exchange.Names(exchange.Readable())})
	cli.Declare(cmd, "Index",
		cli.Flag{Name: "metric", Arg: "METRIC", Into: &b.metric, Help: "how vectors are compared", Values: cli.Values(index.MetricNames()...)},
		cli.Flag{Name: "m", Arg: "N", Into: &b.index.M, Field: "M", Help: "links per node"},
		cli.Flag{Name: "ef-construction", Arg: "N", Into: &b.index.EfConstruction, Field: "EfConstruction", Help: "search width while building"},
		cli.Flag{Name: "threads", Arg: "N", Into: &b.threads, Help: "threads for building"})
	cli.Declare(cmd, "Measurement",
		cli.Flag{Name: "queries", Arg: "N", Into: &b.queries, Help: "vectors that serve as queries"},
		cli.Flag{Name: "ef", Arg: "N,N", Into: &b.efs, Help: "search widths", Positive: true},
		cli.Flag{Name: "recall", Arg: "R,R", Into: &b.recalls, Help: "recalls at which speeds are compared"},
		cli.Flag{Name: "peers", Into: &b.peers, Help: "also measure installed peers"},
		cli.Flag{Name: "stability", Into: &b.stability,
			Help: "also measure the recall of the default index after building it in other orders and with more threads, with filters, and after deleting and adding half of the vectors"},
		cli.Flag{Name: "only", Arg: "NAME,NAME", Into: &b.only, Help: "measure only these: flat, hnsw, hnsw-int8, hnsw-int4, hnsw-edges, lsh, hnswlib, faiss, faiss-flat, rabitqlib, usearch"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &b.output, Help: "Markdown file to append to", Default: "standard output"},
		cli.Flag{Name: "plot", Arg: "NAME", Into: &b.plot, Help: "plot recall against queries per second: NAME.svg, NAME.png"})
}

func (b *annBench) wants(name string) bool { return wanted(b.only, name) }

func (b *annBench) run(cmd *cobra.Command) error {
	if b.vectors == "" {
		return cli.UsageError(fault.New("name a file of vectors", "--vectors is required"))
	}
	metric, err := index.ParseMetric(b.metric)
	if err != nil {
		return cli.UsageError(err)
	}
	b.index.Metric, b.index.Threads = metric, b.threads
	if err := b.read(cmd.Context()); err != nil {
		return err
	}
	b.index.Dim = b.dim
	if err := b.index.Validate(); err != nil {
		return cli.UsageError(err)
	}
	var rows []annRow
	cli.Note(cmd, "exact search")
	flat, err := b.flat(cmd.Context())
	if err != nil {
		return err
	}
	if b.wants("flat") {
		rows = append(rows, flat)
	}
	for _, form := range []struct {
		key, name string
		kind      index.Kind
		quant     index.Quantization
	}{
		{"hnsw", "LuminaVec HNSW", index.HNSW, index.NoQuantization},
		{"hnsw-int8", "LuminaVec HNSW, int8 walk", index.HNSW, index.Int8},
		{"hnsw-int4", "LuminaVec HNSW, int4 walk", index.HNSW, index.Int4},
		{"hnsw-edges", "LuminaVec HNSW, coded edges", index.HNSW, index.Edges},
		{"lsh", "LuminaVec LSH", index.LSH, index.NoQuantization},
	} {
		if !b.wants(form.key) {
			continue
		}
		cli.Note(cmd, "%s", form.name)
		r, err := b.ours(cmd.Context(), form.kind, form.quant)
		if err != nil {
			return err
		}
		r.system = form.name
		rows = append(rows, r)
		if len(r.asked) > 0 {
			rows = append(rows, annRow{system: form.name + ", asked for a recall", Seconds: r.Seconds, Bytes: r.Bytes, Points: r.asked})
		}
	}
	if b.peers {
		more, err := b.runPeers(cmd)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	var notes []string
	if b.stability {
		if notes, err = b.stable(cmd); err != nil {
			return err
		}
	}
	if b.plot != "" {
		if err := b.draw(rows); err != nil {
			return err
		}
	}
	return b.write(cmd, rows, notes)
}

// read reads the vectors and splits them into base and queries.
func (b *annBench) read(ctx context.Context) error {
	all, read, err := exchange.ReadAll(ctx, b.vectors, exchange.Options{})
	if err != nil {
		return err
	}
	dim := read.Dim
	b.dim = dim
	n := len(all) / dim
	if b.queries < 1 || b.queries >= n/2 {
		return fault.New("lower --queries, or use a file with more vectors", "%d queries from %s: expected at least 1 and fewer than half", b.queries, cli.Plural(n, "vector", "vectors"))
	}
	b.base, b.asked = split(all, b.dim, b.queries)
	return nil
}
