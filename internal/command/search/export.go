package search

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/checkpoints/exchange/output"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

type exportOptions struct {
	vectors, format string
	dtype           exchange.DType
	force           bool
}

func exportCommand() *cobra.Command {
	o := exportOptions{dtype: exchange.Float32}
	cmd := &cobra.Command{
		Use:   "export INDEX --vectors FILE [options]",
		Short: "Write the vectors and labels of an index or a collection",
		Long: `
The vectors are written in the order of their labels, which are the ids of the rows; of a
collection, also the texts of the documents, in formats that hold texts. Formats without
a place for ids have them in a file beside the vectors: see 'embed formats'. An index with
the metric cosine holds vectors of length 1.

'search build --vectors FILE --ids' makes an index with the same labels.`,
		Example: `
$ search export index --vectors out.npy
search: 12,040 vectors, 100 dimensions, out.npy; labels: out.npy.ids.tsv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(fault.New("name one: 'search export index --vectors out.npy'", "expected one index or collection, got %d", len(args)))
			}
			return export(cmd, args[0], o)
		},
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "INDEX", Help: "index (a file) or collection (a folder)"})
	var values []cli.Value
	for _, f := range exchange.WritableTexts() {
		values = append(values, cli.Value{Name: f.Name, Help: f.Description})
	}
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "vectors", Arg: "FILE", Into: &o.vectors, Help: "file to write"},
		cli.Flag{Name: "format", Short: "f", Arg: "FORMAT", Into: &o.format, Field: "Format", Help: "format of the file", Default: "its extension, or npy", Values: values},
		cli.Flag{Name: "dtype", Arg: "TYPE", Into: &o.dtype, Field: "DType", Help: "how values are stored", Values: cli.Summarized(exchange.DTypes(), exchange.DType.Summary)},
		cli.Flag{Name: "force", Into: &o.force, Field: "Replace", Help: "replace FILE if it exists"})
}

func export(cmd *cobra.Command, path string, o exportOptions) error {
	if o.vectors == "" || o.vectors == "-" {
		return cli.UsageError(fault.New("name the file to write: --vectors out.npy", "no output is named"))
	}
	format, err := cli.OutputFormat(exchange.WritableTexts(), o.format, o.vectors, "npy")
	if err != nil {
		return err
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: o.vectors, Force: o.force, Binary: format.Binary, Inputs: []string{path}})
	if err != nil {
		return err
	}
	out.Abort() // package output writes it
	var ix index.Index
	var c *collection.Collection
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if c, err = collection.Open(cmd.Context(), path); err != nil {
			return err
		}
		defer c.Close()
		if ix, err = c.Vectors(cmd.Context()); err != nil {
			return err
		}
	} else if ix, err = index.OpenFile(path); err != nil {
		return err
	}
	warnRounded(cmd, ix)
	shape := exchange.Shape{Rows: exchange.Unknown, Dim: ix.Options().Dim, HasID: true, Text: c != nil && format.Holds.Texts, DType: o.dtype}
	file, err := output.Create(cmd.Context(), output.Options{Path: o.vectors, Format: format.Name, Shape: shape, Replace: o.force})
	if err != nil {
		return err
	}
	defer file.Close()
	progress := cli.StartProgress(cmd, "export")
	defer progress.Done()
	if err := exportRows(cmd.Context(), file, ix, c, progress); err != nil {
		return err
	}
	if err := file.Finish(); err != nil {
		return err
	}
	progress.Done()
	beside := ""
	if name := file.IDs(); name != "" {
		beside = "; labels: " + name
	}
	cli.NoteStored(cmd, o.dtype, shape.Dim, file.Scale(), file.Info())
	if c := file.Clipped(); c.Values > 0 {
		cli.Warn(cmd, "clipped %s beyond the scale of int8, %g, which fits the first 10,000 vectors; the largest is %g", cli.Plural(c.Values, "value", "values"), file.Scale(), c.Largest)
	}
	cli.Note(cmd, "%s, %d dimensions, %s%s", cli.Plural(ix.Len(), "vector", "vectors"), shape.Dim, o.vectors, beside)
	return nil
}

// exportRows writes the vectors by their labels.
func exportRows(ctx context.Context, file *output.File, ix index.Index, c *collection.Collection, progress *cli.Progress) error {
	labels, err := index.Labels(ix)
	if err != nil {
		return err
	}
	for i, label := range labels {
		if i%1024 == 0 {
			progress.Items(int64(i), int64(len(labels)), "vectors")
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		row := exchange.Row{ID: strconv.FormatInt(label, 10)}
		var ok bool
		if row.Values, ok = ix.Vector(label); !ok {
			return fault.New("'search verify' says what is damaged", "the vector of label %d cannot be read", label)
		}
		if c != nil {
			docs, err := c.Passages([]int64{label})
			if err != nil {
				return fmt.Errorf("label %d: %w", label, err)
			}
			row.Token, row.Known = text.OneLine([]byte(docs[0].Text)), 1
		}
		if err := file.Write(row); err != nil {
			return err
		}
	}
	return nil
}
