package text_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
)

// Records that are read as text are noticed, and text is not taken for records.
func TestUnselected(t *testing.T) {
	for _, c := range []struct{ name, content, format, fields string }{
		{"a.jsonl", "{\"id\": 1, \"text\": \"a b\", \"title\": \"c\"}\n{\"id\": 2}\n", "JSON Lines", `"text", "title"`},
		{"a.txt", "\n\n{\"text\":\"a b\"}\n", "JSON Lines", `"text"`},
		{"a", "{\"n\":1}", "JSON Lines", ""},
		{"a.txt", "{\"text\":\"" + strings.Repeat("long ", 100_000), "JSON Lines", ""},
		{"a.jsonl", "{\"id\": 1, \"text\": \"a b\"}\r{\"id\": 2}\r", "JSON Lines", `"text"`},
		{"a.csv", "\ufeffid,text\r1,a\r", "CSV", ""},
		{"a.txt", "plain text\r{\"text\": \"in line 2\"}\r", "", ""},
		{"a.json", "[\n  {\n    \"text\": \"a\"\n  }\n]\n", "JSON", ""},
		{"a.json", "[{\"text\": \"a\"}]", "JSON", ""},
		{"a.json", "{\n \"docs\": [\"a\"]}", "JSON", ""},
		{"a.csv", "id,text\n1,a\n", "CSV", ""},
		{"a.tsv", "id\ttext\n1\ta\n", "TSV", ""},
		{"a.txt", "\n  \n\t{\"text\":\"a b\"}\n", "JSON Lines", `"text"`},
		{"a.txt", " \n\n", "", ""},
		{"a.jsonl", "[1, \"a b\"]\n[2, \"c\"]\n", "JSON", ""},
		{"a.ndjson", "\"a b\"\n\"c\"\n", "JSON", ""},
		{"a.jsonl", "\"a b\" and c\n", "", ""},
		{"a.csv", "one column\n", "", ""},
		{"a.txt", "id,text\n1,a\n", "", ""},
		{"a.txt", "{ a set } of words\n", "", ""},
		{"a.txt", "{\"quoted\"} words: \"x\"\n", "", ""},
		{"a.txt", "[1] see {\"a\": 1}\n", "", ""},
		{"a.txt", "plain text\n{\"text\": \"in line 2\"}\n", "", ""},
		{"a.txt", "", "", ""},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := text.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []*text.Source{file, text.FromReader(c.name, strings.NewReader(c.content))} {
			if err := src.Read(context.Background(), func(text.Chunk) error { return nil }); err != nil {
				t.Fatal(err)
			}
			u := src.Unselected()
			if u.Format != c.format || u.Fields != c.fields || u.Format != "" && u.File != src.Names()[0] {
				t.Errorf("%s %.40q: %+v, want %s with %s", c.name, c.content, u, c.format, c.fields)
			}
		}
	}
	// Of selected text nothing is said.
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte("{\"text\":\"a\"}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := text.Open(path)
	if err == nil {
		err = src.Select(text.Selection{Field: "text"})
	}
	if err == nil {
		err = src.Read(context.Background(), func(text.Chunk) error { return nil })
	}
	if err != nil || src.Unselected().Format != "" {
		t.Errorf("%v, %+v", err, src.Unselected())
	}
}
