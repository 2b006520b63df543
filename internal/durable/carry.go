package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Carry copies files that do not belong to the program, such as the user's notes, from
// the folder that is replaced to the new one. ours reports whether a file, named by its
// slash-separated path in the folder, belongs to the program. Carry skips files that the
// new folder already has. It links regular files if the file system can, else copies
// them, and recreates symbolic links. Call it before Commit.
func (d *Folder) Carry(ours func(name string) bool) error {
	for range attempts {
		if err := d.look(); err != nil {
			return err
		}
		if d.place.info == nil || !d.place.info.IsDir() {
			return nil
		}
		err := d.carry(ours)
		if !d.place.changed() {
			return Explain(d.place.given, d.Named(err))
		}
		// Another writer has replaced the folder, and has carried the same files. Some may
		// have been missing already where they were read.
	}
	return d.errBusy()
}

// carry copies from the folder that is at the path now.
func (d *Folder) carry(ours func(name string) bool) error {
	return filepath.WalkDir(d.place.path, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(d.place.path, path)
		if err != nil || name == "." {
			return err
		}
		target := filepath.Join(d.temp, name)
		switch {
		case e.IsDir():
			return nil
		case ours(filepath.ToSlash(name)):
			return nil
		case !e.Type().IsRegular() && e.Type()&fs.ModeSymlink == 0:
			return nil // sockets and pipes belong to a running program
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return unlessThere(os.Symlink(to, target))
		}
		if err := os.Link(path, target); err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
		return unlessThere(copyFile(target, path))
	})
}

func unlessThere(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// copyFile copies a regular file to a name that must not exist.
func copyFile(target, source string) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(target)
	}
	return err
}
