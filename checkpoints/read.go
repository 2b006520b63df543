package checkpoints

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sourcegraph/conc"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

const (
	hintNoModel = "name a folder written by train"
	hintDamaged = "copy the model again, or train it again"
	hintState   = "a model copied without training/ can be used but not trained further"
)

// attempts is how often Read starts again if a trainer replaces the checkpoint while it is
// being read.
const attempts = 20

// ReadOptions control what Read reads.
type ReadOptions struct {
	State bool // also read State and Log, to continue training; default false

	// Mapped leaves the tables EmbeddingTensor and NGramTensor in model.safetensors, which is mapped
	// into memory, so that a model is opened at once, whatever its size. A block of 64 KiB is verified
	// by Tensor.Verify, with the checksums in model.blocks, before its rows are used for the first
	// time. A model without model.blocks, and a file that cannot be mapped, are read as usual. Until the
	// tensors are garbage collected, the file may be replaced, except on Windows, but not written to.
	// Default false.
	Mapped bool
}

// Read reads the model in the folder dir and verifies every file it uses; see the
// package comment. An error names the file and what is wrong with it. The rows of
// tensors are padded and start at 64-byte boundaries; see NewTensor.
//
// If a trainer replaces the model during Read, it is read again, so that all parts belong to
// the same checkpoint.
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
		if err == nil && !(o.Mapped && i < attempts && r.replaced()) { // all files are from one folder
			return c, nil
		}
		if i < attempts && r.replaced() {
			continue
		}
		return nil, err
	}
}

// ReadFS reads a model whose files are in memory or in an archive, as Read does; name is its name in
// errors. ReadOptions.Mapped does not apply.
func ReadFS(ctx context.Context, name string, files fs.FS) (*Checkpoint, error) {
	r, err := openFS(ctx, name, files)
	if err != nil {
		return nil, err
	}
	return r.checkpoint(ReadOptions{})
}

func openFS(ctx context.Context, name string, files fs.FS) (*reader, error) {
	r := &reader{ctx: ctx, dir: name}
	var err error
	if r.folder, err = format.OpenFS(files); err != nil {
		return nil, r.wrap(err)
	}
	return r, nil
}

// format is the format of a model's MANIFEST.
var format = manifest.Format{
	Head:    "luminavec-manifest",
	Version: 1, // of MANIFEST, not of the folder
	Kind:    "model",
	Other:   hintNoModel,
	Damaged: hintDamaged,
}

// reader reads the files of a folder against its MANIFEST.
type reader struct {
	ctx    context.Context
	dir    string
	info   fs.FileInfo // of the folder as opened
	folder *manifest.Folder
}

