// Package roots says where the files are that a collection was built from, and whether they are what they were.
package roots

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Path is a file, a folder or a pattern that was named.
type Path struct {
	Given    string `json:"given"`    // as it was named
	Absolute string `json:"absolute"` // where it was
	Relative string `json:"relative"` // from the folder of the collection, for both moved together
}

// Resolve returns a path that was given, for a collection in dir.
func Resolve(dir, given string) (p Path, err error) {
	p.Given = given
	if p.Absolute, err = filepath.Abs(given); err != nil {
		return p, err
	}
	if base, err := filepath.Abs(dir); err == nil {
		if rel, err := filepath.Rel(base, p.Absolute); err == nil {
			p.Relative = filepath.ToSlash(rel)
		}
	}
	return p, nil
}

// Root is a path that was named, and where it is now.
type Root struct{ Given, At string }

// Find returns where a path is that a collection was built from: where it was, or in the same
// place relative to the collection.
func Find(dir string, p Path) (Root, error) {
	if _, err := os.Lstat(p.Absolute); err == nil || strings.ContainsAny(p.Given, "*?[") {
		if abs, err := filepath.Abs(p.Given); err == nil && abs == p.Absolute { // from the same working directory
			return Root{p.Given, p.Given}, nil
		}
		return Root{p.Given, p.Absolute}, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Root{}, fault.New(fault.OpenHint(err), "cannot read %s: %w", p.Absolute, fault.Cause(err))
	}
	if base, err := filepath.Abs(dir); err == nil && p.Relative != "" {
		at := filepath.Join(base, filepath.FromSlash(p.Relative))
		if _, err := os.Lstat(at); err == nil {
			return Root{p.Given, at}, nil
		}
	}
	return Root{}, fault.Mark(fault.New("put it back, or delete what came from it", "%s, which the collection was built from, does not exist any more", p.Absolute), fs.ErrNotExist)
}

// Shown returns the path of a file of a root as it was when the collection was built.
func (r Root) Shown(path string) string {
	if r.At == r.Given {
		return path
	}
	if rel, ok := strings.CutPrefix(path, r.At); ok && (rel == "" || os.IsPathSeparator(rel[0])) {
		return filepath.Join(r.Given, rel)
	}
	given := filepath.Clean(r.Given) // a pattern
	if base, ok := strings.CutSuffix(r.At, given); ok && !filepath.IsAbs(given) {
		return strings.TrimPrefix(path, base)
	}
	return path
}

// Real returns the path without links.
func Real(path string) string {
	if real, err := durable.RealPath(path); err == nil {
		return real
	}
	return path
}

// Reals are the real paths of folders.
type Reals map[string]string

// Of returns the path of a file whose folder has no links in its path.
func (r Reals) Of(path string) string {
	dir := filepath.Dir(path)
	real, ok := r[dir]
	if !ok {
		real = Real(dir)
		r[dir] = real
	}
	return filepath.Join(real, filepath.Base(path))
}

// Within reports whether path is the folder or in it.
func Within(path, folder string) bool {
	return path != "" && folder != "" && (path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator)))
}

// Sum returns the SHA-256 of a file.
func Sum(ctx context.Context, path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	for buffer := make([]byte, 256<<10); ; {
		n, err := f.Read(buffer)
		h.Write(buffer[:n])
		switch {
		case err == io.EOF:
			h.Sum(sum[:0])
			return sum, nil
		case err != nil:
			return sum, err
		case ctx.Err() != nil:
			return sum, ctx.Err()
		}
	}
}

// settled is the age from which the time of a file shows every change: file systems store it
// in steps of up to two seconds.
const settled = 2 * time.Second

// SettledTime returns the time of a file, or one that no file has if another change after now could
// leave the same time.
func SettledTime(modified, now time.Time) time.Time {
	if now.Sub(modified) < settled {
		return time.Unix(0, 0)
	}
	return modified
}
