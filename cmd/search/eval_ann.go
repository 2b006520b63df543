package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/curve"
	"github.com/luminavec/luminavec/internal/fault"
)

const evalANNHelp = `Usage: search eval ann -m MODEL [options]
       search eval ann --vectors FILE [options]

Compare an approximate index with exact search on the word vectors of a model,
or on vectors that another program computed (a file as for search build). Some
of them, drawn at random, are kept out of the index and asked for.
recall@k is the share of the true k nearest that the index finds; a wider
search, --ef, finds more and takes longer. Speeds are those of one thread.
--json has all points, and the one at the default width (100) at the top.

Options:
` + cli.ModelHelp + `      --vectors FILE     measure on these vectors instead of a model's
      --queries N        ask N of them (default 1,000), at most a tenth of all
  -k, --k N              the nearest N of each (default 10)
      --ef N,N,...       search widths to measure
                         (default 10,20,40,80,100,160,320)
      --index KIND       hnsw  a graph (default)
                         lsh   hash tables; --ef is how many buckets of each
                               are looked into
      --metric METRIC    cosine (default), dot or euclidean
      --m N              links of a node of the graph (default 16)
      --ef-construction N
                         how wide the graph is searched when a vector is
                         added (default 200)
      --quantize KIND    none  the graph is walked by the vectors (default)
                         int8  by codes of 8 bits a value: faster, and as good
                               where values lie round zero
                         int4  by codes of 4 bits: faster still, and smaller;
                               for vectors of some dozens of values and more
      --threads N        build on N threads (default: one per core)
      --seed N           of the drawing and of the graph (default 1)
      --plot FILE        draw recall against queries a second: .svg or .png
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search eval ann -m model --ef 50,100,200
`

type annOptions struct {
	queries, k int
	efs        []int
	vectors    string
	plot       string
	kind       string
	metric     string
	quantize   string
	index      index.Options
}

func evalANNCommand() *cobra.Command {
	var o annOptions
	cmd := &cobra.Command{Use: "ann", Long: evalANNHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return evalANN(cmd, o)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	f := cmd.Flags()
	f.IntVar(&o.queries, "queries", 1000, "")
	f.IntVarP(&o.k, "k", "k", 10, "")
	f.IntSliceVar(&o.efs, "ef", []int{10, 20, 40, 80, 100, 160, 320}, "")
	f.StringVar(&o.vectors, "vectors", "", "")
	f.StringVar(&o.plot, "plot", "", "")
	f.StringVar(&o.kind, "index", string(index.HNSW), "")
	f.StringVar(&o.metric, "metric", index.Cosine.String(), "")
	f.IntVar(&o.index.M, "m", 16, "")
	f.IntVar(&o.index.EfConstruction, "ef-construction", 200, "")
	f.StringVar(&o.quantize, "quantize", string(index.NoQuantization), "")
	f.IntVar(&o.index.Threads, "threads", 0, "")
	f.Uint64Var(&o.index.Seed, "seed", 1, "")
	return cmd
}

// annReport is what "search eval ann --json" prints: these fields, and those of
// the point at the default width beside them (of the last point when that width
// was not measured).
type annReport struct {
	Vectors        int                 `json:"vectors"` // in the index
	Queries        int                 `json:"queries"`
	Dimensions     int                 `json:"dimensions"`
	Index          index.Kind          `json:"index"`
	Metric         string              `json:"metric"`
	M              int                 `json:"m"`
	EfConstruction int                 `json:"ef_construction"`
	Quantization   index.Quantization  `json:"quantization"`
	BuildSeconds   float64             `json:"build_seconds"`
	Points         []evaluate.ANNPoint `json:"points"`

	defaultEf int
}

// MarshalJSON writes the fields with those of one point.
func (r *annReport) MarshalJSON() ([]byte, error) {
	type plain annReport // without this method
	merged := map[string]any{}
	chosen := r.Points[len(r.Points)-1]
	for _, p := range r.Points {
		if p.Ef == r.defaultEf {
			chosen = p
		}
	}
	for _, part := range []any{chosen, (*plain)(r)} {
		data, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &merged); err != nil {
			return nil, err
		}
	}
	return json.Marshal(merged)
}

func evalANN(cmd *cobra.Command, o annOptions) error {
	metric, err := index.ParseMetric(o.metric)
	if err != nil {
		return cli.UsageError(err)
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"-k", o.k}, {"--queries", o.queries}, {"--m", o.index.M}, {"--ef-construction", o.index.EfConstruction}} {
		if err := cli.AtLeastOne(f.name, f.value); err != nil {
			return err
		}
	}
	if len(o.efs) == 0 {
		return cli.UsageError(errors.New("--ef names no search width"))
	}
	for _, ef := range o.efs {
		if err := cli.AtLeastOne("--ef", ef); err != nil {
			return err
		}
	}
	o.index.Metric, o.index.Kind, o.index.Quantization = metric, index.Kind(o.kind), index.Quantization(o.quantize)
	probe := o.index
	probe.Dim = 1
	if err := probe.Validate(); err != nil {
		return cli.UsageError(err)
	}
	if o.plot != "" {
		if err := curve.Check(o.plot); err != nil {
			return cli.UsageError(err)
		}
	}
	table, err := annTable(cmd, o)
	if err != nil {
		return err
	}
	report, err := measureANN(cmd, table, o)
	if err != nil {
		return err
	}
	if o.plot != "" {
		if err := report.draw(o); err != nil {
			return err
		}
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), report)
	}
	cli.Note(cmd, "%s vectors of %d dimensions, built in %s", cli.Thousands(report.Vectors), report.Dimensions,
		cli.Duration(time.Duration(report.BuildSeconds*float64(time.Second))))
	return evaluate.WriteANN(cmd.OutOrStdout(), report.Points)
}

