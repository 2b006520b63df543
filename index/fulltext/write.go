package fulltext

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unsafe"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	index "github.com/blevesearch/bleve_index_api"
	segmentapi "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// segmentBytes is the amount of text of a segment: making one takes about 30 times as much memory.
const segmentBytes = 4 << 20

// maxSegments is the number of segments from which Commit merges the smallest.
const maxSegments = 16

// writer makes segments of the documents that were added, several at once.
type writer struct {
	threads int

	docs    []Document
	bytes   int
	deleted map[int64]bool // labels deleted from the segments committed

	running sync.WaitGroup
	slots   chan struct{}
	mu      sync.Mutex
	made    []*madeSegment // in the order of their documents
	err     error          // the first
}

// madeSegment is a segment that was written but not committed.
type madeSegment struct {
	info    segmentInfo
	labels  []int64
	lengths []lengths
	deleted *roaring.Bitmap
}

func (w *writer) wait() { w.running.Wait() }

// Add adds documents, or replaces those with the same labels. They can be found after Commit.
func (x *Index) Add(ctx context.Context, docs ...Document) error {
	for _, d := range docs {
		if d.Label < 0 {
			return fmt.Errorf("the label of a document must not be negative, got %d", d.Label)
		}
		if err := x.Delete(d.Label); err != nil {
			return err
		}
		x.pending.docs = append(x.pending.docs, d)
		if x.pending.bytes += len(d.Heading) + len(d.Text) + 16; x.pending.bytes >= segmentBytes {
			if err := x.flush(ctx); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Delete deletes documents. Labels that the index does not have are ignored.
func (x *Index) Delete(labels ...int64) error {
	w := &x.pending
	if w.deleted == nil {
		w.deleted = map[int64]bool{}
	}
	for _, label := range labels {
		for _, s := range x.segments {
			if _, ok := s.find(label); ok {
				w.deleted[label] = true
			}
		}
	}
	return nil
}

// flush makes a segment of the pending documents in the background.
func (x *Index) flush(ctx context.Context) error {
	w := &x.pending
	w.mu.Lock()
	err := w.err
	w.mu.Unlock()
	if err != nil || len(w.docs) == 0 {
		return err
	}
	if w.slots == nil {
		w.slots = make(chan struct{}, threadsOf(w.threads))
	}
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	docs, number := w.docs, x.info.Next
	x.info.Next++
	w.docs, w.bytes = nil, 0
	m := &madeSegment{}
	w.made = append(w.made, m)
	w.running.Add(1)
	go func() {
		defer w.running.Done()
		defer func() { <-w.slots }()
		if err := x.make(ctx, m, number, docs); err != nil {
			w.mu.Lock()
			w.err = cmp.Or(w.err, err)
			w.mu.Unlock()
		}
	}()
	return nil
}

// make writes the files of a segment.
func (x *Index) make(ctx context.Context, m *madeSegment, number int, docs []Document) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("making the full-text index: %w", fault.Recovered(r))
		}
	}()
	analyse := x.analyse.quick()
	analysed := make([]index.Document, len(docs))
	for i, d := range docs {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		a := &document{}
		var l lengths
		a.fields[0], l.heading = analyse.field(headingField, d.Heading)
		a.fields[1], l.text = analyse.field(textField, d.Text)
		analysed[i] = a
		m.labels, m.lengths = append(m.labels, d.Label), append(m.lengths, l)
	}
	shorten(analysed)
	made, _, err := (&zap.ZapPlugin{}).New(analysed)
	if err != nil {
		return fmt.Errorf("making the full-text index: %w", err)
	}
	m.info, err = x.write(number, m.labels, m.lengths, func(path string) error {
		return made.(segmentapi.UnpersistedSegment).Persist(path)
	})
	return err
}

// shorten makes the frequencies of terms that a document has once 0, of which zap stores a byte instead of two.
// A term of one document only keeps it, because zap stores that one with the term.
func shorten(docs []index.Document) {
	for i := range len(document{}.fields) {
		first := map[string]*index.TokenFreq{}
		once := func(t *index.TokenFreq) {
			if t.Frequency() == 1 {
				t.SetFrequency(0)
			}
		}
		for _, d := range docs {
			for term, t := range d.(*document).fields[i].terms {
				if other, ok := first[term]; !ok {
					first[term] = t
					continue
				} else if other != nil {
					once(other)
					first[term] = nil
				}
				once(t)
			}
		}
	}
}

