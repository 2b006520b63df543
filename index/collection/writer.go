package collection

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// A batch ends at this number of passages or bytes of text, whichever comes first. It bounds the
// text that is in memory at once.
const (
	batchPassages = 1024
	batchBytes    = 4 << 20
)

// writer makes the next state of a collection: it writes parts with new numbers beside those of the
// old state, and commit replaces collection.json. Until then nothing has changed.
type writer struct {
	at        string // where the collection will be
	dir       string
	named     func(error) error // names files as the user knows them
	info      Info              // the next state
	table     parts.Table
	old       *store          // nil for a new collection
	model     sentence.Model  // of passages; nil until it is needed
	asks      sentence.Model  // of questions; nil as long as model is
	words     *fulltext.Index // nil until it is needed
	wordsIn   string          // its folder
	index     index.Index
	options   index.Options // of a new index
	coarse    bool          // its codes are those of Info.Rescored, if passages are short
	asked     []float32     // questions that measure it
	truth     [][]index.Result
	threads   int
	openModel func(ctx context.Context) (passages, questions sentence.Model, err error)
	notify    func()            // called after each batch; may be nil
	within    func(bytes int64) // called with how much of the file is read; may be nil

	parts    []Part // of the next state
	output   *durable.File
	segment  *parts.Writer
	name     string      // of the segment
	repeated string      // the last record with the id of another
	moved    []parts.Row // passages that keep their labels and have another place

	indexChanged   bool
	merge, measure bool
	discarded      roaring64.Bitmap // labels that the new segment has in vain

	batch      []parts.Row
	carried    [][]float32 // vectors of the batch that need not be computed; nil without a known word
	carry      bool
	questions  questions
	batchBytes int
	ids        map[string]string // where each id is; nil until one is needed
	replaced   map[uint64]bool   // files that are read again
	removed    roaring64.Bitmap  // labels of the old state that are removed
	uniqueIDs  bool

	summary Summary
}

// create begins a part.
func (w *writer) create(name string) (*durable.File, error) {
	f, err := durable.CreateFile(filepath.Join(w.dir, name), true)
	return f, w.named(err)
}

// next returns the name of a new part.
func (w *writer) next(kind string) string {
	w.info.Next.Part++
	return fmt.Sprintf("%06d.%s", w.info.Next.Part, kind)
}

// put writes a part.
func (w *writer) put(ctx context.Context, name string, write func(io.Writer) error) error {
	f, err := w.create(name)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err = write(f); err == nil {
		err = f.Commit()
	}
	if err != nil {
		return w.named(err)
	}
	return w.list(ctx, name)
}

// list adds a file to the parts of the next state.
func (w *writer) list(ctx context.Context, name string) error {
	f, err := manifest.Sum(ctx, w.dir, name)
	if err != nil {
		return w.named(err)
	}
	w.parts = append(w.parts, Part{f.Name, f.Size, hex.EncodeToString(f.Sum[:])})
	return nil
}

// keep lists parts of the old state again.
func (w *writer) keep(matches func(name string) bool) {
	for _, p := range w.old.info.Parts {
		if matches(p.Name) {
			w.parts = append(w.parts, p)
		}
	}
}

// add appends a passage of a file, which the model has not seen yet.
func (w *writer) add(ctx context.Context, f *parts.Source, p documents.Passage) error {
	if w.info.Next.Label >= maxLabel {
		return fault.New("make another collection", "the collection has had %d passages, which is as many as it can number", int64(maxLabel))
	}
	if err := w.checkID(ctx, f, &p); err != nil {
		return err
	}
	r := parts.Row{Label: w.info.Next.Label, File: f.Number, Passage: p}
	w.info.Next.Label++
	w.info.Passages++
	f.Labels = parts.AppendLabel(f.Labels, r.Label)
	f.Text += int64(len(p.Text))
	w.batch = append(w.batch, r)
	if w.batchBytes += len(p.Text); len(w.batch) == batchPassages || w.batchBytes >= batchBytes {
		return w.flush(ctx)
	}
	return nil
}

