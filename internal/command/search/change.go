package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// collectionArgument declares the first argument of commands about a collection.
func collectionArgument() cli.Flag {
	return cli.Flag{Arg: "COLLECTION", Help: "collection, as 'search build' writes it"}
}

// changeCommand completes a command that changes a collection. least is the number of arguments
// after the collection that it needs.
func changeCommand(cmd *cobra.Command, least int, missing string, change func(ctx context.Context, dir string, args []string, o collection.ChangeOptions) (*collection.Changes, error)) *cobra.Command {
	var o collection.ChangeOptions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
		case least == 0 && len(args) > 1:
			return cli.UsageError(fault.New("it reads again what the collection was built from; 'search add' adds more", "'search %s' takes a collection only, got %q", cmd.Name(), args[1]))
		case len(args) <= least:
			return cli.UsageError(fault.New(missing, "nothing to %s is named", cmd.Name()))
		}
		progress := cli.StartProgress(cmd, cmd.Name())
		defer progress.Done()
		o.OnProgress = func(p collection.Progress) { showProgress(progress, p) }
		c, err := change(cmd.Context(), args[0], args[1:], o)
		progress.Done()
		if err != nil {
			return err
		}
		return reportChanges(cmd, args[0], c)
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument())
	if least > 0 {
		cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: strings.TrimSuffix(strings.Fields(cmd.Use)[2], "..."), Help: missing})
	}
	if strings.HasPrefix(cmd.Use, "sync") || strings.HasPrefix(cmd.Use, "add") {
		cli.Declare(cmd, cli.ForInput, cli.Flag{Name: "strict", Into: &o.Strict, Field: "Strict", Help: "stop at the first file that cannot be read; without it they are skipped and counted"},
			cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"})
	}
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

func syncCommand() *cobra.Command {
	return changeCommand(&cobra.Command{
		Use:   "sync COLLECTION [options]",
		Short: "Update a collection: read again the files that have changed",
		Long: `
The files and folders that the collection was built from are read again, in the same way. A file
of the same size and time is not opened; of one that has changed, only passages with another
text are encoded. Files that are gone are removed, and renamed ones are recognized by their
content. Folders are expected where they were, or else in the same place relative to the
collection, so that both can be moved together.

Until the command ends, queries find the old state. If it is interrupted, nothing has changed.`,
		Example: `
$ search sync collection
+ notes/new.md
~ notes/plan.md
- notes/old.md
search: 1 added, 1 changed, 1 removed, 153 unchanged: 156 files, 1,344 passages`},
		0, "", func(ctx context.Context, dir string, _ []string, o collection.ChangeOptions) (*collection.Changes, error) {
			return collection.Sync(ctx, dir, o)
		})
}

func addCommand() *cobra.Command {
	return changeCommand(&cobra.Command{
		Use:   "add COLLECTION PATH... [options]",
		Short: "Add files and folders to a collection",
		Long: `
They are divided into passages in the same way as those that the collection was built from, and
'search sync' reads them again from then on. A file that the collection has already is
read again if it has changed.`,
		Example: `
$ search add collection more/talk.md
+ more/talk.md
search: 1 added: 156 files, 1,350 passages`},
		1, "folder, file or glob to add, or - for standard input", collection.Add)
}

func deleteCommand() *cobra.Command {
	return changeCommand(&cobra.Command{
		Use:   "delete COLLECTION NAME... [options]",
		Short: "Delete files, folders or records from a collection",
		Long: `
A file or a folder is named by its path, as 'search list' prints it, a record by its id. The
files themselves remain. 'search sync' does not add them again; 'search add' does.`,
		Example: `
$ search delete collection notes/old.md 4711
- notes/old.md
- 4711
search: 2 removed: 154 files, 1,329 passages`},
		1, "path of a file or folder, or id of a record, to delete", collection.Delete)
}

func compactCommand() *cobra.Command {
	return changeCommand(&cobra.Command{
		Use:   "compact COLLECTION [options]",
		Short: "Rewrite a collection without the remains of what was deleted",
		Long: `
Changes do this by themselves when there is much to gain. The recall of the index is measured
again.`,
		Example: `
$ search compact collection
search: 154 files, 1,329 passages, 5.9 MB`},
		0, "", func(ctx context.Context, dir string, _ []string, o collection.ChangeOptions) (*collection.Changes, error) {
			return collection.Compact(ctx, dir, o)
		})
}

// changed is the report of a change as JSON.
type changed struct {
	Collection string `json:"path"`
	*collection.Changes
	SkippedFiles map[string]int `json:"skipped_files"` // by reason
	Seconds      float64        `json:"seconds"`
}

func reportChanges(cmd *cobra.Command, dir string, c *collection.Changes) error {
	cli.ReportSkipped(cmd, c.Skipped)
	warnRepeated(cmd, &c.Summary)
	warnTruncated(cmd, &c.Summary)
	if c.Summary.Skipped > 0 {
		cli.Warn(cmd, "the model knows no word of %s, which only other words of a question find (first: %s)", cli.Plural(c.Summary.Skipped, "new passage", "new passages"), cli.Printable(c.FirstSkipped))
	}
	out := cmd.OutOrStdout()
	if cli.JSON(cmd) {
		for _, list := range []*[]string{&c.Added, &c.Changed, &c.Removed} {
			*list = append([]string{}, *list...)
		}
		c.Renamed = append([]collection.Renamed{}, c.Renamed...)
		r := changed{Collection: dir, Changes: c, SkippedFiles: map[string]int{}, Seconds: c.Elapsed.Seconds()}
		for _, s := range c.Skipped {
			r.SkippedFiles[s.Reason]++
		}
		return cli.WriteJSON(out, r)
	}
	var b strings.Builder
	for _, list := range []struct {
		sign  string
		paths []string
	}{{"+", c.Added}, {"~", c.Changed}, {"-", c.Removed}} {
		slices.Sort(list.paths)
		for _, path := range list.paths {
			fmt.Fprintf(&b, "%s %s\n", list.sign, cli.Printable(cli.InputName(path)))
		}
	}
	for _, r := range c.Renamed {
		fmt.Fprintf(&b, "> %s -> %s\n", cli.Printable(r.From), cli.Printable(r.To))
	}
	if _, err := fmt.Fprint(out, b.String()); err != nil {
		return err
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{len(c.Added), "added"}, {len(c.Changed), "changed"}, {len(c.Renamed), "renamed"}, {len(c.Removed), "removed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", cli.Thousands(p.n), p.what))
		}
	}
	if c.Unchanged > 0 {
		parts = append(parts, cli.Thousands(c.Unchanged)+" unchanged")
	}
	what := strings.Join(parts, ", ")
	if what != "" {
		what += ": "
	}
	cli.Note(cmd, "%s%s, %s, %s", what, cli.Plural(c.Files, "file", "files"), cli.Plural(c.Passages, "passage", "passages"), cli.Bytes(c.Bytes))
	return nil
}
