package collection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/sourcegraph/conc/pool"
)

// FormatVersion is the version of the folder that Build writes. All versions can be read.
//
//	1  The first: collection.json, MANIFEST, model/, index.lvx, documents.db
//	   with the bucket "documents".
const FormatVersion = 1

const (
	infoFile  = "collection.json" // its presence identifies a collection
	indexFile = "index.lvx"
	modelDir  = "model"
)

// A batch ends at this number of documents or bytes of text, whichever comes first. It
// bounds the text that is in memory at once.
const (
	batchDocuments = 1024
	batchBytes     = 4 << 20
)

// Document is a text and its origin.
type Document struct {
	Text string `json:"text"`
	File string `json:"file"`
	Line int64  `json:"line"` // from 1
}

// BuildOptions controls how a collection is built.
type BuildOptions struct {
	Index      index.Options    // options of the index; Dim may be 0, because the encoder sets it
	Replace    bool             // replace an existing collection; default false
	Threads    int              // number of goroutines; default 0: one per core
	AnyRecall  bool             // accept codes that collapse, see index.Recall.Check; default false
	OnProgress func(done int64) // called after each batch with the number of documents read so far; may be nil
}

// Summary reports what Build did.
type Summary struct {
	Documents    int64         `json:"documents"`               // stored and searchable
	Skipped      int64         `json:"skipped"`                 // skipped because the model knows none of their words
	FirstSkipped string        `json:"first_skipped,omitempty"` // first skipped document, as file:line
	Dim          int           `json:"dim"`
	Bytes        int64         `json:"bytes"` // size of the folder
	Recall       index.Recall  `json:"recall"`
	Elapsed      time.Duration `json:"-"`
}

// Info is the contents of collection.json.
type Info struct {
	Format    int    `json:"format"`
	Documents int64  `json:"documents"`
	Skipped   int64  `json:"skipped"` // documents skipped when it was built
	Dim       int    `json:"dim"`
	Metric    string `json:"metric"`
	Kind      string `json:"kind"`
	Created   string `json:"created"` // RFC 3339
}

