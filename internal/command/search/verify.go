package search

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

func verifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [options] PATH",
		Short: "Verify the checksum of every file of a model, a collection or an index",
		Long:  "A damaged or missing file is named, and the exit status is 1.",
		Example: `
$ search verify model
model: a model, 8 files, 71.2 MB, all checksums match`,
		RunE: verify,
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "PATH", Help: "model or collection (a folder), or index (a file)"})
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

// verified is what "search verify --json" prints.
type verified struct {
	Path  string         `json:"path"`
	Kind  string         `json:"kind"` // "model", "collection" or "index"
	OK    bool           `json:"ok"`
	Error string         `json:"error,omitempty"`
	Bytes int64          `json:"bytes"`
	Files []verifiedFile `json:"files"`

	KeepVectors string          `json:"keep_vectors,omitempty"`  // of an index
	Stated      *index.Measured `json:"stated_recall,omitempty"` // that the index states
	Longer      int             `json:"longer,omitempty"`        // vectors for which every search compares all
}

type verifiedFile struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	Problem string `json:"problem,omitempty"`
}

func verify(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cli.UsageError(fault.New("name one: 'search verify model'", "expected one path, got %d", len(args)))
	}
	path := args[0]
	kind, report, found := collection.VerifyPath(cmd.Context(), path)
	if err := cmd.Context().Err(); err != nil || kind == "" {
		return cmp.Or(err, found)
	}
	v := &verified{Path: path, Kind: kind, OK: found == nil, Files: []verifiedFile{}}
	for _, f := range report.Files {
		v.Files = append(v.Files, verifiedFile{f.Name, f.Size, f.Problem})
		v.Bytes += f.Size
	}
	stated := ""
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && kind == "index" && found == nil { // a pipe is empty now
		ix, err := index.OpenFile(path)
		if err != nil {
			return err
		}
		stats := ix.Stats()
		v.KeepVectors, v.Longer = string(ix.Options().KeepVectors), stats.Longer
		cli.WarnAll(cmd, stats.Warning())
		if m := stats.Recall; m.Queries > 0 {
			v.Stated, stated = &m, "; "+keptRecall(ix.Options(), m)
		}
	}
	if cli.JSON(cmd) {
		if found != nil {
			v.Error = found.Error()
		}
		return cmp.Or(cli.WriteJSON(cmd.OutOrStdout(), v), found)
	}
	if found != nil {
		return found
	}
	article := map[string]string{"index": "an index", "model": "a model", "collection": "a collection"}[v.Kind]
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s, %s, all checksums match%s\n",
		cli.Printable(path), article, cli.Plural(len(v.Files), "file", "files"), cli.Bytes(v.Bytes), stated)
	return err
}
