package documents

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// shardOf reads a shard of paths.
func shardOf(t *testing.T, i, n int, o Options, paths ...string) (all []Passage) {
	t.Helper()
	if n > 0 {
		o.Shard = text.Shard{Index: i, Of: n}
	}
	s, err := Open(t.Context(), nil, paths, o)
	if err != nil {
		t.Fatalf("shard %d/%d: %v", i, n, err)
	}
	for _, f := range s.Files() {
		if err := s.Read(t.Context(), f, func(p Passage) error { all = append(all, p); return nil }); err != nil {
			t.Fatalf("shard %d/%d: %v", i, n, err)
		}
	}
	return all
}

// The shards of one file have its passages, each once, in its order.
func TestShardsOfOneFile(t *testing.T) {
	dir := t.TempDir()
	var json, csv, tsv, lines, paragraphs, md, code strings.Builder
	csv.WriteString("id,text,n\n")
	tsv.WriteString("id\ttext\n")
	for i := range 200 {
		words := strings.Repeat(fmt.Sprintf("w%d ", i), i%37+1)
		fmt.Fprintf(&json, "{\"id\":\"r%d\",\"text\":%q,\"n\":%d}\n", i, words+"a\nb", i)
		if i%9 == 0 {
			json.WriteString("\n")
		}
		fmt.Fprintf(&csv, "r%d,\"%s\n\nsaid \"\"yes\"\"\n\",%d\n", i, words, i)
		fmt.Fprintf(&tsv, "r%d\t%s\n", i, words)
		fmt.Fprintf(&lines, "%s\r\n", words)
		fmt.Fprintf(&paragraphs, "%s.\n%s.\n\n", words, words)
		fmt.Fprintf(&md, "# Part %d\n\n%s\n\n## Below\n\n%s\n\n", i, words, words)
		fmt.Fprintf(&code, "func f%d() {\n\t%s\n\n\treturn\n}\n\n", i, words)
	}
	for name, content := range map[string]string{
		"a.jsonl": json.String(), "a.csv": csv.String(), "a.tsv": tsv.String(), "a.txt": paragraphs.String(), "lines.txt": lines.String(), "a.md": md.String(), "a.go": code.String(),
		"unnamed": json.String(), "one.txt": strings.ReplaceAll(paragraphs.String(), "\n", " "), "mark.txt": "\ufeff" + lines.String(), "a.json": json.String(),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{}
		if name == "lines.txt" {
			o.Split = Line
		}
		whole := shardOf(t, 0, 0, o, path)
		for _, n := range []int{1, 2, 3, 7} {
			var parts []Passage
			for i := 1; i <= n; i++ {
				part := shardOf(t, i, n, o, path)
				if len(part) < len(whole)/n/3 {
					t.Errorf("%s: shard %d/%d has %d of %d passages", name, i, n, len(part), len(whole))
				}
				parts = append(parts, part...)
			}
			if len(parts) != len(whole) {
				t.Fatalf("%s: %d shards have %d passages, want %d", name, n, len(parts), len(whole))
			}
			for i := range whole {
				if !reflect.DeepEqual(parts[i], whole[i]) {
					t.Fatalf("%s: passage %d of %d shards is %+v, want %+v", name, i, n, parts[i], whole[i])
				}
			}
		}
	}
}

// A record belongs to the shard in which its first line begins.
func TestShardBorders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	for cut, want := range map[int]string{0: "a b", 1: "a b"} {
		record := `{"text":"%s"}` + "\n" // 13 bytes and the line break
		content := fmt.Sprintf(record, "a") + fmt.Sprintf(record, "b") + fmt.Sprintf(record, "c") + fmt.Sprintf(record, "d") + strings.Repeat(" ", cut)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range shardOf(t, 1, 2, Options{}, path) {
			got = append(got, p.Text)
		}
		if strings.Join(got, " ") != want { // c begins at byte 28, which is the first of the second half
			t.Errorf("%d: got %q, want %q", cut, got, want)
		}
	}
}

// What cannot be divided says so, and records of other shards are not reported.
func TestShardsRefused(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("some text\n"))
	z.Close()
	for name, c := range map[string]struct{ content, want string }{
		"a.txt.gz":  {packed.String(), "is compressed"},
		"a.parquet": {"PAR1....", "is Parquet"},
		"a.html":    {"<p>text</p>", "is HTML"},
		"a.json":    {`[{"text":"a"}]`, "is a JSON array"},
		"cr.txt":    {"a\rb\rc", "has lines that end at CR"},
		"wide.txt":  {"\xff\xfea\x00", "is not UTF-8"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), nil, []string{path}, Options{Shard: text.Shard{Index: 2, Of: 2}})
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v (%s), want %q", name, err, fault.Hint(err), c.want)
		}
	}
	bad := filepath.Join(dir, "bad.jsonl")
	good := strings.Repeat(`{"text":"good"}`+"\n", 40)
	if err := os.WriteFile(bad, []byte(good+"{\"text\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1} {
		s, err := Open(t.Context(), nil, []string{bad}, Options{Shard: text.Shard{Index: i + 1, Of: 2}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Read(t.Context(), s.Files()[0], func(Passage) error { return nil }); err != nil || len(s.Skipped()) != want {
			t.Errorf("shard %d skipped %v, %v, want %d", i+1, s.Skipped(), err, want)
		}
	}
}
