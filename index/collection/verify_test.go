package collection

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestVerify(t *testing.T) {
	dir := buildTexts(t, "how are you", "who are you")
	report, err := Verify(context.Background(), dir)
	if err != nil || !report.OK() || report.Format != FormatVersion || len(report.Extra) != 0 {
		t.Fatalf("got %+v, error %v", report, err)
	}
	var names []string
	for _, f := range report.Files {
		names = append(names, f.Name)
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil || info.Size() != f.Size || len(f.Checksum) != 64 {
			t.Errorf("got %+v, error %v", f, err)
		}
	}
	want := []string{"000001.passages", "000002.fulltext/000001.docs", "000002.fulltext/000001.zap", "000002.fulltext/fulltext.json", "000003.index.lvx", "000004.files", "model/MANIFEST", "model/README.md", "model/config.json",
		"model/model.blocks", "model/model.safetensors", "model/tokenizer.json", "model/vocab.tsv"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}

	// The error lists all problems, even in files that Open does not check.
	for _, name := range []string{"000001.passages", "model/README.md"} {
		if err := os.Truncate(filepath.Join(dir, name), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "model", "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	report, err = Verify(context.Background(), dir)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "000001.passages")+": cut short") ||
		!strings.Contains(err.Error(), "README.md: cut short") || fault.Hint(err) != hintRebuild {
		t.Fatalf("error %v, hint %q", err, fault.Hint(err))
	}
	bad := slices.DeleteFunc(slices.Clone(report.Files), func(f checkpoints.FileReport) bool { return f.Problem == "" })
	if len(bad) != 2 || bad[0].Name != "000001.passages" || bad[1].Name != "model/README.md" || len(report.Files) != len(want) {
		t.Errorf("%+v", report)
	}
	if !slices.Equal(report.Extra, []string{"model/notes.txt"}) {
		t.Errorf("extra files %q", report.Extra)
	}
}

func TestVerifyErrors(t *testing.T) {
	dir := buildTexts(t, "you")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if report, err := Verify(ctx, dir); report != nil || !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %+v, error %v", report, err)
	}
	_, err := Verify(context.Background(), filepath.Join(dir, "nowhere"))
	if !errors.Is(err, fs.ErrNotExist) || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	_, err = Verify(context.Background(), filepath.Join(dir, "model"))
	if err == nil || !strings.Contains(err.Error(), "is a model, not a collection") {
		t.Error(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "model")); err != nil {
		t.Fatal(err)
	}
	report, err := Verify(context.Background(), dir)
	if err == nil || report.OK() || !strings.HasPrefix(err.Error(), filepath.Join(dir, "model", "MANIFEST")+" is missing; ") {
		t.Errorf("got %+v, error %v", report, err)
	}
}

// A collection that is replaced during every read is never opened with mixed parts.
func TestReplacedAgainAndAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "docs")
	replace := func() {
		if err := os.MkdirAll(dir+".new", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(dir, dir+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.Rename(dir+".new", dir); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir + ".old"); err != nil {
			t.Fatal(err)
		}
	}
	replace()
	for _, times := range []int{0, 1, attempts - 1, attempts} {
		reads := 0
		_, err := unreplaced(dir, func() (int, error) {
			if reads++; reads <= times {
				replace()
			}
			return reads, nil
		})
		if (err != nil) != (times == attempts) || err != nil && fault.Hint(err) == "" || reads != min(times+1, attempts) {
			t.Errorf("replaced %d times: %d reads, error %v", times, reads, err)
		}
	}
}
