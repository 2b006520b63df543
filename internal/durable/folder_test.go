package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func TestForeignFolderStays(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := os.MkdirAll(filepath.Join(path, "MARK"), 0o777); err != nil { // a folder is no marker
		t.Fatal(err)
	}
	before := tree(t, root)
	err := writeFolder(path, "new", true)
	if err == nil || fault.Hint(err) == "" {
		t.Fatalf("error %v, hint %q", err, fault.Hint(err))
	}
	wantTree(t, root, before)
}

func TestEmptyFolderIsReplaced(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeFolder(path, "new", false); !errors.Is(err, os.ErrExist) {
		t.Fatalf("without replace: %v", err)
	}
	if err := writeFolder(path, "new", true); err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, folderTree("new"))
}

// The marker is checked again before the swap.
func TestBecomesForeign(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := writeFolder(path, "old", false); err != nil {
		t.Fatal(err)
	}
	d, err := CreateFolder(path, true, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	if err := os.Remove(filepath.Join(path, "MARK")); err != nil {
		t.Fatal(err)
	}
	before := tree(t, path)
	if err := d.Commit(); err == nil {
		t.Fatal("Commit replaced a folder without the marker")
	}
	wantTree(t, path, before)
}

// A symbolic link remains, and its target is replaced.
func TestFolderByLink(t *testing.T) {
	root := t.TempDir()
	if err := writeFolder(filepath.Join(root, "out"), "old", false); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(root, "out"), link); err != nil {
		t.Fatal(err)
	}
	if err := writeFolder(link, "new", true); err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, folderTree("new"))
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
}

// cutSwap simulates a crash between the two renames, and returns the hidden paths of the old and
// the new folder.
func cutSwap(t *testing.T, root string) (old, temp string) {
	t.Helper()
	path := filepath.Join(root, "out")
	if err := writeFolder(path, "old", false); err != nil {
		t.Fatal(err)
	}
	restore := Inject(func(op Op, _ string) error {
		switch op {
		case OpExchange:
			return errors.ErrUnsupported
		case OpRename:
			return ErrCrash
		}
		return nil
	})
	defer restore()
	if err := writeFolder(path, "new", true); !errors.Is(err, ErrCrash) {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Fatal("the swap was not interrupted")
	}
	temps, olds, err := leftovers(path)
	if err != nil || len(temps) != 1 || len(olds) != 1 {
		t.Fatalf("left %q and %q (%v)", temps, olds, err)
	}
	return olds[0], temps[0]
}

func TestRecover(t *testing.T) {
	t.Run("finishes", func(t *testing.T) {
		root := t.TempDir()
		cutSwap(t, root)
		if err := Recover(filepath.Join(root, "out")); err != nil {
			t.Fatal(err)
		}
		wantTree(t, root, folderTree("new"))
	})
	t.Run("undoes", func(t *testing.T) {
		root := t.TempDir()
		_, temp := cutSwap(t, root)
		if err := os.RemoveAll(temp); err != nil {
			t.Fatal(err)
		}
		if err := Recover(filepath.Join(root, "out")); err != nil {
			t.Fatal(err)
		}
		wantTree(t, root, folderTree("old"))
	})
	t.Run("nothing there", func(t *testing.T) {
		root := t.TempDir()
		if err := Recover(filepath.Join(root, "out")); err != nil {
			t.Fatal(err)
		}
		if err := Recover(filepath.Join(root, "no", "such", "out")); err != nil {
			t.Fatal(err)
		}
		wantTree(t, root, map[string]string{})
	})
	t.Run("unfinished output is no data", func(t *testing.T) {
		root := t.TempDir()
		path := filepath.Join(root, "out")
		d, err := CreateFolder(path, false, "MARK")
		if err != nil {
			t.Fatal(err)
		}
		defer d.Abort()
		if err := Recover(path); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); err == nil {
			t.Error("Recover used an incomplete folder")
		}
	})
	t.Run("another name", func(t *testing.T) {
		root := t.TempDir()
		cutSwap(t, root)
		before := tree(t, root)
		for _, name := range []string{"ou", "out2", "t", ".out"} {
			if err := Recover(filepath.Join(root, name)); err != nil {
				t.Fatal(err)
			}
		}
		wantTree(t, root, before)
	})
}

