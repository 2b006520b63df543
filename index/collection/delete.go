package collection

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
				paths = append(paths, root{p.Given, p.Absolute}.shown(abs))
			}
		}
	}
	for _, f := range slices.Clone(w.table.files) {
		if !slices.ContainsFunc(paths, func(p string) bool {
			return f.path == p || strings.HasPrefix(f.path, p+string(os.PathSeparator)) || p == "." && !filepath.IsAbs(f.path)
		}) {
			continue
		}
		found = true
		if err := w.drop(ctx, f); err != nil {
			return false, err
		}
		if f.size >= 0 {
			w.info.Input.Deleted = append(w.info.Input.Deleted, Deleted{Path: f.path})
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
	err := w.old.each(ctx, false, func(r row) error {
		if _, named := ids[r.ID]; !named || r.ID == "" {
			return nil
		}
		ids[r.ID] = true
		if gone[r.file] == nil {
			gone[r.file] = map[int64]int64{}
		}
		gone[r.file][r.label] = int64(len(r.Text))
		if !slices.Contains(records, record{r.file, r.ID}) {
			records = append(records, record{r.file, strings.Clone(r.ID)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range w.table.files {
		labels := gone[f.number]
		if labels == nil {
			continue
		}
		all := f.all()
		f.labels = nil
		for _, label := range all {
			if _, out := labels[label]; !out {
				f.labels = appendLabel(f.labels, label)
			}
		}
		for _, n := range labels {
			f.text -= n
		}
		w.changes.PassagesRemoved += int64(len(labels))
		if err := w.remove(ctx, slices.Sorted(maps.Keys(labels))); err != nil {
			return err
		}
		for _, r := range records {
			if r.file == f.number {
				w.changes.Removed = append(w.changes.Removed, r.id)
				if f.size >= 0 {
					w.info.Input.Deleted = append(w.info.Input.Deleted, Deleted{f.path, r.id})
				}
			}
		}
	}
	return nil
}
