package text

import (
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
)

// Kept names the parts of a record that accompany its text in Texts. They are selected like the
// text: members of JSON Lines if Selection.Field is set (meta.id is a nested member), columns if
// Selection.Column is set, by number if that is a number.
type Kept struct {
	// ID selects the id of each record, a string or a number. Ids may repeat. Default: none.
	ID string
	// Fields selects further values, in this order. Numbers are kept as they are written, objects and
	// arrays as JSON, and null and members of null are empty. Default: none.
	Fields []string
}

// names lists the parts, the id first.
func (k Kept) names() []string {
	if k.ID == "" {
		return k.Fields
	}
	return append([]string{k.ID}, k.Fields...)
}

// option returns the option that selects part i of names.
func (k Kept) option(i int) string {
	if k.ID != "" && i == 0 {
		return "ID"
	}
	return "Fields"
}

// Keep makes Texts return parts of each record beside its text. Call it after Select. A record
// that lacks one of them is a bad record, as one that lacks the text is.
func (s *Source) Keep(k Kept) error {
	for i, name := range k.names() {
		switch {
		case !s.selection.structured():
			return fault.Mention("only records have fields: select their text with Field or Column", k.option(i)+" needs Field or Column")
		case name == "", slices.Contains(ParsePath(name), "") && s.selection.Field != "":
			return fault.Field(k.option(i), `names are joined by single dots: meta.id; \. is a dot in a name`, "has an empty name: %q", name)
		case k.option(i) == "Fields" && slices.Index(k.Fields, name) != i-(len(k.names())-len(k.Fields)):
			return fault.Field("Fields", "name each part once", "names %q twice", name)
		}
	}
	s.kept = k
	return nil
}

// beside finds what accompanies the texts of records.
type beside struct {
	kept   Kept
	at     []int // columns of kept.names
	id     string
	values []string // of kept.Fields
}

// lacks returns the error for part i.
func (b *beside) lacks(i int, err error) error {
	return fault.Mention(fault.Hint(err), b.kept.option(i)+": %w", err)
}

// set stores part i.
func (b *beside) set(i int, value string) {
	if b.kept.option(i) == "ID" {
		b.id = value
		return
	}
	b.values = append(b.values, value)
}

// members takes the parts from a record with names.
func (b *beside) members(r *Record, paths []Path) error {
	b.values = nil
	for i, path := range paths {
		value, err := r.Member(path)
		if err != nil && b.kept.option(i) == "Fields" && r.isNull(path) {
			value, err = nullValue, nil
		}
		if err != nil {
			return b.lacks(i, err)
		}
		kind := value.Kind()
		switch {
		case b.kept.option(i) == "ID" && kind != kindString && kind != kindNumber:
			return b.lacks(i, fault.New("choose another field as the id", "field %q is %s, not a string or a number", path, kind))
		case value.binary():
			return b.lacks(i, fault.New("name another column", "field %q is %s", path, kindBinary))
		case kind == kindNull:
			b.set(i, "")
		default:
			b.set(i, value.Literal())
		}
	}
	return nil
}

// number finds the columns of files without a header.
func (b *beside) number() error {
	b.at = b.at[:0]
	for i, name := range b.kept.names() {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 {
			return fault.Field(b.kept.option(i), "Column is a number, so the files have no header", "must be the number of a column, from 1, got %q", name)
		}
		b.at = append(b.at, n-1)
	}
	return nil
}

// find finds the columns in a header.
func (b *beside) find(header *Record) error {
	b.at = b.at[:0]
	for i, name := range b.kept.names() {
		at, err := findColumn(header, name)
		if err != nil {
			return b.lacks(i, err)
		}
		b.at = append(b.at, at)
	}
	return nil
}

// columns takes the parts from a row.
func (b *beside) columns(r *Record) error {
	b.values = nil
	for i, at := range b.at {
		if at >= len(r.Fields) {
			return b.lacks(i, noColumn(r, at))
		}
		b.set(i, r.Fields[at])
	}
	return nil
}
