package checkpoints

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/mapped"
)

// WriteOptions control how Write treats an existing model.
type WriteOptions struct {
	Replace bool // replace an existing model; default false: it is an error
}

// Write writes the model to the folder dir, completely or not at all: it writes and syncs a
// hidden folder beside it and renames that. With Replace, a model at dir is replaced; files in
// it that are not part of a model are kept. A non-empty folder that is not a model, a
// collection of documents and a corpus cache are never replaced.
//
// It is an error if the parts of the checkpoint are inconsistent, if a value is not finite, or
// if the context is canceled; dir is then unchanged.
//
// Config.Format is set to the lowest version that can hold the model, and Config.NGrams from NGrams.
// The tables are written
// without a second copy in memory; they must not change during the call.
func Write(ctx context.Context, dir string, c *Checkpoint, o WriteOptions) error {
	c.Config.Format, c.Config.NGrams = FormatVersion, tokenize.NGramOptions{}
	if c.NGrams != nil {
		c.Config.NGrams = c.NGrams.Options()
	}
	if err := c.Validate(); err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	layout, opens := layoutOf(c)
	switch {
	case c.Config.Encoder.Repeats > 0:
		c.Config.Format = formatRepeats
	case c.Quantized():
		c.Config.Format = formatQuantized
	case layout != plain:
		c.Config.Format = formatZeroRow
	default:
		c.Config.Format = 1
	}
	marshal := c.Config.marshal
	if layout == indexed {
		marshal = c.Config.marshalIndexed
	}
	folder, err := createFolder(dir, o)
	if err != nil {
		return err
	}
	defer folder.Abort()
	w := writer{ctx: ctx, dir: dir, folder: folder}
	blocks := mapped.NewSums(tableBlock)
	for _, f := range []struct {
		name    string
		present bool
		content func(io.Writer) error
	}{
		{ConfigFile, true, bytesOf(marshal)},
		{VocabularyFile, true, func(w io.Writer) error { _, err := c.Vocabulary.WriteTo(w); return err }},
		{TokenizerFile, true, bytesOf(c.Tokenizer.MarshalJSON)},
		{NGramFile, c.NGrams != nil, func(w io.Writer) error { return writeBuckets(w, c.NGrams.Buckets()) }},
		{SpellingFile, len(c.Spellings) > 0, func(w io.Writer) error { return writeSpellings(w, c) }},
		{ModelFile, true, func(w io.Writer) error {
			tensors, err := c.stored(layout)
			if err != nil {
				return err
			}
			return WriteTensors(ctx, io.MultiWriter(w, blocks), tensors)
		}},
		{BlocksFile, true, func(w io.Writer) error { _, err := w.Write(appendBlocks(blocks)); return err }},
		{ModulesFile, opens, func(w io.Writer) error { return writeModules(w, c, layout) }},
		{SimilarityFile, opens, func(w io.Writer) error { return writeSimilarity(w, layout) }},
		{CardFile, true, func(w io.Writer) error { return writeCard(w, c) }},
		{StateFile, c.State != nil, func(w io.Writer) error { return writeTensors(ctx, w, c.State, false) }},
		{LogFile, len(c.Log) > 0, these(c.Log)},
		{CurveSVGFile, len(c.CurveSVG) > 0, these(c.CurveSVG)},
		{CurvePNGFile, len(c.CurvePNG) > 0, these(c.CurvePNG)},
	} {
		if !f.present {
			continue
		}
		if err := w.file(f.name, f.content); err != nil {
			return err
		}
	}
	if err := w.file(ManifestFile, bytesOf(func() ([]byte, error) { return format.Marshal(w.files), nil })); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	if err := folder.Carry(isOurs); err != nil {
		return err
	}
	return folder.Commit()
}

// CheckOutput returns the error that Write would return for dir, so that it is reported before
// training instead of after it.
func CheckOutput(dir string, o WriteOptions) error {
	folder, err := createFolder(dir, o)
	if err != nil {
		return err
	}
	folder.Abort()
	return nil
}

func createFolder(dir string, o WriteOptions) (*durable.Folder, error) {
	if isCollection(dir) { // which has its own MANIFEST
		return nil, fault.New("choose another name, or remove the folder",
			"will not replace %s: it is a collection of documents, not a model", dir)
	}
	if o.Replace && format.Foreign(dir) {
		return nil, fault.New("choose another name, or remove the folder",
			"will not replace %s: its %s does not belong to a model", dir, ManifestFile)
	}
	return durable.CreateFolder(dir, o.Replace, ManifestFile)
}

// isOurs reports whether a file of this name is part of a model.
func isOurs(name string) bool {
	switch name {
	case ConfigFile, VocabularyFile, TokenizerFile, NGramFile, SpellingFile, ModelFile, BlocksFile, ModulesFile, SimilarityFile, CardFile, StateFile, LogFile, CurveSVGFile, CurvePNGFile, ManifestFile:
		return true
	}
	return false
}

func these(data []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(data); return err }
}

func bytesOf(marshal func() ([]byte, error)) func(io.Writer) error {
	return func(w io.Writer) error {
		data, err := marshal()
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
}

// writer writes the files of a folder and collects their lines for MANIFEST.
type writer struct {
	ctx    context.Context
	dir    string
	folder *durable.Folder
	files  []manifest.File
}

func (w *writer) file(name string, content func(io.Writer) error) error {
	if err := w.ctx.Err(); err != nil {
		return fmt.Errorf("cannot write %s: %w", w.dir, err)
	}
	f, err := w.folder.Create(name)
	if err != nil {
		return err
	}
	t := manifest.NewTally()
	b := bufio.NewWriterSize(io.MultiWriter(f, t), 64<<10)
	err = content(b)
	if err == nil {
		err = b.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		if fault.Hint(err) == "" {
			err = fmt.Errorf("cannot write %s: %w", w.dir, &manifest.FileError{File: name, Err: err})
		}
		return err
	}
	w.files = append(w.files, t.File(name))
	return nil
}
