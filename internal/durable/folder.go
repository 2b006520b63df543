package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Folder is a folder being written. It is not safe for concurrent use, except that several
// goroutines may write files in it.
type Folder struct {
	place   place
	replace bool
	marker  string
	temp    string
	lock    *os.File // the open temporary folder; nil if that would prevent a rename
	done    bool     // committed, aborted or crashed
}

// CreateFolder creates a hidden folder beside path, to be filled and moved to path by
// Commit. If a folder exists there, CreateFolder returns an error that wraps fs.ErrExist
// unless replace is set. Even then it refuses to replace a folder that is not empty and
// does not contain a file named marker, by which a program recognizes its own folders.
func CreateFolder(path string, replace bool, marker string) (*Folder, error) {
	if err := Recover(path); err != nil {
		return nil, err
	}
	p, err := locate(path)
	if err != nil {
		return nil, err
	}
	d := &Folder{place: p, replace: replace, marker: marker}
	sweep(p.path)
	if err := d.check(); err != nil {
		return nil, err
	}
	err = newTemp(p.path, func(temp string) error {
		if err := step(OpCreate, temp); err != nil {
			return err
		}
		if err := os.Mkdir(temp, 0o777); err != nil {
			return err
		}
		d.temp = temp
		err := step(OpLock, temp)
		if err == nil {
			d.lock, err = claimFolder(temp)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, ErrCrash) {
			os.Remove(temp)
		}
		return err
	})
	if err != nil {
		return nil, Explain(path, unwrapPath(err))
	}
	if p.info != nil {
		os.Chmod(d.temp, p.info.Mode().Perm()|0o700)
	}
	return d, nil
}

// check returns an error if the destination must not be written. It corrects place.info if
// another writer is replacing the folder at the same time.
func (d *Folder) check() error {
	for range attempts {
		info := d.place.info
		switch {
		case info == nil:
			return nil
		case !info.IsDir():
			return fault.New("choose another name or remove the file", "cannot write folder %s: a file with this name exists", d.place.given)
		case !d.replace:
			return d.place.errExists()
		}
		err := d.checkOurs(d.place.path)
		if err == nil {
			return nil
		}
		if e := step(OpRefuse, d.place.path); e != nil {
			return e
		}
		if !d.place.changed() {
			return err
		}
		// What was found belongs to a folder that was moved away and is being removed.
	}
	return d.errBusy()
}

// checkOurs returns an error if the folder at path must not be removed: it is not empty and
// has no marker.
func (d *Folder) checkOurs(path string) error {
	if d.marker != "" {
		if info, err := os.Lstat(filepath.Join(path, d.marker)); err == nil && info.Mode().IsRegular() {
			return nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return Explain(d.place.given, unwrapPath(err))
	}
	defer f.Close()
	switch _, err := f.Readdirnames(1); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return Explain(d.place.given, unwrapPath(err))
	}
	return fault.New("choose another name or remove the folder yourself",
		"refusing to replace %s: it contains other files and no %s", d.place.given, d.marker)
}

// errBusy is the error for a path that other writers keep changing.
func (d *Folder) errBusy() error {
	return fault.New("try again later", "cannot write %s: it is being replaced repeatedly", d.place.given)
}

// Path returns the hidden folder, in which files can be written.
func (d *Folder) Path() string { return d.temp }

// Named returns err with the path that the user knows instead of that of the hidden folder.
// It is for errors of files that were not made with Create. nil stays nil.
func (d *Folder) Named(err error) error {
	if err == nil {
		return nil
	}
	return &named{err, d.temp, d.place.given}
}

type named struct {
	err          error
	hidden, name string
}

func (e *named) Error() string { return strings.ReplaceAll(e.err.Error(), e.hidden, e.name) }
func (e *named) Unwrap() error { return e.err }

// Create creates a file in the folder. name may contain slashes; missing folders are
// created. The file must be closed before Commit.
func (d *Folder) Create(name string) (io.WriteCloser, error) {
	full := filepath.Join(d.temp, filepath.FromSlash(name))
	p := &part{d: d, name: filepath.Join(d.place.given, filepath.FromSlash(name))}
	err := step(OpCreate, full)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(full), 0o777)
	}
	if err == nil {
		p.f, err = os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return nil, p.explain(err)
	}
	return p, nil
}

