package documents

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The repository's own Markdown, and the same as HTML, text and code.
func BenchmarkRead(b *testing.B) {
	var all strings.Builder
	for _, name := range []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md"} {
		found, _ := filepath.Glob(filepath.Join("..", "..", name))
		for _, f := range found {
			data, err := os.ReadFile(f)
			if err != nil {
				b.Fatal(err)
			}
			all.Write(data)
		}
	}
	text := all.String()
	page := "<html><body><p>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", "\n\n", "</p>\n<p>").Replace(text) + "</p></body></html>"
	for name, content := range map[string]string{"a.md": text, "a.html": page, "a.txt": text, "a.go": text} {
		b.Run(name, func(b *testing.B) {
			dir := folder(b, map[string]string{name: content})
			s, err := Open(b.Context(), nil, []string{dir}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if err := s.Read(b.Context(), s.Files()[0], func(Passage) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
