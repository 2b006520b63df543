package collection

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/fault"
)

// Verify compares the size and SHA-256 of every file of the collection in dir. The report names
// files by their paths in the folder. If files are missing or changed, it describes the problem of
// each, and the error lists them. Verify does not parse the files; [VerifyPath] does.
func Verify(ctx context.Context, dir string) (*checkpoints.Report, error) {
	return unreplaced(dir, func() (*checkpoints.Report, error) { return verify(ctx, dir) })
}

func verify(ctx context.Context, dir string) (*checkpoints.Report, error) {
	info, err := readInfo(dir)
	if err != nil {
		return nil, err
	}
	files := parts.ListedFiles(dir, info.manifest())
	if info.Format == 1 {
		if files, err = parts.OpenFiles(dir); err != nil {
			return nil, err
		}
	}
	found, err := files.VerifyAll(ctx)
	if err != nil {
		return nil, files.Wrap(err)
	}
	report := &checkpoints.Report{Format: info.Format}
	var problems []string
	hint := hintRebuild
	for i, listed := range files.Listed() {
		f := checkpoints.FileReport{Name: listed.Name, Size: listed.Size, Checksum: hex.EncodeToString(listed.Sum[:])}
		if found[i] != nil {
			f.Problem = errors.Unwrap(found[i]).Error()
			problems = append(problems, files.Wrap(found[i]).Error())
		}
		report.Files = append(report.Files, f)
	}
	if info.Format > 1 {
		report.Extra = extra(dir, info)
		if m := info.Models; m != nil {
			for _, a := range []Applied{m.Passages, m.Questions} {
				if _, err := a.dir(ctx, dir, true); err != nil && !slices.Contains(problems, err.Error()) {
					problems, hint = append(problems, err.Error()), fault.Hint(err)
				}
			}
		}
		if len(problems) > 0 {
			err = fault.New(hint, "%s", strings.Join(problems, "; "))
		}
		return report, err
	}
	model, err := checkpoints.Verify(ctx, filepath.Join(dir, modelDir))
	if ctx.Err() != nil {
		return nil, fmt.Errorf("verifying the collection %s: %w", dir, ctx.Err())
	}
	if err != nil && (len(problems) == 0 || !errors.Is(err, fs.ErrNotExist)) { // whose MANIFEST is reported already
		if len(problems) == 0 {
			hint = fault.Hint(err)
		}
		problems = append(problems, err.Error())
	}
	if model != nil {
		for _, f := range model.Files {
			f.Name = modelDir + "/" + f.Name
			report.Files = append(report.Files, f)
		}
		for _, name := range model.Extra {
			report.Extra = append(report.Extra, modelDir+"/"+name)
		}
	}
	if len(problems) == 0 {
		return report, nil
	}
	return report, fault.New(hint, "%s", strings.Join(problems, "; "))
}

// verifyPart compares the size and the SHA-256 of one part.
func verifyPart(ctx context.Context, dir string, info *Info, name string) error {
	return parts.ListedFiles(dir, info.manifest()).Verify(ctx, name)
}

// extra returns the files of the models that are not parts.
func extra(dir string, info *Info) (names []string) {
	visit := func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		name = filepath.ToSlash(name)
		if err == nil && !slices.ContainsFunc(info.Parts, func(p Part) bool { return p.Name == name }) {
			names = append(names, name)
		}
		return err
	}
	for _, folder := range []string{modelDir, queryModelDir} {
		_ = filepath.WalkDir(filepath.Join(dir, folder), visit) // which may be missing
	}
	return names
}
