package collection

import (
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Column holds the values of one field: a row for each passage that has it, in no particular order.
// Of the lists of values, those of a kind that does not occur are nil; the others have a value for
// each row, which is zero if the row has another kind.
type Column struct {
	Labels  []int64
	Kinds   []ValueKind
	Ints    []int64   // Int
	Numbers []float64 // Int and Float
	Texts   []string  // String
	Lists   [][]string
	Times   []time.Time
}

// Column reads the values of a field. If no passage has it, the column is empty. It takes some
// milliseconds for 100,000 passages.
func (c *Collection) Column(ctx context.Context, name string) (*Column, error) {
	col := &Column{}
	if c.store == nil {
		return col, nil
	}
	done, err := c.store.use()
	if err != nil {
		return nil, err
	}
	defer done()
	for i, g := range c.store.segments {
		field := slices.Index(g.names, name)
		if field < 0 {
			continue
		}
		for n := range g.blocks {
			b := &g.blocks[n]
			at, ok := slices.BinarySearchFunc(b.columns, field, func(c columnSpan, field int) int { return c.field - field })
			if !ok {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			kinds, values, err := g.column(b.columns[at].span)
			if err != nil {
				return nil, err
			}
			for row, kind := range kinds {
				if row >= len(b.labels) {
					values.fail()
					break
				}
				if ValueKind(kind) != Missing {
					col.add(ValueKind(kind), values, b.labels[row], !c.store.dead[i].Contains(uint64(b.labels[row])))
				}
			}
			if values.err != nil || len(values.data) > 0 {
				return nil, g.damaged(errFormat)
			}
		}
	}
	col.complete()
	return col, nil
}

// add reads a value and appends it if its passage still exists.
func (c *Column) add(kind ValueKind, r *reader, label int64, exists bool) {
	n := len(c.Labels)
	switch kind {
	case String:
		if v := r.text(); exists {
			c.Texts = append(pad(c.Texts, n), v)
		}
	case Int:
		if v := r.varint(); exists {
			c.Ints, c.Numbers = append(pad(c.Ints, n), v), append(pad(c.Numbers, n), float64(v))
		}
	case Float:
		if v := r.float(); exists {
			c.Numbers = append(pad(c.Numbers, n), v)
		}
	case Time:
		if v := r.time(); exists {
			c.Times = append(pad(c.Times, n), v)
		}
	case Strings:
		if v := r.texts(); exists {
			c.Lists = append(pad(c.Lists, n), v)
		}
	default:
		r.value(kind)
	}
	if exists {
		c.Labels, c.Kinds = append(c.Labels, label), append(c.Kinds, kind)
	}
}

// complete gives every list that is used a value for each row.
func (c *Column) complete() {
	n := len(c.Labels)
	c.Ints, c.Numbers, c.Texts, c.Lists, c.Times = full(c.Ints, n), full(c.Numbers, n), full(c.Texts, n), full(c.Lists, n), full(c.Times, n)
}

// pad appends zeros until list has n values.
func pad[T any](list []T, n int) []T {
	if len(list) == n {
		return list
	}
	return append(list, make([]T, n-len(list))...)
}

func full[T any](list []T, n int) []T {
	if list == nil {
		return nil
	}
	return pad(list, n)
}

// FieldNames returns the names of all fields, sorted.
func (c *Collection) FieldNames() []string {
	if c.store == nil {
		return nil
	}
	var names []string
	for _, g := range c.store.segments {
		names = append(names, g.names...)
	}
	slices.Sort(names)
	return slices.Compact(names)
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
