package collection

import (
	"os"
	"path/filepath"
	"testing"
)

func TestVerifyPathOfNothing(t *testing.T) {
	dir := t.TempDir()
	if kind, report, err := VerifyPath(t.Context(), filepath.Join(dir, "missing")); kind != "" || report == nil || !os.IsNotExist(err) {
		t.Errorf("missing: kind %q, report %v, error %v", kind, report, err)
	}
	if kind, _, err := VerifyPath(t.Context(), dir); kind != "model" || err == nil {
		t.Errorf("empty folder: kind %q, error %v", kind, err)
	}
	text := filepath.Join(dir, "text.txt")
	if err := os.WriteFile(text, []byte("king"), 0o600); err != nil {
		t.Fatal(err)
	}
	kind, report, err := VerifyPath(t.Context(), text)
	if kind != "index" || err == nil || len(report.Files) != 1 || report.Files[0].Problem == "" {
		t.Errorf("text: kind %q, report %v, error %v", kind, report, err)
	}
}
