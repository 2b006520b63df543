package output

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/fault"
)

// row is row i of the tests.
func row(i, dim int) exchange.Row {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	x := make([]float32, dim)
	for k := range x {
		x[k] = float32(r.IntN(255)-127) / 128
	}
	return exchange.Row{Token: fmt.Appendf(nil, "text\t%d\n", i), Known: 1, Values: x, ID: fmt.Sprint(1000 + i), Fields: []string{"en"}}
}

func options(path, format string, d exchange.DType, dim int) Options {
	f, _ := exchange.Lookup(exchange.Writable(), format)
	return Options{Path: path, Format: format, Job: map[string]string{"the model": "m"},
		Shape: exchange.Shape{Rows: exchange.Unknown, Dim: dim, HasID: true, Fields: []string{"lang"}, Text: f.Holds.Texts, DType: d}}
}

// write writes the rows from first up to end, passing over those of an interrupted run.
func write(f *File, first, end, dim int) error {
	for i := first; i < end; i++ {
		r := row(i, dim)
		if f.Skip() > 0 {
			r.Values = nil
			if err := f.Pass(r); err != nil {
				return err
			}
			continue
		}
		if err := f.Write(r); err != nil {
			return err
		}
	}
	return nil
}

// whole writes a file without an interruption.
func whole(t *testing.T, o Options, rows, dim int) {
	t.Helper()
	f, err := Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := write(f, 0, rows, dim); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
}

// crash ends the writing as kill -9 does: after the last mark, the files have anything.
func (f *File) crash(t *testing.T) {
	t.Helper()
	if f.marked != nil && f.syncing == nil {
		f.sync()
	}
	f.synced()
	for _, file := range []*os.File{f.f, f.ids} {
		if file != nil {
			if _, err := file.WriteString("half a row"); err != nil {
				t.Fatal(err)
			}
			file.Close()
		}
	}
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	for _, name := range []func(string) string{func(p string) string { return p }, exchange.IDsFile, exchange.InfoFile} {
		a, err1 := os.ReadFile(name(got))
		b, err2 := os.ReadFile(name(want))
		if (err1 == nil) != (err2 == nil) || !bytes.Equal(a, b) {
			t.Errorf("%s: %s has %d bytes, want %d: %v, %v", what, filepath.Base(name(got)), len(a), len(b), err1, err2)
		}
	}
}

// What is written in one go, after any number of crashes at any rows, and by appending, is the
// same to the byte in every format and type; nothing is left beside it.
func TestSameBytes(t *testing.T) {
	defer func(d time.Duration) { firstInterval = d }(firstInterval)
	firstInterval = 0
	for _, f := range exchange.WritableTexts() {
		for _, d := range f.Holds.DTypes {
			const dim, rows = 12, 60
			t.Run(f.Name+"/"+string(d), func(t *testing.T) {
				dir := t.TempDir()
				want := filepath.Join(dir, "want"+f.Extensions[0])
				o := options(want, f.Name, d, dim)
				if d == exchange.Int8 {
					o.Shape.Scale = 1.0 / 128
				}
				whole(t, o, rows, dim)

				o.Path, o.Resume = filepath.Join(dir, "crashed"+f.Extensions[0]), true
				for _, end := range []int{0, 1, 20, 20, 45} {
					file, err := Create(t.Context(), o)
					if err != nil {
						t.Fatal(err)
					}
					file.interval = 0
					if err := write(file, 0, end, dim); err != nil {
						t.Fatal(err)
					}
					if end == 45 && f.Name != "parquet" && file.Resumed() == 0 {
						t.Error("nothing was resumed")
					}
					file.crash(t)
				}
				whole(t, o, rows, dim)
				same(t, "crashed", o.Path, want)

				if f.Name != "parquet" { // whose row groups end where a file does
					o.Path, o.Resume = filepath.Join(dir, "appended"+f.Extensions[0]), false
					whole(t, o, 25, dim)
					o.Append = true
					file, err := Create(t.Context(), o)
					if err != nil {
						t.Fatal(err)
					}
					if err := write(file, 25, 40, dim); err != nil {
						t.Fatal(err)
					}
					file.crash(t)
					o.Resume = true
					if file, err = Create(t.Context(), o); err != nil {
						t.Fatal(err)
					}
					if err := write(file, 25, rows, dim); err != nil {
						t.Fatal(err)
					}
					if err := file.Finish(); err != nil {
						t.Fatal(err)
					}
					same(t, "appended", o.Path, want)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, "*partial*")); len(left) > 0 {
					t.Error("left behind:", left)
				}
			})
		}
	}
}

