package documents

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// walker finds files.
type walker struct {
	source *Source
}

// add adds the files of a path that was named.
func (w *walker) add(ctx context.Context, path string) error {
	if path == Stdin {
		w.source.files = append(w.source.files, File{Path: Stdin, Name: Stdin, Size: -1, Kind: w.kind(path)})
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return cannotRead(path, err)
	}
	if !info.IsDir() {
		w.file(path, filepath.Base(path), info)
		return nil
	}
	return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return w.source.skip(p, "cannot be read", err)
		}
		if p != path && strings.HasPrefix(d.Name(), ".") && !w.source.options.Hidden {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return w.source.skip(p, "cannot be read", err)
		}
		name, err := filepath.Rel(path, p)
		if err != nil {
			return err
		}
		w.file(p, filepath.ToSlash(name), info)
		return nil
	})
}

func (w *walker) file(path, name string, info fs.FileInfo) {
	w.source.files = append(w.source.files, File{Path: path, Name: name, Size: info.Size(), Modified: info.ModTime(), Kind: w.kind(path)})
}

func (w *walker) kind(path string) Kind {
	if k := w.source.options.Kind; k != "" {
		return k
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".md", ".markdown":
		return Markdown
	case ".html", ".htm":
		return HTML
	case ".jsonl", ".csv", ".tsv", ".parquet":
		return Records
	}
	return Text
}
