package checkpoints

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

const (
	hintNoModel = "name a folder that train has written"
	hintDamaged = "copy the model again, or train it anew"
	hintState   = "a model copied without training/ can be used, but not trained further"
)

// attempts is how often Read starts again when a trainer puts a new
// checkpoint in the place of the one being read.
const attempts = 5

// ReadOptions say what Read reads.
type ReadOptions struct {
	State bool // also State and Log, to go on training; default false
}

// Read reads the model in the folder dir and verifies every file that it
// uses; see the package comment. An error names the file and what is wrong
// with it. Tensors come with padded rows at 64-byte boundaries; see NewTensor.
//
// A model that a trainer replaces meanwhile is read again, so that the parts
// are always those of one checkpoint.
func Read(ctx context.Context, dir string, o ReadOptions) (*Checkpoint, error) {
	for i := 1; ; i++ {
		r, err := open(ctx, dir)
		if err != nil {
			if i < attempts && r != nil && r.replaced() {
				continue
			}
			return nil, err
		}
		c, err := r.checkpoint(o)
		if err == nil {
			return c, nil
		}
		if i < attempts && r.replaced() {
			continue
		}
		return nil, err
	}
}

// reader reads the files of a folder against its MANIFEST.
type reader struct {
	ctx      context.Context
	dir      string
	info     fs.FileInfo // of the folder as opened
	manifest *manifest
}

// open reads MANIFEST. Together with an error about a file in the folder it
// returns a reader that can say whether the folder was replaced.
func open(ctx context.Context, dir string) (*reader, error) {
	if err := durable.Recover(dir); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(hintNoModel, "there is no model %s: %w", dir, fs.ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("cannot read model: %w", err)
	case !info.IsDir():
		return nil, fault.New(hintNoModel, "%s is a file, and a model is a folder", dir)
	}
	r := &reader{ctx: ctx, dir: dir, info: info}
	data, err := readSmall(r.path(ManifestFile), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(r.path(ConfigFile)); err == nil {
			return r, fault.New(hintDamaged, "%s has a %s, but no %s: it was not copied whole", dir, ConfigFile, ManifestFile)
		}
		return r, fault.New(hintNoModel, "%s is not a model: it has no %s", dir, ManifestFile)
	}
	if err == nil {
		r.manifest, err = parseManifest(data)
	}
	if err != nil {
		return r, r.wrap(ManifestFile, err)
	}
	return r, nil
}

func (r *reader) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// replaced reports whether dir is not the folder that was opened any more.
func (r *reader) replaced() bool {
	now, err := os.Stat(r.dir)
	return err == nil && !os.SameFile(r.info, now)
}

// wrap names the model and the file in an error, keeping a hint it has.
func (r *reader) wrap(name string, err error) error {
	if r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()) {
		return fmt.Errorf("reading %s: %w", r.dir, err)
	}
	hint := fault.Hint(err)
	if hint == "" {
		hint = hintDamaged
	}
	return fault.New(hint, "model %s: %w", r.dir, &partError{name, unwrapPath(err)})
}

// unwrapPath takes the path out of an error of package os; the message names
// the file already.
func unwrapPath(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}

// checkpoint reads the files and checks that they fit each other.
func (r *reader) checkpoint(o ReadOptions) (*Checkpoint, error) {
	c := &Checkpoint{}
	for _, f := range []struct {
		name     string
		training bool
		read     func(io.Reader, int64) error
	}{
		{ConfigFile, false, whole(func(data []byte) (err error) {
			c.Config, err = parseConfig(data)
			return err
		})},
		{VocabularyFile, false, func(in io.Reader, _ int64) (err error) {
			c.Vocabulary, err = corpora.ReadVocabulary(VocabularyFile, in)
			return err
		}},
		{TokenizerFile, false, whole(func(data []byte) (err error) {
			c.Tokenizer, err = corpora.ParseTokenizer(TokenizerFile, data)
			return err
		})},
		{ModelFile, false, func(in io.Reader, size int64) (err error) {
			c.Tensors, err = readTensors(r.ctx, in, size)
			return err
		}},
		{StateFile, true, func(in io.Reader, size int64) (err error) {
			c.State, err = readTensors(r.ctx, in, size)
			return err
		}},
		{LogFile, true, whole(func(data []byte) error {
			c.Log = data
			return nil
		})},
	} {
		listed, ok := r.manifest.find(f.name)
		switch {
		case f.training && (!o.State || !ok):
			continue
		case !ok:
			return nil, r.wrap(ManifestFile, fmt.Errorf("it does not list %s", f.name))
		}
		if err := r.file(listed, f.read); err != nil {
			return nil, r.wrap(f.name, err)
		}
	}
	if err := c.Validate(); err != nil {
		return nil, r.wrap(fileOf(err), errors.Unwrap(err))
	}
	// One vocabulary in memory, the one with counts.
	t, err := c.Tokenizer.WithVocabulary(c.Vocabulary)
	if err != nil {
		return nil, r.wrap(VocabularyFile, err)
	}
	c.Tokenizer = t
	return c, nil
}

// whole reads a small file in one piece. The size was checked against the
// file before, so it is what the file holds.
func whole(parse func([]byte) error) func(io.Reader, int64) error {
	return func(in io.Reader, size int64) error {
		data := make([]byte, size)
		if _, err := io.ReadFull(in, data); err != nil {
			return noEOF(err)
		}
		return parse(data)
	}
}

// file reads one file through read, and verifies its size and checksum. When
// the content is wrong and the checksum too, the error says that the file is
// damaged rather than what the damage led to.
func (r *reader) file(listed manifestFile, read func(io.Reader, int64) error) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	f, err := openRegular(r.path(listed.name))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return missing(listed.name)
		}
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != listed.size {
		return wrongSize(info.Size(), listed.size)
	}
	t := newTally()
	in := io.TeeReader(contextReader{r.ctx, io.LimitReader(f, listed.size)}, t)
	readErr := read(bufio.NewReaderSize(in, int(min(listed.size, blockBytes))), listed.size)
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // what read did not ask for
		return err
	}
	switch got := t.file(listed.name); {
	case got.size != listed.size:
		return wrongSize(got.size, listed.size)
	case got.sum != listed.sum:
		return fault.New(hintDamaged, "it is damaged: its SHA-256 is not the one in %s", ManifestFile)
	}
	return readErr
}

func missing(name string) error {
	hint := hintDamaged
	if name == StateFile || name == LogFile {
		hint = hintState
	}
	return fault.New(hint, "it is missing")
}

func wrongSize(got, want int64) error {
	what := "cut short"
	if got > want {
		what = "longer than it should be"
	}
	return fault.New(hintDamaged, "it is %s: %d bytes, and %s says %d", what, got, ManifestFile, want)
}

// openRegular opens a file and refuses what is none, on which a read might
// wait for ever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is not a regular file")
	}
	return os.Open(path)
}

// readSmall reads a file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return data, err
}

// contextReader ends reading when the context ends.
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