// write writes the two files of a segment, with save for the postings.
func (x *Index) write(number int, labels []int64, all []lengths, save func(path string) error) (info segmentInfo, err error) {
	base := fmt.Sprintf("%06d", number)
	info = segmentInfo{Documents: len(labels), Packed: true, Postings: fileInfo{Name: base + ".zap"}, Labels: fileInfo{Name: base + ".docs"}}
	path := filepath.Join(x.dir, info.Postings.Name)
	// A file that is there is left over from a Commit that was interrupted. It may be linked
	// elsewhere, so it must not be written to.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return info, durable.Explain(path, err)
	}
	if err := save(path); err != nil {
		return info, durable.Explain(path, err)
	}
	if info.Postings, err = describe(x.dir, info.Postings.Name); err != nil {
		return info, err
	}
	if info.Labels, err = x.put(info.Labels.Name, packer().EncodeAll(appendLabels(nil, labels, all), nil)); err != nil {
		return info, err
	}
	made, err := os.Stat(filepath.Join(x.dir, info.Labels.Name))
	if err == nil {
		err = os.Chmod(path, made.Mode().Perm()) // zap makes files that only their owner can read
	}
	return info, err
}

// put writes a file.
func (x *Index) put(name string, data []byte) (fileInfo, error) {
	f, err := durable.CreateFile(filepath.Join(x.dir, name), true)
	if err != nil {
		return fileInfo{}, err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return fileInfo{}, err
	}
	return fileInfo{name, int64(len(data)), crc32.Checksum(data, castagnoli)}, f.Commit()
}

// describe returns the size and the checksum of a file.
func describe(dir, name string) (fileInfo, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	return fileInfo{name, int64(len(data)), crc32.Checksum(data, castagnoli)}, err
}

// Commit writes what was added and deleted to the disk. After an error the index on the disk is as
// it was before, and must be opened again.
func (x *Index) Commit(ctx context.Context) error {
	w := &x.pending
	err := x.flush(ctx)
	w.wait()
	if err = cmp.Or(err, w.err, ctx.Err()); err != nil {
		return err
	}
	w.dropDuplicates()
	next := x.info
	next.Segments = nil
	if len(w.made) > 0 {
		next.Format = FormatVersion
	}
	var replaced []string
	for _, s := range x.segments {
		info := s.info
		if gone := s.gone(w.deleted); gone != nil {
			if int(gone.GetCardinality()) == len(s.labels) {
				replaced = append(replaced, info.names()...)
				continue
			}
			if info.Deleted != nil {
				replaced = append(replaced, info.Deleted.Name)
			}
			if info.Deleted, err = x.putDeleted(&next, gone); err != nil {
				return err
			}
		}
		next.Segments = append(next.Segments, info)
	}
	for _, m := range w.made {
		if m.deleted != nil {
			if m.info.Deleted, err = x.putDeleted(&next, m.deleted); err != nil {
				return err
			}
		}
		next.Segments = append(next.Segments, m.info)
	}
	if err := x.replace(next, replaced); err != nil {
		return err
	}
	x.pending = writer{threads: w.threads}
	if len(x.segments) > maxSegments {
		return x.merge(ctx)
	}
	return nil
}

func (x *Index) putDeleted(next *info, set *roaring.Bitmap) (*fileInfo, error) {
	data, err := set.ToBytes()
	if err != nil {
		return nil, err
	}
	f, err := x.put(fmt.Sprintf("%06d.deleted", next.Next), data)
	next.Next++
	return &f, err
}

// replace makes next the contents of the index, and removes the files that it no longer needs.
func (x *Index) replace(next info, unused []string) error {
	if next.Segments == nil {
		next.Segments = []segmentInfo{}
	}
	if err := x.writeInfo(next); err != nil {
		return err
	}
	old := map[string]*segment{}
	for _, s := range x.segments {
		old[s.info.Postings.Name] = s
	}
	var segments []*segment
	for _, info := range next.Segments {
		s := old[info.Postings.Name]
		if s == nil || s.info.Deleted != info.Deleted {
			var err error
			if s, err = openSegment(x.dir, info); err != nil {
				return err
			}
		} else {
			delete(old, info.Postings.Name)
		}
		segments = append(segments, s)
	}
	x.segments, x.info = segments, next
	var errs []error
	for _, s := range old {
		errs = append(errs, s.close())
	}
	for _, name := range unused {
		_ = os.Remove(filepath.Join(x.dir, name)) // a file in use cannot be removed on Windows
	}
	return errors.Join(errs...)
}

func (i segmentInfo) names() []string {
	names := []string{i.Postings.Name, i.Labels.Name}
	if i.Deleted != nil {
		names = append(names, i.Deleted.Name)
	}
	return names
}

// dropDuplicates deletes all but the last of the documents with one label.
func (w *writer) dropDuplicates() {
	seen := map[int64]bool{}
	for i := len(w.made) - 1; i >= 0; i-- {
		m := w.made[i]
		for d := len(m.labels) - 1; d >= 0; d-- {
			if !seen[m.labels[d]] {
				seen[m.labels[d]] = true
				continue
			}
			if m.deleted == nil {
				m.deleted = roaring.New()
			}
			m.deleted.Add(uint32(d))
		}
	}
}

