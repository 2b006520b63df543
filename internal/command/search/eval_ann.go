package search

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plot"
)

type annOptions struct {
	evaluate.ANNOptions
	metric  string
	vectors string
	read    exchange.Options // of vectors
	plot    string
}

func evalANNCommand() *cobra.Command {
	o := annOptions{ANNOptions: evaluate.ANNOptions{Queries: 1000, Efs: []int{10, 20, 40, 80, 100, 160, 320}}}
	cmd := &cobra.Command{
		Use:   "ann -m MODEL [options]\nann --vectors FILE [options]",
		Short: "Measure the recall and the speed of an approximate index",
		Long: `
An index of the word vectors of a model, or of vectors from another program, is compared
with exact search. Some vectors, drawn at random, are kept out of the index and used as
queries. recall@k is the share of the true k nearest vectors that the index finds; a wider
search, --ef, is slower with higher recall. Speeds are those of one thread.`,
		Example: "$ search eval ann -m model --ef 50,100,200",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalANN(cmd, o) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(),
		cli.Flag{Name: "vectors", Arg: "FILE", Into: &o.vectors, Help: "measure on the vectors in FILE, in the formats of 'search build --vectors'"},
		cli.Flag{Name: "queries", Arg: "N", Into: &o.Queries, Field: "Queries", Help: "number of queries, at most a tenth of all vectors", Positive: true},
		kFlag(&o.K, "number of nearest vectors of each query"),
		cli.Flag{Name: "ef", Arg: "N,N,...", Into: &o.Efs, Field: "Efs", Help: "search widths to measure; for lsh, buckets of each table", Positive: true})
	cli.Declare(cmd, cli.ForInput, cli.VectorFlags(&o.read)...)
	cli.Declare(cmd, "Index", indexFlags(&o.Index, &o.metric, index.HNSW, index.KeepFloat32)...)
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "plot", Arg: "FILE", Into: &o.plot, Help: "draw recall against queries per second, as .svg, .png or .html", Ext: plot.Formats},
		cli.Flag{Name: "json", Help: "print JSON: all points, and the fields of the point at the default width (100)"})
}

func evalANN(cmd *cobra.Command, o annOptions) error {
	if err := checkIndex(&o.Index, o.metric); err != nil {
		return err
	}
	if err := cli.CheckVectors(cmd, o.vectors); err != nil {
		return err
	}
	if len(o.Efs) == 0 {
		return cli.UsageError(errors.New("--ef needs at least one search width"))
	}
	if o.plot != "" {
		if err := plot.CheckPath(o.plot); err != nil {
			return cli.UsageError(err)
		}
	}
	table, err := annTable(cmd, o)
	if err != nil {
		return err
	}
	progress := cli.StartProgress(cmd, "build")
	o.OnProgress = func(done, total int64) {
		if progress.Items(done, total, "vectors"); done == total {
			progress.Done() // searches are measured undisturbed
		}
	}
	report, err := evaluate.MeasureANN(cmd.Context(), table, o.ANNOptions)
	progress.Done()
	if err != nil {
		return err
	}
	// The report comes first: a plot that cannot be written must not lose it.
	if cli.JSON(cmd) {
		err = cli.WriteJSON(cmd.OutOrStdout(), report)
	} else {
		cli.Note(cmd, "%s vectors of %d dimensions, built in %s", cli.Thousands(report.Vectors), report.Dimensions,
			cli.Seconds(report.BuildSeconds))
		err = evaluate.WriteANN(cmd.OutOrStdout(), report.Points)
	}
	if o.plot != "" {
		err = cmp.Or(err, drawCurve(report, o))
	}
	return err
}

// annTable returns the vectors to measure on: those of a file, or of a model.
func annTable(cmd *cobra.Command, o annOptions) (checkpoints.Tensor, error) {
	if o.vectors == "" {
		model, err := cli.ReadModel(cmd)
		if err != nil {
			return checkpoints.Tensor{}, err
		}
		return model.Embedding(), nil
	}
	if cmd.Flags().Changed("model") {
		return checkpoints.Tensor{}, cli.UsageError(fault.New("leave one of them out", "--vectors and --model cannot be used together"))
	}
	packed, read, err := exchange.ReadAll(cmd.Context(), o.vectors, o.read)
	if err != nil {
		return checkpoints.Tensor{}, err
	}
	cli.NoteVectors(cmd, read)
	return checkpoints.Tensor{Shape: []int{len(packed) / read.Dim, read.Dim}, Data: packed}, nil
}

// drawCurve draws the points.
func drawCurve(r *evaluate.ANNReport, o annOptions) error {
	s := plot.Series{Name: string(r.Index)}
	if r.Quantization != index.NoQuantization {
		s.Name += ", " + string(r.Quantization)
	}
	for _, p := range r.Points {
		s.Recall, s.Speed = append(s.Recall, p.Recall), append(s.Speed, p.QueriesPerSecond)
	}
	exact := plot.Series{Name: "exact", Recall: []float64{1}, Speed: []float64{r.Points[0].ExactQueriesPerSecond}}
	title := fmt.Sprintf("%s vectors of %d dimensions, recall@%d, one thread", cli.Thousands(r.Vectors), r.Dimensions, o.K)
	return plot.Recall(o.plot, title, []plot.Series{s, exact})
}