// checkID refuses or counts an id that repeats. Passages of one record have one id and follow
// each other.
func (w *writer) checkID(ctx context.Context, f *parts.Source, p *documents.Passage) error {
	if p.ID == "" {
		return nil
	}
	if w.ids == nil {
		if err := w.loadIDs(ctx); err != nil {
			return err
		}
	}
	at := fmt.Sprintf("%s:%d", f.Path, cmp.Or(p.Record, p.FirstLine))
	before, ok := w.ids[p.ID]
	if !ok {
		w.ids[p.ID] = at
		return nil
	}
	if before == at || w.repeated == at {
		return nil
	}
	w.repeated = at
	if w.uniqueIDs {
		return fault.Mention("name a field whose values do not repeat as ID, or leave it out", "%s: the id %q repeats: %s has it too", at, p.ID, before)
	}
	if w.summary.RepeatedIDs++; w.summary.RepeatedIDs == 1 {
		w.summary.FirstRepeated = fmt.Sprintf("%q: %s and %s", p.ID, before, at)
	}
	return nil
}

// loadIDs collects the ids of the old state.
func (w *writer) loadIDs(ctx context.Context) error {
	w.ids = map[string]string{}
	if w.old == nil {
		return nil
	}
	paths := map[uint64]string{}
	for _, f := range w.table.Files {
		paths[f.Number] = f.Path
	}
	return w.old.each(ctx, false, func(r parts.Row) error {
		if path, ok := paths[r.File]; ok && r.ID != "" && !w.replaced[r.File] && !w.removed.Contains(uint64(r.Label)) {
			w.ids[strings.Clone(r.ID)] = fmt.Sprintf("%s:%d", path, r.FirstLine)
		}
		return nil
	})
}

// flush encodes the batch, then indexes and stores it at the same time.
func (w *writer) flush(ctx context.Context) error {
	if len(w.batch) == 0 {
		return nil
	}
	if w.segment == nil {
		w.name = w.next(segmentPart)
		var err error
		if w.output, err = w.create(w.name); err != nil {
			return err
		}
		w.segment = parts.NewWriter(w.output)
	}
	texts := make([]string, len(w.batch))
	for i := range w.batch {
		w.questions.add(&w.batch[i].Passage)
		texts[i] = w.batch[i].Input()
	}
	if w.model == nil {
		var err error
		if w.model, w.asks, err = w.openModel(ctx); err != nil {
			return err
		}
		if w.model.Dim() != w.index.Options().Dim {
			return fault.New(hintRebuild, "%s: the parts do not match: the index has %d dimensions, the model %d", w.dir, w.index.Options().Dim, w.model.Dim())
		}
	}
	vectors, known, err := w.encode(ctx, texts)
	if err != nil {
		return err
	}
	if t, ok := w.model.(*transformer.Encoder); ok {
		w.summary.Truncated, w.summary.LongestTokens = t.Truncated()
		w.summary.MaxTokens = t.Config().MaxTokens
	}
	if err := w.chooseCodes(); err != nil {
		return err
	}
	dim, kept := w.model.Dim(), 0 // vectors move up to fill the gaps of unknown texts
	labels := make([]int64, 0, len(w.batch))
	for i := range w.batch {
		if known[i] == 0 {
			if w.summary.Skipped++; w.summary.Skipped == 1 {
				w.summary.FirstSkipped = fmt.Sprintf("%s:%d", w.batch[i].Path, w.batch[i].FirstLine)
			}
			continue
		}
		copy(vectors[kept*dim:(kept+1)*dim], vectors[i*dim:(i+1)*dim])
		kept++
		labels = append(labels, w.batch[i].Label)
	}
	w.summary.Encoded += int64(len(w.batch))
	w.indexChanged = w.indexChanged || kept > 0
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	if kept > 0 {
		work.Go(func(ctx context.Context) error { return w.index.AddBatch(ctx, labels, vectors[:kept*dim]) })
	}
	work.Go(func(context.Context) error { return w.addWords(ctx) }) // some of its work continues after this batch
	work.Go(func(context.Context) error {
		for i := range w.batch {
			if err := w.segment.Add(&w.batch[i]); err != nil {
				return w.named(err)
			}
		}
		return nil
	})
	if err := work.Wait(); err != nil {
		return err
	}
	clear(w.batch) // so that the texts can be freed
	w.batch, w.batchBytes, w.carried = w.batch[:0], 0, w.carried[:0]
	if w.notify != nil {
		w.notify()
	}
	return nil
}

