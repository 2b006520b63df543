package search

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
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
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	v := &verified{Path: path, Files: []verifiedFile{}}
	var found error // what is wrong with the files
	switch {
	case !info.IsDir():
		v.Kind = "index"
		found = v.index(path, info.Size())
	case isCollection(path):
		v.Kind = "collection"
		found = v.collection(cmd.Context(), path)
	default:
		v.Kind = "model"
		found = v.model(cmd.Context(), path)
	}
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	v.OK = found == nil
	for _, f := range v.Files {
		v.Bytes += f.Bytes
	}
	if cli.JSON(cmd) {
		if found != nil {
			v.Error = found.Error()
		}
		if err := cli.WriteJSON(cmd.OutOrStdout(), v); err != nil {
			return err
		}
		return found
	}
	if found != nil {
		return found
	}
	article := map[string]string{"index": "an index", "model": "a model", "collection": "a collection"}[v.Kind]
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s, %s, all checksums match\n",
		cli.Printable(path), article, cli.Plural(len(v.Files), "file", "files"), cli.Bytes(v.Bytes))
	return err
}

func isCollection(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "collection.json"))
	return err == nil
}

func (v *verified) index(path string, size int64) error {
	f := verifiedFile{Name: filepath.Base(path), Bytes: size}
	_, err := index.LoadFile(path)
	if err != nil {
		f.Problem = err.Error()
	}
	v.Files = append(v.Files, f)
	return err
}

// add adds the files of a report.
func (v *verified) add(report *checkpoints.Report) {
	if report == nil {
		return
	}
	for _, f := range report.Files {
		v.Files = append(v.Files, verifiedFile{f.Name, f.Size, f.Problem})
	}
}

// model verifies the checksums, and reads the model to find parts that do not
// belong together.
func (v *verified) model(ctx context.Context, dir string) error {
	report, err := checkpoints.Verify(ctx, dir)
	v.add(report)
	if err != nil {
		return err
	}
	_, err = checkpoints.Read(ctx, dir, checkpoints.ReadOptions{State: true})
	return err
}

// collection does the same for a collection and the model in it.
func (v *verified) collection(ctx context.Context, dir string) error {
	report, err := collection.Verify(ctx, dir)
	v.add(report)
	if err != nil {
		return err
	}
	c, err := collection.Open(ctx, dir)
	if err != nil {
		return err
	}
	return c.Close()
}
