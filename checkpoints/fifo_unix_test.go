//go:build unix

package checkpoints

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A named pipe in place of a file would keep a reader waiting for a writer.
func TestReadNamedPipe(t *testing.T) {
	for _, name := range []string{ModelFile, BlocksFile, ConfigFile, ManifestFile} {
		dir := filepath.Join(t.TempDir(), "model")
		mustWrite(t, dir, newSmall(t))
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skipf("this file system has no named pipes: %v", err)
		}
		if _, err := Read(context.Background(), dir, ReadOptions{Mapped: true}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
