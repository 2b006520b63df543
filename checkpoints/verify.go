package checkpoints

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Report is the result of Verify.
type Report struct {
	Format int          `json:"format"` // version of the folder
	Files  []FileReport `json:"files"`  // files that MANIFEST lists, by name
	Extra  []string     `json:"extra"`  // other files in the folder; they are ignored
}

// FileReport is one file of a model.
type FileReport struct {
	Name     string `json:"name"`
	Size     int64  `json:"size"`              // size in bytes, according to MANIFEST
	Checksum string `json:"sha256"`            // SHA-256, according to MANIFEST
	Problem  string `json:"problem,omitempty"` // "": the file matches MANIFEST
}

// OK reports whether every file matches MANIFEST.
func (r *Report) OK() bool {
	for _, f := range r.Files {
		if f.Problem != "" {
			return false
		}
	}
	return true
}

// Verify checks the size and the SHA-256 of every file that the MANIFEST of the model in dir
// lists, including README.md and training/. If files are missing or changed, the report
// describes each, and the error names them all. Verify does not parse the files; Read does.
func Verify(ctx context.Context, dir string) (*Report, error) {
	for i := 1; ; i++ {
		r, err := open(ctx, dir)
		var report *Report
		if err == nil {
			report, err = r.verify()
		}
		if err != nil && i < attempts && r != nil && r.replaced() {
			continue
		}
		return report, err
	}
}

// VerifyFS is Verify for a model as in ReadFS.
func VerifyFS(ctx context.Context, name string, files fs.FS) (*Report, error) {
	r, err := openFS(ctx, name, files)
	if err != nil {
		return nil, err
	}
	return r.verify()
}

func (r *reader) verify() (*Report, error) {
	found, err := r.folder.VerifyAll(r.ctx)
	if err != nil {
		return nil, r.wrap(err)
	}
	report := &Report{Format: r.folder.Version}
	var problems []string
	hint := ""
	for i, listed := range r.folder.Files {
		f := FileReport{Name: listed.Name, Size: listed.Size, Checksum: hex.EncodeToString(listed.Sum[:])}
		if err := found[i]; err != nil {
			f.Problem = errors.Unwrap(err).Error()
			problems = append(problems, err.Error())
			if hint == "" || hint == hintState {
				hint = hintOf(err)
			}
		}
		report.Files = append(report.Files, f)
	}
	if r.info != nil {
		if report.Extra, err = r.extra(); err != nil {
			return report, err
		}
	}
	if len(problems) == 0 {
		return report, nil
	}
	return report, fault.New(hint, "model %s: %s", r.dir, strings.Join(problems, "; "))
}

// extra lists the files in the folder that MANIFEST does not list.
func (r *reader) extra() ([]string, error) {
	var extra []string
	err := filepath.WalkDir(r.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(r.dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if _, listed := r.folder.Find(name); !listed && name != ManifestFile {
			extra = append(extra, name)
		}
		return r.ctx.Err()
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // removed meanwhile
		return nil, fmt.Errorf("reading %s: %w", r.dir, err)
	}
	return extra, nil
}

// FileSize is a file of a folder and its size in bytes.
type FileSize struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// FileSizes lists the files of the model in dir, MANIFEST included, without reading them.
func FileSizes(dir string) (files []FileSize, total int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, FileSize{filepath.ToSlash(name), info.Size()})
		total += info.Size()
		return err
	})
	return files, total, err
}
