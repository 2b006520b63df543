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
	again = &Source{selection: s.selection, kept: s.kept, documents: s.documents, skipBad: s.skipBad}
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
			e = entry{name: e.name, path: e.path, size: info.Size(), open: func() (io.ReadCloser, error) {
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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f, err := copyToFile(e.name, pipe.NewReader(ctx, e.open), dir)
	if err != nil && ctx.Err() == nil && fault.Hint(err) == "" {
		err = readError(e.name, uncompressed, 0, err)
	}
	return f, err
}

// copyToFile copies the content of an input to a new file, which it returns also with an error
// of the content. An error of the file has a hint.
func copyToFile(name string, content io.Reader, dir string) (*os.File, error) {
	const hint = "the input is copied to a temporary file: set TMPDIR to a folder with more space"
	f, err := os.CreateTemp(dir, "luminavec-spool-*")
	if err != nil {
		return nil, fault.New(hint, "cannot create a temporary file for %s: %w", Describe(name), err)
	}
	// Where the system allows removing an open file, not even a killed process leaves it
	// behind; elsewhere it is removed after closing it.
	os.Remove(f.Name())
	_, err = io.Copy(f, content)
	var path *os.PathError
	if errors.As(err, &path) && path.Path == f.Name() {
		err = fault.New(hint, "cannot copy %s to a temporary file: %w", Describe(name), err)
	}
	return f, err
}

// spooled is a temporary file that Close removes.
type spooled struct{ *os.File }

func (s spooled) Close() error {
	err := s.File.Close()
	if gone := os.Remove(s.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// spoolText copies a decompressed input to a temporary file.
func spoolText(name string, content io.Reader) (ReaderAtCloser, int64, error) {
	f, err := copyToFile(name, content, "")
	if f == nil {
		return nil, 0, err
	}
	size, seekErr := f.Seek(0, io.SeekEnd)
	if err = errors.Join(err, seekErr); err != nil {
		spooled{f}.Close()
		return nil, 0, err
	}
	return spooled{f}, size, nil
}