// Build creates a collection in the folder dir from the documents of docs. If docs yields an
// error, Build returns it. Documents are labeled 0, 1, 2, … in the order in which they are
// stored. The encoder is folded first, so any encoder can be used.
//
// The recall of the index is measured on a sample. If its codes collapse, Build returns an error,
// unless AnyRecall is set.
//
// The folder appears when the collection is complete; if Build fails or ctx ends, dir is
// unchanged. If the folder exists, Build returns an error unless Replace is set and the
// folder is a collection.
func Build(ctx context.Context, dir string, enc *sentence.Encoder, docs iter.Seq2[Document, error], o BuildOptions) (*Summary, error) {
	start := time.Now()
	if o.Index.Dim == 0 {
		o.Index.Dim = enc.Dim()
	}
	if o.Index.Dim != enc.Dim() {
		return nil, fault.New("omit Dim: the model sets it",
			"the index has %d dimensions, but the model's vectors have %d", o.Index.Dim, enc.Dim())
	}
	if o.Index.Threads == 0 {
		o.Index.Threads = o.Threads
	}
	ix, err := index.New(o.Index)
	if err != nil {
		return nil, err
	}
	folder, err := durable.CreateFolder(dir, o.Replace, infoFile)
	if err != nil {
		return nil, err
	}
	defer folder.Abort()
	if enc, err = enc.Fold(); err != nil {
		return nil, err
	}
	b := &builder{dir: dir, folder: folder, enc: enc, index: ix, threads: o.Threads, onProgress: o.OnProgress}
	if b.store, err = createDocuments(folder.Path()); err != nil {
		return nil, b.explain(err)
	}
	defer b.store.abort() // does nothing after finish
	if err := b.addAll(ctx, docs); err != nil {
		return nil, err
	}
	if err := b.store.finish(); err != nil {
		return nil, b.explain(err)
	}
	s := b.summary
	s.Dim = enc.Dim()
	if s.Recall, err = index.MeasureRecall(ctx, b.index); err == nil && !o.AnyRecall {
		err = s.Recall.Check(b.index.Options().Quantization)
	}
	if err != nil {
		return nil, err
	}
	if err := b.writeRest(ctx, &s); err != nil {
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
	s.Elapsed = time.Since(start)
	return &s, nil
}

// isOurs reports whether a file of this name belongs to the collection.
func isOurs(name string) bool {
	switch name {
	case infoFile, indexFile, documentsFile, manifestFile:
		return true
	}
	return strings.HasPrefix(name, modelDir+"/")
}

type builder struct {
	dir        string // as given by the caller
	folder     *durable.Folder
	enc        *sentence.Encoder
	index      index.Index
	store      *documentWriter
	threads    int
	onProgress func(int64)

	batch      []Document
	batchBytes int
	summary    Summary
}

// explain is durable.Explain for files that were not made with folder.Create.
func (b *builder) explain(err error) error { return durable.Explain(b.dir, b.folder.Named(err)) }

func (b *builder) addAll(ctx context.Context, docs iter.Seq2[Document, error]) error {
	for doc, err := range docs {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		b.batch = append(b.batch, doc)
		if b.batchBytes += len(doc.Text); len(b.batch) == batchDocuments || b.batchBytes >= batchBytes {
			if err := b.flush(ctx); err != nil {
				return err
			}
		}
	}
	if err := b.flush(ctx); err != nil {
		return err
	}
	switch s := &b.summary; {
	case s.Documents > 0:
		return nil
	case s.Skipped > 0:
		return fault.New("check that the model and the text have the same language",
			"none of the %d documents contains a word that the model knows; the first is %s", s.Skipped, s.FirstSkipped)
	default:
		return fault.New("name files or folders that contain text, and the field or column that holds it", "no documents to build a collection from")
	}
}

// flush encodes the batch, then indexes and stores it at the same time.
func (b *builder) flush(ctx context.Context) error {
	if len(b.batch) == 0 {
		return nil
	}
	texts := make([]string, len(b.batch))
	for i, d := range b.batch {
		texts[i] = d.Text
	}
	vectors, known, err := b.enc.EncodeBatch(ctx, texts, b.threads)
	if err != nil {
		return err
	}
	s, dim, first := &b.summary, b.enc.Dim(), b.summary.Documents
	kept := 0 // documents and vectors move up to fill the gaps of skipped ones
	labels := make([]int64, 0, len(b.batch))
	for i, d := range b.batch {
		if known[i] == 0 {
			if s.Skipped++; s.Skipped == 1 {
				s.FirstSkipped = fmt.Sprintf("%s:%d", d.File, d.Line)
			}
			continue
		}
		copy(vectors[kept*dim:(kept+1)*dim], vectors[i*dim:(i+1)*dim])
		b.batch[kept] = d
		kept++
		labels = append(labels, s.Documents)
		s.Documents++
	}
	if kept > 0 {
		work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
		work.Go(func(ctx context.Context) error { return b.index.AddBatch(ctx, labels, vectors[:kept*dim]) })
		work.Go(func(context.Context) error { return b.explain(b.store.put(first, b.batch[:kept])) })
		if err := work.Wait(); err != nil {
			return err
		}
	}
	clear(b.batch) // so that the texts can be freed
	b.batch, b.batchBytes = b.batch[:0], 0
	if b.onProgress != nil {
		b.onProgress(s.Documents + s.Skipped)
	}
	return nil
}

// writeRest writes everything but the documents.
func (b *builder) writeRest(ctx context.Context, s *Summary) error {
	dir := b.folder.Path()
	model := b.enc.Checkpoint()
	created := time.Now().UTC().Format(time.RFC3339)
	model.Config.Created = created
	if err := checkpoints.Write(ctx, filepath.Join(dir, modelDir), model, checkpoints.WriteOptions{}); err != nil {
		return b.folder.Named(err)
	}
	if err := b.file(indexFile, b.index.Save); err != nil {
		return err
	}
	options := b.index.Options()
	err := b.file(infoFile, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(Info{
			Format: FormatVersion, Documents: s.Documents, Skipped: s.Skipped, Dim: options.Dim,
			Metric: options.Metric.String(), Kind: string(options.Kind), Created: created,
		})
	})
	if err != nil {
		return err
	}
	listed, err := sums(ctx, dir)
	if err != nil {
		return b.folder.Named(err)
	}
	if err := b.file(manifestFile, func(w io.Writer) error { _, err := w.Write(format.Marshal(listed)); return err }); err != nil {
		return err
	}
	s.Bytes, err = folderSize(dir)
	return b.folder.Named(err)
}

// file writes a file of the folder.
func (b *builder) file(name string, content func(io.Writer) error) error {
	f, err := b.folder.Create(name)
	if err != nil {
		return err
	}
	err = content(f)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func folderSize(dir string) (int64, error) {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return n, nil // another process is removing temporary files
	}
	return n, err
}
