package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
)

// cachedCorpus is readCorpus with a folder that keeps what was read: when it has
// the corpus, the text is not read; when not, it has it afterwards. It says what
// it did and why. Without a folder, "", it is readCorpus.
func cachedCorpus(cmd *cobra.Command, dir string, source *text.Source, o corpora.BuildOptions) (*corpora.Corpus, error) {
	if dir == "" {
		return readCorpus(cmd, source, o)
	}
	if err := checkCache(dir, source); err != nil {
		return nil, err
	}
	key, err := corpora.NewCacheKey(source, o)
	if err != nil {
		return nil, err
	}
	corpus, err := fromCache(cmd, dir, nil, func(c *corpora.Cache) string { return c.Differs(key) })
	if corpus != nil || err != nil {
		return corpus, err
	}
	if corpus, err = readCorpus(cmd, source, o); err != nil {
		return nil, err
	}
	if err := writeCache(cmd, dir, corpus, key); err != nil {
		corpus.Close()
		return nil, err
	}
	return corpus, nil
}

// resumedCorpus is cachedCorpus of a training that goes on: the cache is known by
// the fingerprint of the corpus, so that its text need not be there any more. A
// cache of anything else is left alone unless the text turns out to be the same.
func resumedCorpus(cmd *cobra.Command, dir string, c *checkpoints.Checkpoint, open func() (*text.Source, error), o corpora.BuildOptions) (*corpora.Corpus, error) {
	was := c.Config.Corpus.Fingerprint
	if dir != "" && was != "" {
		corpus, err := fromCache(cmd, dir, c.Vocabulary, func(cache *corpora.Cache) string {
			if cache.Fingerprint() != was {
				return "it is of another corpus than the training began with"
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
	if dir == "" {
		return readCorpus(cmd, source, o)
	}
	if err := checkCache(dir, source); err != nil {
		return nil, err
	}
	keyed := o
	if len(c.Config.Earlier) == 0 { // the vocabulary is that of this text alone
		keyed.Vocabulary = nil
	}
	key, err := corpora.NewCacheKey(source, keyed)
	if err != nil {
		return nil, err
	}
	corpus, err := readCorpus(cmd, source, o)
	if err != nil || corpus.Fingerprint() != was {
		return corpus, err
	}
	if err := writeCache(cmd, dir, corpus, key); err != nil {
		corpus.Close()
		return nil, err
	}
	return corpus, nil
}

// sameFolder says whether two names are of one folder, which need not be there yet.
func sameFolder(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}

// checkCache refuses a folder that may not be a cache, before the text is read.
func checkCache(dir string, source *text.Source) error {
	if err := corpora.CheckCache(dir); err != nil {
		return err
	}
	return notInside(dir, source.Names())
}

// fromCache returns the corpus of a cache, nil when there is none, when it is
// damaged, or when differs has a reason against it; the last two are told.
func fromCache(cmd *cobra.Command, dir string, v *tokenize.Vocabulary, differs func(*corpora.Cache) string) (*corpora.Corpus, error) {
	began := time.Now()
	cache, err := corpora.OpenCache(cmd.Context(), dir)
	var corpus *corpora.Corpus
	if err == nil {
		if reason := differs(cache); reason != "" {
			cli.Note(cmd, "the cache %s cannot be used: %s", dir, reason)
			return nil, nil
		}
		corpus, err = cache.Corpus(cmd.Context(), v)
	}
	switch {
	case cmd.Context().Err() != nil:
		return nil, cmd.Context().Err()
	case errors.Is(err, fs.ErrNotExist) && cache == nil:
		return nil, nil
	case err != nil:
		cli.Warn(cmd, "%v; the text is read again", err)
		return nil, nil
	}
	cli.Note(cmd, "the text is in the cache %s: %s words in %s, %s in a vocabulary of %s, in %s", dir,
		cli.Count(float64(corpus.RawWords())), cli.Plural(corpus.Lines(), "line", "lines"), cli.Count(float64(corpus.Words())),
		cli.Thousands(corpus.Vocabulary().Len()), cli.Duration(time.Since(began)))
	return corpus, nil
}

// writeCache keeps the corpus. That it cannot be kept, on a full disk, is no
// reason not to train on it.
func writeCache(cmd *cobra.Command, dir string, corpus *corpora.Corpus, key corpora.CacheKey) error {
	err := corpus.WriteCache(cmd.Context(), dir, key)
	if err != nil && cmd.Context().Err() == nil {
		cli.Warn(cmd, "the corpus is not kept: %v", err)
		return nil
	}
	return err
}
