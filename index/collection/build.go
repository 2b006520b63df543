package collection

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/old"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/collection/internal/roots"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/compress"
	"github.com/luminavec/luminavec/sentence/models"
)

// BuildOptions controls how a collection is built.
type BuildOptions struct {
	// Index are the options of the index. Dim may be 0, because the model sets it. Defaults that differ
	// from those of package index: Kind Auto; for vectors of 64 values or more, with Quantization and
	// KeepVectors auto or unset, Int8 and KeepNone: codes of 8 bits, whose recall is reported, and no other vectors.
	// The tables of a static model of 1 MiB or more then have 8 bits per value too. Short passages of a static model
	// have codes of 2 bits instead, see [Info].Rescored.
	Index     index.Options
	Replace   bool   // replace an existing collection; default false
	Threads   int    // number of goroutines; default 0: one per core
	AnyRecall bool   // accept codes that collapse, see index.Recall.Check; default false
	Language  string // of the full-text index, one of fulltext.Languages; default "": detected
	// QueryModel encodes questions, in the space of the model; default: the model.
	QueryModel sentence.Model
	// DocumentPrompt and QueryPrompt are put before each passage and question by a transformer; default
	// nil: the prompts of its folder for them.
	DocumentPrompt, QueryPrompt *string
	// ModelPath and QueryModelPath are the folders of the models if they are not to be copied into the
	// collection, which then needs them there, as they are now. Default: "": they are copied.
	ModelPath, QueryModelPath string

	Input      Input // where the documents come from, for Sync; Build sets it
	OnProgress func(Progress)
}

// Progress is how far a change has come.
type Progress struct {
	Passages        int64 // encoded so far
	Files, AllFiles int64
	Bytes, AllBytes int64 // of files whose size is known
}

// Summary reports what a change did, and what the collection has after it.
type Summary struct {
	Documents int64 `json:"documents"` // passages that are found by meaning
	Passages  int64 `json:"passages"`  // all passages
	Files     int64 `json:"files"`
	Encoded   int64 `json:"encoded"` // passages that the model has encoded

	Truncated     int64  `json:"truncated,omitempty"`      // passages of which the model used only the beginning
	MaxTokens     int    `json:"max_tokens,omitempty"`     // how many tokens the model uses
	LongestTokens int64  `json:"longest_tokens,omitempty"` // of the longest of them
	Skipped       int64  `json:"skipped"`                  // new passages of which the model knows no word
	FirstSkipped  string `json:"first_skipped,omitempty"`  // the first of them, as file:line
	RepeatedIDs   int64  `json:"repeated_ids"`             // records with the id of another
	FirstRepeated string `json:"first_repeated,omitempty"`

	Dim      int          `json:"dim"`
	Kind     string       `json:"kind"`     // of the index
	Language string       `json:"language"` // of the full-text index
	Bytes    int64        `json:"bytes"`    // size of the folder
	Recall   index.Recall `json:"recall"`
	// Measured is the recall of searches for questions, see [Info].Measured.
	Measured index.Measured `json:"measured"`
	Elapsed  time.Duration  `json:"-"`
}

// Build creates a collection in the folder dir from the documents of src. Passages are labeled
// 0, 1, 2, … in the order in which they are read. A file that cannot be read is skipped, see
// [documents.Source.Skipped].
//
// The recall of the index is measured on a sample. If its codes collapse, Build returns an error,
// unless AnyRecall is set.
//
// The folder appears when the collection is complete; if Build fails or ctx ends, dir is
// unchanged. If the folder exists, Build returns an error unless Replace is set and the
// folder is a collection.
func Build(ctx context.Context, dir string, model sentence.Model, src *documents.Source, o BuildOptions) (*Summary, error) {
	o.Input = Input{Options: src.Options()}
	for _, p := range src.Paths() {
		o.Input.Paths = append(o.Input.Paths, Path{Given: p})
	}
	return build(ctx, dir, model, o, func(w *writer) error { return w.addFiles(ctx, src, o.OnProgress) })
}

// BuildPassages is Build with passages from anywhere. If they yield an error, it is returned. Their
// paths need not be files; Sync leaves them as they are.
func BuildPassages(ctx context.Context, dir string, model sentence.Model, passages iter.Seq2[documents.Passage, error], o BuildOptions) (*Summary, error) {
	return build(ctx, dir, model, o, func(w *writer) error {
		files := map[string]*parts.Source{}
		if o.OnProgress != nil {
			w.notify = func() { o.OnProgress(Progress{Passages: w.info.Passages}) }
		}
		for p, err := range passages {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			f := files[p.Path]
			if f == nil {
				f = w.newSource(p.Path, "")
				f.Size = -1
				files[p.Path] = f
			}
			if err := w.add(ctx, f, p); err != nil {
				return err
			}
		}
		return w.flush(ctx)
	})
}

