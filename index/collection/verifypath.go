package collection

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index"
)

// VerifyPath verifies the model, collection or index at path and returns which of these it is
// as kind. It compares the checksum of every file and then reads the files, which detects parts
// that do not belong together. The report lists the files even if the error names a damaged one.
func VerifyPath(ctx context.Context, path string) (kind string, report *checkpoints.Report, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", &checkpoints.Report{}, err
	}
	switch _, isCollection := os.Stat(filepath.Join(path, infoFile)); {
	case !info.IsDir():
		f := checkpoints.FileReport{Name: filepath.Base(path), Size: info.Size()}
		if _, err = index.LoadFile(path); err != nil {
			f.Problem = err.Error()
		}
		return "index", &checkpoints.Report{Files: []checkpoints.FileReport{f}}, cmp.Or(ctx.Err(), err)
	case isCollection == nil:
		kind = "collection"
		if report, err = Verify(ctx, path); err == nil {
			var c *Collection
			if c, err = Open(ctx, path); err == nil {
				_, err = c.storedMap()
				err = cmp.Or(err, c.Close())
			}
		}
	default:
		kind = "model"
		if report, err = checkpoints.Verify(ctx, path); err == nil {
			_, err = checkpoints.Read(ctx, path, checkpoints.ReadOptions{State: true})
		}
	}
	if report == nil {
		report = &checkpoints.Report{}
	}
	return kind, report, cmp.Or(ctx.Err(), err)
}
