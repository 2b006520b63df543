package train

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// corpusArgument is the text that a command reads.
func corpusArgument() cli.Flag {
	return cli.Flag{Arg: "CORPUS",
		Help: "text file, folder or glob, or - for standard input; gzip, bzip2 and zstd are decompressed (default: the bundled sample of English Wikipedia)"}
}

// openCorpus opens the text that was named, or the sample.
func openCorpus(names []string, s text.Selection) (*text.Source, error) {
	if len(names) == 0 {
		if s != (text.Selection{}) {
			return nil, cli.UsageError(fault.New("name the files to read, or - for standard input", "--field and --column need a CORPUS"))
		}
		return text.Sample(), nil
	}
	source, err := text.Open(names...)
	if err != nil {
		return nil, err
	}
	return source, cli.UsageError(source.Select(s))
}

// checkFile checks the name of a file to write; usual is one for the hint.
func checkFile(cmd *cobra.Command, output, usual string) error {
	switch {
	case output == "":
		return cli.UsageError(fault.New("name the file to write: -o "+usual, "no output is named"))
	case output == "-" && cli.JSON(cmd):
		return cli.UsageError(fault.New("write to a file: -o "+usual, "the report and the output cannot both go to standard output"))
	}
	return nil
}

// named are the names of a corpus as a line has room for them.
func named(names []string) string {
	const most = 5
	shown := slices.Clone(names[:min(len(names), most)])
	if i := slices.Index(shown, text.Stdin); i >= 0 {
		shown[i] = "standard input"
	}
	text := strings.Join(shown, " ")
	if more := len(names) - len(shown); more > 0 {
		text += " and " + cli.Plural(more, "more file", "more files")
	}
	return text
}

// readCorpus returns a function that builds a corpus, shows progress and reports what was read.
func readCorpus(cmd *cobra.Command) func(context.Context, *text.Source, corpora.BuildOptions) (*corpora.Corpus, error) {
	return func(ctx context.Context, source *text.Source, o corpora.BuildOptions) (*corpora.Corpus, error) {
		warnSpool(cmd, source)
		progress := cli.StartProgress(cmd, "reading")
		o.OnProgress = progress.Bytes
		began := time.Now()
		corpus, err := corpora.Build(ctx, source, o)
		progress.Done()
		cli.WarnInvalid(cmd, source)
		if err != nil {
			return nil, err
		}
		if n, below := corpus.Dropped(); n > 0 {
			cli.Warn(cmd, "not enough memory for all different words: dropped %s with at most %s each while counting",
				cli.Plural(n, "word", "words"), cli.Plural(below, "occurrence", "occurrences"))
		}
		if n := corpus.Skipped(); n > 0 {
			cli.Warn(cmd, "skipped %s of more than %s bytes", cli.Plural(n, "word", "words"), cli.Thousands(tokenize.MaxWordBytes))
		}
		cli.NoteCutAgain(cmd, corpus.CutAgain())
		noteCorpus(cmd, named(source.Names())+": "+cli.Bytes(source.Stats().Bytes)+",", corpus, time.Since(began))
		return corpus, nil
	}
}

// noteCorpus reports a corpus and what it was read from.
func noteCorpus(cmd *cobra.Command, from string, c *corpora.Corpus, took time.Duration) {
	cli.Note(cmd, "read %s %s words in %s, %s in a vocabulary of %s, in %s", from, cli.Count(float64(c.RawWords())),
		cli.Plural(c.Lines(), "line", "lines"), cli.Count(float64(c.Words())), cli.Thousands(c.Vocabulary().Len()), cli.Duration(took))
}

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
			noteCorpus(cmd, "the cache "+dir+":", r.Corpus, r.Elapsed)
		}
	}}
}

// nextCommand is the start of a command line that trains on a corpus.
func nextCommand(corpus []string, text text.Selection) []string {
	next := []string{"skipgram"}
	for _, name := range corpus {
		next = append(next, cli.PathArgument(name))
	}
	for _, flag := range [][2]string{{"--field", text.Field}, {"--column", text.Column}} {
		if flag[1] != "" {
			next = append(next, flag[:]...)
		}
	}
	return next
}
