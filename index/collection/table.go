package collection

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

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
		for i, name := range g.names {
			masks[name] |= g.masks[i]
		}
	}
	var fields []filter.Field
	for _, name := range slices.Sorted(maps.Keys(masks)) {
		fields = append(fields, filter.Field{Name: name, Kind: maskKind(masks[name])})
	}
	return fields
}

// maskKinds are the kinds of fields by the bits of a mask, which says which values a field has.
var maskKinds = []filter.Kind{filter.String, filter.Number, filter.Date, filter.Bool}

// maskOf returns the bit of a value.
func maskOf(v any) byte {
	kind := filter.String
	switch v := v.(type) {
	case int64, float64:
		kind = filter.Number
	case bool:
		kind = filter.Bool
	case time.Time:
		kind = filter.Date
	case string:
		kind = filter.KindOf(slices.Values([]string{v}))
		if strings.TrimSpace(v) == "" {
			return 0 // it fits any kind
		}
	case []string:
		var mask byte
		for _, s := range v {
			mask |= maskOf(s)
		}
		return mask
	}
	return 1 << slices.Index(maskKinds, kind)
}

// maskKind returns the kind of all values, or String.
func maskKind(mask byte) filter.Kind {
	for i, kind := range maskKinds {
		if mask == 1<<i {
			return kind
		}
	}
	return filter.String
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
		field := slices.Index(g.names, name)
		if field < 0 {
			continue
		}
		whole := c.store.dead[i].IsEmpty()
		for n := range g.blocks {
			b := &g.blocks[n]
			at, ok := slices.BinarySearchFunc(b.columns, field, func(c columnSpan, field int) int { return c.field - field })
			if !ok {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			kinds, values, err := g.column(b.columns[at].span)
			if err != nil {
				return err
			}
			for row, kind := range kinds {
				v := values.value(ValueKind(kind))
				if values.err != nil || row >= len(b.labels) {
					return g.damaged(errFormat)
				}
				if v != nil && (whole || !c.store.dead[i].Contains(uint64(b.labels[row]))) {
					visit(b.labels[row], v)
				}
			}
			if len(values.data) > 0 {
				return g.damaged(errFormat)
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
		for _, b := range g.blocks {
			if first, last := b.labels[0], b.labels[len(b.labels)-1]; last-first == int64(len(b.labels)-1) {
				live.AddRange(uint64(first), uint64(last)+1)
				continue
			}
			for _, label := range b.labels {
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

	labels []run
}

// Labels returns the labels of the passages of a file, in their order.
func (f *File) Labels() []int64 { return (&source{labels: f.labels}).all() }

// Files returns the files, those that are skipped too, sorted by path.
func (c *Collection) Files() ([]File, error) {
	if c.store == nil {
		return c.docs.files(c.info.Passages)
	}
	return c.store.list()
}

// FieldNames returns the names of all fields, sorted.
func (c *Collection) FieldNames() (names []string) {
	for _, f := range c.Table().Fields() {
		names = append(names, f.Name)
	}
	return names
}
