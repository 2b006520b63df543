package collection

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/collection/internal/roots"
	"github.com/luminavec/luminavec/internal/fault"
)

// Delete removes files, named by their paths, all files of folders, and records, named by their ids.
// Sync does not add them again, unless they are named to Add. A name that the collection does not
// have is an error, and nothing is removed then.
func Delete(ctx context.Context, dir string, names []string, o ChangeOptions) (*Changes, error) {
	return change(ctx, dir, o, func(w *changer) error {
		records := map[string]bool{} // by id: whether it was found
		for _, name := range names {
			found, err := w.deletePath(ctx, name)
			if err != nil {
				return err
			}
			if !found {
				records[name] = false
			}
		}
		if len(records) == 0 {
			return nil
		}
		if err := w.deleteRecords(ctx, records); err != nil {
			return err
		}
		maps.DeleteFunc(records, func(_ string, found bool) bool { return found })
		if len(records) > 0 {
			return fault.Mark(fault.New("'list' shows what the collection has; nothing was deleted", "%s has no file, folder or record %s", dir, fault.Names(slices.Sorted(maps.Keys(records)))), fs.ErrNotExist)
		}
		return nil
	})
}

// deletePath removes the file or the files of the folder of that name.
func (w *changer) deletePath(ctx context.Context, name string) (found bool, err error) {
	paths := []string{filepath.Clean(name)}
	if abs, err := filepath.Abs(name); err == nil { // from another working directory
		for _, p := range w.info.Input.Paths {
			if p.Absolute != "" {
				paths = append(paths, roots.Root{Given: p.Given, At: p.Absolute}.Shown(abs))
			}
		}
	}
	for _, f := range slices.Clone(w.table.Files) {
		if !slices.ContainsFunc(paths, func(p string) bool {
			return f.Path == p || strings.HasPrefix(f.Path, p+string(os.PathSeparator)) || p == "." && !filepath.IsAbs(f.Path)
		}) {
			continue
		}
		found = true
		if err := w.drop(ctx, f); err != nil {
			return false, err
		}
		if f.Size >= 0 {
			w.info.Input.Deleted = append(w.info.Input.Deleted, Deleted{Path: f.Path})
		}
	}
	return found, nil
}

// deleteRecords removes the records of ids and marks those that exist.
func (w *changer) deleteRecords(ctx context.Context, ids map[string]bool) error {
	type record struct {
		file uint64
		id   string
	}
	gone := map[uint64]map[int64]int64{} // by file: labels and the sizes of their texts
	var records []record
	err := w.old.each(ctx, false, func(r parts.Row) error {
		if _, named := ids[r.ID]; !named || r.ID == "" {
			return nil
		}
		ids[r.ID] = true
		if gone[r.File] == nil {
			gone[r.File] = map[int64]int64{}
		}
		gone[r.File][r.Label] = int64(len(r.Text))
		if !slices.Contains(records, record{r.File, r.ID}) {
			records = append(records, record{r.File, strings.Clone(r.ID)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range w.table.Files {
		labels := gone[f.Number]
		if labels == nil {
			continue
		}
		all := f.All()
		f.Labels = nil
		for _, label := range all {
			if _, out := labels[label]; !out {
				f.Labels = parts.AppendLabel(f.Labels, label)
			}
		}
		for _, n := range labels {
			f.Text -= n
		}
		w.changes.PassagesRemoved += int64(len(labels))
		if err := w.remove(ctx, slices.Sorted(maps.Keys(labels))); err != nil {
			return err
		}
		for _, r := range records {
			if r.file == f.Number {
				w.changes.Removed = append(w.changes.Removed, r.id)
				if f.Size >= 0 {
					w.info.Input.Deleted = append(w.info.Input.Deleted, Deleted{f.Path, r.id})
				}
			}
		}
	}
	return nil
}