func build(ctx context.Context, dir string, model sentence.Model, o BuildOptions, add func(*writer) error) (*Summary, error) {
	start := time.Now()
	if o.Index.Dim == 0 {
		o.Index.Dim = model.Dim()
	}
	if o.Index.Dim != model.Dim() {
		return nil, fault.New("omit Dim: the model sets it",
			"the index has %d dimensions, but the model's vectors have %d", o.Index.Dim, model.Dim())
	}
	asks := prompted(models.ForQueries(cmp.Or(o.QueryModel, model)), o.QueryPrompt)
	if asks.Dim() != model.Dim() {
		return nil, fault.Field("QueryModel", "name one that was trained to share the space of the other",
			"must have vectors of %d dimensions, as the model has, got %d", model.Dim(), asks.Dim())
	}
	if o.Index.Threads == 0 {
		o.Index.Threads = o.Threads
	}
	if o.Index.Kind == "" {
		o.Index.Kind = index.Auto
	}
	coarse := false
	if (o.Index.KeepVectors == "" || o.Index.KeepVectors == index.KeepAuto) && o.Index.Kind != index.LSH && o.Index.Dim >= codesFrom &&
		(o.Index.Quantization == "" || o.Index.Quantization == index.AutoQuantization) {
		o.Index.Quantization, o.Index.KeepVectors = index.Int8, index.KeepNone
		coarse = canRescore(model, o)
		var err error
		if model, err = compact(ctx, model, o.Threads); err != nil {
			return nil, err
		}
	}
	ix, err := index.New(o.Index)
	if err != nil {
		return nil, err
	}
	if o.Replace {
		if _, err := readInfo(dir); err == nil { // a change of it must not end in the new folder
			lock, err := lockFolder(dir)
			if err != nil {
				return nil, err
			}
			defer lock.Close()
		}
	}
	folder, err := durable.CreateFolder(dir, o.Replace, infoFile)
	if err != nil {
		return nil, err
	}
	defer folder.Abort()
	w := &writer{at: dir, dir: folder.Path(), named: folder.Named, model: prompted(models.ForDocuments(model), o.DocumentPrompt), asks: asks, index: ix, options: o.Index, coarse: coarse, threads: o.Threads,
		uniqueIDs: o.Input.Options.ID != ""}
	defer w.abort()
	w.indexChanged = true
	w.info.Language = o.Language
	w.info.Created = start.UTC().Format(time.RFC3339)
	if w.info.Input, err = o.Input.resolve(dir); err != nil {
		return nil, err
	}
	if err := add(w); err != nil {
		return nil, err
	}
	w.coarse = w.coarse && w.summary.Encoded >= batchPassages
	if s := &w.summary; w.index.Len() == 0 {
		if s.Skipped > 0 {
			return nil, fault.New("check that the model and the text have the same language",
				"none of the %d documents contains a word that the model knows; the first is %s", s.Skipped, s.FirstSkipped)
		}
		if shard := o.Input.Options.Shard; shard.Of > 1 {
			return nil, fault.Field("Shard", "use fewer shards", "%s is empty: no passage begins in it", shard)
		}
		return nil, fault.New("name files or folders that contain text, and the field or column that holds it", "no documents to build a collection from")
	}
	if w.info.Auto = o.Index.Kind == index.Auto; w.info.Auto {
		if err := w.settle(ctx); err != nil {
			return nil, err
		}
	}
	w.info.Rescored = w.coarse
	if err := w.calibrateIndex(ctx); err != nil {
		return nil, err
	}
	if w.info.Recall, err = index.MeasureRecall(ctx, w.index); err == nil && !o.AnyRecall {
		err = w.info.Recall.Check(w.index.Options().Quantization)
	}
	if err != nil {
		return nil, err
	}
	w.summary.Recall = w.info.Recall
	if err := w.keepModels(ctx, o); err != nil {
		return nil, err
	}
	if err := w.finish(ctx); err != nil {
		return nil, err
	}
	if err := w.commit(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := folder.Carry(isOurs); err != nil {
		return nil, err
	}
	if err := folder.Commit(); err != nil {
		return nil, err
	}
	w.summary.Elapsed = time.Since(start)
	return &w.summary, nil
}

// compactFrom is the size of a model's tables from which they are stored as codes by default.
const compactFrom = 1 << 20

// compact returns the model with tables of 8 bits per value, a quarter of the size, or the model itself if
// that gains nothing: it is small, compressed already, or a transformer. The vectors of passages and
// questions are those of what it returns.
func compact(ctx context.Context, model sentence.Model, threads int) (sentence.Model, error) {
	e, ok := model.(*sentence.Encoder)
	if !ok {
		return model, nil
	}
	folded, err := e.Fold()
	if err != nil {
		return nil, err
	}
	c := folded.Checkpoint()
	size := int64(0)
	for _, t := range c.Tensors {
		size += t.Bytes()
	}
	if size < compactFrom || c.Quantized() {
		return model, nil
	}
	small, _, err := compress.Compress(ctx, c, compress.Options{DType: checkpoints.Int8, Threads: threads})
	if err != nil {
		return nil, err
	}
	return sentence.FromCheckpoint(small)
}

// codesFrom is the number of values from which vectors are stored as codes by default.
const codesFrom = 64

// isOurs reports whether a file of this name belongs to the collection, in any version of the format.
func isOurs(name string) bool {
	switch name {
	case infoFile, lockFile, indexFile, old.DocumentsFile, manifestFile:
		return true
	}
	return isModel(name) || partName.MatchString(name)
}

// resolve completes the paths, for a collection in dir.
func (i Input) resolve(dir string) (Input, error) {
	paths := make([]Path, len(i.Paths))
	for n, p := range i.Paths {
		paths[n] = p
		if p.Given == documents.Stdin || p.Absolute != "" {
			continue
		}
		var err error
		if paths[n], err = roots.Resolve(dir, p.Given); err != nil {
			return i, err
		}
	}
	i.Paths = paths
	return i, nil
}

// newSource adds a file to the table.
func (w *writer) newSource(path, kind string) *parts.Source {
	f := &parts.Source{Number: w.info.Next.File, Path: path, Kind: kind}
	w.info.Next.File++
	w.table.Files = append(w.table.Files, f)
	return f
}

// addFiles adds the passages of files that the collection does not have.
func (w *writer) addFiles(ctx context.Context, src *documents.Source, onProgress func(Progress)) error {
	self, real := roots.Real(w.at), roots.Reals{} // the collection that this one replaces is not read
	files := slices.DeleteFunc(src.Files(), func(f documents.File) bool { return roots.Within(real.Of(f.Path), self) })
	p := Progress{AllFiles: int64(len(files))}
	for _, f := range files {
		p.AllBytes += max(0, f.Size)
	}
	report := func() {
		if onProgress != nil {
			p.Passages = w.summary.Encoded
			onProgress(p)
		}
	}
	w.notify = report
	for _, file := range files {
		f := w.newSource(file.Path, file.Described())
		before := p.Bytes
		w.within = func(bytes int64) { p.Bytes = before + bytes }
		if err := w.readFile(ctx, src, file, f, func(p documents.Passage) error { return w.add(ctx, f, p) }); err != nil {
			return err
		}
		p.Files++
		p.Bytes = before + max(0, file.Size)
	}
	err := w.flush(ctx)
	report()
	w.listSkipped(src.Skipped(), true)
	return err
}

// listSkipped lists the files that were skipped without being opened, with paths as shown, in place of those that
// were before if all is set. It reports whether anything has changed.
func (w *writer) listSkipped(skipped []documents.Skipped, all bool) (changed bool) {
	reasons := map[string]string{}
	for _, s := range skipped {
		if !s.Record {
			reasons[s.Path] = s.Reason
		}
	}
	w.table.Files = slices.DeleteFunc(w.table.Files, func(f *parts.Source) bool {
		reason, again := reasons[f.Path]
		unopened := f.Size < 0 && f.Skipped != ""
		gone := unopened && reason != f.Skipped && (all || again)
		if !gone {
			delete(reasons, f.Path)
		}
		changed = changed || gone
		return gone
	})
	for _, path := range slices.Sorted(maps.Keys(reasons)) {
		f := w.newSource(path, "")
		f.Size, f.Skipped = -1, reasons[path]
		changed = true
	}
	return changed
}

// readFile reads a file with emit, and records what it was when it was read. If it cannot be read,
// it is recorded as such, without passages.
func (w *writer) readFile(ctx context.Context, src *documents.Source, file documents.File, f *parts.Source, emit func(documents.Passage) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.Size, f.Modified = file.Size, file.Modified
	if info, err := os.Stat(file.Path); file.Path != documents.Stdin && err == nil && info.Mode().IsRegular() {
		began := time.Now()
		f.Size, f.Modified = info.Size(), roots.SettledTime(info.ModTime(), began)
		if f.Sum, err = roots.Sum(ctx, file.Path); err != nil && ctx.Err() != nil {
			return err
		}
	}
	f.Skipped = ""
	err := src.Read(ctx, file, func(p documents.Passage) error {
		if w.within != nil {
			w.within(max(0, min(p.End, file.Size)))
		}
		return emit(p)
	})
	var skipped *documents.Skipped
	if errors.As(err, &skipped) && err == error(skipped) {
		f.Skipped = skipped.Reason
		return w.discard(ctx, f)
	}
	return err
}

// discard removes the passages of a file that turned out to be unreadable.
func (w *writer) discard(ctx context.Context, f *parts.Source) error {
	if len(f.Labels) == 0 {
		return nil
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	labels := f.All()
	f.Labels, f.Text = nil, 0
	return w.remove(ctx, labels)
}
