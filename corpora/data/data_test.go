package data

import (
	"os"
	"strings"
	"testing"
)

// NOTICE.md names the source and the licence of every file in this folder.
func TestNotice(t *testing.T) {
	notice, err := os.ReadFile("NOTICE.md")
	if err != nil {
		t.Fatal(err)
	}
	var headings strings.Builder
	for line := range strings.Lines(string(notice)) {
		if strings.HasPrefix(line, "## ") {
			headings.WriteString(line)
		}
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); name != "NOTICE.md" && !strings.HasSuffix(name, ".go") && !strings.Contains(headings.String(), name) {
			t.Errorf("NOTICE.md has no section about %s", name)
		}
	}
}
