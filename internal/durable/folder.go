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
	if err := d.check(); err != nil {
		return nil, err
	}
	sweep(p.path)
	err = newTemp(p.path, func(temp string) error {
		if err := step(OpCreate, temp); err != nil {
			return err
		}
		if err := os.Mkdir(temp, 0o777); err != nil {
			return err
		}
		d.temp = temp
		if !renamesOpen {
			return nil
		}
		if d.lock, err = os.Open(temp); err != nil {
			return nil // a network file system may refuse: continue without a lock
		}
		if !claim(d.lock, temp) {
			d.lock.Close()
			return fs.ErrExist // lost to a sweep: take another name
		}
		return nil
	})
	if err != nil {
		return nil, Explain(path, unwrapPath(err))
	}
	if p.info != nil {
		os.Chmod(d.temp, p.info.Mode().Perm()|0o700)
	}
	return d, nil
}

// check returns an error if the destination must not be written.
func (d *Folder) check() error {
	info := d.place.info
	switch {
	case info == nil:
		return nil
	case !info.IsDir():
		return fault.New("choose another name or remove the file", "cannot write folder %s: a file with this name exists", d.place.given)
	case !d.replace:
		return d.place.errExists()
	}
	if d.marker != "" {
		if info, err := os.Lstat(filepath.Join(d.place.path, d.marker)); err == nil && info.Mode().IsRegular() {
			return nil
		}
	}
	f, err := os.Open(d.place.path)
	if err != nil {
		return Explain(d.place.given, unwrapPath(err))
	}
	defer f.Close()
	if _, err := f.Readdirnames(1); errors.Is(err, io.EOF) {
		return nil
	}
	return fault.New("choose another name or remove the folder yourself",
		"refusing to replace %s: it contains other files and no %s", d.place.given, d.marker)
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
	// The destination may have changed meanwhile.
	d.place.info = nil
	if info, err := os.Lstat(d.place.path); err == nil {
		d.place.info = info
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
	if err := renameNew(d.temp, d.place.path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return d.place.errExists()
		}
		return err
	}
	d.finish()
	return syncParent(d.place)
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
