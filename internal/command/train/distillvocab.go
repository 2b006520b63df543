package train

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/distill"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// ownTokens are the tokens of a distilled model, if they are not just those of the teacher.
type ownTokens struct {
	token tokenFlags
	add   string   // --add-words: a number, or a file
	most  int      // of --add-words
	words []string // of the file of --add-words

	used      bool
	usual     bool                // words are added because nothing else is said
	tokenizer *tokenize.Tokenizer // opened before the texts are read; nil: trained on them
}

// ownVocabulary is the default number of tokens that are trained, about that of BERT.
const ownVocabulary = 30_000

func (w *ownTokens) flags() []cli.Flag {
	flags := append(w.token.flags("that of the teacher"), cli.Flag{Name: "add-words", Arg: "N|FILE", Into: &w.add,
		Help: "add whole words to the tokens of the teacher, if they are of WordPiece: the N most frequent ones of the texts that it splits, or those in FILE, one a line", Default: "3,000 with fewer than 10,000 texts of CORPUS and no --pairs, --beside, --tokenizer and --vocab, else 0"})
	for i := range flags {
		if flags[i].Name == "vocab" {
			flags[i].Help += "; without --tokenizer, of wordpiece"
		}
	}
	return flags
}

// usualWords is the default of --add-words for few texts, which are those of a domain.
const usualWords = 3000

// settle checks the flags; it reads no texts. domain says that there are only texts, not pairs.
func (w *ownTokens) settle(cmd *cobra.Command, domain bool) error {
	changed := cmd.Flags().Changed
	tokens := changed("tokenizer") || changed("vocab")
	for _, name := range []string{"min-count", "cased", "locale"} {
		if changed(name) && !tokens {
			return cli.UsageError(fault.New("name the tokens with --tokenizer, or leave it out", "--%s does not apply to the tokens of the teacher", name))
		}
	}
	if w.used = tokens || w.add != ""; !w.used {
		w.usual = domain
		return nil
	}
	if tokens && w.add != "" {
		return cli.UsageError(fault.New("leave one of them out", "--add-words adds to the tokens of the teacher, and cannot be used with --tokenizer and --vocab"))
	}
	if w.add != "" {
		return w.readWords(cmd)
	}
	if err := w.token.settle(); err != nil {
		return cli.UsageError(err)
	}
	if err := w.token.adopt(cmd, nil); err != nil {
		return cli.UsageError(err)
	}
	if w.token.tokens.Trained() {
		return nil
	}
	var err error
	w.tokenizer, err = w.token.open(cmd, func(ctx context.Context, progress func(string, float64)) (*tokenize.Tokenizer, sentences.TrainedTokens, error) {
		return w.token.tokens.OpenFrom(ctx, nil, progress)
	})
	return err
}

// readWords reads --add-words.
func (w *ownTokens) readWords(cmd *cobra.Command) error {
	n, err := strconv.Atoi(w.add)
	if err == nil {
		if n < 0 || n > 10_000_000 {
			return cli.UsageError(fault.New("for example 5000", "--add-words must be from 0 to 10,000,000, or a file, got %d", n))
		}
		w.most, w.used = n, n > 0
		return nil
	}
	src, err := text.Open(w.add)
	if err != nil {
		return cli.UsageError(fault.New("give a number of words, or a file with a word a line", "--add-words: %w", err))
	}
	for line, err := range cli.Lines(cmd.Context(), src) {
		if err != nil {
			return err
		}
		word, _, _ := strings.Cut(line.Text, "\t") // files of 'train vocab' have counts
		if word = strings.TrimSpace(word); word != "" {
			w.words = append(w.words, word)
		}
	}
	cli.WarnInvalid(cmd, src)
	if len(w.words) == 0 {
		return fault.New("write a word a line", "%s has no words", w.add)
	}
	return nil
}

// fits returns an error if words are to be added to the tokens of the teacher, which cannot be.
func (w *ownTokens) fits(teacher *tokenize.Tokenizer) error {
	_, _, err := teacher.WithWords(nil)
	switch {
	case w.usual && err == nil:
		w.used, w.most, w.add = true, usualWords, strconv.Itoa(usualWords)
	case w.used && w.add != "" && err != nil:
		return cli.UsageError(fault.New("--tokenizer wordpiece learns tokens from the texts instead", "--add-words needs a teacher with a tokenizer of WordPiece, as BERT has"))
	}
	return nil
}

// apply gives the sample the tokens of the model.
func (w *ownTokens) apply(cmd *cobra.Command, sample *distill.Sample, teacher *tokenize.Tokenizer) (*tokenize.Tokenizer, error) {
	own := w.tokenizer
	switch {
	case w.add != "":
		words := w.words
		if words == nil {
			words = sample.SplitWords(teacher, w.most)
		}
		with, added, err := teacher.WithWords(words)
		if err != nil {
			return nil, err
		}
		own = with
		if w.words != nil && len(added) < len(words) {
			cli.Warn(cmd, "%s of %s not added: they are tokens already, several words, or unknown to the teacher", cli.Plural(len(words)-len(added), "word", "words"), cli.Printable(w.add))
		}
		first := slices.Clone(added[:min(5, len(added))])
		for i, word := range first {
			first[i] = cli.Printable(word)
		}
		switch {
		case len(added) > 0:
			without := map[bool]string{true: "; --add-words 0 leaves them out"}[w.usual]
			cli.Note(cmd, "added %s to the %s of the teacher: %s%s", cli.Plural(len(added), "word", "words"), cli.Plural(teacher.Vocabulary().Len(), "token", "tokens"),
				strings.Join(first, ", ")+map[bool]string{true: ", …"}[len(added) > len(first)], without)
		case w.words == nil && !w.usual:
			cli.Warn(cmd, "no words were added: the texts have no word twice that the teacher splits")
		}
	case own == nil:
		var err error
		if own, err = w.token.open(cmd, func(ctx context.Context, progress func(string, float64)) (*tokenize.Tokenizer, sentences.TrainedTokens, error) {
			return w.token.tokens.OpenFrom(ctx, sample.Each, progress)
		}); err != nil {
			return nil, err
		}
	}
	sample.Retokenize(own)
	return own, nil
}

// addPairTexts offers the texts of the pairs.
func (j *distillJob) addPairTexts(cmd *cobra.Command, sources []pairs.Source, add func(text string)) error {
	_, err := pairs.EachText(cmd.Context(), sources, j.input.PairOptions(nil, 0), func(text []byte) error {
		add(string(text))
		return nil
	})
	return err
}
