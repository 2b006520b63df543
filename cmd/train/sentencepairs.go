package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// pairSources are the files of pairs; what comes from a pipe lies in a temporary
// file where it has to be read twice.
type pairSources struct {
	all   []pairs.Source
	close func() error
}

// sources opens the pairs, or the bundled sample.
func (j *sentenceJob) sources(cmd *cobra.Command, names []string) (*pairSources, error) {
	s := &pairSources{close: func() error { return nil }}
	if len(names) == 0 {
		if len(j.weights) > 0 || j.columns != "" {
			return nil, cli.UsageError(fault.New("name the files to read, or - for standard input", "--weight and --columns need PAIRS"))
		}
		s.all = pairs.Sample()
		return s, nil
	}
	weights := map[string]float64{}
	for _, w := range j.weights {
		const hint = "give a file of the pairs and a number: --weight captions.tsv=2"
		at := strings.LastIndexByte(w, '=')
		if at < 1 {
			return nil, cli.UsageError(fault.New(hint, "--weight cannot be %q", w))
		}
		name, number := w[:at], w[at+1:]
		x, err := strconv.ParseFloat(number, 64)
		if err != nil || !(x > 0 && x <= 1000) {
			return nil, cli.UsageError(fault.New(hint, "--weight %s: %q is no number above 0 and at most 1000", w, number))
		}
		if !slices.ContainsFunc(names, func(n string) bool { return filepath.Clean(n) == filepath.Clean(name) }) {
			return nil, cli.UsageError(fault.New("write FILE as it is written among the PAIRS", "--weight %s: %s is not among the pairs", w, name))
		}
		weights[name] = x
	}
	opened, err := pairs.Open(names, weights)
	if err != nil {
		return nil, err
	}
	s.all = opened
	// Tokens that are learnt take a reading of their own, before that of the pairs; with
	// --init it is not known yet whether any are.
	if j.tokenizer == "" || j.tokenizer == "words" || learnt(j.tokenizer) {
		s.all, s.close, err = pairs.Spool(cmd.Context(), opened, "")
	}
	return s, err
}

// pairOptions are the options of reading the pairs; tokenizer may be nil.
func (j *sentenceJob) pairOptions(tokenizer *tokenize.Tokenizer) pairs.Options {
	o := pairs.Options{Tokenizer: tokenizer, MaxTokens: j.options.MaxTokens, Strict: j.strict, Related: true}
	if j.columns != "" {
		for name := range strings.SplitSeq(j.columns, ",") {
			o.Columns = append(o.Columns, strings.TrimSpace(name))
		}
	}
	return o
}

// learnt says whether tokens are to be learnt from the pairs.
func learnt(tokenizer string) bool {
	switch learn.Model(tokenizer) {
	case learn.WordPiece, learn.BPE, learn.Unigram:
		return true
	}
	return false
}

// tokens returns the tokenizer of the options, over its vocabulary.
func (j *sentenceJob) tokens(cmd *cobra.Command, sources *pairSources, given *givenModel) (*tokenize.Tokenizer, error) {
	changed := cmd.Flags().Changed
	if j.tokenizer == "" && given.tokenizer() != nil {
		for _, name := range []string{"vocab", "min-count", "cased"} {
			if changed(name) {
				return nil, cli.UsageError(fault.New("leave it out, or name a --tokenizer", "--%s cannot be given with the tokens of --init %s", name, j.init))
			}
		}
		return given.tokenizer(), nil
	}
	switch {
	case j.tokenizer == "words":
		return j.words(cmd, sources)
	case j.tokenizer == "" || learnt(j.tokenizer):
		if changed("min-count") {
			return nil, cli.UsageError(fault.New("leave it out, or add --tokenizer words", "--min-count is of words"))
		}
		return j.subwords(cmd, sources)
	}
	t, err := tokenize.Open(j.tokenizer)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.UsageError(fault.New("choose wordpiece, bpe, unigram, words, a tokenizer.json, the folder of a model or a vocab.txt", "%w", err))
	}
	for _, name := range []string{"vocab", "min-count", "cased"} {
		if changed(name) {
			return nil, cli.UsageError(fault.New("leave one of them out", "--%s cannot be given with the tokenizer %s, which has its own", name, j.tokenizer))
		}
	}
	if err != nil {
		return nil, err
	}
	if t.Vocabulary() == nil {
		return nil, fault.New("name a model with a vocabulary", "the tokenizer %s has no vocabulary", j.tokenizer)
	}
	return t, nil
}