// open reads MANIFEST. If the error is about a file in the folder, it also returns a reader,
// which can report whether the folder was replaced.
func open(ctx context.Context, dir string) (*reader, error) {
	if err := durable.Recover(dir); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	switch {
	case dir == "":
		return nil, fault.New(hintNoModel, "no model is named")
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Mark(fault.New(hintNoModel, "no such model: %s", dir), fs.ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("cannot read model: %w", err)
	case !info.IsDir():
		return nil, fault.New(hintNoModel, "%s is a file; a model is a folder", dir)
	}
	r := &reader{ctx: ctx, dir: dir, info: info}
	r.folder, err = format.Open(dir)
	if err != nil && isCollection(dir) {
		return r, fault.New("its model is "+filepath.Join(dir, "model"), "%s is a collection of documents, not a model", dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
			return r, fault.New(hintDamaged, "%s has a %s but no %s: it is an incomplete copy", dir, ConfigFile, ManifestFile)
		}
		return r, fault.New(hintNoModel, "%s is not a model: no %s", dir, ManifestFile)
	}
	if err != nil {
		return r, r.wrap(err)
	}
	return r, nil
}

// isCollection reports whether dir is a folder of package collection, which contains a model.
func isCollection(dir string) bool {
	for _, name := range []string{"collection.json", filepath.Join("model", ManifestFile)} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// replaced reports whether dir is no longer the folder that was opened.
func (r *reader) replaced() bool {
	now, err := os.Stat(r.dir)
	return err == nil && !durable.Same(r.info, now)
}

// wrap adds the name of the model to an error about one of its files.
func (r *reader) wrap(err error) error {
	if r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()) {
		return fmt.Errorf("reading %s: %w", r.dir, err)
	}
	return fault.New(hintOf(err), "model %s: %w", r.dir, err)
}

// StateMissing reports whether err, returned by Read, only means that the model was copied
// without training/.
func StateMissing(err error) bool {
	var of *manifest.FileError
	return errors.As(err, &of) && (of.File == StateFile || of.File == LogFile) && errors.Is(err, fs.ErrNotExist)
}

// hintOf returns the hint of an error about a file of a model.
func hintOf(err error) string {
	if StateMissing(err) {
		return hintState
	}
	if hint := fault.Hint(err); hint != "" {
		return hint
	}
	return hintDamaged
}

// checkpoint reads the files and checks that they are consistent. The tables are read in
// parallel with the vocabulary and the tokenizer, which together take about as long.
func (r *reader) checkpoint(o ReadOptions) (*Checkpoint, error) {
	c := &Checkpoint{}
	// The smallest file first: it shows whether the folder is wrong altogether.
	err := r.file(ConfigFile, whole(func(data []byte) (err error) {
		c.Config, err = parseConfig(data)
		return err
	}))
	if err != nil {
		return nil, r.wrap(err)
	}
	var words, tables error
	var work conc.WaitGroup
	work.Go(func() { words = r.words(c) })
	work.Go(func() { tables = r.tables(c, o) })
	work.Wait()
	for _, err := range []error{words, tables} {
		if err != nil {
			return nil, r.wrap(err)
		}
	}
	if err := c.restore(); err != nil {
		return nil, r.wrap(&manifest.FileError{File: ModelFile, Err: err})
	}
	if err := c.Validate(); err != nil {
		return nil, r.wrap(err)
	}
	return c, nil
}

// words reads the vocabulary, and the tokenizer and the n-grams, which refer to it.
func (r *reader) words(c *Checkpoint) error {
	var tokenizer []byte // read meanwhile: it is the largest of these files
	var tokenizerErr error
	var work conc.WaitGroup
	work.Go(func() {
		tokenizerErr = r.file(TokenizerFile, whole(func(data []byte) error {
			tokenizer = data
			return nil
		}))
	})
	defer work.Wait()
	err := r.file(VocabularyFile, whole(func(data []byte) (err error) {
		c.Vocabulary, err = tokenize.ReadVocabulary(VocabularyFile, bytes.NewReader(data))
		if err == nil && c.Vocabulary.Len() == 0 {
			err = errNoToken
		}
		return err
	}))
	if err != nil {
		return err
	}
	if c.Config.NGrams.Max > 0 {
		err := r.file(NGramFile, func(in io.Reader, _ int64) error {
			buckets, err := readBuckets(in)
			if err == nil {
				c.NGrams, err = tokenize.RestoreNGrams(c.Vocabulary, c.Config.NGrams, buckets)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if _, ok := r.folder.Find(SpellingFile); ok {
		if err := r.file(SpellingFile, whole(func(data []byte) (err error) {
			c.Spellings, err = parseSpellings(data)
			return err
		})); err != nil {
			return err
		}
	}
	if work.Wait(); tokenizerErr != nil {
		return tokenizerErr
	}
	if c.Tokenizer, err = tokenize.ParseWith(TokenizerFile, tokenizer, c.Vocabulary); err != nil {
		return &manifest.FileError{File: TokenizerFile, Err: err}
	}
	return nil
}

// tables reads the tensors and, on request, what training needs.
func (r *reader) tables(c *Checkpoint, o ReadOptions) error {
	tensors := func(to *map[string]Tensor) func(io.Reader, int64) error {
		return func(in io.Reader, size int64) (err error) {
			*to, err = readTensors(r.ctx, in, size)
			return err
		}
	}
	have := false
	if o.Mapped {
		var err error
		if have, err = r.mapTables(c); err != nil {
			return err
		}
	}
	if !have {
		if err := r.file(ModelFile, func(in io.Reader, size int64) error {
			all, err := readStored(r.ctx, in, size, c.Config.Format >= formatQuantized)
			if err == nil {
				c.Tensors, err = joinTables(all, c.Config.Dim)
			}
			return err
		}); err != nil {
			return err
		}
		if _, ok := r.folder.Find(BlocksFile); ok {
			if err := r.folder.Verify(r.ctx, BlocksFile); err != nil {
				return err
			}
		}
	}
	if !o.State {
		return nil
	}
	if _, ok := r.folder.Find(StateFile); ok {
		if err := r.file(StateFile, tensors(&c.State)); err != nil {
			return err
		}
	}
	if _, ok := r.folder.Find(LogFile); ok {
		return r.file(LogFile, whole(func(data []byte) error {
			c.Log = data
			return nil
		}))
	}
	return nil
}

func (r *reader) file(name string, parse func(io.Reader, int64) error) error {
	return r.folder.Read(r.ctx, name, parse)
}

// whole reads a small file in one piece. Its size has been verified.
func whole(parse func([]byte) error) func(io.Reader, int64) error {
	return func(in io.Reader, size int64) error {
		data := make([]byte, size)
		if _, err := io.ReadFull(in, data); err != nil {
			return noEOF(err)
		}
		return parse(data)
	}
}
