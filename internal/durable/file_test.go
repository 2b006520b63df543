package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func TestFileKeepsPermissionsAndLink(t *testing.T) {
	root := t.TempDir()
	path, link := filepath.Join(root, "out"), filepath.Join(root, "link")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("out", link); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(link, "new", true); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode(); got != 0o640 && runtime.GOOS != "windows" {
		t.Errorf("mode %v, want 0640", got)
	}
	wantTree(t, root, map[string]string{"out": "new", "link": "new"})
	if to, err := os.Readlink(link); err != nil || to != "out" {
		t.Errorf("link to %q, %v", to, err)
	}
}

// After a failed write, Commit fails too, in case the caller ignored the error.
func TestFailedWriteSticks(t *testing.T) {
	root := t.TempDir()
	f, err := CreateFile(filepath.Join(root, "out"), false)
	if err != nil {
		t.Fatal(err)
	}
	restore := Inject(func(op Op, _ string) error { return syscall.ENOSPC })
	fmt.Fprint(f, "lost")
	restore()
	fmt.Fprint(f, "more")
	if err := f.Commit(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("commit: %v", err)
	}
	wantTree(t, root, map[string]string{})
}

func TestFileIsDoneOnce(t *testing.T) {
	root := t.TempDir()
	f, err := CreateFile(filepath.Join(root, "out"), false)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "content")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second commit: %v", err)
	}
	wantTree(t, root, map[string]string{"out": "content"})
}
