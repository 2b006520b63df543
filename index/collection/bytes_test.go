package collection

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
)

// Whatever byte of a collection is changed, Verify says so, and a question is answered as before or not at all. Without
// the tag slow, this is tried with one byte in 61.
func TestEveryByte(t *testing.T) {
	ctx := context.Background()
	parent := t.TempDir()
	folder, dir := filepath.Join(parent, "notes"), filepath.Join(parent, "docs")
	put(t, folder, map[string]string{"a.txt": "how are you\nwho am I\n", "b.txt": "the king of paris\n"})
	buildFolder(t, dir, folder, documents.Options{Split: documents.Line})
	ask := func() (*Answer, error) {
		c, err := Open(ctx, dir)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.Ask(ctx, Question{Text: "how is the king"})
	}
	want, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	step := 61
	if slow {
		step = 1
	}
	tried, answered := 0, 0
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == lockFile {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for at := tried % step; at < len(data); at += step {
			data[at] ^= 1 << (at % 8)
			if err := os.WriteFile(path, data, 0o666); err != nil {
				return err
			}
			tried++
			if _, err := Verify(ctx, dir); err == nil {
				t.Errorf("%s: Verify does not see that byte %d was changed", path, at)
			}
			if got, err := ask(); err == nil {
				if answered++; !reflect.DeepEqual(got, want) {
					t.Errorf("%s: another answer with byte %d changed", path, at)
				}
			}
			data[at] ^= 1 << (at % 8)
		}
		return os.WriteFile(path, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	if now, err := ask(); err != nil || !reflect.DeepEqual(now, want) {
		t.Errorf("restored: %v", err)
	}
	t.Logf("%d bytes changed, %d questions answered nevertheless", tried, answered)
}
