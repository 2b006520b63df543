package main

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// notInside refuses text in the folder that is to be replaced: it would go with
// the folder.
func notInside(output string, names []string) error {
	folder, err := filepath.EvalSymlinks(output)
	if err != nil {
		return nil // nothing is there
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	for _, name := range names {
		file, err := filepath.EvalSymlinks(name)
		if err != nil {
			continue // standard input, the sample
		}
		if file, err = filepath.Abs(file); err != nil {
			return err
		}
		if strings.HasPrefix(file, folder+string(filepath.Separator)) {
			return fault.New("write to another folder", "the text %s is in the output %s, which would be replaced", name, output)
		}
	}
	return nil
}

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

// readCorpus reads and counts the source, and says what it found.
func readCorpus(cmd *cobra.Command, source *text.Source, o corpora.BuildOptions) (*corpora.Corpus, error) {
	warnSpool(cmd, source)
	progress := cli.StartProgress(cmd, "reading")
	o.OnProgress = func(done, size int64) {
		fraction := -1.0
		if size > 0 {
			fraction = float64(done) / float64(size)
		}
		progress.Update(fraction, cli.Bytes(done))
	}
	began := time.Now()
	corpus, err := corpora.Build(cmd.Context(), source, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	s := source.Stats()
	if s.Invalid > 0 {
		cli.Warn(cmd, "%s of broken UTF-8 read as U+FFFD, first at %s", cli.Plural(s.Invalid, "byte", "bytes"), s.FirstInvalid)
	}
	if n, below := corpus.Dropped(); n > 0 {
		cli.Warn(cmd, "more different words than memory has room for: %s of at most %s each were dropped while counting",
			cli.Plural(n, "word", "words"), cli.Plural(below, "occurrence", "occurrences"))
	}
	cli.Note(cmd, "read %s: %s, %s words in %s, %s in a vocabulary of %s, in %s",
		named(source.Names()), cli.Bytes(s.Bytes), cli.Count(float64(corpus.RawWords())),
		cli.Plural(corpus.Lines(), "line", "lines"), cli.Count(float64(corpus.Words())),
		cli.Thousands(corpus.Vocabulary().Len()), cli.Duration(time.Since(began)))
	return corpus, nil
}