// encode returns the vectors of the batch, and for each how many tokens are known.
func (w *writer) encode(ctx context.Context, texts []string) (vectors []float32, known []int, err error) {
	if !w.carry {
		return w.model.EncodeBatch(ctx, texts, w.threads)
	}
	dim := w.model.Dim()
	vectors, known = make([]float32, len(texts)*dim), make([]int, len(texts))
	for i, v := range w.carried {
		if v != nil {
			copy(vectors[i*dim:(i+1)*dim], v)
			known[i] = 1
		}
	}
	return vectors, known, nil
}

// bury removes a label from its segment.
func (w *writer) bury(label int64) {
	if w.old != nil {
		if at, ok := w.old.find(label); ok {
			w.table.Dead[at.segment].Add(uint64(label))
			return
		}
	}
	w.discarded.Add(uint64(label))
}

// remove removes passages of the old state, or new ones that are not in the batch.
func (w *writer) remove(ctx context.Context, labels []int64) error {
	var encoded []int64
	isNew := false
	for _, label := range labels {
		w.bury(label)
		w.removed.Add(uint64(label))
		isNew = isNew || w.old == nil || label >= w.old.info.Next.Label
		if _, ok := w.index.Vector(label); ok {
			encoded = append(encoded, label)
		}
	}
	w.info.Passages -= int64(len(labels))
	if err := w.openWords(""); err != nil {
		return err
	}
	if isNew { // only what is committed can be deleted
		if err := w.words.Commit(ctx); err != nil {
			return w.named(err)
		}
	}
	if err := w.words.Delete(labels...); err != nil {
		return w.named(err)
	}
	if len(encoded) == 0 {
		return nil
	}
	w.indexChanged = true
	return w.index.Delete(encoded...)
}

// finish writes everything but collection.json.
func (w *writer) finish(ctx context.Context) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	if w.segment != nil {
		err := w.segment.Finish()
		if err == nil {
			err = w.output.Commit()
		}
		if err != nil {
			return w.named(err)
		}
		if err := w.list(ctx, w.name); err != nil {
			return err
		}
		w.table.Dead = append(w.table.Dead, &w.discarded)
	}
	if len(w.moved) > 0 {
		slices.SortFunc(w.moved, func(a, b parts.Row) int { return parts.CompareLabels(a.Label, b.Label) })
		err := w.put(ctx, w.next(segmentPart), func(out io.Writer) error { return writeSegment(out, w.moved) })
		if err != nil {
			return err
		}
		w.table.Dead = append(w.table.Dead, roaring64.New())
	}
	if w.merge || w.old != nil && w.worthMerging() {
		if err := w.mergeSegments(ctx); err != nil {
			return err
		}
	}
	if w.indexChanged {
		if w.info.Auto && w.old != nil {
			var err error
			if w.index, err = index.Settle(ctx, w.index, nil); err != nil {
				return err
			}
		}
		if err := w.put(ctx, w.next(indexPart), w.index.Save); err != nil {
			return err
		}
		if !w.info.Rescored {
			w.info.Measured = w.index.Stats().Recall
		} else if err := w.measureRescored(); err != nil {
			return err
		}
	} else {
		w.keep(func(name string) bool { return strings.HasSuffix(name, "."+indexPart) })
	}
	if err := w.finishWords(ctx); err != nil {
		return err
	}
	if err := w.calibrate(ctx); err != nil {
		return err
	}
	data, err := w.table.Marshal()
	if err != nil {
		return err
	}
	return w.put(ctx, w.next(filesPart), func(out io.Writer) error { _, err := out.Write(data); return err })
}