// annTable is the vectors to measure on: those of a file, or a model's.
func annTable(cmd *cobra.Command, o annOptions) (checkpoints.Tensor, error) {
	if o.vectors == "" {
		model, err := cli.ReadModel(cmd)
		if err != nil {
			return checkpoints.Tensor{}, err
		}
		return model.Embedding(), nil
	}
	if cmd.Flags().Changed("model") {
		return checkpoints.Tensor{}, cli.UsageError(fault.New("leave out one of them", "--vectors and a model are both named"))
	}
	packed, dim, err := exchange.ReadAll(cmd.Context(), o.vectors)
	if err != nil {
		return checkpoints.Tensor{}, err
	}
	return checkpoints.Tensor{Shape: []int{len(packed) / dim, dim}, Data: packed}, nil
}

// draw draws the points.
func (r *annReport) draw(o annOptions) error {
	s := curve.Series{Name: o.kind}
	if r.Quantization != index.NoQuantization {
		s.Name += ", " + string(r.Quantization)
	}
	for _, p := range r.Points {
		s.Recall, s.Speed = append(s.Recall, p.Recall), append(s.Speed, p.QueriesPerSecond)
	}
	exact := curve.Series{Name: "exact", Recall: []float64{1}, Speed: []float64{r.Points[0].ExactQueriesPerSecond}}
	title := fmt.Sprintf("%s vectors of %d dimensions, recall@%d, one thread", cli.Thousands(r.Vectors), r.Dimensions, o.k)
	return curve.Write(o.plot, title, []curve.Series{s, exact})
}

func measureANN(cmd *cobra.Command, table checkpoints.Tensor, o annOptions) (*annReport, error) {
	ctx := cmd.Context()
	base, queries, err := splitRows(table, o.queries, o.index.Seed)
	if err != nil {
		return nil, err
	}
	o.index.Dim = table.Shape[1]
	labels := make([]int64, len(base)/o.index.Dim)
	for i := range labels {
		labels[i] = int64(i)
	}
	flat := o.index
	flat.Kind, flat.Quantization = index.Flat, index.NoQuantization
	exact, err := filled(ctx, flat, labels, base, nil)
	if err != nil {
		return nil, err
	}
	progress := cli.StartProgress(cmd, "build")
	defer progress.Done()
	began := time.Now()
	approx, err := filled(ctx, o.index, labels, base, progress)
	if err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	progress.Done()
	points, err := evaluate.ANN(ctx, exact, approx, queries, o.k, o.efs)
	if err != nil {
		return nil, err
	}
	options := approx.Options()
	return &annReport{Vectors: approx.Len(), Queries: len(queries) / o.index.Dim, Dimensions: options.Dim,
		Index: options.Kind, Metric: options.Metric.String(), M: options.M, EfConstruction: options.EfConstruction, Quantization: options.Quantization,
		BuildSeconds: seconds, Points: points, defaultEf: options.EfSearch}, nil
}

// filled makes an index of packed vectors, in portions so that progress can
// be shown.
func filled(ctx context.Context, o index.Options, labels []int64, vectors []float32, progress *cli.Progress) (index.Index, error) {
	ix, err := index.New(o)
	if err != nil {
		return nil, err
	}
	const portion = 2048
	began := time.Now()
	for from := 0; from < len(labels); from += portion {
		to := min(from+portion, len(labels))
		if err := ix.AddBatch(ctx, labels[from:to], vectors[from*o.Dim:to*o.Dim]); err != nil {
			return nil, err
		}
		progress.Update(float64(to)/float64(len(labels)), cli.Count(float64(to)/time.Since(began).Seconds())+" vectors/s")
	}
	return ix, nil
}

// splitRows draws up to n rows of the table, at most a tenth of them, as
// queries, and returns the others as the base; both packed.
func splitRows(t checkpoints.Tensor, n int, seed uint64) (base, queries []float32, err error) {
	rows, dim := t.Shape[0], t.Shape[1]
	n = min(n, rows/10)
	if n < 1 {
		return nil, nil, fault.New("ten vectors at least are needed to measure an index: a larger vocabulary",
			"there are only %d vectors", rows)
	}
	stride := max(t.Stride, dim)
	order := rand.New(rand.NewPCG(seed, 0)).Perm(rows)
	chosen := make([]bool, rows)
	for _, row := range order[:n] {
		chosen[row] = true
	}
	base = make([]float32, 0, (rows-n)*dim)
	queries = make([]float32, 0, n*dim)
	for row := range rows {
		v := t.Data[row*stride : row*stride+dim]
		if chosen[row] {
			queries = append(queries, v...)
		} else {
			base = append(base, v...)
		}
	}
	return base, queries, nil
}
