package train

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// tokenFlags choose the tokens of a sentence model.
type tokenFlags struct {
	tokens sentences.Tokens
	vocab  string // --vocab: a number, or a file of words
}

// newTokenFlags returns the defaults, with so many tokens to train.
func newTokenFlags(vocabulary int) tokenFlags {
	t := sentences.DefaultTokens()
	t.Vocabulary = vocabulary
	return tokenFlags{t, strconv.Itoa(vocabulary)}
}

// flags returns the flags, with the default of --tokenizer.
func (t *tokenFlags) flags(tokenizer string) []cli.Flag {
	return []cli.Flag{
		{Name: "tokenizer", Arg: "NAME", Into: &t.tokens.Tokenizer, Field: "Tokenizer", Open: true,
			Help: "how text is split into tokens", Default: tokenizer, Values: append(cli.Summarized(learn.Models(), learn.Model.Summary),
				cli.Value{Name: sentences.Words, Help: "the words that occur --min-count times, at word boundaries of Unicode (UAX #29)"},
				cli.Value{Name: "MODEL", Help: "the tokenizer of that model"},
				cli.Value{Name: "FILE", Help: "a tokenizer.json of Hugging Face, or a vocab.txt of BERT"})},
		{Name: "vocab", Arg: "N|FILE", Into: &t.vocab, Field: "Vocabulary", Ext: []string{"tsv"},
			Help: "number of tokens to train, or maximum number of words; or a file of 'train vocab' or the vocab.tsv of a word model, with the words to use"},
		{Name: "min-count", Arg: "N", Into: &t.tokens.MinCount, Field: "MinCount", Help: "ignore words that occur less often"},
		{Name: "cased", Into: &t.tokens.Cased, Field: "Cased", Help: "keep capital letters"}, cli.LocaleFlag(&t.tokens.Locale),
	}
}

// settle reads --vocab, a number of tokens or a file of words, and checks the values.
func (t *tokenFlags) settle() error {
	n, err := strconv.Atoi(t.vocab)
	switch {
	case err == nil:
		t.tokens.Vocabulary = n
	case !strings.EqualFold(filepath.Ext(t.vocab), ".tsv"):
		return fault.New("for example 10000, or vocab.tsv", "--vocab must be a whole number or a .tsv file of words, got %q", t.vocab)
	case t.tokens.Tokenizer != "" && t.tokens.Tokenizer != sentences.Words:
		return fault.New("leave one of them out", "--vocab %s holds words, which --tokenizer %s does not use", t.vocab, t.tokens.Tokenizer)
	default:
		t.tokens.Tokenizer = t.vocab
	}
	return t.tokens.Validate()
}

// adopt determines the tokenizer: that of init, if there is one.
func (t *tokenFlags) adopt(cmd *cobra.Command, init *sentences.Init) error {
	given := cli.Given(cmd)
	if t.tokens.Tokenizer == t.vocab { // a file
		given = slices.DeleteFunc(given, func(field string) bool { return field == "Vocabulary" })
	}
	return t.tokens.Adopt(init, given...)
}

// open opens or trains the tokenizer by a function that does, and reports what was trained.
func (t *tokenFlags) open(cmd *cobra.Command, open func(ctx context.Context, progress func(stage string, share float64)) (*tokenize.Tokenizer, sentences.TrainedTokens, error)) (*tokenize.Tokenizer, error) {
	began := time.Now()
	progress := cli.StartProgress(cmd, "tokens")
	tokenizer, of, err := open(cmd.Context(), func(stage string, share float64) { progress.Update(share, stage) })
	progress.Done()
	switch {
	case err != nil:
		return nil, missing(err)
	case of.Model == sentences.Words:
		cli.Note(cmd, "%s that occur %s or more", cli.Plural(tokenizer.Vocabulary().Len(), "word", "words"), cli.Plural(t.tokens.MinCount, "time", "times"))
	case of.Model != "":
		cli.Note(cmd, "trained %s %s tokens on %s words, %s different ones, in %s", cli.Thousands(tokenizer.Vocabulary().Len()), of.Model,
			cli.Count(float64(of.Words)), cli.Thousands(of.Distinct), cli.Duration(time.Since(began)))
	}
	return tokenizer, nil
}
