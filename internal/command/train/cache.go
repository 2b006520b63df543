package train

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/cli"
)

// cached returns the cache in dir, none if it is "", which reports what it does.
func cached(cmd *cobra.Command, dir string) corpora.Cached {
	return corpora.Cached{Dir: dir, Build: readCorpus(cmd), Report: func(r corpora.CacheReport) {
		switch r.Outcome {
		case corpora.CacheDiffers:
			cli.Note(cmd, "the cache %s cannot be used: %s", dir, r.Reason)
		case corpora.CacheDamaged:
			cli.Warn(cmd, "%v; reading the text again", r.Err)
		case corpora.CacheNotSaved:
			cli.Warn(cmd, "the corpus was not cached: %v", r.Err)
		case corpora.CacheUsed:
			cli.Note(cmd, "read the cache %s: %s words in %s, %s in a vocabulary of %s, in %s", dir,
				cli.Count(float64(r.Corpus.RawWords())), cli.Plural(r.Corpus.Lines(), "line", "lines"), cli.Count(float64(r.Corpus.Words())),
				cli.Thousands(r.Corpus.Vocabulary().Len()), cli.Duration(r.Elapsed))
		}
	}}
}

// sameFolder reports whether two names are of one folder, which need not exist.
func sameFolder(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}
