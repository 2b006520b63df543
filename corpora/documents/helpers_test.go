package documents

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// folder writes files, given by their names, to a new folder and returns it.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readAll returns the passages of all files of a source.
func readAll(t testing.TB, s *Source) (all []Passage) {
	t.Helper()
	for _, f := range s.Files() {
		err := s.Read(t.Context(), f, func(p Passage) error { all = append(all, p); return nil })
		if err != nil {
			if _, skipped := err.(*Skipped); !skipped {
				t.Fatal(err)
			}
		}
	}
	return all
}

// passagesOf returns the passages of a file of this name and content.
func passagesOf(t testing.TB, name, content string, o Options) []Passage {
	t.Helper()
	dir := folder(t, map[string]string{name: content})
	s, err := Open(t.Context(), nil, []string{filepath.Join(dir, name)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(t, s)
}

// golden writes a passage on a few lines.
func golden(p Passage) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d-%d", p.FirstLine, p.LastLine)
	if p.ID != "" {
		fmt.Fprintf(&b, " id=%s", p.ID)
	}
	fmt.Fprintf(&b, " [%s]", strings.Join(append([]string{p.Title}, p.Heading...), " › "))
	for _, f := range p.Fields {
		fmt.Fprintf(&b, " %s=%v(%T)", f.Name, f.Value, f.Value)
	}
	return b.String() + "\n" + p.Text + "\n"
}

// check compares the passages of a file with what they should be.
func checkGolden(t *testing.T, name, content string, o Options, want string) {
	t.Helper()
	var b strings.Builder
	for _, p := range passagesOf(t, name, content, o) {
		b.WriteString(golden(p))
	}
	if got := b.String(); got != strings.TrimPrefix(want, "\n") {
		t.Errorf("%s, %+v:\n%s\nwant:\n%s", name, o, got, want)
	}
}

// checkPlaces checks that the places of passages are those of a file, and in its order.
func checkPlaces(t testing.TB, content string, o Options, passages []Passage) {
	t.Helper()
	var before Passage
	for i, p := range passages {
		if p.Start < 0 || p.End > int64(len(content)) || p.Start >= p.End {
			t.Fatalf("%q: passage %d is bytes %d to %d of %d", clip(content), i, p.Start, p.End, len(content))
		}
		first, last := 1+strings.Count(content[:p.Start], "\n"), 1+strings.Count(content[:p.End-1], "\n")
		if p.FirstLine != first || p.LastLine != last {
			t.Fatalf("%q: passage %d, bytes %d to %d, is lines %d to %d, want %d to %d", clip(content), i, p.Start, p.End, p.FirstLine, p.LastLine, first, last)
		}
		if o.Overlap == 0 && p.Start < before.Start {
			t.Fatalf("%q: passage %d starts at %d, before %d", clip(content), i, p.Start, before.Start)
		}
		if !utf8.ValidString(p.Text) || strings.TrimSpace(p.Text) == "" || strings.ContainsAny(p.Text, "\x00\r") {
			t.Fatalf("%q: passage %d is %q", clip(content), i, p.Text)
		}
		before = p
	}
}

func clip(s string) string { return s[:min(len(s), 300)] }

// allWords reports the first word of a text that none of the passages has.
func missingWord(words []string, passages []Passage) string {
	var all bytes.Buffer
	for _, p := range passages {
		all.WriteString(p.Title + " " + strings.Join(p.Heading, " ") + " " + p.Text + " ")
	}
	for _, w := range words {
		if !bytes.Contains(all.Bytes(), []byte(w)) {
			return w
		}
	}
	return ""
}
