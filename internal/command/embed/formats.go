package embed

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/checkpoints/exchange/projector"
	"github.com/luminavec/luminavec/internal/cli"
)

func formatsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "formats [options]",
		Short: "List the formats of vectors, what each holds and what it loses",
		Long: `
Every format that is read is read wherever vectors are: by 'embed import', 'train --init',
'search build --vectors', 'search query --vectors' and 'search eval ann --vectors'. The
format of a file is detected from its content.

What is held beside a file out.npy is in out.npy.ids.tsv (ids and fields, a line for each
row, after a line with the names of the columns) and out.npy.json (the type of the values
and their scale). Binary values are read as 1 and -1, and those of int8 times their scale.`,
		Example: `
$ embed formats
csv (.csv; read, write)
    a CSV table with a header line: id, fields, text, vector as [0.5,-1]
    holds  ids, fields, texts, words; float32, float16, int8, binary
    loses  counts, n-grams, tokenizer`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listFormats(cmd) },
	}
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

// formatRow is a format in "embed formats --json".
type formatRow struct {
	Name        string           `json:"name"`
	Extensions  []string         `json:"extensions"`
	Description string           `json:"description"`
	Folder      bool             `json:"folder"`
	Read        bool             `json:"read"`
	Write       bool             `json:"write"`
	Append      bool             `json:"append"`
	Holds       []string         `json:"holds"`
	Lost        []string         `json:"loses"`
	Note        string           `json:"note,omitempty"`
	DTypes      []exchange.DType `json:"dtypes"`
}

func listFormats(cmd *cobra.Command) error {
	rows := []formatRow{}
	for _, f := range append(exchange.All(), projector.Format()) {
		r := formatRow{Name: f.Name, Extensions: append([]string{}, f.Extensions...), Description: f.Description, Folder: f.Folder,
			Read: f.Detect != nil, Write: f.Write != nil || f.WriteModel != nil || f.WriteModelFile != nil, Append: f.Extend != nil, Note: f.Loses, DTypes: f.Types()}
		r.Holds, r.Lost = f.Held()
		rows = append(rows, r)
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), rows)
	}
	var b strings.Builder
	width := cli.Width(cmd.OutOrStdout())
	paragraph := func(label, text string) {
		for i, line := range cli.Wrap(text, width-4-len(label), 0) {
			if i > 0 {
				label = strings.Repeat(" ", len(label))
			}
			fmt.Fprintf(&b, "    %s%s\n", label, line)
		}
	}
	for _, r := range rows {
		var use, types []string
		if r.Read {
			use = append(use, "read")
		}
		if r.Write {
			use = append(use, "write")
		}
		if r.Folder && len(r.Extensions) == 0 {
			r.Extensions = []string{"folder"}
		}
		extensions := strings.Join(r.Extensions, ", ")
		if extensions != "" {
			extensions += "; "
		}
		for _, d := range r.DTypes {
			types = append(types, string(d))
		}
		fmt.Fprintf(&b, "%s (%s%s)\n", r.Name, extensions, strings.Join(use, ", "))
		paragraph("", r.Description)
		paragraph("holds  ", strings.Join(r.Holds, ", ")+"; "+strings.Join(types, ", "))
		if len(r.Lost) > 0 {
			paragraph("loses  ", strings.Join(r.Lost, ", "))
		}
		if r.Note != "" {
			paragraph("note   ", r.Note)
		}
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}
