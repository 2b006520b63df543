package output

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/fault"
)

// resume goes on where an interrupted run stopped.
func (f *File) resume(format exchange.Format) error {
	s := &f.resumed
	f.kept, f.skip = true, s.Mark.Rows-s.Base
	if err := f.same(); err != nil {
		return err
	}
	if s.Base > 0 {
		if of, err := identity(f.path); err != nil || of != s.BaseOf {
			return fault.Mention("start again with Replace, or without Resume after removing "+partial(f.o.Path), "cannot resume %s: the file has changed since rows were being added to it", f.o.Path)
		}
	}
	info, err := f.f.Stat()
	if err != nil {
		return f.explain(err)
	}
	if info.Size() < s.Mark.Bytes {
		return fault.Mention("start again with Replace", "cannot resume %s: %s has %d bytes, but %d were written", f.o.Path, partial(f.o.Path), info.Size(), s.Mark.Bytes)
	}
	if err := f.f.Truncate(s.Mark.Bytes); err != nil {
		return f.explain(err)
	}
	if _, err := f.f.Seek(s.Mark.Bytes, io.SeekStart); err != nil {
		return f.explain(err)
	}
	if f.beside {
		if err := f.openIDs(0); err != nil {
			return err
		}
		if info, err := f.ids.Stat(); err != nil || info.Size() < s.IDs {
			return fault.Mention("start again with Replace", "cannot resume %s: the ids in %s are fewer than the vectors", f.o.Path, exchange.IDsFile(partial(f.o.Path)))
		}
		if err := f.ids.Truncate(s.IDs); err != nil {
			return f.explain(err)
		}
		if _, err := f.ids.Seek(s.IDs, io.SeekStart); err != nil {
			return f.explain(err)
		}
		f.idsSize = s.IDs
	}
	f.base, f.baseOf = s.Base, s.BaseOf
	f.o.Shape.Scale, f.o.Shape.After = s.Shape.Scale, s.Mark
	f.w, err = exchange.NewWriter(f.f, format.Name, f.o.Shape)
	return err
}

// same returns an error unless the interrupted run wrote the same.
func (f *File) same() error {
	was, now := f.resumed, f.o
	differs := func(what, was, now string) error {
		return fault.Mention("give the options of the interrupted run, or start again with Replace", "cannot resume %s: %s was %s, now it is %s", f.o.Path, what, cmp.Or(was, "not set"), cmp.Or(now, "not set"))
	}
	switch a, b := was.Shape, now.Shape; {
	case was.Format != now.Format:
		return differs("the format", was.Format, now.Format)
	case a.Dim != b.Dim:
		return differs("the number of dimensions", fmt.Sprint(a.Dim), fmt.Sprint(b.Dim))
	case a.DType != b.DType:
		return differs("the type of the values", string(a.DType), string(b.DType))
	case b.Scale != 0 && a.Scale != b.Scale:
		return differs("the scale", fmt.Sprint(a.Scale), fmt.Sprint(b.Scale))
	case a.HasID != b.HasID || a.Text != b.Text || !slices.Equal(a.Fields, b.Fields):
		return differs("the list of columns", columns(a), columns(b))
	case (was.BaseOf != "") != (now.Append && was.BaseOf != ""):
		return differs("adding to the file", "chosen", "not")
	}
	for _, name := range slices.Sorted(maps.Keys(now.Job)) {
		if was.Job[name] != now.Job[name] {
			return differs(name, was.Job[name], now.Job[name])
		}
	}
	return nil
}

