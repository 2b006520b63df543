package search

import (
	"bufio"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

func listCommand() *cobra.Command {
	var passages, skipped bool
	cmd := &cobra.Command{
		Use:   "list COLLECTION [PATH...] [options]",
		Short: "List the files of a collection, or their passages",
		Long: `
Each file is a line: the number of its passages, its kind and its path. With --passages, each
passage is one: its place, the id of its record if it has one, and its headings.`,
		Example: `
$ search list collection notes
  12  markdown  notes/plan.md
   3  markdown  notes/todo.md
$ search list collection --passages notes/todo.md
notes/todo.md:1-8     Todo
notes/todo.md:10-31   Todo › This week`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
			}
			return list(cmd, args[0], args[1:], passages, skipped)
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument(), cli.Flag{Arg: "PATH", Help: "file, folder or pattern to list; default: all"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "passages", Into: &passages, Help: "list passages"},
		cli.Flag{Name: "skipped", Into: &skipped, Help: "list the files that were skipped, with the reason"},
		cli.Flag{Name: "json", Help: "print JSON: one object for each file or passage, one per line"})
}

// listedFile is what "search list --json" prints for a file.
type listedFile struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	Passages int64  `json:"passages"`
	Bytes    int64  `json:"bytes"`              // of the file; -1 if it was not one
	Text     int64  `json:"text_bytes"`         // of its passages
	Modified string `json:"modified,omitempty"` // RFC 3339
	SHA256   string `json:"sha256,omitempty"`
	Skipped  string `json:"skipped,omitempty"` // why it could not be read
}

// listedPassage is what "search list --passages --json" prints for a passage.
type listedPassage struct {
	Label     int64          `json:"label"`
	Path      string         `json:"path"`
	ID        string         `json:"id,omitempty"`
	Title     string         `json:"title,omitempty"`
	Heading   []string       `json:"heading,omitempty"`
	FirstLine int            `json:"first_line"`
	LastLine  int            `json:"last_line"`
	Text      string         `json:"text"`
	Fields    map[string]any `json:"fields,omitempty"`
}

func list(cmd *cobra.Command, dir string, paths []string, passages, skipped bool) error {
	s, err := collection.OpenTexts(cmd.Context(), dir)
	if err != nil {
		return err
	}
	defer s.Close()
	files, err := s.Files()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	defer out.Flush()
	shown := 0
	for _, f := range files {
		if len(paths) > 0 && !slices.ContainsFunc(paths, func(p string) bool { return named(f.Path, p) }) || (f.Skipped != "") != skipped {
			continue
		}
		shown++
		if !passages {
			err = writeFile(cmd, out, f)
		} else {
			err = writePassages(cmd, out, s, f)
		}
		if err != nil {
			return err
		}
	}
	if shown == 0 && len(paths) > 0 {
		return fault.New("'search list' without a path lists all", "%s has no file %s", dir, fault.Names(paths))
	}
	return out.Flush()
}

// named reports whether a file is the one of a path, in the folder of it, or matches it as a pattern.
func named(file, path string) bool {
	path = filepath.Clean(path)
	if file == path || path == "." || strings.HasPrefix(file, path+string(filepath.Separator)) {
		return true
	}
	ok, err := filepath.Match(path, file)
	return ok && err == nil
}

func writeFile(cmd *cobra.Command, out *bufio.Writer, f collection.File) error {
	if cli.JSON(cmd) {
		l := listedFile{Path: f.Path, Kind: f.Kind, Passages: f.Passages, Bytes: f.Size, Text: f.Text, SHA256: f.SHA256, Skipped: f.Skipped}
		if !f.Modified.IsZero() {
			l.Modified = f.Modified.UTC().Format(time.RFC3339Nano)
		}
		return cli.WriteJSONLine(out, l)
	}
	path := cli.Printable(cli.InputName(f.Path))
	if f.Skipped != "" {
		_, err := fmt.Fprintf(out, "%s: %s\n", path, f.Skipped)
		return err
	}
	_, err := fmt.Fprintf(out, "%6s  %-8s  %s\n", cli.Thousands(f.Passages), f.Kind, path)
	return err
}

