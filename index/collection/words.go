package collection

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/index/fulltext"
)

// The full-text index of a state is a folder of its own, whose unchanged files are hard links of
// those of the state before.

// openWords makes the full-text index of the next state, at first the same as that of the old one.
// The language of a new one is that of the sample, unless it was chosen.
func (w *writer) openWords(sample string) (err error) {
	if w.words != nil {
		return nil
	}
	w.wordsIn = w.next(fullTextPart)
	dir := filepath.Join(w.dir, w.wordsIn)
	if w.old == nil || w.old.info.fullText() == "" {
		if w.info.Language == "" {
			w.info.Language = fulltext.DetectLanguage(sample)
		}
		w.words, err = fulltext.Create(dir, fulltext.Options{Language: w.info.Language, Threads: w.threads})
		return w.named(err)
	}
	old, err := fulltext.Open(filepath.Join(w.dir, w.old.info.fullText()))
	if err != nil {
		return err
	}
	err = old.Clone(dir)
	old.Close()
	if err == nil {
		w.words, err = fulltext.Open(dir)
	}
	return w.named(err)
}

// addWords adds the passages of the batch to the full-text index.
func (w *writer) addWords(ctx context.Context) error {
	if w.words == nil {
		var sample strings.Builder
		for i := range w.batch {
			if sample.WriteString(w.batch[i].Text + "\n"); sample.Len() > sampleBytes {
				break
			}
		}
		if err := w.openWords(sample.String()); err != nil {
			return err
		}
	}
	docs := make([]fulltext.Document, len(w.batch))
	for i := range w.batch {
		r := &w.batch[i]
		docs[i] = fulltext.Document{Label: r.Label, Heading: strings.Join(append([]string{r.Title}, r.Heading...), "\n"), Text: r.Text}
	}
	return w.named(w.words.Add(ctx, docs...))
}

// sampleBytes is the size of the text by which the language is detected.
const sampleBytes = 64 << 10

// finishWords writes the full-text index, or keeps the old one.
func (w *writer) finishWords(ctx context.Context) error {
	if w.words == nil {
		if w.old != nil {
			w.keep(func(name string) bool { return strings.HasPrefix(name, w.old.info.fullText()+"/") })
		}
		return nil
	}
	err := w.words.Commit(ctx)
	if e := w.words.Close(); err == nil {
		err = e
	}
	w.words = nil
	if err != nil {
		return w.named(err)
	}
	return w.listFolder(ctx, w.wordsIn)
}

// listFolder lists the files of a folder. The sums of those that are links of old parts are known.
func (w *writer) listFolder(ctx context.Context, folder string) error {
	return w.named(filepath.WalkDir(filepath.Join(w.dir, folder), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(w.dir, path)
		if err != nil {
			return err
		}
		return w.list(ctx, filepath.ToSlash(name))
	}))
}
