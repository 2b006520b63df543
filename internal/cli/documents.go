package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// ForPassages is the group of the flags that say how documents are divided.
const ForPassages = "Passages"

// DocumentFlags declare which files of a folder are read, and how. Passages are counted in words
// or, with a tokenizer, in tokens.
func DocumentFlags(cmd *cobra.Command, o *documents.Options) {
	Declare(cmd, ForInput,
		Flag{Name: "include", Arg: "GLOB", Into: &o.Include, Field: "Include",
			Help: "read only the files that match, such as '*.md' or 'docs/**'"},
		Flag{Name: "exclude", Arg: "GLOB", Into: &o.Exclude, Field: "Exclude",
			Help: "leave out files and folders that match, such as '*.log' or 'drafts/'"},
		Flag{Name: "hidden", Into: &o.Hidden, Field: "Hidden", Help: "read hidden files and folders too"},
		Flag{Name: "no-ignore", Into: &o.NoIgnore, Field: "NoIgnore", Help: "read also what .gitignore and .ignore exclude"},
		Flag{Name: "follow", Into: &o.Follow, Field: "Follow", Help: "follow links to folders, and links out of the folder that is named"},
		Flag{Name: "strict", Into: &o.Strict, Field: "Strict", Help: "stop at the first file or record that cannot be read; without it they are skipped and counted"},
		Flag{Name: "kind", Arg: "KIND", Into: &o.FileKind, Field: "FileKind", Default: "by name and content", Help: "how all files are read", Values: []Value{
			{string(documents.Markdown), "headings make sections"},
			{string(documents.HTML), "the text without tags; headings make sections"},
			{string(documents.Text), "paragraphs"},
			{string(documents.Code), "blocks between blank lines"},
			{string(documents.Records), "JSON Lines, JSON arrays, CSV, TSV or Parquet: each record is a document"},
		}})
	Declare(cmd, "Records",
		Flag{Name: "text", Arg: "NAME", Into: &o.Text, Field: "Text", Default: "detected by name, such as text or body",
			Help: "member or column that holds the text; meta.title is a nested member, and a number a column of a file without a header"},
		Flag{Name: "field", Arg: "NAME", Into: &o.Text, Field: "Text", Default: "that of --text", Help: "the same as --text"},
		Flag{Name: "column", Arg: "NAME", Into: &o.Text, Field: "Text", Default: "that of --text", Help: "the same as --text"},
		Flag{Name: "id", Arg: "NAME", Into: &o.ID, Field: "ID", Default: "detected by name, such as id or _id", Help: "member or column that holds the id"},
		Flag{Name: "title", Arg: "NAME", Into: &o.Title, Field: "Title", Default: "detected by name, such as title", Help: "member or column that holds the title"},
		Flag{Name: "keep", Arg: "A,B,...", Into: &o.Keep, Field: "Keep", Default: "all short ones",
			Help: "members or columns, and values of front matter, that are stored with the passages"})
	Declare(cmd, ForPassages,
		Flag{Name: "split", Arg: "UNIT", Into: &o.Split, Field: "Split", Default: "by kind: sections, paragraphs or blocks, short ones joined", Help: "what a passage is", Values: []Value{
			{string(documents.Section), "what is under one heading"},
			{string(documents.Paragraph), "each paragraph"},
			{string(documents.Line), "each line, of any length"},
			{string(documents.Whole), "each file or record, of any length"},
		}},
		Flag{Name: "chunk", Arg: "N", Into: &o.Chunk, Field: "Chunk", Positive: true, Default: fmt.Sprint(documents.DefaultChunk),
			Help: "maximum number of words of a passage; longer parts are cut at the ends of sentences"},
		Flag{Name: "overlap", Arg: "N", Into: &o.Overlap, Field: "Overlap",
			Help: "begin a passage with up to N words of the one before, whole sentences if they fit; less than --chunk"})
}

// OpenDocuments finds the files of paths, standard input if there are none.
func OpenDocuments(ctx context.Context, t *tokenize.Tokenizer, paths []string, o documents.Options) (*documents.Source, error) {
	if len(paths) == 0 {
		paths = []string{documents.Stdin}
	}
	o.Keep = splitNames(o.Keep)
	return documents.Open(ctx, t, paths, o)
}

// splitNames splits names at their commas.
func splitNames(list []string) (names []string) {
	for _, part := range list {
		for name := range strings.SplitSeq(part, ",") {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ReportDocuments notes what was detected in documents, and which files were skipped: a line for
// each reason, with the number of files and the first. Files that should have been readable are
// warned about.
func ReportDocuments(cmd *cobra.Command, src *documents.Source) {
	for _, d := range summarize(detections(src.Detected()), func(d documents.Detected) string { return d.What }) {
		Note(cmd, "%s: %s", d.files(d.first.Path), d.first.What)
	}
	ReportSkipped(cmd, src.Skipped())
}

// ReportSkipped is the part of ReportDocuments about what was skipped.
func ReportSkipped(cmd *cobra.Command, skipped []documents.Skipped) {
	for _, s := range summarize(skipped, func(s documents.Skipped) string { return s.Reason }) {
		one, many := "file", "files"
		if s.first.Record {
			one, many = "record", "records"
		}
		if s.first.Trouble() {
			Warn(cmd, "skipped %s: %s (first: %v)", Plural(s.n, one, many), s.first.Reason, fault.Rename(s.first.Err, FieldFlags(cmd)))
		} else {
			Note(cmd, "skipped %s: %s (first: %s)", Plural(s.n, one, many), s.first.Reason, s.first.Path)
		}
	}
}

// detections joins what was detected in each file: the text is "text", the id is "_id".
func detections(list []documents.Detected) (files []documents.Detected) {
	at := map[string]int{}
	for _, d := range list {
		what := fmt.Sprintf("the %s is %q", d.What, d.Value)
		if i, ok := at[d.Path]; ok {
			files[i].What += ", " + what
			continue
		}
		at[d.Path] = len(files)
		files = append(files, documents.Detected{Path: d.Path, What: what})
	}
	return files
}

// SkippedDocuments counts the files that were skipped, by their reason, for a report in JSON.
func SkippedDocuments(src *documents.Source) map[string]int {
	counts := map[string]int{}
	for _, s := range src.Skipped() {
		counts[s.Reason]++
	}
	return counts
}

// group is a number of things of which the first is shown.
type group[T any] struct {
	first T
	n     int
}

func (g group[T]) files(first string) string {
	if g.n == 1 {
		return first
	}
	return fmt.Sprintf("%s (first: %s)", Plural(g.n, "file", "files"), first)
}

// summarize groups a list by a key, in the order of the first of each group.
func summarize[T any](list []T, key func(T) string) (groups []*group[T]) {
	by := map[string]*group[T]{}
	for _, x := range list {
		g := by[key(x)]
		if g == nil {
			g = &group[T]{first: x}
			by[key(x)] = g
			groups = append(groups, g)
		}
		g.n++
	}
	return groups
}
