package fulltext

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// FormatVersion is the version of the files that this package writes. In version 1, zap stores the frequency 1 of
// a term as it is; since then, 0 stands for it.
const FormatVersion = 2

const (
	infoFile    = "fulltext.json"
	maxInfo     = 16 << 20
	hintDamaged = "build the full-text index again"
)

// Options are the settings of a new index.
type Options struct {
	// Language is the language of the texts: a name of [Languages]. It decides how words are
	// divided, which are left out and how they are stemmed. Default "": [NoLanguage].
	Language string

	// Threads is the number of segments that are made at once. Default 0: one per core.
	Threads int
}

// Document is a passage to be indexed.
type Document struct {
	Label   int64  // its name, not negative. A document with the label of another replaces it
	Heading string // titles and headings, which count more than the text; may be empty
	Text    string
}

// Hit is a passage found.
type Hit struct {
	Label int64
	Score float64 // BM25: above 0, larger is better
}

// Index is an inverted index. Any number of goroutines may search it at once; Add, Delete, Commit,
// Compact and Close must be called by one goroutine, while nobody searches.
type Index struct {
	dir     string
	info    info
	analyse analyser

	segments []*segment
	pending  writer

	prepared atomic.Pointer[prepared] // see prepare
	rooms    sync.Pool                // of *[]float32: scores
	quick    sync.Pool                // of *analyser: for questions
}

// info is the contents of fulltext.json.
type info struct {
	Format   int           `json:"format_version"`
	Language string        `json:"language"`
	Next     int           `json:"next_segment"`
	Segments []segmentInfo `json:"segments"`
}

// Create makes an empty index in the folder dir, which it creates if it is absent. It is an error
// if dir has an index.
func Create(dir string, o Options) (*Index, error) {
	if o.Threads < 0 {
		return nil, fault.Field("Threads", "", "must not be negative, got %d", o.Threads)
	}
	if o.Language == "" {
		o.Language = NoLanguage
	}
	a, err := analyserOf(o.Language)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, durable.Explain(dir, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, infoFile)); err == nil {
		return nil, fault.New("open it, or choose another folder", "%s has a full-text index already", dir)
	}
	x := &Index{dir: dir, analyse: a, info: info{Format: FormatVersion, Language: o.Language, Next: 1, Segments: []segmentInfo{}}}
	x.pending.threads = o.Threads
	if err := x.writeInfo(x.info); err != nil {
		return nil, err
	}
	return x, nil
}

// Open opens the index in the folder dir, for reading and writing. Nothing is written before
// Commit. The checksums of all files are compared, which takes about 0.2 ms for 1 MB; the error names
// a file that is damaged or absent.
func Open(dir string) (*Index, error) {
	path := filepath.Join(dir, infoFile)
	data, err := manifest.ReadSmall(path, maxInfo)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.Mark(fault.New(hintDamaged, "%s is not a full-text index: it has no %s", dir, infoFile), fs.ErrNotExist)
		}
		return nil, fmt.Errorf("open full-text index: %w", err)
	}
	x := &Index{dir: dir}
	if err := plainjson.Unmarshal(data, &x.info); err != nil {
		return nil, fault.New(hintDamaged, "%s is damaged: %w", path, err)
	}
	if x.info.Format > FormatVersion {
		return nil, fault.New("update this program", "%s: unsupported format version %d: this release reads versions up to %d", path, x.info.Format, FormatVersion)
	}
	if x.info.Format < 1 {
		return nil, fault.New(hintDamaged, "%s is damaged: invalid format version %d", path, x.info.Format)
	}
	if x.analyse, err = analyserOf(x.info.Language); err != nil {
		return nil, fault.New("update this program", "%s: %w", path, err)
	}
	segments := make([]*segment, len(x.info.Segments))
	work := pool.New().WithErrors().WithFirstError().WithMaxGoroutines(threadsOf(0))
	for i, s := range x.info.Segments {
		work.Go(func() (err error) {
			segments[i], err = openSegment(dir, s)
			return err
		})
	}
	err = work.Wait()
	x.segments = slices.DeleteFunc(segments, func(s *segment) bool { return s == nil })
	if err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// Close closes the files. What was not committed is lost.
func (x *Index) Close() error {
	x.pending.wait()
	var errs []error
	for _, s := range x.segments {
		errs = append(errs, s.close())
	}
	x.segments = nil
	return errors.Join(errs...)
}

// Len returns the number of passages, without what was not committed.
func (x *Index) Len() int {
	n := 0
	for _, s := range x.segments {
		n += s.live()
	}
	return n
}

// Language returns the language of the index.
func (x *Index) Language() string { return x.info.Language }

// Segments returns the number of segments. Each makes a search a little slower; Compact leaves one.
func (x *Index) Segments() int { return len(x.segments) }

// Size returns the bytes of all files of the index.
func (x *Index) Size() int64 {
	var n int64
	for _, f := range x.files() {
		n += f.Bytes
	}
	return n
}

func (x *Index) files() []fileInfo {
	var all []fileInfo
	for _, s := range x.info.Segments {
		all = append(all, s.Postings, s.Labels)
		if s.Deleted != nil {
			all = append(all, *s.Deleted)
		}
	}
	return all
}

// Clone makes a copy of the committed index in the folder dst, which it creates if it is absent:
// hard links of its files, or copies where the file system has no links. The copy can be opened
// and changed while the original is read.
func (x *Index) Clone(dst string) error {
	if err := os.MkdirAll(dst, 0o777); err != nil {
		return durable.Explain(dst, err)
	}
	for _, f := range x.files() {
		if err := linkOrCopy(filepath.Join(dst, f.Name), filepath.Join(x.dir, f.Name)); err != nil {
			return fmt.Errorf("copying the full-text index: %w", err)
		}
	}
	return (&Index{dir: dst}).writeInfo(x.info)
}

// Verify compares the checksums of all files, and reports the first that is damaged.
func (x *Index) Verify(ctx context.Context) error {
	for _, s := range x.segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.verify(); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) writeInfo(i info) error {
	data, err := json.MarshalIndent(i, "", " ")
	if err != nil {
		return err
	}
	f, err := durable.CreateFile(filepath.Join(x.dir, infoFile), true)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(append(data, '\n')); err != nil {
		return err
	}
	return f.Commit()
}

func threadsOf(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// deletedSet returns the set of a file of deleted passages, of a segment with so many.
func deletedSet(data []byte, documents int) (set *roaring.Bitmap, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Recovered(r)
		}
	}()
	set = roaring.New()
	if err = set.UnmarshalBinary(data); err == nil {
		err = set.Validate()
	}
	if err != nil {
		return nil, errors.New("it is not a set of passages")
	}
	if !set.IsEmpty() && int64(set.Maximum()) >= int64(documents) {
		err = fmt.Errorf("it has the document %d of %d", set.Maximum(), documents)
	}
	return set, err
}