// eachText returns a function that reads all texts of the sources.
func (j *sentenceJob) eachText(sources *pairSources) func(ctx context.Context, emit func(text []byte) error) error {
	return func(ctx context.Context, emit func(text []byte) error) error {
		_, err := pairs.EachText(ctx, sources.all, j.pairOptions(nil), emit)
		return err
	}
}

// subwords learns tokens from the texts of the pairs.
func (j *sentenceJob) subwords(cmd *cobra.Command, sources *pairSources) (*tokenize.Tokenizer, error) {
	model := learn.WordPiece
	if j.tokenizer != "" {
		model = learn.Model(j.tokenizer)
	}
	o := learn.DefaultOptions(model)
	o.Vocabulary = j.vocab
	if o.Lowercase = !j.cased; j.cased {
		o.StripAccents = false
	}
	if err := o.Validate(); err != nil {
		return nil, cli.UsageError(err)
	}
	progress := cli.StartProgress(cmd, "learning tokens")
	o.OnProgress = func(p learn.Progress) {
		share := -1.0
		if p.Size > 0 {
			share = float64(p.Done) / float64(p.Size)
		}
		progress.Update(share, p.Stage)
	}
	began := time.Now()
	trained, err := learn.TrainFrom(cmd.Context(), j.eachText(sources), o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	cli.Note(cmd, "learnt %s %s tokens from %s words, %s different ones, in %s", cli.Thousands(trained.Tokenizer.Vocabulary().Len()), model,
		cli.Count(float64(trained.Words)), cli.Thousands(trained.Distinct), cli.Duration(time.Since(began)))
	return trained.Tokenizer, nil
}

// words takes the words of the pairs for tokens.
func (j *sentenceJob) words(cmd *cobra.Command, sources *pairSources) (*tokenize.Tokenizer, error) {
	if j.minCount < 1 || j.vocab < 1 {
		return nil, cli.UsageError(fault.New("give numbers above 0", "--min-count is %d and --vocab %d", j.minCount, j.vocab))
	}
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: j.cased})
	counts := corpora.NewWordCounts(tokenizer)
	progress := cli.StartProgress(cmd, "counting words")
	err := j.eachText(sources)(cmd.Context(), func(text []byte) error { counts.Add(text); return nil })
	progress.Done()
	if err != nil {
		return nil, err
	}
	v, err := counts.Vocabulary(j.minCount, j.vocab)
	if err != nil {
		return nil, err
	}
	cli.Note(cmd, "%s that occur %s or more", cli.Plural(v.Len(), "word", "words"), cli.Plural(int(j.minCount), "time", "times"))
	return tokenizer.WithVocabulary(v)
}

// pluralPairs is a number of examples of a kind.
func pluralPairs(n int64, kind pairs.Kind) string {
	return cli.Plural(n, strings.TrimSuffix(kind.String(), "s"), kind.String())
}

// readPairs reads and tokenises the pairs, and says what it found.
func readPairs(cmd *cobra.Command, sources []pairs.Source, o pairs.Options) (*pairs.Dataset, error) {
	progress := cli.StartProgress(cmd, "reading")
	o.OnProgress = func(done, size int64) {
		share := -1.0
		if size > 0 {
			share = float64(done) / float64(size)
		}
		progress.Update(share, cli.Bytes(done))
	}
	o.SpoolDir = os.TempDir()
	began := time.Now()
	pairs, err := pairs.Build(cmd.Context(), sources, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	s := pairs.Stats()
	if s.Invalid > 0 {
		cli.Warn(cmd, "%s of broken UTF-8 read as U+FFFD, first at %s", cli.Plural(s.Invalid, "byte", "bytes"), s.FirstInvalid)
	}
	for _, f := range pairs.Files() {
		weight := ""
		if f.Weight != 1 {
			weight = ", weight " + strconv.FormatFloat(f.Weight, 'g', -1, 64)
		}
		cli.Note(cmd, "%s: %s%s: %s", cli.Printable(f.Name), pluralPairs(f.Examples, f.Kind), weight, f.Layout)
	}
	for _, skipped := range s.Skipped {
		cli.Warn(cmd, "%s left out, %s: first %s", cli.Plural(skipped.Rows, "row", "rows"), skipped.Reason, skipped.First)
	}
	cut := ""
	if s.Truncated > 0 {
		cut = ", " + cli.Plural(s.Truncated, "text", "texts") + " cut at " + cli.Thousands(o.MaxTokens) + " tokens"
	}
	cli.Note(cmd, "read %s: %s of %s tokens%s, in %s", cli.Bytes(s.Bytes), pluralPairs(pairs.Examples(), pairs.Kind()),
		cli.Count(float64(pairs.Tokens())), cut, cli.Duration(time.Since(began)))
	return pairs, nil
}
