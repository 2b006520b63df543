package embed

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/compress"
)

func compressCommand() *cobra.Command {
	o := compress.Options{DType: checkpoints.Int4, Seed: 1}
	var output string
	var force bool
	cmd := &cobra.Command{
		Use:   "compress -m MODEL -o SMALL [options]",
		Short: "Make a model smaller",
		Long: `
It writes a model whose table takes less space: with fewer bits per value and, on
request, fewer tokens or dimensions. The result is a model like any other, and is used
without being expanded. Layers and token weights become part of the rows, and the
training state is left out, so the result cannot be trained further, but training can
start from it ('train sentence --init').

The default type, int4, takes an eighth of the space and changes results by less than
differences between two trainings. docs/small-models.md has the figures of all options.
Measure your own with 'search eval'.`,
		Example: `
$ embed compress -m model -o small
embed: 10,000 tokens, 256 dimensions, int4: 20.7 MB became 1.6 MB, small`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return compressModel(cmd, output, force, o) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
	cli.Declare(cmd, cli.ForModel,
		cli.Flag{Name: "dtype", Arg: "NAME", Into: &o.DType, Field: "DType", Help: "how values are stored",
			Values: cli.Summarized(checkpoints.DTypes, checkpoints.DType.Summary)},
		cli.Flag{Name: "vocab", Arg: "N", Into: &o.Vocabulary, Field: "Vocabulary", Default: "all",
			Help: "keep the N most frequent tokens; text of the others is split into smaller tokens, or unknown if tokens are words"},
		cli.Flag{Name: "clusters", Arg: "N", Into: &o.Clusters, Field: "Clusters", Default: "a row for each token",
			Help: "let tokens whose rows point in similar directions share one of N rows; no effect on a model of at most N tokens"},
		cli.Flag{Name: "dims", Arg: "N", Into: &o.Dim, Field: "Dim", Default: "all", Help: "keep the N principal components of the rows"},
		cli.Flag{Name: "keep-state", Into: &o.KeepState, Field: "KeepState",
			Help: "keep training/, so that training can resume, from the rounded rows; nothing becomes part of the rows"})
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of the clustering"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Help: "number of threads; the result does not depend on it", Default: "one per core"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "SMALL", Into: &output, Help: "folder to write"},
		cli.Flag{Name: "force", Into: &force, Help: "replace SMALL if it exists"},
		cli.JSONFlag())
}

// compressed is what "embed compress --json" prints.
type compressed struct {
	Output     string            `json:"output"`
	DType      checkpoints.DType `json:"dtype"`
	Tokens     int               `json:"tokens"`
	Dim        int               `json:"dim"`
	Clusters   int               `json:"clusters,omitempty"`
	FromTokens int               `json:"from_tokens"`
	FromDim    int               `json:"from_dim"`
	FromBytes  int64             `json:"from_bytes"` // of all files of the model
	Bytes      int64             `json:"bytes"`      // of all files of the result
	Folded     bool              `json:"folded"`     // layers or token weights are part of the rows
	RowError   float64           `json:"row_error"`  // root of the mean square, as a share of the length of a row
	Dropped    float64           `json:"dropped"`    // share of the training text that consisted of the dropped tokens
	Variance   float64           `json:"variance"`   // share of the sum of squares that the dimensions keep
}

func compressModel(cmd *cobra.Command, output string, force bool, o compress.Options) error {
	if output == "" {
		return cli.UsageError(fault.New("name the folder to write: -o small", "no output is named"))
	}
	if err := o.Validate(); err != nil {
		return cli.UsageError(err)
	}
	path, err := cli.ModelPath(cmd)
	if err != nil {
		return err
	}
	if err := cli.NotInput(output, path); err != nil {
		return err
	}
	if err := checkpoints.CheckOutput(output, checkpoints.WriteOptions{Replace: force}); err != nil {
		return err
	}
	if err := cli.RefuseTransformer(cmd, path); err != nil {
		return err
	}
	model, err := checkpoints.Read(cmd.Context(), path, checkpoints.ReadOptions{State: o.KeepState})
	if err != nil {
		return err
	}
	_, before, err := checkpoints.FileSizes(path)
	if err != nil {
		return err
	}
	progress := cli.StartProgress(cmd, "compressing")
	o.OnProgress = func(done, total int64) { progress.Update(cli.Share(done, total), "") }
	small, r, err := compress.Compress(cmd.Context(), model, o)
	progress.Done()
	if err != nil {
		return err
	}
	small.Config.Version = cli.Version()
	if err := checkpoints.Write(cmd.Context(), output, small, checkpoints.WriteOptions{Replace: force}); err != nil {
		return err
	}
	_, after, err := checkpoints.FileSizes(output)
	if err != nil {
		return err
	}
	kind := checkpoints.KindOf(small.Config.Kind)
	if o.Vocabulary >= r.Tokens {
		cli.Note(cmd, "--vocab %d has no effect: the model has %s", o.Vocabulary, cli.Plural(r.Tokens, kind.Token(), kind.Token()+"s"))
	}
	if o.Clusters > 0 && r.Clusters == 0 {
		cli.Note(cmd, "--clusters %d has no effect: there are %s", o.Clusters, cli.Plural(r.KeptTokens, kind.Token(), kind.Token()+"s"))
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), compressed{
			Output: output, DType: r.DType, Tokens: r.KeptTokens, Dim: r.KeptDim, Clusters: r.Clusters, FromTokens: r.Tokens, FromDim: r.Dim,
			FromBytes: before, Bytes: after, Folded: r.Folded, RowError: r.Error, Dropped: r.DroppedTokens, Variance: r.KeptVariance,
		})
	}
	if r.Folded {
		cli.Note(cmd, "the layers and token weights of the model are part of the rows, which changes no vector")
	}
	if r.KeptTokens < r.Tokens {
		cli.Note(cmd, "%s of %s remain; the others were %.1f%% of the training text", cli.Thousands(r.KeptTokens), cli.Plural(r.Tokens, kind.Token(), kind.Token()+"s"), 100*r.DroppedTokens)
	}
	if r.KeptDim < r.Dim {
		cli.Note(cmd, "%d of %d dimensions remain, with %.1f%% of the sum of squares", r.KeptDim, r.Dim, 100*r.KeptVariance)
	}
	shared := ""
	if r.Clusters > 0 {
		shared = fmt.Sprintf(" in %s", cli.Plural(r.Clusters, "row", "rows"))
	}
	if r.Error > 0 {
		cli.Note(cmd, "rows differ from those before by %.2g%% of their length (root mean square)", 100*r.Error)
	}
	cli.Note(cmd, "%s%s, %s, %s: %s became %s, %s", cli.Plural(r.KeptTokens, kind.Token(), kind.Token()+"s"), shared,
		cli.Plural(r.KeptDim, "dimension", "dimensions"), r.DType, cli.Bytes(before), cli.Bytes(after), cli.Printable(output))
	return nil
}
