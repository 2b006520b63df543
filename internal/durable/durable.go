// Package durable writes files and folders completely or not at all.
//
// Output is written beside its destination under a hidden name (for "model":
// ".model.luminavec-1f0c9a3e"), flushed to disk with fsync, and renamed. Until Commit
// returns, the destination is unchanged; when it returns, the output is in place and
// survives a power failure. A program that fails, is interrupted or is killed leaves the
// previous output untouched.
//
//	f, err := durable.CreateFolder("model", true, "MANIFEST")
//	if err != nil {
//		return err
//	}
//	defer f.Abort() // does nothing after Commit
//	// write files in f.Path(), or with f.Create
//	return f.Commit()
//
// # Replacing a folder
//
// A file can replace another one with a single rename on every system. A folder that is
// not empty cannot be renamed over, so two folders swap names: atomically on Linux
// (RENAME_EXCHANGE) and macOS (RENAME_SWAP), if the file system supports it. Elsewhere it
// takes two renames,
//
//	model                      -> .model.luminavec-1f0c9a3e.old
//	.model.luminavec-1f0c9a3e  -> model
//
// and after a crash between them there is no "model". Both folders are then complete,
// because the second rename comes after everything is on disk. An ".old" without a "model"
// therefore indicates an interrupted swap, which [Recover] finishes. Readers call it before
// they open a folder.
//
// A folder is only replaced if it is empty or contains the marker file of its kind, so
// that a mistyped path cannot destroy a home folder.
//
// # After a crash
//
// A killed program leaves a hidden temporary file or folder. Its writer held a lock on it
// (flock) while it was running, so that the next CreateFile, CreateFolder or [Sweep] for the
// same path can detect that the writer is gone, and removes it. Without such locks (Windows,
// some network file systems) leftovers are removed when they are a day old.
//
// # Several writers
//
// Any number of writers and readers may use one path at the same time. Each writer has a
// hidden name of its own, and the last one that commits wins. These are the moments at which
// one could disturb another, and why it does not:
//
//   - A new temporary file or folder is not locked yet, and a sweep removes it. The writer
//     then fails to open it, to lock it, or to find it under its name after locking it (one of
//     the three, whatever the order), and takes another name. It has written nothing yet.
//   - A sweep opens a temporary folder, and before it has the lock, the writer has committed
//     and unlocked it. The sweep compares the folder it holds with the one under the hidden
//     name, and leaves the name alone if they differ.
//   - The folder at the path is replaced while another writer checks it for the marker, or
//     copies the user's files from it (Carry). What was read may then come from a folder that
//     is being removed; the writer notices that the path leads elsewhere, and starts again.
//   - Between the check and the rename, something appears at the path or leaves it. The rename
//     refuses (it never replaces, and a swap needs both), and the writer starts again.
//   - Between two renames (where there is no exchange), a reader recovers the new folder, or
//     another writer puts its own there. In the first case the swap is done; in the second the
//     folder that was moved away is obsolete, and the writer replaces the other's folder.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
)

// Hints for a failed write.
const (
	hintDiskFull   = "free disk space or choose another folder"
	hintPermission = "choose a folder that you can write to"
	hintReadOnly   = "the file system is read-only: choose another folder"
)

// Explain describes an error of writing at path. It adds a hint if the user can do something
// about the cause (a full disk, no permission). An error that already has a hint is returned
// unchanged.
func Explain(path string, err error) error {
	var exists *existsError
	if err == nil || fault.Hint(err) != "" || errors.As(err, &exists) {
		return err
	}
	return fault.New(hintFor(err), "cannot write %s: %w", path, err)
}

// hintFor returns the hint for a cause, or "".
func hintFor(err error) string {
	switch {
	case diskFull(err):
		return hintDiskFull
	case readOnly(err):
		return hintReadOnly
	case errors.Is(err, fs.ErrPermission):
		return hintPermission
	}
	return ""
}

// place is the destination of an output: the name that the user gave, for messages, and
// the absolute path with symbolic links resolved, so that a link remains a link and its
// target is replaced.
type place struct {
	given string
	path  string
	info  fs.FileInfo // of what exists there; nil if nothing does
}

func (p place) dir() string { return filepath.Dir(p.path) }

// look updates info.
func (p *place) look() {
	p.info = nil
	if info, err := os.Lstat(p.path); err == nil {
		p.info = info
	}
}

// changed updates info, and reports whether something else was there before.
func (p *place) changed() bool {
	was := p.info
	p.look()
	return was == nil || p.info == nil || !Same(was, p.info)
}

// Same reports whether a and b describe the same folder. The number of a removed folder can be
// that of a new one, but not with the same time.
func Same(a, b fs.FileInfo) bool { return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) }

// realPath makes path absolute and resolves symbolic links, even if the last element
// does not exist.
func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real, nil
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		return filepath.Join(dir, filepath.Base(abs)), nil
	}
	return abs, nil
}

// locate returns the place for path and checks that its parent is a folder.
func locate(path string) (place, error) {
	if path == "" {
		return place{}, fault.New("name the output", "cannot write: the output path is empty")
	}
	abs, err := realPath(path)
	if err != nil {
		return place{}, fmt.Errorf("cannot write %s: %w", path, err)
	}
	p := place{given: path, path: abs}
	if filepath.Dir(abs) == abs {
		return place{}, fault.New("name a folder in it", "cannot write %s: it is the root of the file system", path)
	}
	parent := filepath.Dir(filepath.Clean(path))
	switch info, err := os.Stat(p.dir()); {
	case errors.Is(err, fs.ErrNotExist):
		return place{}, fault.Mark(fault.New("create that folder first", "cannot write %s: no such folder: %s", path, parent), fs.ErrNotExist)
	case err != nil:
		return place{}, Explain(path, err)
	case !info.IsDir():
		return place{}, fault.New("choose another place", "cannot write %s: %s is a file, not a folder", path, parent)
	}
	switch info, err := os.Lstat(abs); {
	case err == nil:
		p.info = info
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, Explain(path, err)
	}
	return p, nil
}

// existsError is the error for a destination that exists. It has no hint, because how to
// replace the output depends on the caller.
type existsError struct{ path string }

func (e *existsError) Error() string { return fmt.Sprintf("cannot write %s: %v", e.path, fs.ErrExist) }
func (e *existsError) Unwrap() error { return fs.ErrExist }

func (p place) errExists() error { return &existsError{p.given} }