func columns(s exchange.Shape) string {
	var names []string
	if s.HasID {
		names = append(names, "id")
	}
	names = append(names, s.Fields...)
	if s.Text {
		names = append(names, "text")
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// identity is what tells a file from another one at the same path.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes of %d", info.Size(), info.ModTime().UnixNano()), nil
}

// copyBase starts with the rows of the file at the path.
func (f *File) copyBase(format exchange.Format) (err error) {
	if f.baseOf, err = identity(f.path); err != nil {
		return f.explain(err)
	}
	shape := &f.o.Shape
	rows, scale, err := f.check(format)
	if err != nil {
		return err
	}
	shape.Scale, shape.Rows = scale, rows
	base, err := format.Extend(f.path, *shape)
	shape.Rows = exchange.Unknown
	if err != nil {
		return err
	}
	old, err := os.Open(f.path)
	if err != nil {
		return f.explain(err)
	}
	defer old.Close()
	if _, err := f.f.Write(base.Head); err != nil {
		return f.explain(err)
	}
	if err := copyTo(f.f, old, base.Skip, base.End); err != nil {
		return f.explain(err)
	}
	f.base = rows
	shape.After = exchange.Mark{Rows: rows, Bytes: int64(len(base.Head)) + base.End - base.Skip, Extra: base.Extra}
	if f.beside {
		return f.copyIDs()
	}
	if name := exchange.IDsFile(f.path); format.Holds.IDs == exchange.Beside {
		if _, err := os.Stat(name); err == nil {
			return fault.New("give the options with which the file was written, or write to another file", "cannot append to %s: its rows have ids or fields in %s, but the new rows have none", f.o.Path, exchange.IDsFile(f.o.Path))
		}
	}
	return nil
}

// check reads the file at the path, which must have the shape of the new rows. It returns the
// number of its rows and their scale.
func (f *File) check(format exchange.Format) (rows int64, scale float32, err error) {
	shape := f.o.Shape
	if format.Extend == nil {
		return 0, 0, fault.New("write to another file", "cannot append to %s: the format %s cannot be extended", f.o.Path, format.Name)
	}
	v, err := exchange.Open(f.ctx, f.path, exchange.Options{Unnamed: true, Format: forced(format, shape), IDs: f.beside && shape.HasID, Dim: shape.Dim, DType: shape.DType})
	if err != nil {
		return 0, 0, fmt.Errorf("cannot append to %s: %w", f.o.Path, err)
	}
	defer v.Close()
	differs := func(what, was, now any) error {
		return fault.New("give the options with which the file was written, or write to another file", "cannot append to %s: %s is %v, but that of the new rows is %v", f.o.Path, what, was, now)
	}
	dtype := cmp.Or(v.DType, exchange.Float32)
	switch {
	case v.Format != format.Name:
		return 0, 0, differs("its format", v.Format, format.Name)
	case v.Dim != shape.Dim:
		return 0, 0, differs("its number of dimensions", v.Dim, shape.Dim)
	case dtype != shape.DType && !(shape.DType == exchange.Float16 && !format.Binary):
		return 0, 0, differs("the type of its values", dtype, shape.DType)
	case shape.Scale != 0 && v.Scale != shape.Scale:
		return 0, 0, differs("its scale", v.Scale, shape.Scale)
	}
	err = v.Each(f.ctx, func(exchange.Row) error { return nil })
	if err != nil && f.ctx.Err() == nil {
		err = fmt.Errorf("cannot append to %s: %w", f.o.Path, err)
	}
	if dtype == exchange.Int8 {
		scale = v.Scale
	}
	return v.Stats().Rows, scale, err
}

// forced is the format to read a file in that does not show it, "" for others.
func forced(format exchange.Format, shape exchange.Shape) string {
	if format.Name == "tsv" && !shape.HasID && len(shape.Fields) == 0 {
		return format.Name
	}
	return ""
}

// copyIDs starts with the ids of the file at the path.
func (f *File) copyIDs() error {
	name := exchange.IDsFile(f.path)
	old, err := os.Open(name)
	if err != nil {
		return fault.New("write to another file, or leave out the ids and fields", "cannot append to %s: its rows have no ids beside them: %w", f.o.Path, err)
	}
	defer old.Close()
	want := exchange.IDsHeader(f.o.Shape)
	first, err := bufio.NewReader(old).ReadBytes('\n')
	if err != nil || !bytes.Equal(first, want) {
		return fault.New("give the options with which the file was written, or write to another file", "cannot append to %s: %s has the columns %q, but the new rows have %q", f.o.Path, exchange.IDsFile(f.o.Path), bytes.TrimSpace(first), bytes.TrimSpace(want))
	}
	info, err := old.Stat()
	if err != nil {
		return f.explain(err)
	}
	if err := f.openIDs(os.O_TRUNC); err != nil {
		return err
	}
	f.idsSize = info.Size()
	return f.explain(copyTo(f.ids, old, 0, info.Size()))
}
