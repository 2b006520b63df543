package train

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
)

// notInside refuses text in the folder that is to be replaced.
func notInside(output string, names []string) error { return corpora.CheckOutside(output, names) }

// openSource opens the corpus that was named, or the sample.
func openSource(names []string) (*text.Source, error) {
	if len(names) == 0 {
		return text.Sample(), nil
	}
	return text.Open(names...)
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
		if err != nil {
			return nil, err
		}
		cli.WarnInvalid(cmd, source)
		if n, below := corpus.Dropped(); n > 0 {
			cli.Warn(cmd, "not enough memory for all different words: dropped %s with at most %s each while counting",
				cli.Plural(n, "word", "words"), cli.Plural(below, "occurrence", "occurrences"))
		}
		cli.Note(cmd, "read %s: %s, %s words in %s, %s in a vocabulary of %s, in %s",
			named(source.Names()), cli.Bytes(source.Stats().Bytes), cli.Count(float64(corpus.RawWords())),
			cli.Plural(corpus.Lines(), "line", "lines"), cli.Count(float64(corpus.Words())),
			cli.Thousands(corpus.Vocabulary().Len()), cli.Duration(time.Since(began)))
		return corpus, nil
	}
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
