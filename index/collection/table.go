package collection

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/filter"
)

// Table returns the fields of the passages, for conditions of package filter.
func (c *Collection) Table() filter.Table { return fieldTable{c} }

type fieldTable struct{ *Collection }

// Labels implements filter.Table. Without labels, conditions are false.
func (t fieldTable) Labels() *roaring64.Bitmap {
	all, err := t.Collection.Labels()
	if err != nil {
		return roaring64.New()
	}
	return all
}

// Fields implements filter.Table.
func (t fieldTable) Fields() []filter.Field {
	if t.store == nil {
		return nil
	}
	masks := map[string]byte{}
	for _, g := range t.store.segments {
		for i, name := range g.Names {
			masks[name] |= g.Masks[i]
		}
	}
	var fields []filter.Field
	for _, name := range slices.Sorted(maps.Keys(masks)) {
		fields = append(fields, filter.Field{Name: name, Kind: parts.MaskKind(masks[name])})
	}
	return fields
}

// Values implements filter.Table.
func (t fieldTable) Values(ctx context.Context, field string, visit func(label int64, value string)) error {
	return t.Collection.Values(ctx, field, func(label int64, v any) {
		switch v := v.(type) {
		case string:
			visit(label, v)
		case int64:
			visit(label, strconv.FormatInt(v, 10))
		case float64:
			visit(label, strconv.FormatFloat(v, 'f', -1, 64))
		case bool:
			visit(label, strconv.FormatBool(v))
		case time.Time:
			visit(label, v.Format(time.RFC3339Nano))
		case []string:
			for _, s := range v {
				visit(label, s)
			}
		}
	})
}

// Values calls visit with the values of a field and the labels of the passages that have it, in any
// order. It takes some milliseconds for 100,000 passages.
func (c *Collection) Values(ctx context.Context, name string, visit func(label int64, value any)) error {
	if c.store == nil {
		return nil
	}
	done, err := c.store.use()
	if err != nil {
		return err
	}
	defer done()
	for i, g := range c.store.segments {
		field := slices.Index(g.Names, name)
		if field < 0 {
			continue
		}
		whole := c.store.dead[i].IsEmpty()
		for n := range g.Blocks {
			b := &g.Blocks[n]
			at, ok := slices.BinarySearchFunc(b.Columns, field, func(c parts.ColumnSpan, field int) int { return c.Field - field })
			if !ok {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			kinds, values, err := g.Column(b.Columns[at].Span)
			if err != nil {
				return err
			}
			for row, kind := range kinds {
				v := values.Value(parts.ValueKind(kind))
				if values.Err != nil || row >= len(b.Labels) {
					return g.Damaged(parts.ErrFormat)
				}
				if v != nil && (whole || !c.store.dead[i].Contains(uint64(b.Labels[row]))) {
					visit(b.Labels[row], v)
				}
			}
			if len(values.Data) > 0 {
				return g.Damaged(parts.ErrFormat)
			}
		}
	}
	return nil
}

// Labels returns the labels of all passages.
func (c *Collection) Labels() (*roaring64.Bitmap, error) {
	all := roaring64.New()
	if c.store == nil {
		all.AddRange(0, uint64(c.info.Passages))
		return all, nil
	}
	done, err := c.store.use()
	if err != nil {
		return nil, err
	}
	defer done()
	for i, g := range c.store.segments {
		live := roaring64.New()
		for _, b := range g.Blocks {
			if first, last := b.Labels[0], b.Labels[len(b.Labels)-1]; last-first == int64(len(b.Labels)-1) {
				live.AddRange(uint64(first), uint64(last)+1)
				continue
			}
			for _, label := range b.Labels {
				live.Add(uint64(label))
			}
		}
		live.AndNot(c.store.dead[i])
		all.Or(live)
	}
	return all, nil
}

// File is a file that passages come from.
type File struct {
	Path     string
	Kind     string    // markdown, html, …
	Size     int64     // in bytes; -1 for what was not a file, such as standard input
	Modified time.Time // zero if it is not known
	SHA256   string    // in hexadecimal digits, or ""
	Skipped  string    // why it has no passages, or ""
	Passages int64
	Text     int64 // bytes of its passages

	labels []parts.Run
}

// Labels returns the labels of the passages of a file, in their order.
func (f *File) Labels() []int64 { return (&parts.Source{Labels: f.labels}).All() }

// Files returns the files, those that are skipped too, sorted by path.
func (c *Collection) Files() ([]File, error) {
	var sources []*parts.Source
	var err error
	if c.store == nil {
		sources, err = c.docs.Files(c.info.Passages)
	} else {
		sources, err = c.store.files.Files()
	}
	if err != nil {
		return nil, err
	}
	files := make([]File, len(sources))
	for i, f := range sources {
		files[i] = File{Path: f.Path, Kind: f.Kind, Size: f.Size, Skipped: f.Skipped, Passages: f.Count(), Text: f.Text, labels: f.Labels}
		if f.Size >= 0 {
			files[i].SHA256 = hex.EncodeToString(f.Sum[:])
			if f.Modified.UnixNano() != 0 {
				files[i].Modified = f.Modified
			}
		}
	}
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// FieldNames returns the names of all fields, sorted.
func (c *Collection) FieldNames() (names []string) {
	for _, f := range c.Table().Fields() {
		names = append(names, f.Name)
	}
	return names
}
