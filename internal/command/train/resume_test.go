package train

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A model that cannot be replaced where it is is reported before its training continues.
func TestResumeChecksItsFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes into read-only folders")
	}
	dir := t.TempDir()
	text, parent := filepath.Join(dir, "text.txt"), filepath.Join(dir, "kept")
	if err := os.WriteFile(text, []byte(strings.Repeat("one two three\n", 50)), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(parent, 0o777); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(parent, "model")
	run := func(args ...string) (string, error) {
		var stderr bytes.Buffer
		cmd := Command()
		cmd.SetArgs(args)
		cmd.SetOut(&bytes.Buffer{})
		cmd.SetErr(&stderr)
		err := cmd.ExecuteContext(context.Background())
		return stderr.String(), err
	}
	if _, err := run("skipgram", text, "-o", model, "--dim", "4"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(parent, 0o777)
	stderr, err := run("resume", model, "--corpus", text)
	if err == nil || !strings.Contains(err.Error(), "cannot write "+model) || strings.Contains(stderr, "read ") {
		t.Errorf("%v, after %q", err, stderr)
	}
	if _, err := run("resume", model, "--corpus", text, "-o", filepath.Join(dir, "other")); err != nil {
		t.Errorf("into another folder: %v", err)
	}
}
