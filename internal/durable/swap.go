package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

// swap puts the new folder in the place of the old one and removes the old one.
func (d *Folder) swap() error {
	err := step(OpExchange, d.place.path)
	if err == nil {
		err = exchange(d.temp, d.place.path)
	}
	old := d.temp // after an exchange, the hidden name of the old folder
	if errors.Is(err, errors.ErrUnsupported) {
		old = d.temp + oldSuffix
		err = d.renameTwice(old)
	}
	if err != nil {
		if !d.done && !errors.Is(err, ErrCrash) && d.place.changed() {
			return errChanged // such as that there is nothing to swap with
		}
		return err
	}
	d.finish()
	syncErr := syncParent(d.place)
	// The new folder is in place. If the rest of the old one cannot be removed now, the
	// next sweep does.
	switch err := step(OpRemove, old); {
	case errors.Is(err, ErrCrash):
		return err
	case err == nil:
		os.RemoveAll(old)
	}
	return syncErr
}

// renameTwice swaps without an atomic exchange: it renames the old folder to old, then the
// new one to its path. If the second rename fails, it undoes the first.
func (d *Folder) renameTwice(old string) error {
	// The names in the parent folder must be on disk before the first rename, so that an
	// ".old" there always has the complete new folder beside it.
	if err := SyncFolder(d.place.dir()); err != nil {
		return err
	}
	defer lockSwap(d.place.path)()
	if d.place.changed() {
		return errChanged
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
	undo := renameNew(old, d.place.path)
	switch {
	case undo == nil:
		return err
	case d.superseded():
		os.RemoveAll(old)
		return errChanged
	}
	d.finish() // keep both for Recover
	return fault.New("open "+d.place.given+" again to finish the change",
		"cannot write %s: %w; the old folder was kept as %s: %w", d.place.given, err, old, undo)
}

// superseded reports whether another writer has put its folder at the path, so that the one
// that was moved away is obsolete. The lock prevents that where there are locks.
func (d *Folder) superseded() bool {
	info, err := os.Lstat(d.place.path)
	return err == nil && info.IsDir() && d.checkOurs(d.place.path) == nil
}

// placed reports whether the new folder has left its hidden name although the rename failed: a
// reader called Recover meanwhile.
func (d *Folder) placed() bool {
	_, err := os.Lstat(d.temp)
	return errors.Is(err, fs.ErrNotExist)
}

// Sweep removes what programs that were killed while they wrote path have left beside it. It
// does its best and reports nothing. Writers sweep anyway; call it where a program that could
// write finds that it need not.
func Sweep(path string) {
	if abs, err := realPath(path); err == nil {
		sweep(abs)
	}
}

// lockWait is how long a swap of two renames waits for another one, which takes no time
// unless its program is stopped.
var lockWait = 2 * time.Second

// lockSwap prevents swaps of two renames at path by others until unlock is called. It does
// its best: where there are no locks, or after lockWait, it returns without one.
func lockSwap(path string) (unlock func()) {
	if isTemp(filepath.Base(filepath.Dir(path))) {
		return func() {} // the folder is locked already, by its writer, who alone writes in it
	}
	for end := time.Now().Add(lockWait); ; time.Sleep(time.Millisecond) {
		unlock, busy := tryLockSwap(path)
		if !busy || time.Now().After(end) {
			return unlock
		}
	}
}

// Recover finishes a swap of two renames that a crash interrupted. If nothing is at path, and
// both the new folder and the old one exist under hidden names, the new one is moved to path;
// if only the old one exists, it is moved back. Otherwise Recover does nothing. Readers call
// it before they open a folder.
func Recover(path string) error {
	abs, err := realPath(path)
	if err != nil {
		return nil // opening the folder will report it
	}
	if _, err := os.Lstat(abs); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, olds, err := leftovers(abs); err != nil || len(olds) == 0 {
		return nil
	}
	defer lockSwap(abs)() // a running writer finishes its swap itself
	return recoverLocked(path, abs)
}

// recoverLocked is Recover of the path abs, which the user calls path, for the holder of the
// lock.
func recoverLocked(path, abs string) error {
	if _, err := os.Lstat(abs); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, olds, err := leftovers(abs)
	if err != nil || len(olds) == 0 {
		return nil
	}
	old := newest(olds)
	from := strings.TrimSuffix(old, oldSuffix)
	if _, err := os.Lstat(from); err != nil {
		from = old
	}
	if err := renameNew(from, abs); err != nil {
		if _, err := os.Lstat(abs); err == nil {
			return nil // another process was faster
		}
		return fault.New("rename it back yourself",
			"%s was being replaced when the program died, and its contents are in %s: %w", path, from, unwrapPath(err))
	}
	if err := SyncFolder(filepath.Dir(abs)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if from != old {
		os.RemoveAll(old)
	}
	return nil
}