func writePassages(cmd *cobra.Command, out *bufio.Writer, s *collection.Collection, f collection.File) error {
	for labels := range slices.Chunk(f.Labels(), 1024) {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		stored, err := s.Passages(labels)
		if err != nil {
			return err
		}
		for _, p := range stored {
			if cli.JSON(cmd) {
				l := listedPassage{Label: p.Label, Path: p.Path, ID: p.ID, Title: p.Title, Heading: p.Heading, FirstLine: p.FirstLine, LastLine: p.LastLine, Text: p.Text}
				for _, f := range p.Fields {
					if l.Fields == nil {
						l.Fields = map[string]any{}
					}
					l.Fields[f.Name] = f.Value
				}
				if err := cli.WriteJSONLine(out, l); err != nil {
					return err
				}
				continue
			}
			place := fmt.Sprintf("%s:%d", cli.Printable(cli.InputName(p.Path)), p.FirstLine)
			if p.LastLine > p.FirstLine {
				place += fmt.Sprintf("-%d", p.LastLine)
			}
			trail := p.Heading
			if p.Title != "" {
				trail = append([]string{p.Title}, trail...)
			}
			if p.ID != "" {
				trail = append([]string{p.ID}, trail...)
			}
			line := strings.TrimRight(fmt.Sprintf("%-24s  %s", place, cli.Printable(cli.OneLine(strings.Join(trail, " › ")))), " ")
			if _, err := fmt.Fprintln(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}

func infoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "info COLLECTION [options]",
		Short: "Describe a collection: what it holds, its sizes and its recall",
		Long:  "The numbers are those of the last change. 'search list' lists the files.",
		Example: `
$ search info collection
files          155, 3 skipped
passages       1,342
…`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(fault.New("name one: 'search info collection'", "expected one collection, got %d", len(args)))
			}
			return info(cmd, args[0])
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument())
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

// modelLine describes a model of a collection.
func modelLine(a collection.Applied) string {
	parts := []string{"a copy in " + a.Folder}
	if a.Path != nil {
		parts[0] = a.Path.Absolute + ", which is not copied"
	}
	if a.Precision != "" {
		parts = append(parts, "a transformer in "+a.Precision)
	}
	if a.Prompt != "" {
		parts = append(parts, "prompt "+cli.Quoted(a.Prompt))
	}
	return strings.Join(parts, ", ")
}

func info(cmd *cobra.Command, dir string) error {
	s, err := collection.OpenTexts(cmd.Context(), dir)
	if err != nil {
		return err
	}
	defer s.Close()
	i, sizes := s.Info(), s.Info().Sizes()
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), struct {
			*collection.Info
			Sizes collection.Sizes `json:"sizes"`
		}{i, sizes})
	}
	files, err := s.Files()
	if err != nil {
		return err
	}
	kinds, skipped := map[string]int{}, 0
	for _, f := range files {
		if f.Skipped != "" {
			skipped++
		} else {
			kinds[f.Kind]++
		}
	}
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s %s\n", name, cli.Printable(fmt.Sprintf(format, args...)))
	}
	count := cli.Thousands(i.Files)
	if i.Format == 1 {
		count = cli.Thousands(len(files))
	}
	var of []string
	for _, k := range slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(kinds))), func(a, b string) int { return kinds[b] - kinds[a] }) {
		if k != "" {
			of = append(of, fmt.Sprintf("%s %s", cli.Thousands(kinds[k]), k))
		}
	}
	if skipped > 0 {
		of = append(of, cli.Thousands(skipped)+" skipped")
	}
	if len(of) > 0 {
		count += ": " + strings.Join(of, ", ")
	}
	row("files", "%s", count)
	if i.Skipped > 0 && i.Format > 1 {
		row("passages", "%s, %s without a word that the model knows", cli.Thousands(i.Passages), cli.Thousands(i.Skipped))
	} else {
		row("passages", "%s", cli.Thousands(i.Passages))
	}
	if fields := s.FieldNames(); len(fields) > 0 {
		row("fields", "%s", strings.Join(fields, ", "))
	}
	row("vectors", "%d dimensions, %s, %s", i.Dim, i.Metric, i.Kind)
	switch {
	case i.Measured.Queries > 0:
		row("recall", "%v", i.Measured)
	case i.Recall.Queries > 0:
		row("recall", "%v", i.Recall)
	case i.Kind == string(index.Flat):
		row("recall", "1: all vectors are compared")
	}
	if m := i.Models; m != nil {
		row("model", "%s", modelLine(m.Passages))
		if q := modelLine(m.Questions); q != modelLine(m.Passages) {
			row("of questions", "%s", q)
		}
	}
	if i.Language != "" {
		row("language", "%s", i.Language)
	}
	for _, p := range i.Input.Paths {
		row("source", "%s", cli.InputName(p.Given))
	}
	if i.Format > 1 {
		row("size", "%s", cli.Bytes(sizes.All))
		row("", "texts %s (%s as written), words %s, vectors %s, model %s", cli.Bytes(sizes.Texts), cli.Bytes(i.TextBytes), cli.Bytes(sizes.Words), cli.Bytes(sizes.Vectors), cli.Bytes(sizes.Model))
	}
	row("created", "%s", i.Created)
	if i.Updated != "" && i.Updated != i.Created {
		row("changed", "%s", i.Updated)
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}