// A Parquet file goes on after a row group, and rows are added to it as further ones.
func TestParquetGroups(t *testing.T) {
	defer func(d time.Duration) { firstInterval = d }(firstInterval)
	firstInterval = 0
	const dim, rows = 2048, 5000 // 8 KiB a row, 2048 a row group
	dir := t.TempDir()
	want := filepath.Join(dir, "want.parquet")
	o := options(want, "parquet", exchange.Float32, dim)
	whole(t, o, rows, dim)
	o.Path, o.Resume = filepath.Join(dir, "crashed.parquet"), true
	file, err := Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(file, 0, 4500, dim); err != nil {
		t.Fatal(err)
	}
	file.crash(t)
	if file, err = Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if n := file.Resumed(); n < 2000 || n > 4500 {
		t.Errorf("resumed after %d rows", n)
	}
	if err := write(file, 0, rows, dim); err != nil {
		t.Fatal(err)
	}
	if err := file.Finish(); err != nil {
		t.Fatal(err)
	}
	same(t, "crashed", o.Path, want)

	o.Path, o.Resume, o.Append = want, false, true
	if file, err = Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := write(file, rows, rows+10, dim); err != nil {
		t.Fatal(err)
	}
	if err := file.Finish(); err != nil {
		t.Fatal(err)
	}
	i := 0
	v, err := exchange.Open(t.Context(), want, exchange.Options{Unnamed: true, IDs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Each(t.Context(), func(r exchange.Row) error {
		if w := row(i, dim); string(r.Token) != w.ID || r.Values[7] != w.Values[7] {
			return fmt.Errorf("row %d is %s", i, r.Token)
		}
		i++
		return nil
	}); err != nil || i != rows+10 {
		t.Errorf("%d rows, %v", i, err)
	}
}

// A run that cannot be resumed says why, and leaves it as it is.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	o := options(filepath.Join(dir, "v.jsonl"), "jsonl", exchange.Float32, 4)
	ctx, cancel := context.WithCancel(t.Context())
	file, err := Create(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(file, 0, 10, 4); err != nil {
		t.Fatal(err)
	}
	cancel()
	if file.Close(); !file.Kept() {
		t.Fatal("the rows were not kept")
	}
	for name, change := range map[string]struct {
		fn   func(o *Options)
		want string
	}{
		"not asked":   {func(o *Options) { o.Resume = false }, "an interrupted run has left"},
		"model":       {func(o *Options) { o.Job = map[string]string{"the model": "other"} }, "the model was m, now it is other"},
		"columns":     {func(o *Options) { o.Shape.Fields = nil }, "the list of columns was id, lang, text, now it is id, text"},
		"type":        {func(o *Options) { o.Shape.DType = exchange.Float16 }, "the type of the values was float32, now it is float16"},
		"format":      {func(o *Options) { o.Format = "csv" }, "the format was jsonl, now it is csv"},
		"other texts": {func(*Options) {}, "the input has changed: the first 10 texts are not those that were written"},
		"fewer texts": {func(*Options) {}, "the input has changed: it has 3 texts, but 10 were written"},
	} {
		p := o
		p.Resume = true
		change.fn(&p)
		file, err := Create(t.Context(), p)
		if err == nil {
			switch name {
			case "other texts":
				err = write(file, 1, 20, 4)
			case "fewer texts":
				if err = write(file, 0, 3, 4); err == nil {
					err = file.Finish()
				}
			}
			file.Close()
		}
		if err == nil || !strings.Contains(err.Error(), change.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v, hint %q", name, err, fault.Hint(err))
		}
	}
	o.Resume = true
	whole(t, o, 12, 4)

	// Another writer, and a file that differs.
	o.Path = filepath.Join(dir, "w.npy")
	o.Format, o.Resume, o.Shape.Text = "npy", false, false
	whole(t, o, 5, 4)
	o.Append = true
	for name, change := range map[string]struct {
		fn   func(o *Options)
		want string
	}{
		"dimensions": {func(o *Options) { o.Shape.Dim = 5 }, "its number of dimensions is 4, but that of the new rows is 5"},
		"type":       {func(o *Options) { o.Shape.DType = exchange.Float16 }, "the type of its values is float32, but that of the new rows is float16"},
		"fields":     {func(o *Options) { o.Shape.Fields = []string{"title"} }, `has the columns "id\tlang", but the new rows have "id\ttitle"`},
		"format":     {func(o *Options) { o.Format = "jsonl" }, "its format is npy, but that of the new rows is jsonl"},
	} {
		p := o
		change.fn(&p)
		if _, err := Create(t.Context(), p); err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	file, err = Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := Create(t.Context(), o); err == nil || !strings.Contains(err.Error(), "another program is writing it") {
		t.Error(err)
	}
	if err := file.Write(exchange.Row{Values: []float32{1, 2, float32(math.Inf(1)), 4}, ID: "x", Fields: []string{""}}); err == nil || !strings.Contains(err.Error(), `row 6, id "x": value 3 is +Inf`) {
		t.Error(err)
	}
}

// What lies beside a file is neither overwritten nor taken for the ids of other rows.
func TestFilesBeside(t *testing.T) {
	for _, c := range []struct {
		name, format string
		dtype        exchange.DType
		beside       string // file that exists before
		ids          bool   // of the rows
		refused      bool
	}{
		{"ids of other rows", "npy", exchange.Float32, ".ids.tsv", false, true},
		{"ids in the way", "npy", exchange.Float32, ".ids.tsv", true, true},
		{"a description in the way", "raw", exchange.Float32, ".json", false, true},
		{"a description in the way of int8", "npy", exchange.Int8, ".json", false, true},
		{"an array that needs no description", "npy", exchange.Float32, ".json", false, false},
		{"a format that holds ids", "jsonl", exchange.Float32, ".ids.tsv", true, false},
	} {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(path+c.beside, []byte("id\nmine\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		o := Options{Path: path, Format: c.format, Shape: exchange.Shape{Rows: exchange.Unknown, Dim: 2, HasID: c.ids, DType: c.dtype}}
		f, err := Create(t.Context(), o)
		if f != nil {
			f.Close()
		}
		if (err != nil) != c.refused || err != nil && !strings.Contains(err.Error(), path+c.beside) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if left, _ := os.ReadFile(path + c.beside); string(left) != "id\nmine\n" {
			t.Errorf("%s: the file beside is now %q", c.name, left)
		}
		if files, _ := filepath.Glob(path + "*"); len(files) != 1 {
			t.Errorf("%s: left %v", c.name, files)
		}
	}
}

// A file without ids replaces one with ids, and these with it; its rows are not added to it.
func TestIDsOfReplacedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.npy")
	o := Options{Path: path, Format: "npy", Shape: exchange.Shape{Rows: exchange.Unknown, Dim: 2, HasID: true, DType: exchange.Float32}}
	one := func(o Options) error {
		f, err := Create(t.Context(), o)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Write(exchange.Row{Values: []float32{1, 2}, ID: "a"}); err != nil {
			return err
		}
		return f.Finish()
	}
	if err := one(o); err != nil {
		t.Fatal(err)
	}
	o.Shape.HasID, o.Append = false, true
	if err := one(o); err == nil || !strings.Contains(err.Error(), "its rows have ids or fields in "+path+".ids.tsv, but the new rows have none") {
		t.Errorf("rows without ids were added to rows with ids: %v", err)
	}
	o.Append, o.Replace = false, true
	if err := one(o); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".ids.tsv"); err == nil {
		t.Error("the ids of the replaced file are left")
	}
}
