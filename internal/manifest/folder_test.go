package manifest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func writeFile(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// newFolder makes a folder of files and its MANIFEST.
func newFolder(t *testing.T, content map[string][]byte) (string, *Folder) {
	t.Helper()
	dir := t.TempDir()
	var files []File
	for name, data := range content {
		writeFile(t, dir, name, data)
		f, err := Sum(context.Background(), dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Size != int64(len(data)) || f.Name != name {
			t.Fatalf("sum of %s: %+v", name, f)
		}
		files = append(files, f)
	}
	writeFile(t, dir, Name, testFormat.Marshal(files))
	d, err := testFormat.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, d
}

// wantError wants an error about a file, with a hint.
func wantError(t *testing.T, err error, file, message string) {
	t.Helper()
	var of *FileError
	if !errors.As(err, &of) || of.File != file || !strings.HasPrefix(strings.TrimPrefix(err.Error(), file), ": ") && err.Error() != file+" is missing" ||
		!strings.Contains(err.Error(), message) || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q, want %s: … %s", err, fault.Hint(err), file, message)
	}
}

func TestRead(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 3*block/10)
	dir, d := newFolder(t, map[string][]byte{"a/b": long, "empty": nil})
	ctx := context.Background()
	err := d.Read(ctx, "a/b", func(r io.Reader, size int64) error {
		got, err := io.ReadAll(r)
		if size != int64(len(long)) || !bytes.Equal(got, long) {
			t.Errorf("%d bytes of %d", len(got), size)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if problems, err := d.VerifyAll(ctx); err != nil || len(problems) != 2 || errors.Join(problems...) != nil {
		t.Errorf("%v, %v", problems, err)
	}

	// What parse says of a sound file, with its own hint or the usual one.
	parsing := errors.New("a: tab missing")
	for _, e := range []error{parsing, fault.New("mind the tab", "%w", parsing)} {
		err := d.Read(ctx, "a/b", func(io.Reader, int64) error { return e })
		wantError(t, err, "a/b", "tab missing")
		if want := fault.Hint(e); !errors.Is(err, parsing) || want != "" && fault.Hint(err) != want {
			t.Errorf("error %v, hint %q", err, fault.Hint(err))
		}
	}
	err = d.Read(ctx, "a/b", func(io.Reader, int64) error { return errors.New("a/b:3: tab missing") })
	if err == nil || err.Error() != "a/b:3: tab missing" {
		t.Errorf("the file is named twice: %v", err)
	}

	// The byte that parse does not get to see counts too, and the damage
	// explains the failure.
	for _, at := range []int{0, block, len(long) - 1} {
		bad := bytes.Clone(long)
		bad[at] ^= 1
		writeFile(t, dir, "a/b", bad)
		for _, e := range []error{nil, parsing} {
			err := d.Read(ctx, "a/b", func(r io.Reader, _ int64) error {
				io.ReadFull(r, make([]byte, 10))
				return e
			})
			wantError(t, err, "a/b", "damaged: its SHA-256 does not match MANIFEST")
			if errors.Is(err, parsing) {
				t.Error("the error is that of parsing")
			}
		}
	}
	problems, err := d.VerifyAll(ctx)
	if err != nil || problems[1] != nil {
		t.Fatalf("%v, %v", problems, err)
	}
	wantError(t, problems[0], "a/b", "damaged")
}

func TestReadWrongSize(t *testing.T) {
	dir, d := newFolder(t, map[string][]byte{"a": []byte("four")})
	for content, message := range map[string]string{
		"fou":    "cut short: 3 bytes, but MANIFEST says 4",
		"":       "cut short: 0 bytes, but MANIFEST says 4",
		"four\n": "too long: 5 bytes, but MANIFEST says 4",
	} {
		writeFile(t, dir, "a", []byte(content))
		err := d.Read(context.Background(), "a", func(io.Reader, int64) error {
			t.Error("it is parsed all the same")
			return nil
		})
		wantError(t, err, "a", message)
	}
	// A file that changes while it is read.
	writeFile(t, dir, "a", []byte("four"))
	err := d.Read(context.Background(), "a", func(io.Reader, int64) error { return os.Truncate(filepath.Join(dir, "a"), 2) })
	wantError(t, err, "a", "cut short: 2 bytes, but MANIFEST says 4")
	writeFile(t, dir, "a", []byte("four"))
	err = d.Read(context.Background(), "a", func(r io.Reader, _ int64) error {
		writeFile(t, dir, "a", []byte("four and more"))
		got, err := io.ReadAll(r)
		if string(got) != "four" {
			t.Errorf("it reads %q", got)
		}
		return err
	})
	if err != nil {
		t.Errorf("what was written behind the end: %v", err)
	}
}

func TestReadMissing(t *testing.T) {
	dir, d := newFolder(t, map[string][]byte{"a": []byte("four")})
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	err := d.Verify(context.Background(), "a")
	wantError(t, err, "a", "is missing")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "a"), 0o777); err != nil {
		t.Fatal(err)
	}
	wantError(t, d.Verify(context.Background(), "a"), "a", "not a regular file")
	wantError(t, d.Verify(context.Background(), "b"), Name, "does not list b")
	if _, err := Sum(context.Background(), dir, "b"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	_, err := testFormat.Open(dir)
	wantError(t, err, Name, "is missing")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	writeFile(t, dir, Name, []byte("x"))
	_, err = testFormat.Open(dir)
	wantError(t, err, Name, "line 1 does not belong to a test")
	if fault.Hint(err) != "name a test" {
		t.Errorf("hint %q", fault.Hint(err))
	}
	writeFile(t, dir, Name, make([]byte, maxBytes+1))
	_, err = testFormat.Open(dir)
	wantError(t, err, Name, "longer than 1048576 bytes")
}

// A canceled context is not reported as damage.
func TestReadCancelled(t *testing.T) {
	dir, d := newFolder(t, map[string][]byte{"a": make([]byte, 4*block)})
	ctx, cancel := context.WithCancel(context.Background())
	err := d.Read(ctx, "a", func(r io.Reader, _ int64) error {
		cancel()
		_, err := io.Copy(io.Discard, r)
		if err == nil {
			t.Error("it reads on")
		}
		return nil
	})
	var of *FileError
	if !errors.Is(err, context.Canceled) || errors.As(err, &of) {
		t.Errorf("error %v", err)
	}
	if problems, err := d.VerifyAll(ctx); !errors.Is(err, context.Canceled) || problems != nil {
		t.Errorf("%v, %v", problems, err)
	}
	if _, err := Sum(ctx, dir, "a"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