// If something else is at the path, both folders of an interrupted swap may be the only copies,
// and no sweep removes them.
func TestCutSwapIsKept(t *testing.T) {
	root := t.TempDir()
	old, temp := cutSwap(t, root)
	path := filepath.Join(root, "out")
	if err := os.Mkdir(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := writeFolder(path, "third", true); err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{old, temp} {
		if _, err := os.Stat(filepath.Join(kept, "MARK")); err != nil {
			t.Errorf("removed: %v", err)
		}
	}
}

// A reader that calls Recover between the two renames of a running writer finishes the swap, and
// the writer succeeds.
func TestReaderRecoversFirst(t *testing.T) {
	withoutLock(t)
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := writeFolder(path, "old", false); err != nil {
		t.Fatal(err)
	}
	restore := Inject(func(op Op, _ string) error {
		switch op {
		case OpExchange:
			return errors.ErrUnsupported
		case OpRename:
			return Recover(path)
		}
		return nil
	})
	err := writeFolder(path, "new", true)
	restore()
	if renamesOpen && err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, folderTree("new"))
}

// If the second rename fails and the first cannot be undone, nothing is removed, and Recover
// finishes the swap.
func TestUndoFails(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "out")
	if err := writeFolder(path, "old", false); err != nil {
		t.Fatal(err)
	}
	restore := Inject(func(op Op, _ string) error {
		switch op {
		case OpExchange:
			return errors.ErrUnsupported
		case OpRename: // something is in the way of both renames
			return os.WriteFile(path, nil, 0o666)
		}
		return nil
	})
	err := writeFolder(path, "new", true)
	restore()
	if err == nil || fault.Hint(err) == "" {
		t.Fatalf("error %v, hint %q", err, fault.Hint(err))
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := Recover(path); err != nil {
		t.Fatal(err)
	}
	wantTree(t, root, folderTree("new"))
}

// Named replaces the hidden path in errors of files that were not made with Create.
func TestNamed(t *testing.T) {
	d, err := CreateFolder(filepath.Join(t.TempDir(), "out"), false, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	_, missing := os.Open(filepath.Join(d.Path(), "sub", "b"))
	err = d.Named(fault.New("do it", "one: %w", missing))
	want := "one: open " + filepath.Join(d.place.given, "sub", "b") + ": "
	if !strings.HasPrefix(err.Error(), want) || !errors.Is(err, os.ErrNotExist) || fault.Hint(err) != "do it" {
		t.Errorf("%v, want %s", err, want)
	}
	if d.Named(nil) != nil {
		t.Error("Named(nil) is not nil")
	}
}

// If syncing the parent folder fails, the error says that the output was written.
func TestParentNotSynced(t *testing.T) {
	for _, replace := range []bool{false, true} {
		root := t.TempDir()
		path := filepath.Join(root, "out")
		if replace {
			if err := writeFolder(path, "old", false); err != nil {
				t.Fatal(err)
			}
		}
		restore := Inject(func(op Op, at string) error {
			if op == OpSync && filepath.Base(at) == filepath.Base(root) {
				return errors.New("broken")
			}
			return nil
		})
		err := writeFolder(path, "new", replace)
		restore()
		if err == nil || !strings.HasPrefix(err.Error(), path+" was written, but") {
			t.Errorf("error %v", err)
		}
		wantTree(t, root, folderTree("new"))
	}
}

func TestFolderIsDoneOnce(t *testing.T) {
	root := t.TempDir()
	d, err := CreateFolder(filepath.Join(root, "out"), false, "MARK")
	if err != nil {
		t.Fatal(err)
	}
	if got := filepath.Base(d.Path()); !isTemp(got) {
		t.Errorf("hidden name %q", got)
	}
	d.Abort()
	d.Abort()
	if err := d.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Commit after Abort: error %v", err)
	}
	wantTree(t, root, map[string]string{})
}
