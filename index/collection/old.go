package collection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

const (
	indexFile     = "index.lvx"
	manifestFile  = manifest.Name
	modelManifest = modelDir + "/" + manifest.Name
)

// openOld opens a collection of format 1.
func openOld(ctx context.Context, dir string, info *Info) (*Collection, error) {
	files, err := openFiles(dir)
	if err != nil {
		return nil, err
	}
	c := &Collection{dir: dir, info: info}
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	work.Go(func(ctx context.Context) error {
		for _, name := range []string{infoFile, modelManifest} {
			if err := files.verify(ctx, name); err != nil {
				return err
			}
		}
		var err error
		c.model, c.asks, err = openModels(ctx, dir, info, false)
		return err
	})
	work.Go(func(ctx context.Context) error {
		return files.read(ctx, indexFile, func(r io.Reader, _ int64) (err error) {
			c.index, err = index.Load(r)
			return err
		})
	})
	work.Go(func(ctx context.Context) error { return files.verify(ctx, documentsFile) })
	if err := work.Wait(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.docs, err = openDocuments(dir); err != nil {
		return nil, err
	}
	return c, nil
}

// format describes the MANIFEST of a collection of format 1.
var format = manifest.Format{
	Head:    "luminavec-collection",
	Version: 1,
	Kind:    "collection",
	Other:   hintRebuild,
	Damaged: hintRebuild,
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
