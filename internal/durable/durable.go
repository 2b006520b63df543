// Package durable writes files and folders that are whole or absent.
//
// Output is made beside its place, under a hidden name that says whose it is
// (for "model": ".model.luminavec-1f0c9a3e"), made durable with fsync, and put in
// place by one rename. Until Commit returns, nothing is at the path that was
// not there before; when it returns, the output is there and survives a power
// cut. A program that fails, is interrupted or is killed leaves the last good
// output untouched.
//
//	f, err := durable.CreateFolder("model", true, "MANIFEST")
//	if err != nil {
//		return err
//	}
//	defer f.Abort() // does nothing after Commit
//	// write files under f.Path(), or through f.Create
//	return f.Commit()
//
// # Replacing a folder
//
// A file replaces a file in one rename on every system. A folder that holds
// something cannot be renamed over, so two folders swap names: in one step on
// Linux (RENAME_EXCHANGE) and macOS (RENAME_SWAP), where the file system can.
// Elsewhere it takes two renames,
//
//	model                      -> .model.luminavec-1f0c9a3e.old
//	.model.luminavec-1f0c9a3e  -> model
//
// and a crash between them leaves no "model". Both folders are then whole:
// the second rename is only reached after everything is on the disk. A
// ".old" without a "model" is therefore the mark of a cut swap, and [Recover],
// which a reader calls before it opens a folder, finishes it.
//
// A folder is only replaced when it is empty or holds the marker file of its
// kind, so "--force" with a mistyped path does not cost anybody's home folder.
//
// # What a killed program leaves
//
// A hidden temporary file or folder. Its writer held a lock on it (flock) as
// long as it lived, so the next CreateFile or CreateFolder for the same path
// can tell that nobody is at work on it any more and removes it. Where there are
// no such locks (Windows, some network file systems) it waits until the
// leftover is a day old.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
)

// Hints for what a person can do about a failed write.
const (
	hintForce      = "use --force to replace it"
	hintDiskFull   = "free space or choose another folder"
	hintPermission = "choose a folder that you may write to"
	hintReadOnly   = "the file system is read-only: choose another folder"
)

// Explain adds a hint to an error of writing at path when its cause is one
// that a person can do something about (a full disk, no permission), and
// returns other errors, and those that have a hint, as they are.
func Explain(path string, err error) error {
	if err == nil || fault.Hint(err) != "" {
		return err
	}
	return fault.New(hintFor(err), "cannot write %s: %w", path, err)
}

// hintFor is the hint for a cause, "" where a person can do nothing.
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

// place is where an output goes: the name the user gave, for messages, and
// the absolute path behind it with symbolic links followed, so that a link
// stays a link and what it points to is replaced.
type place struct {
	given string
	path  string
	info  fs.FileInfo // what is there now; nil when nothing is
}

func (p place) dir() string { return filepath.Dir(p.path) }

// realPath makes path absolute and follows symbolic links, also those on the
// way to something that is not there yet.
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

// locate finds the place that path names and checks that its parent folder
// is one.
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
		return place{}, fault.New("make that folder first", "cannot write %s: there is no folder %s: %w", path, parent, fs.ErrNotExist)
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

func (p place) errExists() error {
	return fault.New(hintForce, "cannot write %s: %w", p.given, fs.ErrExist)
}
