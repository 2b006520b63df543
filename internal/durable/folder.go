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

// Folder is a folder in the making. It is not safe for concurrent use,
// except that files in it may be written by several goroutines.
type Folder struct {
	place   place
	replace bool
	marker  string
	temp    string
	lock    *os.File // the open temporary folder; nil where that would bar a rename
	done    bool     // committed, aborted or crashed
}

// CreateFolder makes a hidden folder beside path, to be filled and put at
// path by Commit. A folder that is there already is an error (fs.ErrExist)
// unless replace is set, and with it too unless the folder is empty or holds a
// file named marker, by which a program knows its own.
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
			return nil // a network file system that refuses: go on without a lock
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

// check says whether the place may be written.
func (d *Folder) check() error {
	info := d.place.info
	switch {
	case info == nil:
		return nil
	case !info.IsDir():
		return fault.New("choose another name, or remove the file", "cannot write %s: it is a file, and a folder is to be written", d.place.given)
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
	return fault.New("choose another name, or remove the folder yourself",
		"will not replace %s: it holds other things (no %s in it)", d.place.given, d.marker)
}

// Path returns the hidden folder: write files there.
func (d *Folder) Path() string { return d.temp }

// Named returns err with the path that the user knows wherever the message has
// that of the hidden folder. It is for the errors of files that are not made with
// Create; nil stays nil.
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

// Create makes a file in the folder; name may have slashes, and the
// folders on the way are made. The file must be closed before Commit.
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

// part is a file of a folder in the making; its errors name the file as it
// will be called.
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

// Commit makes every file durable and puts the folder at its path,
// replacing the one that is there when that was asked for. All files in the
// folder must be closed. After an error the path holds what it held before and
// the temporary folder is gone; the one exception, a swap that could neither
// be finished nor undone, is told in the error and mended by [Recover].
func (d *Folder) Commit() error {
	if d.done {
		return fmt.Errorf("cannot write %s: %w", d.place.given, fs.ErrClosed)
	}
	defer d.Abort()
	if err := d.commit(); err != nil {
		if errors.Is(err, ErrCrash) {
			d.crash()
		}
		if d.done { // in place, and only what follows has failed
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
	// The place may have changed meanwhile.
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

// sync makes every file and every folder in the temporary folder durable,
// the folders after what is in them.
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

// finish marks the new folder as in place.
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

// Abort removes the temporary folder; after Commit it does nothing, so that
// it can be deferred.
func (d *Folder) Abort() {
	if d.done {
		return
	}
	d.done = true
	os.RemoveAll(d.temp)
	d.unlock()
}