func writeSegment(out io.Writer, rows []parts.Row) error {
	s := parts.NewWriter(out)
	for i := range rows {
		if err := s.Add(&rows[i]); err != nil {
			return err
		}
	}
	return s.Finish()
}

// abort removes what is not complete. The rest is removed by the next writer.
func (w *writer) abort() {
	if w.words != nil {
		w.words.Close()
	}
	if w.output != nil {
		w.output.Abort()
	}
}

// commit writes collection.json.
func (w *writer) commit() error {
	w.summarize()
	data, err := w.info.marshal()
	if err != nil {
		return err
	}
	f, err := w.create(infoFile)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err = f.Write(data); err == nil {
		err = f.Commit()
	}
	return w.named(err)
}

// summarize completes the description of the next state.
func (w *writer) summarize() {
	w.info.Format = FormatVersion
	w.info.Updated = time.Now().UTC().Format(time.RFC3339)
	w.info.Documents = int64(w.index.Len())
	w.info.Skipped = w.info.Passages - w.info.Documents
	w.info.Files, w.info.TextBytes = 0, 0
	for _, f := range w.table.Files {
		w.info.TextBytes += f.Text
		if f.Skipped == "" {
			w.info.Files++
		}
	}
	o := w.index.Options()
	w.info.Dim, w.info.Metric, w.info.Kind = o.Dim, o.Metric.String(), string(o.Kind)
	slices.SortFunc(w.parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	w.info.Parts = w.parts
	w.summary.Documents, w.summary.Passages, w.summary.Files, w.summary.Dim = w.info.Documents, w.info.Passages, w.info.Files, o.Dim
	w.summary.Measured = w.info.Measured
	w.summary.Bytes, w.summary.Kind, w.summary.Language = w.info.Sizes().All, w.info.Kind, w.info.Language
}

// removeLeftovers removes the parts of former states, and those of writers that were killed.
// Readers that have them open keep them.
func removeLeftovers(dir string, info *Info) {
	listed := map[string]bool{}
	for _, p := range info.Parts {
		name, _, _ := strings.Cut(p.Name, "/")
		listed[name] = true
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if partName.MatchString(e.Name()) && !listed[e.Name()] {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// ErrBusy is, for errors.Is, the error for a collection that another writer is changing.
var ErrBusy = errors.New("another program is changing the collection")

// lockFolder makes this program the only writer of the collection in dir, until the file is closed.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() { // it would be emptied
		return nil, fault.New("remove it", "cannot change %s: %s is not a regular file", dir, path)
	}
	f, err := durable.OpenLocked(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, durable.Explain(dir, err)
	}
	if f == nil {
		by := "another program"
		if pid, err := manifest.ReadSmall(path, 64); err == nil && len(pid) > 0 {
			by = "another program, process " + strings.TrimSpace(string(pid)) + ","
		}
		return nil, fault.Mark(fault.New("try again when it has finished; queries can be asked meanwhile", "cannot change %s: %s is changing it", dir, by), ErrBusy)
	}
	if f.Truncate(0) == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid()) // for the message above
	}
	return f, nil
}

// unmoved returns an error if the folder that lock was locked in is no longer at dir.
func unmoved(dir string, lock *os.File) error {
	held, err1 := lock.Stat()
	named, err2 := os.Stat(filepath.Join(dir, lockFile))
	if err1 != nil || err2 != nil || !os.SameFile(held, named) {
		return fault.New("nothing was changed; run it again", "%s was moved, deleted or replaced by another program meanwhile", dir)
	}
	return nil
}