// gone returns the deleted documents of the segment together with those of the labels, or nil if
// none of the labels is in the segment.
func (s *segment) gone(labels map[int64]bool) *roaring.Bitmap {
	var set *roaring.Bitmap
	for label := range labels {
		doc, ok := s.find(label)
		if !ok {
			continue
		}
		if set == nil {
			if set = roaring.New(); s.deleted != nil {
				set = s.deleted.Clone()
			}
		}
		set.Add(uint32(doc))
	}
	return set
}

// Compact merges all segments into one and removes deleted documents. It commits first.
func (x *Index) Compact(ctx context.Context) error {
	if err := x.Commit(ctx); err != nil {
		return err
	}
	if len(x.segments) == 0 || len(x.segments) == 1 && x.segments[0].deleted == nil {
		return nil
	}
	return x.merge(ctx)
}

func (x *Index) merge(ctx context.Context) (err error) {
	stop := make(chan struct{})
	defer context.AfterFunc(ctx, func() { close(stop) })()
	var labels []int64
	var all []lengths
	var zaps []segmentapi.Segment
	var drops []*roaring.Bitmap
	var unused []string
	for _, s := range x.segments {
		zaps, drops = append(zaps, s.zap), append(drops, s.deleted)
		unused = append(unused, s.info.names()...)
		for i, label := range s.labels {
			if s.deleted == nil || !s.deleted.Contains(uint32(i)) {
				labels, all = append(labels, label), append(all, s.lengths[i])
			}
		}
	}
	next := x.info
	info, err := x.write(next.Next, labels, all, func(path string) error {
		return fenced(x.dir, func() error {
			_, _, err := (&zap.ZapPlugin{}).Merge(zaps, drops, path, stop, nil)
			var system *fs.PathError
			if errors.As(err, &system) { // of the file that is written: the others are mapped
				return durable.Explain(path, err)
			}
			return err
		})
	})
	if err = cmp.Or(ctx.Err(), err); err != nil {
		return err
	}
	next.Next++
	next.Segments = []segmentInfo{info}
	return x.replace(next, unused)
}

const (
	idField      = "_id" // zap needs one; labels are stored apart
	headingField = "heading"
	textField    = "text"
)

// document is what zap indexes.
type document struct{ fields [2]field }

// field is the terms of a text.
type field struct {
	name   string
	length int
	terms  index.TokenFrequencies
}

const fieldOptions = index.IndexField

func (a *analyser) field(name, text string) (field, int32) {
	if text == "" {
		return field{name: name}, 0
	}
	tokens := a.tokens(text)
	return field{name, len(tokens), frequencies(tokens)}, int32(len(tokens))
}

// frequencies does what analysis.TokenFrequency does without places, with an allocation for each text instead of two for
// each term, which takes half of the time. The terms are not changed any more, so that they can be the keys themselves.
func frequencies(tokens analysis.TokenStream) index.TokenFrequencies {
	terms := make(index.TokenFrequencies, len(tokens))
	list := make([]index.TokenFreq, 0, len(tokens))
	for _, t := range tokens {
		key := unsafe.String(unsafe.SliceData(t.Term), len(t.Term))
		f, ok := terms[key]
		if !ok {
			list = append(list, index.TokenFreq{Term: t.Term})
			f = &list[len(list)-1]
			terms[key] = f
		}
		f.SetFrequency(f.Frequency() + 1)
	}
	return terms
}

var noID = idOnly{}

// idOnly is the field _id: it is stored, without a value, and not indexed.
type idOnly struct{}

func (idOnly) Name() string                                     { return idField }
func (idOnly) Value() []byte                                    { return nil }
func (idOnly) ArrayPositions() []uint64                         { return nil }
func (idOnly) EncodedFieldType() byte                           { return 't' }
func (idOnly) Analyze()                                         {}
func (idOnly) Options() index.FieldIndexingOptions              { return index.StoreField }
func (idOnly) AnalyzedLength() int                              { return 0 }
func (idOnly) AnalyzedTokenFrequencies() index.TokenFrequencies { return nil }
func (idOnly) NumPlainTextBytes() uint64                        { return 0 }

func (d *document) ID() string                                 { return "" }
func (d *document) Size() int                                  { return 0 }
func (d *document) VisitComposite(index.CompositeFieldVisitor) {}
func (d *document) HasComposite() bool                         { return false }
func (d *document) NumPlainTextBytes() uint64                  { return 0 }
func (d *document) AddIDField()                                {}
func (d *document) StoredFieldsBytes() uint64                  { return 0 }
func (d *document) Indexed() bool                              { return true }
func (d *document) VisitFields(visit index.FieldVisitor) {
	visit(noID)
	for i := range d.fields {
		if d.fields[i].length > 0 {
			visit(&d.fields[i])
		}
	}
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return nil }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return fieldOptions }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
