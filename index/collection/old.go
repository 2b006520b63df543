package collection

import (
	"context"
	"io"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/old"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/manifest"
)

const (
	indexFile     = "index.lvx"
	manifestFile  = manifest.Name
	modelManifest = modelDir + "/" + manifest.Name
)

// openOld opens a collection of format 1.
func openOld(ctx context.Context, dir string, info *Info) (*Collection, error) {
	files, err := parts.OpenFiles(dir)
	if err != nil {
		return nil, err
	}
	c := &Collection{dir: dir, info: info}
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	work.Go(func(ctx context.Context) error {
		for _, name := range []string{infoFile, modelManifest} {
			if err := files.Verify(ctx, name); err != nil {
				return err
			}
		}
		var err error
		c.model, c.asks, err = openModels(ctx, dir, info, false)
		return err
	})
	work.Go(func(ctx context.Context) error {
		return files.Read(ctx, indexFile, func(r io.Reader, _ int64) (err error) {
			c.index, err = index.Load(r)
			return err
		})
	})
	work.Go(func(ctx context.Context) error { return files.Verify(ctx, old.DocumentsFile) })
	if err := work.Wait(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.docs, err = old.OpenDocuments(dir); err != nil {
		return nil, err
	}
	return c, nil
}
