package search

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// vectorAnswer is what --json prints for a query vector, a line each.
type vectorAnswer struct {
	Query int64       `json:"query"` // its row, from 0
	Hits  []vectorHit `json:"hits"`
}

type vectorHit struct {
	Rank  int     `json:"rank"`
	Score float32 `json:"score"`
	Label int64   `json:"label"`
}

// queryVectors searches an index of vectors for those nearest to the rows of a file.
func queryVectors(cmd *cobra.Command, args []string, o queryOptions) error {
	if len(args) > 1 {
		return cli.UsageError(fault.New("leave out the question, or --vectors", "--vectors cannot be used with a question: %q", strings.Join(args[1:], " ")))
	}
	if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
		return cli.UsageError(fault.New("leave out --vectors and ask a question", "%s is a collection of texts, not an index of vectors", args[0]))
	}
	ix, err := index.OpenFile(args[0])
	if err != nil {
		return err
	}
	if err := exchange.Intact(cmd.Context(), o.vectors); err != nil {
		return err
	}
	row, out := int64(0), bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	var found []index.Result
	o.read.Dim = ix.Options().Dim
	read, err := exchange.ReadVectors(cmd.Context(), o.vectors, o.read, func(_ int64, vector []float32) error {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		found, err = ix.SearchInto(found[:0], vector, o.K, o.searchOptions())
		if err != nil {
			return fmt.Errorf("%s, row %d: %w", cli.InputName(o.vectors), row, err)
		}
		row++
		if cli.JSON(cmd) {
			a := vectorAnswer{Query: row - 1, Hits: make([]vectorHit, len(found))}
			for i, r := range found {
				a.Hits[i] = vectorHit{i + 1, r.Score, r.Label}
			}
			return json.NewEncoder(out).Encode(a)
		}
		for i, r := range found {
			format := "%d\t%d\t%.4f\t%d\n"
			if a := max(r.Score, -r.Score); a >= 1e10 || a < 1e-3 && a != 0 {
				format = "%d\t%d\t%.4g\t%d\n" // of very small or large vectors
			}
			if _, err := fmt.Fprintf(out, format, row-1, i+1, r.Score, r.Label); err != nil {
				return err
			}
		}
		return nil
	})
	if err = cmp.Or(err, out.Flush()); err == nil {
		cli.NoteVectors(cmd, read)
	}
	return err
}
