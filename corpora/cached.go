package corpora

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Cached builds corpora with a cache folder. If the folder holds the corpus, the text is not
// read; otherwise the text is read and the corpus is stored in the folder.
type Cached struct {
	Dir string // the cache, see Corpus.WriteCache; "" builds without a cache

	// Build, if set, is called instead of [Build], for example to show progress.
	Build func(context.Context, *text.Source, BuildOptions) (*Corpus, error)
	// Report, if set, is called with each action on the cache and its reason.
	Report func(CacheReport)
}

// CacheOutcome is what Cached did with its folder.
type CacheOutcome int

// The outcomes.
const (
	CacheUsed     CacheOutcome = iota // Corpus was read from the cache in Elapsed
	CacheDiffers                      // the cache is for different text or options: Reason
	CacheDamaged                      // the cache cannot be read: Err; the text is read again
	CacheNotSaved                     // the corpus was built and cannot be written to the cache: Err
)

// CacheReport is one outcome.
type CacheReport struct {
	Outcome CacheOutcome
	Corpus  *Corpus
	Elapsed time.Duration
	Reason  string
	Err     error
}

// Corpus returns the corpus of source and o, from the cache if its files and options have not
// changed since it was written. A cache that is damaged or belongs to a different corpus is
// replaced. A cache that cannot be written is reported and is not an error.
func (c Cached) Corpus(ctx context.Context, source *text.Source, o BuildOptions) (*Corpus, error) {
	if c.Dir == "" {
		return c.build(ctx, source, o)
	}
	if err := c.check(source); err != nil {
		return nil, err
	}
	key, err := NewCacheKey(source, o)
	if err != nil {
		return nil, err
	}
	corpus, err := c.open(ctx, nil, func(cache *Cache) string { return cache.Differs(key) })
	if corpus != nil || err != nil {
		return corpus, err
	}
	if corpus, err = c.build(ctx, source, o); err != nil {
		return nil, err
	}
	return c.save(ctx, corpus, key)
}

// Recorded identifies the corpus that a model was trained on, as its checkpoint records it.
type Recorded struct {
	Fingerprint string               // Corpus.Fingerprint; "" if unknown
	Vocabulary  *tokenize.Vocabulary // vocabulary of the model
	Grown       bool                 // the vocabulary was extended, not counted from this text alone
}

// Again returns a recorded corpus. The cache is identified by its fingerprint, so the text,
// which open returns, need not exist anymore. A cache of a different corpus is left unchanged
// unless the text turns out to be the recorded one. o.Vocabulary is the recorded vocabulary.
func (c Cached) Again(ctx context.Context, was Recorded, open func() (*text.Source, error), o BuildOptions) (*Corpus, error) {
	if c.Dir != "" && was.Fingerprint != "" {
		corpus, err := c.open(ctx, was.Vocabulary, func(cache *Cache) string {
			if cache.Fingerprint() != was.Fingerprint {
				return "it belongs to a different corpus than the one training started with"
			}
			return ""
		})
		if corpus != nil || err != nil {
			return corpus, err
		}
	}
	source, err := open()
	if err != nil {
		return nil, err
	}
	o.Vocabulary = was.Vocabulary
	if c.Dir == "" {
		return c.build(ctx, source, o)
	}
	if err := c.check(source); err != nil {
		return nil, err
	}
	keyed := o
	if !was.Grown {
		keyed.Vocabulary = nil // the one that the first run counted from the text
	}
	key, err := NewCacheKey(source, keyed)
	if err != nil {
		return nil, err
	}
	corpus, err := c.build(ctx, source, o)
	if err != nil || corpus.Fingerprint() != was.Fingerprint {
		return corpus, err
	}
	return c.save(ctx, corpus, key)
}

func (c Cached) build(ctx context.Context, source *text.Source, o BuildOptions) (*Corpus, error) {
	if c.Build != nil {
		return c.Build(ctx, source, o)
	}
	return Build(ctx, source, o)
}

func (c Cached) report(r CacheReport) {
	if c.Report != nil {
		c.Report(r)
	}
}

// check rejects a folder that cannot be the cache, before the text is read.
func (c Cached) check(source *text.Source) error {
	if err := CheckCache(c.Dir); err != nil {
		return err
	}
	return CheckOutside(c.Dir, source.Names())
}

// open returns the corpus of the cache; nil if there is none, if it is damaged, or if differs
// returns a reason to reject it.
func (c Cached) open(ctx context.Context, v *tokenize.Vocabulary, differs func(*Cache) string) (*Corpus, error) {
	began := time.Now()
	durable.Sweep(c.Dir)
	cache, err := OpenCache(ctx, c.Dir)
	var corpus *Corpus
	if err == nil {
		if reason := differs(cache); reason != "" {
			c.report(CacheReport{Outcome: CacheDiffers, Reason: reason})
			return nil, nil
		}
		corpus, err = cache.Corpus(ctx, v)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist) && cache == nil:
		return nil, nil
	case err != nil:
		c.report(CacheReport{Outcome: CacheDamaged, Err: err})
		return nil, nil
	}
	c.report(CacheReport{Outcome: CacheUsed, Corpus: corpus, Elapsed: time.Since(began)})
	return corpus, nil
}

// save writes the corpus to the cache and returns it.
func (c Cached) save(ctx context.Context, corpus *Corpus, key CacheKey) (*Corpus, error) {
	err := corpus.WriteCache(ctx, c.Dir, key)
	if err != nil && ctx.Err() != nil {
		corpus.Close()
		return nil, err
	}
	if err != nil {
		c.report(CacheReport{Outcome: CacheNotSaved, Corpus: corpus, Err: err})
	}
	return corpus, nil
}

// CheckApart returns an error if the folder of the cache is that of a model or is inside it: a
// model is not saved to a folder that contains anything else.
func (c Cached) CheckApart(model string) error {
	if c.Dir == "" || model == "" {
		return nil
	}
	cache, folder := resolved(c.Dir), resolved(model)
	switch {
	case cache == folder:
		return fault.New("use two folders", "the model and the cache cannot both be %s", model)
	case inside(cache, folder):
		return fault.New("use two folders", "the cache %s cannot be inside the model %s, which is replaced when it is saved", c.Dir, model)
	}
	return nil
}

// resolved returns the absolute path of a file or folder, which need not exist, without symbolic
// links.
func resolved(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	real, err := filepath.EvalSymlinks(path)
	if parent := filepath.Dir(path); err != nil && parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	if err != nil {
		return path
	}
	return real
}

// inside reports whether a resolved path is below a resolved folder.
func inside(path, folder string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

// CheckOutside returns an error if one of the files is inside a folder that is about to be
// replaced: it would be deleted with it.
func CheckOutside(folder string, files []string) error {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil // does not exist
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	for _, name := range files {
		file, err := filepath.EvalSymlinks(name)
		if err != nil {
			continue // standard input, the sample
		}
		if file, err = filepath.Abs(file); err != nil {
			return err
		}
		if strings.HasPrefix(file, real+string(filepath.Separator)) {
			return fault.New("write to another folder", "the text %s is in the folder %s, which would be replaced", name, folder)
		}
	}
	return nil
}
