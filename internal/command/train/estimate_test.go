package train

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/estimate"
	"github.com/luminavec/luminavec/internal/fault"
)

// A training that does not fit is refused before it begins, and not with --force.
func TestRefusesWhatDoesNotFit(t *testing.T) {
	defer func() { limits = estimate.Machine }()
	dir := t.TempDir()
	text, model := filepath.Join(dir, "text.txt"), filepath.Join(dir, "model")
	if err := os.WriteFile(text, []byte("one two three one two three"), 0o666); err != nil {
		t.Fatal(err)
	}
	train := func(more ...string) (string, error) {
		var stderr bytes.Buffer
		cmd := Command()
		cmd.SetArgs(append([]string{"skipgram", text, "-o", model, "--min-count", "1", "--dim", "4", "--epochs", "1"}, more...))
		cmd.SetOut(&bytes.Buffer{})
		cmd.SetErr(&stderr)
		err := cmd.ExecuteContext(context.Background())
		return stderr.String(), err
	}
	for _, test := range []struct {
		limits estimate.Limits
		want   string
	}{
		{estimate.Limits{Memory: 1000, Disk: -1}, "training needs "},
		{estimate.Limits{Memory: -1, Disk: 1000}, "on the output disk"},
	} {
		limits = func(string) estimate.Limits { return test.limits }
		_, err := train()
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(fault.Hint(err), "--dim") {
			t.Errorf("%v, hint %q", err, fault.Hint(err))
		}
		if _, err := os.Stat(model); err == nil {
			t.Error("it was trained all the same")
		}
		if stderr, err := train("--force"); err != nil || !strings.Contains(stderr, "warning: training needs") {
			t.Errorf("with --force: %v, %s", err, stderr)
		}
		if err := os.RemoveAll(model); err != nil {
			t.Fatal(err)
		}
	}
	limits = func(string) estimate.Limits { return estimate.Limits{Memory: -1, Disk: -1} }
	if stderr, err := train(); err != nil || !strings.Contains(stderr, "training needs ") || strings.Contains(stderr, "free") {
		t.Errorf("limits that are not known: %v, %s", err, stderr)
	}
}
