package parts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

// Format describes the MANIFEST of a collection of format 1.
var Format = manifest.Format{
	Head:    "luminavec-collection",
	Version: 1,
	Kind:    "collection",
	Other:   Rebuild,
	Damaged: Rebuild,
}

// Files reads the files of a collection and checks them against its MANIFEST, or against what collection.json says of them.
type Files struct {
	dir    string
	folder *manifest.Folder
}

// ListedFiles returns the files that collection.json lists.
func ListedFiles(dir string, m manifest.Manifest) *Files {
	return &Files{dir, Format.Folder(dir, InfoFile, m)}
}

// OpenFiles reads the MANIFEST of a collection of format 1.
func OpenFiles(dir string) (*Files, error) {
	f := &Files{dir: dir}
	var err error
	if f.folder, err = Format.Open(dir); err != nil {
		return nil, f.Wrap(err)
	}
	return f, nil
}

// Read parses a file and verifies it.
func (f *Files) Read(ctx context.Context, name string, parse func(r io.Reader, size int64) error) error {
	return f.Wrap(f.folder.Read(ctx, name, parse))
}

// Listed are the files, as they are listed.
func (f *Files) Listed() []manifest.File { return f.folder.Files }

// VerifyAll verifies all files and returns what is wrong with each.
func (f *Files) VerifyAll(ctx context.Context) ([]error, error) { return f.folder.VerifyAll(ctx) }

// Verify verifies a file.
func (f *Files) Verify(ctx context.Context, name string) error {
	return f.Wrap(f.folder.Verify(ctx, name))
}

// Wrap prepends the folder to the name of the file in an error.
func (f *Files) Wrap(err error) error {
	var of *manifest.FileError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &of):
		return fault.New(fault.Hint(err), "%w", &manifest.FileError{File: filepath.Join(f.dir, filepath.FromSlash(of.File)), Err: of.Err})
	}
	return fmt.Errorf("reading the collection %s: %w", f.dir, err)
}
