package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/documents"
)

// Every field of the options has a flag, and what is skipped and detected is a line for each reason.
func TestDocumentFlags(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"a.md": "# A\n\ntext", "b.png": "x", "c.jpg": "x", "d.jsonl": "{\"body\": \"x\", \"_id\": 1}\n{\"_id\": 2}\n",
		"e\x1b[31m.txt": "", "f.txt": "caf\xe9", "g.jsonl": "{\"a\": 1}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Skip(err)
		}
	}
	var o documents.Options
	var messages bytes.Buffer
	run := func(args ...string) string {
		messages.Reset()
		o = documents.Options{}
		cmd := &cobra.Command{Use: "tool", SilenceErrors: true, SilenceUsage: true}
		cmd.SetErr(&messages)
		cmd.PersistentFlags().Bool("quiet", false, "")
		DocumentFlags(cmd, &o)
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			flags := FieldFlags(cmd)
			for _, field := range reflect.VisibleFields(reflect.TypeFor[documents.Options]()) {
				if flags[field.Name] == "" && field.Name != "Shard" { // which only search build has
					t.Errorf("no flag sets %s", field.Name)
				}
			}
			src, err := OpenDocuments(t.Context(), nil, args, o)
			if err != nil {
				return nameFlags(err, cmd)
			}
			for _, f := range src.Files() {
				if err := src.Read(t.Context(), f, func(documents.Passage) error { return nil }); err != nil {
					if _, skipped := err.(*documents.Skipped); !skipped {
						return nameFlags(err, cmd)
					}
				}
			}
			ReportDocuments(cmd, src)
			return nil
		}
		cmd.SetArgs(args)
		if err := cmd.Execute(); err != nil {
			return err.Error()
		}
		return strings.ReplaceAll(messages.String(), dir+string(filepath.Separator), "")
	}
	want := `tool: d.jsonl: the text is "body", the id is "_id"
tool: skipped 2 files: an image (first: b.png)
tool: warning: skipped 1 record: invalid record or missing field (first: d.jsonl:2: the record has no field "body", only "_id")
tool: skipped 1 file: empty (first: e` + "\uFFFD" + `[31m.txt)
tool: warning: skipped 1 file: not UTF-8 text (first: f.txt is not UTF-8 text: 1 invalid byte in its first 4)
tool: warning: skipped 1 file: records without a part that is known to be text (first: g.jsonl: which part of the records is the text? --text names it; they have "a")
`
	if got := run(dir); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for args, want := range map[string]string{
		"--strict --kind text":      "",
		"--chunk 5 --overlap 5":     "--overlap must be less than --chunk, 5, got 5",
		"--include [":               `--include has a pattern that is not valid: "["`,
		"--split word":              "must be section, paragraph, line or file",
		"--kind pdf":                "must be markdown, html, text, code or records",
		"--strict --include *.md":   "",
		"--strict --include f.txt":  "not UTF-8 text: 1 invalid byte in its first 4",
		"--text q --include *.json": "no file to read",
	} {
		got := run(append(strings.Fields(args), dir)...)
		if !strings.Contains(got, want) || want == "" && strings.Contains(got, "skipped") && !strings.Contains(args, "kind") {
			t.Errorf("%s: %s", args, got)
		}
	}
	run("--keep", "a,b", "--keep", "b, c", dir)
	if got := splitNames(o.Keep); strings.Join(got, "|") != "a|b|c" {
		t.Error(got)
	}
}