// part is a file of a folder being written. Its errors name the file as it will be called.
type part struct {
	d    *Folder
	name string
	f    *os.File
}

func (p *part) Write(b []byte) (int, error) {
	n, err := write(p.f, b)
	return n, p.explain(err)
}

func (p *part) Close() error { return p.explain(p.f.Close()) }

func (p *part) explain(err error) error {
	if errors.Is(err, ErrCrash) {
		p.d.crash()
	}
	return Explain(p.name, unwrapPath(err))
}

// Commit flushes every file to disk and moves the folder to its path, replacing an existing
// one if that was requested. All files in the folder must be closed. If there is an error,
// the path is unchanged and the temporary folder is removed, with one exception: a swap that
// could neither be finished nor undone, which the error describes and [Recover] finishes.
func (d *Folder) Commit() error {
	if d.done {
		return fmt.Errorf("cannot write %s: %w", d.place.given, fs.ErrClosed)
	}
	defer d.Abort()
	if err := d.commit(); err != nil {
		if errors.Is(err, ErrCrash) {
			d.crash()
		}
		if d.done { // in place: only a later step has failed
			return err
		}
		return Explain(d.place.given, unwrapPath(err))
	}
	return nil
}

func (d *Folder) commit() error {
	if err := d.sync(); err != nil {
		return err
	}
	for range attempts {
		if err := d.put(); err != errChanged {
			return err
		}
	}
	return d.errBusy()
}

// attempts is how often a writer starts again because another one was faster. Each time, the
// other one has written a folder.
const attempts = 100

// errChanged is returned by put if another writer has put something at the path, or removed it
// from there, between the check and the rename. Nothing has changed then.
var errChanged = errors.New("the destination has changed")

// put moves the synced folder to its path, if that may be written.
func (d *Folder) put() error {
	if err := d.look(); err != nil { // the destination may have changed since CreateFolder
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	if d.place.info != nil {
		return d.swap()
	}
	if err := step(OpRename, d.place.path); err != nil {
		return err
	}
	switch err := renameNew(d.temp, d.place.path); {
	case errors.Is(err, fs.ErrExist) && d.replace:
		return errChanged
	case errors.Is(err, fs.ErrExist):
		return d.place.errExists()
	case err != nil:
		return err
	}
	d.finish()
	return syncParent(d.place)
}

// look updates place.info. If nothing is at the path, it makes sure that this is not so only
// between two renames of another writer, running or killed.
func (d *Folder) look() error {
	d.place.look()
	if d.place.info != nil {
		return nil
	}
	defer lockSwap(d.place.path)()
	err := recoverLocked(d.place.given, d.place.path)
	d.place.look()
	return err
}

// sync flushes every file and folder in the temporary folder to disk, folders after their
// contents.
func (d *Folder) sync() error {
	var folders []string
	err := filepath.WalkDir(d.temp, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			folders = append(folders, path)
			return nil
		case !e.Type().IsRegular():
			return nil
		}
		if err := step(OpSync, path); err != nil {
			return err
		}
		return syncFile(path)
	})
	if err != nil {
		return err
	}
	for i := len(folders) - 1; i >= 0; i-- {
		if err := step(OpSync, folders[i]); err != nil {
			return err
		}
		if err := SyncFolder(folders[i]); err != nil {
			return err
		}
	}
	return nil
}

// finish records that the new folder is in place.
func (d *Folder) finish() {
	d.done = true
	d.unlock()
}

func (d *Folder) unlock() {
	if d.lock != nil {
		d.lock.Close()
		d.lock = nil
	}
}

func (d *Folder) crash() {
	d.done = true
	d.unlock()
}

// Abort removes the temporary folder. After Commit it does nothing, so that it can be
// deferred.
func (d *Folder) Abort() {
	if d.done {
		return
	}
	d.done = true
	os.RemoveAll(d.temp)
	d.unlock()
}
