package manifest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// FileError is an error about one file of a folder.
type FileError struct {
	File string // path in the folder, with slashes
	Err  error  // "damaged: …"
}

func (e *FileError) Error() string {
	message := e.Err.Error()
	if errors.Is(e.Err, missing{}) {
		return e.File + " is missing"
	}
	if strings.HasPrefix(message, e.File+":") { // a parser names its file itself
		return message
	}
	return e.File + ": " + message
}

func (e *FileError) Unwrap() error { return e.Err }

// Folder reads the files of a folder against its MANIFEST. Files may be read
// by several goroutines at once.
type Folder struct {
	Manifest
	dir    string
	files  fs.FS // in place of dir; nil: dir
	format Format
	list   string // the file that lists the files, for messages
}

// Open reads the MANIFEST of the folder dir. If there is none, the error is
// fs.ErrNotExist.
func (f Format) Open(dir string) (*Folder, error) {
	return (&Folder{dir: dir, format: f, list: Name}).open()
}

// OpenFS is Open for a folder in memory or in an archive.
func (f Format) OpenFS(files fs.FS) (*Folder, error) {
	return (&Folder{files: files, format: f, list: Name}).open()
}

func (d *Folder) open() (*Folder, error) {
	data, err := d.manifest()
	if err == nil {
		var m *Manifest
		if m, err = d.format.Parse(data); err == nil {
			d.Manifest = *m
			return d, nil
		}
	}
	return nil, d.fileError(Name, err)
}

// Folder returns the folder dir, whose files another file, list, names.
func (f Format) Folder(dir, list string, m Manifest) *Folder {
	return &Folder{Manifest: m, dir: dir, format: f, list: list}
}

// manifest reads MANIFEST.
func (d *Folder) manifest() ([]byte, error) {
	if d.files != nil {
		return fs.ReadFile(d.files, Name)
	}
	return ReadSmall(d.path(Name), maxBytes)
}

func (d *Folder) openFile(name string) (fs.File, error) {
	if d.files != nil {
		return d.files.Open(name)
	}
	return openRegular(d.path(name))
}

func (d *Folder) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// fileError names the file in an error. An error without a hint gets the hint for damage.
func (d *Folder) fileError(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = missing{}
	}
	if e, ok := err.(*fs.PathError); ok { // the message names the file already
		err = e.Err
	}
	if fault.Hint(err) == "" {
		err = fault.New(d.format.Damaged, "%w", err)
	}
	return &FileError{name, err}
}

type missing struct{}

func (missing) Error() string        { return "missing" }
func (missing) Is(target error) bool { return target == fs.ErrNotExist }

// block is the number of bytes read at once.
const block = 256 << 10

// Read reads one file with parse, which receives its size, and verifies the size before and the
// checksum after. If parse fails and the checksum is wrong, the error says that the file is
// damaged instead of reporting a consequence of the damage. Bytes that parse does not read are
// verified as well, and size is the actual size of the file. Errors are a [*FileError], except
// that of ctx.
func (d *Folder) Read(ctx context.Context, name string, parse func(r io.Reader, size int64) error) error {
	listed, ok := d.Find(name)
	if !ok {
		return d.fileError(d.list, fmt.Errorf("does not list %s", name))
	}
	err := d.read(ctx, listed, parse)
	if err == nil {
		return nil
	}
	if e := ctx.Err(); e != nil {
		return e
	}
	return d.fileError(name, err)
}

// Verify compares the size and the checksum of one file.
func (d *Folder) Verify(ctx context.Context, name string) error {
	return d.Read(ctx, name, func(io.Reader, int64) error { return nil })
}

// VerifyAll verifies every file and returns an error for each, nil if it is intact, in
// the order of Files. The other error is that of ctx.
func (d *Folder) VerifyAll(ctx context.Context) ([]error, error) {
	problems := make([]error, len(d.Files))
	for i, f := range d.Files {
		problems[i] = d.Verify(ctx, f.Name)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return problems, nil
}

func (d *Folder) read(ctx context.Context, listed File, parse func(io.Reader, int64) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := d.openFile(listed.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != listed.Size {
		return d.wrongSize(info.Size(), listed.Size)
	}
	t := NewTally()
	in := bufio.NewReaderSize(io.TeeReader(contextReader{ctx, io.LimitReader(f, listed.Size)}, t), int(min(listed.Size, block)))
	parseErr := parse(in, listed.Size)
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // what parse did not read
		return err
	}
	switch got := t.File(listed.Name); {
	case got.Size != listed.Size:
		return d.wrongSize(got.Size, listed.Size)
	case got.Sum != listed.Sum:
		return fault.New(d.format.Damaged, "damaged: its SHA-256 does not match %s", d.list)
	}
	return parseErr
}

func (d *Folder) wrongSize(got, want int64) error {
	what := "cut short"
	if got > want {
		what = "too long"
	}
	return fault.New(d.format.Damaged, "%s: %d bytes, but %s says %d", what, got, d.list, want)
}

// Sum returns the line of an existing file.
func Sum(ctx context.Context, dir, name string) (File, error) {
	f, err := openRegular(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	t := NewTally()
	if _, err := io.CopyBuffer(t, contextReader{ctx, f}, make([]byte, block)); err != nil {
		return File{}, err
	}
	return t.File(name), nil
}

// openRegular opens a regular file. Anything else is an error, because reading it might
// block forever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return os.Open(path)
}

// ReadSmall reads a regular file of at most limit bytes. Anything else under its name,
// such as a pipe or a larger file, is an error.
func ReadSmall(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("longer than %d bytes", limit)
	}
	return data, err
}

// contextReader stops reading when the context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
