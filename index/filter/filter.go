package filter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/rivo/uniseg"

	"github.com/luminavec/luminavec/internal/fault"
)

// Kind is what the values of a field are.
type Kind string

// The kinds of fields.
const (
	String Kind = "string"
	Number Kind = "number"
	Date   Kind = "date"
	Bool   Kind = "boolean"
)

// Field is a field of the passages.
type Field struct {
	Name string
	Kind Kind
}

// Table is the metadata of the passages.
type Table interface {
	// Fields returns the fields, each once.
	Fields() []Field
	// Values calls visit with each value of a field and the label of its passage, in any order.
	Values(ctx context.Context, field string, visit func(label int64, value string)) error
	// Labels returns the labels of all passages. The caller does not change it.
	Labels() *roaring64.Bitmap
}

// Condition is a parsed condition.
type Condition struct {
	text string
	root node
}

// String returns the text of the condition.
func (c *Condition) String() string { return c.text }

// Error is an error at one place of a condition.
type Error struct {
	Text    string // the condition
	At      int    // the place, in bytes
	Message string
	Advice  string // what to do; may be empty

	noField bool
}

// ErrNoField is, for errors.Is, the error for a condition on a field that no passage has.
var ErrNoField = errors.New("no such field")

// Is implements the interface of errors.Is.
func (e *Error) Is(target error) bool { return target == ErrNoField && e.noField }

// maxShown is the number of columns of a condition that an error shows, fewer than those of a
// narrow terminal.
const maxShown = 36

// Error returns the message, in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("condition, character %d: %s", e.character(), e.Message)
}

// Excerpt returns two lines: the condition, or the part of it around the place, and a caret at the
// place.
func (e *Error) Excerpt() string {
	line, column := e.line()
	return fmt.Sprintf("  %s\n  %s^", line, strings.Repeat(" ", column))
}

// Hint returns what to do.
func (e *Error) Hint() string { return e.Advice }

// character returns the place in characters, from 1.
func (e *Error) character() int {
	return uniseg.GraphemeClusterCount(e.Text[:e.At]) + 1
}

// line returns the part of the condition around the place, in one line, and the column of the place.
func (e *Error) line() (line string, column int) {
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == '\uFFFD' {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(s, " "))
	}
	before, after := clean(e.Text[:e.At]), clean(e.Text[e.At:])
	if over := uniseg.StringWidth(before) - maxShown/2; over > 0 && uniseg.StringWidth(before+after) > maxShown {
		for over >= 0 {
			cluster, rest, width, _ := uniseg.FirstGraphemeClusterInString(before, -1)
			if cluster == "" {
				break
			}
			before, over = rest, over-width
		}
		before = "…" + before
	}
	column = uniseg.StringWidth(before)
	room := maxShown - column
	var b strings.Builder
	for rest := after; rest != ""; {
		cluster, next, width, _ := uniseg.FirstGraphemeClusterInString(rest, -1)
		if room -= width; room < 1 {
			b.WriteString("…")
			break
		}
		b.WriteString(cluster)
		rest = next
	}
	return strings.TrimRight(before+b.String(), " "), column
}

// Labels returns the labels of the passages for which the condition is true. A field that no passage
// has, and a value that does not fit the kind of a field, are errors.
func (c *Condition) Labels(ctx context.Context, t Table) (*roaring64.Bitmap, error) {
	fields := map[string]Kind{}
	for _, f := range t.Fields() {
		fields[f.Name] = f.Kind
	}
	e := &evaluation{ctx: ctx, text: c.text, table: t, fields: fields}
	return e.labels(c.root)
}

// node is a part of a condition: *both, *negation or *comparison.
type node any

type both struct {
	or          bool
	left, right node
}

type negation struct{ of node }

// operator is that of a comparison.
type operator string

const (
	equal, differs         operator = "=", "!="
	less, atMost           operator = "<", "<="
	greater, atLeast       operator = ">", ">="
	in, contains, existing operator = "in", "contains", "exists"
)

type comparison struct {
	field  string
	at     int // of the field
	op     operator
	values []literal
}

type evaluation struct {
	ctx    context.Context
	text   string
	table  Table
	fields map[string]Kind
}

func (e *evaluation) labels(n node) (*roaring64.Bitmap, error) {
	switch n := n.(type) {
	case *both:
		left, err := e.labels(n.left)
		if err != nil {
			return nil, err
		}
		right, err := e.labels(n.right)
		if err != nil {
			return nil, err
		}
		if n.or {
			left.Or(right)
		} else {
			left.And(right)
		}
		return left, nil
	case *negation:
		of, err := e.labels(n.of)
		if err != nil {
			return nil, err
		}
		return roaring64.AndNot(e.table.Labels(), of), nil
	case *comparison:
		return e.compare(n)
	}
	panic("filter: unknown node")
}

// maxKnown is the number of values whose results are kept.
const maxKnown = 1 << 12

func (e *evaluation) compare(c *comparison) (*roaring64.Bitmap, error) {
	kind, ok := e.fields[c.field]
	if !ok {
		return nil, e.unknown(c)
	}
	test, err := c.test(kind)
	if err != nil {
		err.Text = e.text
		return nil, err
	}
	set := roaring64.New()
	known := map[string]bool{} // results by value: fields have few different ones
	var last struct {
		value  string
		yes    bool
		filled bool
	}
	labels := make([]uint64, 0, 4096)
	failed := e.table.Values(e.ctx, c.field, func(label int64, value string) {
		if !last.filled || value != last.value {
			yes, ok := known[value]
			if !ok {
				yes = test(value)
				if len(known) < maxKnown {
					known[value] = yes
				}
			}
			last.value, last.yes, last.filled = value, yes, true
		}
		if !last.yes {
			return
		}
		if labels = append(labels, uint64(label)); len(labels) == cap(labels) {
			set.AddMany(labels)
			labels = labels[:0]
		}
	})
	set.AddMany(labels)
	return set, failed
}

// unknown returns the error for a field that no passage has.
func (e *evaluation) unknown(c *comparison) error {
	var names []string
	for name := range e.fields {
		names = append(names, name)
	}
	slices.Sort(names)
	hint := "no passage has metadata"
	for _, name := range names {
		if strings.EqualFold(name, c.field) {
			return &Error{e.text, c.at, fmt.Sprintf("no passage has the field %q", c.field), fmt.Sprintf("did you mean %q?", name), true}
		}
	}
	if len(names) > 0 {
		hint = "the fields are " + fault.Names(names)
	}
	return &Error{e.text, c.at, fmt.Sprintf("no passage has the field %q", c.field), hint, true}
}
