package collection

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/fault"
)

// Record is a document that is given as it is, instead of a file. Sync leaves it as it is.
type Record struct {
	ID     string // at most 512 bytes, without control characters
	Title  string // default: none
	Text   string
	Fields []documents.Field // see documents.FieldsOf
}

const maxID = 512 // bytes

// recordPath begins the path of the document of a record, before its id.
const recordPath = "record:"

// Validate returns an error that names the field at fault.
func (r *Record) Validate() error {
	switch {
	case r.ID == "" || len(r.ID) > maxID:
		return fault.Field("ID", "", "must have 1 to %d bytes, got %d", maxID, len(r.ID))
	case !utf8.ValidString(r.ID) || strings.ContainsFunc(r.ID, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return fault.Field("ID", "", "must be valid UTF-8 without control characters, got %.60q", r.ID)
	case strings.TrimSpace(r.Text) == "" && strings.TrimSpace(r.Title) == "":
		return fault.Field("Text", "", "must not be empty")
	}
	return nil
}

// WriteRecords adds records, which replace those with the same ids, wherever these came from, and removes the
// records of other ids. The changes list ids as added, changed and removed; those of unknown ids to remove are
// not among them, and a record whose passages would be the same is unchanged. When WriteRecords returns, all is
// on disk; if it fails, nothing has changed. No id may be given twice.
func WriteRecords(ctx context.Context, dir string, put []Record, remove []string, o ChangeOptions) (*Changes, error) {
	ids := map[string]bool{}
	for _, id := range remove {
		ids[id] = true
	}
	for i := range put {
		if err := put[i].Validate(); err != nil {
			return nil, err
		}
		ids[put[i].ID] = true
	}
	if len(ids) != len(put)+len(remove) {
		return nil, errors.New("an id is given twice")
	}
	return change(ctx, dir, o, func(w *changer) error {
		old := map[string][]int64{} // labels by id
		if err := w.old.each(ctx, false, func(r parts.Row) error {
			if ids[r.ID] {
				id := strings.Clone(r.ID)
				old[id] = append(old[id], r.Label)
			}
			return nil
		}); err != nil {
			return err
		}
		gone := map[string]bool{}
		for _, id := range remove {
			if old[id] != nil {
				gone[id] = true
			}
		}
		w.ids = map[string]string{} // no id is in the collection when it is added
		var added, changed []string
		var cut [][]documents.Passage
		var records []Record
		for i := range put {
			r := &put[i]
			passages, err := w.cut(ctx, r)
			if err != nil {
				return err
			}
			switch same, err := w.same(old[r.ID], passages); {
			case err != nil:
				return err
			case same:
				w.changes.Unchanged++
				continue
			case old[r.ID] != nil:
				gone[r.ID] = true
				changed = append(changed, r.ID)
			default:
				added = append(added, r.ID)
			}
			records, cut = append(records, *r), append(cut, passages)
		}
		if len(gone) > 0 {
			if err := w.deleteRecords(ctx, maps.Clone(gone)); err != nil {
				return err
			}
		}
		w.table.Files = slices.DeleteFunc(w.table.Files, func(f *parts.Source) bool {
			return f.Size < 0 && f.Count() == 0 && strings.HasPrefix(f.Path, recordPath) && gone[f.Path[len(recordPath):]]
		})
		for i, r := range records {
			f := w.newSource(recordPath+r.ID, string(documents.Records))
			f.Size = -1
			for _, p := range cut[i] {
				if err := w.add(ctx, f, p); err != nil {
					return err
				}
			}
			w.changes.PassagesAdded += int64(len(cut[i]))
		}
		w.touched = w.touched || len(gone)+len(records) > 0
		w.changes.Added, w.changes.Changed = added, changed
		w.changes.Removed = slices.DeleteFunc(w.changes.Removed, func(id string) bool { return !slices.Contains(remove, id) })
		return w.flush(ctx)
	})
}

// cut returns the passages of a record.
func (w *changer) cut(ctx context.Context, r *Record) (list []documents.Passage, err error) {
	d := documents.Passage{Path: recordPath + r.ID, ID: r.ID, Title: r.Title, Text: r.Text, Fields: r.Fields}
	err = documents.Cut(ctx, d, w.info.Input.Options, func(p documents.Passage) error {
		list = append(list, p)
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fault.Field("Text", "", "has no word: the record %q", r.ID)
	}
	return list, err
}

// same reports whether the passages of labels, in their order, are those of a list.
func (w *changer) same(labels []int64, list []documents.Passage) (bool, error) {
	if len(labels) != len(list) {
		return false, nil
	}
	slices.Sort(labels)
	rows, err := w.old.rows(labels)
	if err != nil {
		return false, err
	}
	for i := range rows {
		a, b := rows[i].Passage, list[i]
		a.Path, b.Path = "", ""
		for _, p := range []*documents.Passage{&a, &b} {
			fields := slices.SortedFunc(slices.Values(p.Fields), func(x, y documents.Field) int { return cmp.Compare(x.Name, y.Name) })
			for j := range fields {
				if t, ok := fields[j].Value.(time.Time); ok { // a time that was stored has another location
					fields[j].Value = t.UTC()
				}
			}
			if p.Fields = fields; len(p.Heading) == 0 {
				p.Heading = nil
			}
		}
		if !reflect.DeepEqual(a, b) {
			return false, nil
		}
	}
	return true, nil
}
