package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// swap puts the new folder where the old one is and removes the old one.
func (d *Folder) swap() error {
	err := step(OpExchange, d.place.path)
	if err == nil {
		err = exchange(d.temp, d.place.path)
	}
	old := d.temp // after an exchange the old folder has the hidden name
	if errors.Is(err, errors.ErrUnsupported) {
		old = d.temp + oldSuffix
		err = d.renameTwice(old)
	}
	if err != nil {
		return err
	}
	d.finish()
	syncErr := syncParent(d.place)
	// The new folder is in place: what is left of the old one, if it cannot be
	// removed now, the next sweep removes.
	switch err := step(OpRemove, old); {
	case errors.Is(err, ErrCrash):
		return err
	case err == nil:
		os.RemoveAll(old)
	}
	return syncErr
}

// renameTwice swaps where there is no exchange: the old folder to the name
// old, the new one in its place. When the second rename fails the first is
// undone.
func (d *Folder) renameTwice(old string) error {
	// The names in the parent folder must be on disk before the first rename, so
	// that an ".old" there always has the whole new folder beside it.
	if err := SyncFolder(d.place.dir()); err != nil {
		return err
	}
	if err := step(OpAside, d.place.path); err != nil {
		return err
	}
	if err := os.Rename(d.place.path, old); err != nil {
		return err
	}
	err := step(OpRename, d.place.path)
	if errors.Is(err, ErrCrash) {
		return err
	}
	if err == nil {
		err = renameNew(d.temp, d.place.path)
	}
	if err == nil || d.placed() {
		return nil
	}
	if undo := renameNew(old, d.place.path); undo != nil {
		d.finish() // keep both for Recover
		return fault.New("opening "+d.place.given+" again finishes the change",
			"cannot write %s: %w; the old folder is kept as %s (%w)", d.place.given, err, old, undo)
	}
	return err
}

// placed reports whether the new folder is at its place although our rename
// failed: a reader's Recover may have been faster.
func (d *Folder) placed() bool {
	if d.lock == nil {
		return false
	}
	held, err1 := d.lock.Stat()
	there, err2 := os.Lstat(d.place.path)
	return err1 == nil && err2 == nil && os.SameFile(held, there)
}

// Recover finishes a swap of two renames that was cut by a crash: when
// nothing is at path and both the new folder and the one set aside for it are
// there, the new one takes its place; when only the old one is there, it comes
// back. Otherwise it does nothing. Readers call it before they open a folder.
func Recover(path string) error {
	abs, err := realPath(path)
	if err != nil {
		return nil // the reader's own open says what is wrong
	}
	if _, err := os.Lstat(abs); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, olds, err := leftovers(abs)
	if err != nil {
		return nil
	}
	if len(olds) == 0 {
		return nil
	}
	old := newest(olds)
	from := strings.TrimSuffix(old, oldSuffix)
	if _, err := os.Lstat(from); err != nil {
		from = old
	}
	if err := renameNew(from, abs); err != nil {
		if _, err := os.Lstat(abs); err == nil {
			return nil // somebody else was faster
		}
		return fault.New("rename it back yourself",
			"%s was being replaced when the program died, and what it held is in %s: %w", path, from, unwrapPath(err))
	}
	if err := SyncFolder(filepath.Dir(abs)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if from != old {
		os.RemoveAll(old)
	}
	return nil
}
