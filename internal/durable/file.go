package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

// File is a file being written. It is not safe for concurrent use.
type File struct {
	place   place
	replace bool
	temp    string
	f       *os.File
	err     error // the first failed write, which Commit returns again
	done    bool  // committed, aborted or crashed
}

// CreateFile creates a hidden file beside path. Nothing changes at path until Commit. If a
// file exists there, CreateFile returns an error that wraps fs.ErrExist, unless replace is
// set; the new file then gets its permissions. If path is a symbolic link, its target is
// replaced.
func CreateFile(path string, replace bool) (*File, error) {
	p, err := locate(path)
	if err != nil {
		return nil, err
	}
	f := &File{place: p, replace: replace}
	sweep(p.path)
	if err := f.check(); err != nil {
		return nil, err
	}
	err = newTemp(p.path, func(temp string) error {
		if err := step(OpCreate, temp); err != nil {
			return err
		}
		f.temp = temp
		if f.f, err = os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			return err
		}
		if err := step(OpLock, temp); err != nil {
			f.f.Close()
			if !errors.Is(err, ErrCrash) {
				os.Remove(temp)
			}
			return err
		}
		if !claim(f.f, temp) {
			f.f.Close()
			return fs.ErrExist // lost to a sweep: take another name
		}
		return nil
	})
	if err != nil {
		return nil, Explain(path, unwrapPath(err))
	}
	if p.info != nil {
		os.Chmod(f.temp, p.info.Mode().Perm())
	}
	return f, nil
}

// check returns an error if the destination must not be written.
func (f *File) check() error {
	info := f.place.info
	switch {
	case info == nil:
		return nil
	case info.IsDir():
		return fault.New("name a file", "cannot write %s: it is a folder", f.place.given)
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0:
		return fault.New("write to standard output and redirect it", "cannot write %s: it is not a regular file", f.place.given)
	case !f.replace:
		return f.place.errExists()
	}
	return nil
}

// Write appends p to the file. After an error the file can only be aborted.
func (f *File) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := write(f.f, p)
	if err != nil {
		f.err = Explain(f.place.given, unwrapPath(err))
	}
	return n, f.err
}

// write calls f.Write. An injected fault occurs after half of p.
func write(f *os.File, p []byte) (int, error) {
	if err := step(OpWrite, f.Name()); err != nil {
		n, _ := f.Write(p[:len(p)/2])
		return n, err
	}
	return f.Write(p)
}

// Commit flushes the contents to disk and moves the file to its path. Without replace it
// fails if a file has appeared there meanwhile. If there is an error, the path is unchanged
// and the temporary file is removed.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("cannot write %s: %w", f.place.given, fs.ErrClosed)
	}
	defer f.Abort()
	err := f.commit()
	if errors.Is(err, ErrCrash) {
		f.done = true
		f.f.Close()
	}
	return err
}

func (f *File) commit() error {
	if f.err != nil {
		return f.err
	}
	if err := step(OpSync, f.temp); err != nil {
		return Explain(f.place.given, err)
	}
	if err := f.f.Sync(); err != nil {
		return Explain(f.place.given, unwrapPath(err))
	}
	if !renamesOpen {
		if err := f.f.Close(); err != nil {
			return Explain(f.place.given, unwrapPath(err))
		}
	}
	if err := step(OpRename, f.place.path); err != nil {
		return Explain(f.place.given, err)
	}
	rename := renameNew
	if f.replace {
		rename = os.Rename
	}
	if err := rename(f.temp, f.place.path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return f.place.errExists()
		}
		return Explain(f.place.given, unwrapPath(err))
	}
	f.done = true
	f.f.Close()
	return syncParent(f.place)
}

// Place moves a file that is complete and closed to path, like Commit: it is flushed to disk,
// and replaces a file there only if replace is set, whose permissions it gets.
func Place(file, path string, replace bool) error {
	p, err := locate(path)
	if err != nil {
		return err
	}
	f := &File{place: p, replace: replace}
	if err := f.check(); err != nil {
		return err
	}
	if p.info != nil {
		os.Chmod(file, p.info.Mode().Perm())
	}
	err = step(OpSync, file)
	if err == nil {
		err = syncFile(file)
	}
	if err == nil {
		err = step(OpRename, p.path)
	}
	if err != nil {
		return Explain(path, unwrapPath(err))
	}
	return f.rename(file)
}

// rename moves the file to its path.
func (f *File) rename(file string) error {
	rename := renameNew
	if f.replace {
		rename = os.Rename
	}
	if err := rename(file, f.place.path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return f.place.errExists()
		}
		return Explain(f.place.given, unwrapPath(err))
	}
	return syncParent(f.place)
}

// CheckFile returns an error if CreateFile would refuse to write path.
func CheckFile(path string, replace bool) error {
	p, err := locate(path)
	if err != nil {
		return err
	}
	return (&File{place: p, replace: replace}).check()
}

// OpenLocked opens or creates the file at path and locks it until it is closed or the process
// ends. The file is nil if another process has it locked.
func OpenLocked(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if !lock(f) {
			return nil, f.Close()
		}
		held, err1 := f.Stat()
		named, err2 := os.Lstat(path)
		if err1 == nil && err2 == nil && os.SameFile(held, named) {
			return f, nil
		}
		f.Close() // the process that had it locked has moved or removed it
	}
}

// RealPath makes path absolute and resolves symbolic links, even if the last element does not
// exist.
func RealPath(path string) (string, error) { return realPath(path) }

// Abort closes and removes the temporary file. After Commit it does nothing, so that it
// can be deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.f.Close()
	if errors.Is(f.err, ErrCrash) {
		return
	}
	os.Remove(f.temp)
}

// syncParent flushes the new name to disk.
func syncParent(p place) error {
	err := step(OpSync, p.dir())
	if err == nil {
		err = SyncFolder(p.dir())
	}
	if err != nil {
		return fault.New(hintFor(err), "%s was written, but its folder could not be synced: %w", p.given, err)
	}
	return nil
}

// unwrapPath removes hidden paths from an error of package os: messages name the output
// that the user asked for.
func unwrapPath(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}
