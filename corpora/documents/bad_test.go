package documents

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func gz(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each file that cannot be read is skipped with its reason; with Strict it is an error.
func TestSkipped(t *testing.T) {
	whole := gz(t, strings.Repeat("Some text. ", 10000))
	for name, c := range map[string]struct{ content, reason, message string }{
		"a.pdf.txt":   {"%PDF-1.4\n\x00", "a PDF document", "PATH is a PDF document, not text"},
		"b.txt":       {"text\x00binary", "binary data", "PATH is binary data, not text"},
		"c.txt":       {"caf\xe9 cr\xe8me", "not UTF-8 text", "PATH is not UTF-8 text: 2 invalid bytes in its first 10"},
		"d.txt":       {"", "empty", "PATH is empty"},
		"e.txt":       {" \n\t\n", "no text", "PATH has no text"},
		"f.md":        {"<!-- nothing -->\n", "no text", "PATH has no text"},
		"g.html":      {"<script>x</script>", "no text", "PATH has no text"},
		"h.txt.gz":    {whole[:len(whole)/2], "damaged", "PATH: gzip data ends too early, after"},
		"i.md.gz":     {gz(t, "")[:12], "damaged", "PATH: "},
		"j.js":        {strings.Repeat("x=1;", 1000), "minified code", "PATH has lines of 4000 bytes on average: it is minified or generated"},
		"k.jsonl":     {"{\"a\": 1}\n", "records without a part that is known to be text", "PATH: which part of the records is the text? Text names it; they have \"a\""},
		"l.jsonl":     {"not json\n", "damaged", "PATH:1: the line is not a JSON object"},
		"m.parquet":   {"PAR1 is not all", "damaged", "PATH"},
		"o.dat":       {"\x01\x02\x03\x04\x05\x06\x07\x0e", "binary data", "PATH is binary data, not text"},
		"p.md":        {"\xef\xbb\xbf", "empty", "PATH is empty"},
		"q.rtf.txt":   {"{\\rtf1 x}", "an office document", "PATH is an office document, not text"},
		"r.txt":       {"\xff\xfe\x00\x00x\x00\x00\x00", "binary data", "PATH is binary data, not text"},
		"s.htm":       {"<p>x\x00\x00", "binary data", "PATH is binary data, not text"},
		"t.unknown":   {"\x89PNG\r\n\x1a\n", "an image", "PATH is an image, not text"},
		"u/v.ipynb":   {"{", "damaged", "PATH"},
		"w.json":      {"", "empty", "PATH is empty"},
		"x.jsonl.gz":  {gz(t, "{\"text\": \"a\"}\n")[:20], "damaged", "PATH"},
		"y.jsonl":     {"", "empty", "PATH is empty"},
		"z.tsv":       {"\n", "no text", "PATH has no text"},
		"aa.srt":      {"1\n00:00:01,000 --> 00:00:02,000\n", "no text", "PATH has no text"},
		"bb.md.gz.gz": {gz(t, gz(t, "x")), "binary data", "PATH is binary data, not text"},
	} {
		path := filepath.Join(folder(t, map[string]string{name: c.content, "good.md": "Good."}), filepath.FromSlash(name))
		s, err := Open(t.Context(), nil, []string{filepath.Dir(path)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, s)
		if k := s.Skipped(); len(k) != 1 || k[0].Path != path || k[0].Reason != c.reason || !strings.HasPrefix(k[0].Err.Error(), strings.ReplaceAll(c.message, "PATH", path)) {
			t.Errorf("%s: %+v, want %s: %s", name, k, c.reason, c.message)
		}
		s, err = Open(t.Context(), nil, []string{path}, Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Read(t.Context(), s.Files()[0], func(Passage) error { return nil })
		var skipped *Skipped
		if err == nil || errors.As(err, &skipped) || !strings.HasPrefix(err.Error(), strings.ReplaceAll(c.message, "PATH", path)) || len(s.Skipped()) > 0 {
			t.Errorf("%s: strict: %v", name, err)
		}
	}
}

// A file may vanish, become another or be closed to us after it was found.
func TestChanges(t *testing.T) {
	dir := folder(t, map[string]string{"a.md": "A.", "b.md": "B.", "c.md": "C."})
	s, err := Open(t.Context(), nil, []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a.md")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.md"), []byte(strings.Repeat("Longer than before.\n\n", 10000)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "c.md"), 0); err != nil {
		t.Fatal(err)
	}
	n := len(readAll(t, s))
	var reasons []string
	for _, k := range s.Skipped() {
		reasons = append(reasons, k.Reason)
	}
	want := "[vanished while reading permission denied]"
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		want = "[vanished while reading]"
	}
	if fmt.Sprint(reasons) != want || n < 200 {
		t.Errorf("%q, %d passages", reasons, n)
	}
}

// An error of the caller, a canceled context and a panic of the caller end the reading.
func TestEnds(t *testing.T) {
	for _, name := range []string{"a.md", "a.html", "a.txt", "a.go", "a.jsonl"} {
		content := strings.Repeat("One two three.\n\n", 1000)
		if name == "a.jsonl" {
			content = strings.Repeat("{\"text\": \"One two three.\"}\n", 1000)
		}
		dir := folder(t, map[string]string{name: content})
		s, err := Open(t.Context(), nil, []string{dir}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, stop := s.Files()[0], errors.New("stop")
		if err := s.Read(t.Context(), f, func(Passage) error { return stop }); err != stop {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := s.Read(ctx, f, func(Passage) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		func() {
			defer func() {
				if x := recover(); x != "mine" {
					t.Errorf("%s: %v", name, x)
				}
			}()
			_ = s.Read(t.Context(), f, func(Passage) error { panic("mine") })
		}()
		if k := s.Skipped(); len(k) > 0 {
			t.Errorf("%s: %v", name, k)
		}
	}
}

// A long file is read in bounded memory, and lines are counted through it.
func TestLongFile(t *testing.T) {
	const paragraph = "The quick brown fox jumps over the lazy dog, and then it sleeps for a while.\n\n"
	for name, size := range map[string]int{"a.txt": 24 << 20, "a.md": 6 << 20, "a.go": 6 << 20, "a.txt.gz": 6 << 20} {
		content := strings.Repeat(paragraph, size/len(paragraph))
		stored := content
		if strings.HasSuffix(name, ".gz") {
			stored = gz(t, content)
		}
		dir := folder(t, map[string]string{name: stored})
		s, err := Open(t.Context(), nil, []string{dir}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		most := uint64(0)
		var last Passage
		n := 0
		err = s.Read(t.Context(), s.Files()[0], func(p Passage) error {
			if n++; n%500 == 0 {
				runtime.ReadMemStats(&after)
				most = max(most, after.HeapAlloc)
			}
			last = p
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := 2*(size/len(paragraph)) - 1; last.LastLine != want || last.End != int64(len(content)-2) {
			t.Errorf("%s ends at line %d, byte %d, want %d and %d", name, last.LastLine, last.End, want, len(content)-2)
		}
		if grown := int64(most) - int64(before.HeapAlloc); name == "a.txt" && grown > 100<<20 {
			t.Errorf("%s: %d MiB", name, grown>>20)
		}
	}
}

// Records, HTML and text are told apart without the name of a file, as on standard input.
func TestWithoutName(t *testing.T) {
	for _, c := range []struct {
		content string
		o       Options
		want    string
	}{
		{"{\"text\": \"one\"}\n{\"text\": \"two\"}\n", Options{}, "1-1 []\none\n2-2 []\ntwo\n"},
		{"a,b\n1,one\n", Options{Text: "b"}, "2-2 [] a=1(int64)\none\n"},
		{"<!DOCTYPE html><title>T</title><p>one", Options{}, "1-1 [T]\none\n"},
		{"# one\n\ntwo", Options{}, "1-3 [noname]\n# one\n\ntwo\n"},
		{"# one\n\ntwo", Options{FileKind: Markdown}, "3-3 [one]\ntwo\n"},
		{"#!/bin/sh\nx\n", Options{}, "1-2 [noname]\n#!/bin/sh\nx\n"},
	} {
		dir := folder(t, map[string]string{"noname": c.content})
		s, err := Open(t.Context(), nil, []string{filepath.Join(dir, "noname")}, c.o)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int64{s.Files()[0].Size, -1} { // a file, and a stream
			f := s.Files()[0]
			f.Size = size
			var b strings.Builder
			if err := s.Read(t.Context(), f, func(p Passage) error { b.WriteString(golden(p)); return nil }); err != nil || b.String() != c.want {
				t.Errorf("%q: %q, %v, want %q", c.content, b.String(), err, c.want)
			}
		}
	}
}

// What each passage repeats must not be long: a "heading" of many lines above an underline is text,
// and so is the title of a record.
func TestLongHeadings(t *testing.T) {
	for name, content := range map[string]string{
		"setext.md":   strings.Repeat("alpha beta\n", 5000) + "===\n\nunder it\n",
		"long.html":   "<h1>" + strings.Repeat("alpha beta ", 5000) + "</h1><p>under it",
		"title.html":  "<title>" + strings.Repeat("é", 5000) + "</title><p>under it",
		"title.jsonl": `{"title": "` + strings.Repeat("alpha beta ", 5000) + `", "text": "under it"}`,
	} {
		found := passagesOf(t, name, content, Options{})
		var words int
		for _, p := range found {
			if n := len(p.Title) + len(strings.Join(p.Heading, "")); n > maxHeading {
				t.Fatalf("%s: a passage has %d bytes of titles and headings", name, n)
			}
			if !utf8.ValidString(p.Title) {
				t.Errorf("%s: the title is not UTF-8", name)
			}
			words += strings.Count(p.Text, "alpha")
		}
		if name != "title.html" && words != 5000 || !strings.Contains(found[len(found)-1].Text, "under it") {
			t.Errorf("%s: %d passages have %d of the words of the heading, expected 5000", name, len(found), words)
		}
	}
}

// The time of a pattern depends on its length and that of the path only.
func TestLongPatterns(t *testing.T) {
	path := strings.Repeat("d/", 3000) + "x.md"
	start := time.Now()
	for range 20 {
		if !newGlob(strings.Repeat("**/", 1000)+"x.md", false).match(path) {
			t.Error("it does not match")
		}
	}
	if newGlob(strings.Repeat("*a", 5000), false) != nil {
		t.Error("a pattern longer than any path is compiled")
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it takes %s", took)
	}
}
