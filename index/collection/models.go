package collection

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index/collection/internal/roots"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/models"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// Models are the models of a collection. They are the same one, unless questions have their own.
type Models struct {
	Passages  Applied `json:"passages"`
	Questions Applied `json:"questions"`
}

// Applied is a model and how it encodes texts.
type Applied struct {
	Folder    string      `json:"folder,omitempty"`    // of the copy in the collection
	Path      *Path       `json:"path,omitempty"`      // of a model that was not copied
	Files     []ModelFile `json:"files,omitempty"`     // of that one
	Precision string      `json:"precision,omitempty"` // of a transformer
	Prompt    string      `json:"prompt,omitempty"`    // before each text
}

// ModelFile is a file of a model that was not copied. If its time has changed, its content is compared.
type ModelFile struct {
	Part
	Modified int64 `json:"modified"` // nanoseconds since 1970
}

// isModel reports whether a file of the collection belongs to a copy of a model.
func isModel(name string) bool {
	return strings.HasPrefix(name, modelDir+"/") || strings.HasPrefix(name, queryModelDir+"/")
}

// modelFiles are the names of the files that decide what a model computes.
func modelFiles(m sentence.Model) []string {
	if t, ok := m.(*transformer.Encoder); ok {
		return t.Files()
	}
	return []string{checkpoints.ManifestFile} // which has the checksums of the others
}

// keepModel copies a model to a folder of the collection, or records where it is.
func (w *writer) keepModel(ctx context.Context, m sentence.Model, folder, path string) (a Applied, err error) {
	if t, ok := m.(*transformer.Encoder); ok {
		a.Precision, a.Prompt = string(t.Precision()), t.Prompt()
	}
	if path == "" {
		a.Folder = folder
		if err := w.named(m.Save(ctx, filepath.Join(w.dir, folder))); err != nil {
			return a, err
		}
		return a, w.listFolder(ctx, folder)
	}
	at, err := roots.Resolve(w.at, path)
	if err != nil {
		return a, err
	}
	a.Path = &at
	for _, name := range modelFiles(m) {
		info, err := os.Stat(filepath.Join(path, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return a, err
		}
		f, err := manifest.Sum(ctx, path, name)
		if err != nil {
			return a, err
		}
		a.Files = append(a.Files, ModelFile{Part{f.Name, f.Size, hex.EncodeToString(f.Sum[:])}, info.ModTime().UnixNano()})
	}
	return a, nil
}

// keepModels records the models of a new collection.
func (w *writer) keepModels(ctx context.Context, o BuildOptions) error {
	passages, err := w.keepModel(ctx, w.model, modelDir, o.ModelPath)
	if err != nil {
		return err
	}
	w.info.Models = &Models{passages, passages}
	switch asks := &w.info.Models.Questions; {
	case o.QueryModel != nil:
		*asks, err = w.keepModel(ctx, w.asks, queryModelDir, o.QueryModelPath)
	default:
		if t, ok := w.asks.(*transformer.Encoder); ok {
			asks.Prompt = t.Prompt()
		}
	}
	return err
}

// dir returns the folder of the model of a collection. Of one that was not copied, each file must be
// what it was; its content is read if its time has changed, or always if all is set.
func (a *Applied) dir(ctx context.Context, collection string, all bool) (string, error) {
	if a.Path == nil {
		return filepath.Join(collection, a.Folder), nil
	}
	const hint = "put it back, or build the collection again"
	root, err := roots.Find(collection, *a.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fault.Mark(fault.New(hint, "the collection needs the model %s, which does not exist any more", a.Path.Absolute), fs.ErrNotExist)
	} else if err != nil {
		return "", err
	}
	for _, f := range a.Files {
		path := filepath.Join(root.At, filepath.FromSlash(f.Name))
		info, err := os.Stat(path)
		changed := err == nil && info.Size() != f.Size
		if err == nil && !changed && (all || info.ModTime().UnixNano() != f.Modified) {
			var sum manifest.File
			sum, err = manifest.Sum(ctx, root.At, f.Name)
			changed = err == nil && hex.EncodeToString(sum.Sum[:]) != f.SHA256
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return "", fault.New(hint, "the collection needs the model %s: %w", root.At, err)
		}
		if changed {
			return "", fault.New(hint, "the model %s has changed since the collection was built: %s", root.At, f.Name)
		}
	}
	return root.At, nil
}

// open opens a model and sets its prompt.
func (a *Applied) open(ctx context.Context, collection string) (sentence.Model, error) {
	dir, err := a.dir(ctx, collection, false)
	if err != nil {
		return nil, err
	}
	m, err := models.OpenWith(ctx, dir, transformer.Options{Precision: transformer.Precision(a.Precision)})
	if err != nil {
		return nil, err
	}
	return prompted(m, &a.Prompt), nil
}

// prompted returns a transformer with the prompt, unless that is nil, and other models as they are.
func prompted(m sentence.Model, prompt *string) sentence.Model {
	if t, ok := m.(*transformer.Encoder); ok && prompt != nil {
		return t.WithPrompt(*prompt)
	}
	return m
}

// separate reports whether questions have their own model.
func (m *Models) separate() bool {
	return m.Questions.Folder != m.Passages.Folder || m.Questions.Path != nil && (m.Passages.Path == nil || *m.Questions.Path != *m.Passages.Path)
}

// check returns an error for what Build cannot have written.
func (m *Models) check() error {
	for _, a := range []Applied{m.Passages, m.Questions} {
		o := transformer.Options{Precision: transformer.Precision(a.Precision)}
		local := !slices.ContainsFunc(a.Files, func(f ModelFile) bool { return !filepath.IsLocal(filepath.FromSlash(f.Name)) })
		if o.Validate() != nil || !local || (a.Path == nil) == (a.Folder == "") || a.Folder != "" && a.Folder != modelDir && a.Folder != queryModelDir {
			return errors.New("its models are not possible")
		}
	}
	return nil
}

// openModels opens the models that encode passages and questions. Without needPassages, passages may be
// nil, so that a small model of questions can be used without the large one.
func openModels(ctx context.Context, dir string, info *Info, needPassages bool) (passages, questions sentence.Model, err error) {
	m := info.Models
	if m == nil { // of a collection that does not say it
		base, err := models.Open(ctx, filepath.Join(dir, modelDir))
		if err != nil {
			return nil, nil, err
		}
		return base, models.ForQueries(base), nil
	}
	if !m.separate() {
		if passages, err = m.Passages.open(ctx, dir); err != nil {
			return nil, nil, err
		}
		return passages, prompted(passages, &m.Questions.Prompt), nil
	}
	if questions, err = m.Questions.open(ctx, dir); err == nil && needPassages {
		passages, err = m.Passages.open(ctx, dir)
	}
	return passages, questions, err
}
