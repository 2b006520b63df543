package collection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

const (
	manifestFile  = manifest.Name
	modelManifest = modelDir + "/" + manifest.Name
)

const hintRebuild = "rebuild the collection"

// format describes the MANIFEST of a collection.
var format = manifest.Format{
	Head:    "luminavec-collection",
	Version: FormatVersion,
	Kind:    "collection",
	Other:   hintRebuild,
	Damaged: hintRebuild,
}

// listed are the files in MANIFEST. The model's own MANIFEST represents the files of the
// model, which it lists.
var listed = []string{infoFile, documentsFile, indexFile, modelManifest}

// sums returns the lines of MANIFEST for the files in dir.
func sums(ctx context.Context, dir string) ([]manifest.File, error) {
	var files []manifest.File
	for _, name := range listed {
		f, err := manifest.Sum(ctx, dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", filepath.Join(dir, filepath.FromSlash(name)), err)
		}
		files = append(files, f)
	}
	return files, nil
}

// files reads the files of a collection and checks them against its MANIFEST.
type files struct {
	dir    string
	folder *manifest.Folder
}

func openFiles(dir string) (*files, error) {
	f := &files{dir: dir}
	var err error
	if f.folder, err = format.Open(dir); err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

// read parses a file and verifies it.
func (f *files) read(ctx context.Context, name string, parse func(r io.Reader, size int64) error) error {
	return f.wrap(f.folder.Read(ctx, name, parse))
}

// verify verifies a file.
func (f *files) verify(ctx context.Context, name string) error {
	return f.wrap(f.folder.Verify(ctx, name))
}

// wrap prepends the folder to the name of the file in an error.
func (f *files) wrap(err error) error {
	var of *manifest.FileError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &of):
		return fault.New(fault.Hint(err), "%w", &manifest.FileError{File: filepath.Join(f.dir, filepath.FromSlash(of.File)), Err: of.Err})
	}
	return fmt.Errorf("reading the collection %s: %w", f.dir, err)
}
