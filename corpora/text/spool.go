package text

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/pipe"
)

// Spool returns a source of the same text that can be read more than once: it copies inputs
// that can be read only once, such as standard input, to files in the folder dir (os.TempDir()
// if it is ""), without decompressing them. done removes the files.
func (s *Source) Spool(ctx context.Context, dir string) (again *Source, done func() error, err error) {
	var files []*os.File
	done = func() error {
		var errs []error
		for _, f := range files {
			errs = append(errs, f.Close())
			if err := os.Remove(f.Name()); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		files = nil
		return errors.Join(errs...)
	}
	again = &Source{selection: s.selection, skipBad: s.skipBad}
	for _, e := range s.entries {
		if e.once {
			f, err := spool(ctx, e, dir)
			if f != nil {
				files = append(files, f)
			}
			if err != nil {
				done()
				return nil, nil, err
			}
			info, err := f.Stat()
			if err != nil {
				done()
				return nil, nil, err
			}
			e = entry{name: e.name, size: info.Size(), open: func() (io.ReadCloser, error) {
				return section{io.NewSectionReader(f, 0, info.Size())}, nil
			}}
		}
		again.entries = append(again.entries, e)
		again.size += e.size
	}
	return again, done, nil
}

// spool copies an input to a new file.
func spool(ctx context.Context, e entry, dir string) (*os.File, error) {
	const hint = "standard input is copied to a temporary file: set TMPDIR to a folder with more space"
	f, err := os.CreateTemp(dir, "luminavec-spool-*")
	if err != nil {
		return nil, fault.New(hint, "cannot create a temporary file for %s: %w", Describe(e.name), err)
	}
	// Where the system allows removing an open file, not even a killed process leaves it
	// behind; elsewhere done removes it.
	os.Remove(f.Name())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err = io.Copy(f, pipe.NewReader(ctx, e.open))
	var path *os.PathError
	switch {
	case err == nil || ctx.Err() != nil:
		return f, err
	case errors.As(err, &path) && path.Path == f.Name():
		return f, fault.New(hint, "cannot copy %s to a temporary file: %w", Describe(e.name), err)
	}
	return f, readError(e.name, uncompressed, 0, err)
}
