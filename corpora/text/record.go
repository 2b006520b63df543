package text

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// MaxRecord is the maximum size of a record in bytes, as a record is held in memory.
const MaxRecord = 16 << 20

// Record is one record of a file. A row of CSV or TSV has Fields. A JSON object has members,
// which Field, Member and Members return. A record with named columns has Fields and Names. A
// record is valid until the next one is read; use Clone to keep it.
type Record struct {
	Position          // where it starts
	Raw      []byte   // the bytes in the file, without the line end; nil if the format has none
	Fields   []string // fields of a row, from the first column
	Names    []string // names of the Fields, if the format has names
	// Separator is the character between Fields in the file, or 0.
	Separator rune

	values    []Value // of the Names, in formats whose values have types
	members   map[string]json.RawMessage
	fieldLine func(i int) int // nil: all fields are in Line
}

// Named reports whether the fields of the record have names.
func (r *Record) Named() bool { return r.members != nil || r.Names != nil }

// FieldLine returns the line in which field i begins.
func (r *Record) FieldLine(i int) int64 {
	if r.fieldLine == nil {
		return r.Line
	}
	return int64(r.fieldLine(i))
}

// Field returns the field of this name.
func (r *Record) Field(name string) (v Value, ok bool) {
	if r.members != nil {
		v.json, ok = r.members[name]
	} else if at := slices.Index(r.Names, name); at >= 0 && at < r.named() {
		v, ok = r.at(at), true
	}
	return v, ok
}

// named returns the number of Names that have a value.
func (r *Record) named() int {
	if r.values != nil {
		return min(len(r.Names), len(r.values))
	}
	return min(len(r.Names), len(r.Fields))
}

// at returns the value of name i.
func (r *Record) at(i int) Value {
	if r.values != nil {
		return r.values[i]
	}
	return Value{text: r.Fields[i]}
}

// Size returns the approximate memory that the record uses, in bytes.
func (r *Record) Size() (n int) {
	if r.Named() && r.Raw != nil {
		return len(r.Raw)
	}
	for _, f := range r.Fields {
		n += len(f)
	}
	for _, v := range r.values {
		n += v.size()
	}
	return n
}

// FieldFold returns the field of this name. If there is none, it returns a field whose
// name differs only in case, of several the one that sorts first.
func (r *Record) FieldFold(name string) (v Value, ok bool) {
	if v, ok = r.Field(name); ok {
		return v, ok
	}
	found := ""
	differs := func(other string) {
		if strings.EqualFold(other, name) && (!ok || other < found) {
			found, ok = other, true
		}
	}
	for other := range r.members {
		differs(other)
	}
	for _, other := range r.Names {
		differs(other)
	}
	if !ok {
		return v, false
	}
	return r.Field(found)
}

// Member returns the value that path leads to. The error says which part of the path is
// missing and what is there instead; it does not name the file.
func (r *Record) Member(path Path) (Value, error) {
	const hint = "select a field that every record has, or remove the records without it: jq -c 'select(has(\"text\"))' FILE"
	at := r
	for i, name := range path {
		value, ok := at.Field(name)
		if !ok {
			names := at.Names
			if at.members != nil {
				names = slices.Sorted(maps.Keys(at.members))
			}
			if len(names) == 0 {
				return value, fault.New(hint, "the record has no field %q: it has no fields", path[:i+1])
			}
			return value, fault.New(hint, "the record has no field %q, only %s", path[:i+1], fault.Names(names))
		}
		if i == len(path)-1 {
			return value, nil
		}
		if k := value.Kind(); k != kindObject {
			return value, fault.New("name a string field; a dot selects a member of an object", "field %q is %s, not an object", path[:i+1], k)
		}
		if value.tree != nil {
			at = &Record{Names: value.tree.names, values: value.tree.items}
			continue
		}
		at = &Record{}
		if err := plainjson.Unmarshal(value.json, &at.members); err != nil {
			return value, err
		}
	}
	return Value{}, fault.New(hint, "the field has no name")
}

// isNull reports whether the path leads through null.
func (r *Record) isNull(path Path) bool {
	for i := range path {
		if value, err := r.Member(path[:i+1]); err != nil || value.Kind() == kindNull {
			return err == nil
		}
	}
	return false
}

// Members yields the named fields in the order of the file, including duplicates.
func (r *Record) Members() iter.Seq2[string, Value] {
	if r.members != nil {
		return objectMembers(r.Raw)
	}
	return func(yield func(string, Value) bool) {
		for i, name := range r.Names[:r.named()] {
			if !yield(name, r.at(i)) {
				return
			}
		}
	}
}

// NumbersColumns reports whether the fields of a first row are the header that pandas writes for
// columns without names: 0, 1 and so on.
func NumbersColumns(fields []string) bool {
	for i, field := range fields {
		if strings.TrimSpace(field) != strconv.Itoa(i) {
			return false
		}
	}
	return true
}

// Clone returns a copy that stays valid when the next record is read.
func (r *Record) Clone() Record {
	c := *r
	c.Raw, c.Fields, c.Names = slices.Clone(r.Raw), slices.Clone(r.Fields), slices.Clone(r.Names)
	c.members, c.values = maps.Clone(r.members), slices.Clone(r.values)
	if r.fieldLine != nil {
		lines := make([]int, len(r.Fields))
		for i := range lines {
			lines[i] = r.fieldLine(i)
		}
		c.fieldLine = func(i int) int { return lines[i] }
	}
	return c
}

// BadRecord is the error for a record that violates its format and can be skipped: reading can
// continue with the next record.
type BadRecord struct {
	Position        // where the error is
	Defect   Defect // the kind of error
	Err      error  // the error without the position
}

func (b *BadRecord) Error() string { return b.Position.String() + ": " + b.Err.Error() }
func (b *BadRecord) Unwrap() error { return b.Err }

// Defect is the kind of error in a BadRecord.
type Defect int

const (
	Malformed Defect = iota // any other fault
	NotJSON                 // not a JSON object
	Misquoted               // misplaced quotes in CSV
	TooLong                 // longer than MaxRecord
)
