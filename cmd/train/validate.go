package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// validationSet is a file of --validate: one of the three.
type validationSet struct {
	checkpoints.ValidationSet
	pairs     *sets.WordPairs
	analogies *sets.Analogies
	text      *text.Source
}

// readSets reads the files of --validate, so that what is wrong with them is
// told before a corpus is read.
func readSets(names []string) ([]*validationSet, error) {
	var sets []*validationSet
	for _, name := range names {
		s, err := readSet(name)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return sets, nil
}

func readSet(name string) (*validationSet, error) {
	kind, file := sets.Kind(""), name
	for _, k := range []sets.Kind{sets.WordsSet, sets.AnalogiesSet, sets.TextSet} {
		if rest, ok := strings.CutPrefix(name, string(k)+":"); ok {
			kind, file = k, rest
		}
	}
	if file == "" || file == text.Stdin {
		return nil, cli.UsageError(fault.New("name a file; it is read again when the training is resumed", "--validate %s is no file", name))
	}
	sum, err := sumOf(file)
	if err != nil {
		return nil, err
	}
	if kind == "" {
		if kind, err = sets.Detect(file); err != nil {
			return nil, err
		}
	}
	s := &validationSet{ValidationSet: checkpoints.ValidationSet{Kind: string(kind), File: file, SHA256: sum}}
	switch kind {
	case sets.WordsSet:
		s.pairs, err = sets.ReadWordPairs(file)
	case sets.AnalogiesSet:
		s.analogies, err = sets.ReadAnalogies(file)
	default:
		s.text, err = text.Open(file)
	}
	return s, err
}

const hintValidate = "look for a slip in the name, and whether you may read it: see ls -l"

// sumOf returns the SHA-256 of a file.
func sumOf(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fault.New(hintValidate, "cannot read --validate %s: %w", file, errors.Unwrap(err))
	}
	if !info.Mode().IsRegular() {
		return "", fault.New("name one file", "--validate %s is not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fault.New(hintValidate, "cannot read --validate %s: %w", file, errors.Unwrap(err)) // of an *fs.PathError, which names the file again
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// knownWords looks words up in the vocabulary that is going to be trained.
type knownWords struct {
	vocabulary *tokenize.Vocabulary
	tokenizer  *tokenize.Tokenizer // that reads text
	lookup     *evaluate.WordVectors
	composes   bool // pairs of other words are compared by their n-grams
}

func newKnownWords(c *corpora.Corpus, tokenizer *tokenize.Tokenizer, composes bool) (*knownWords, error) {
	v := c.Vocabulary()
	over, err := tokenizer.WithVocabulary(v)
	if err != nil {
		return nil, err
	}
	return &knownWords{v, tokenizer, evaluate.NewWordVectors(&checkpoints.Checkpoint{
		Vocabulary: v, Tokenizer: over,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: checkpoints.NewTensor(v.Len(), 1)}, // nobody looks at the values
	}), composes}, nil
}

func (k *knownWords) all(words ...string) bool {
	for _, w := range words {
		if _, ok := k.lookup.ID(w); !ok {
			return false
		}
	}
	return true
}

// sharedVectors makes the vectors of a model once for all sets.
type sharedVectors struct {
	of      *checkpoints.Checkpoint
	vectors *evaluate.WordVectors
}

func (s *sharedVectors) get(c *checkpoints.Checkpoint) *evaluate.WordVectors {
	if s.of != c {
		s.of, s.vectors = c, evaluate.NewWordVectors(c)
	}
	return s.vectors
}

const hintUnknown = "validate with a set of words that the text has, or lower --min-count"

// prepare makes the set ready for the trainer and says how much of it can be
// measured.
func (s *validationSet) prepare(cmd *cobra.Command, known *knownWords, shared *sharedVectors) (training.ValidationSet, error) {
	ready := training.ValidationSet{ValidationSet: s.ValidationSet}
	switch {
	case s.pairs != nil:
		found := 0
		for _, p := range s.pairs.Pairs {
			if known.composes || known.all(p.A, p.B) {
				found++
			}
		}
		if found < 2 {
			return ready, fault.New(hintUnknown, "--validate %s: both words of %d of its %d pairs are in the vocabulary, and a correlation needs two", s.File, found, len(s.pairs.Pairs))
		}
		cli.Note(cmd, "validating with %s: %d of %d word pairs known", s.File, found, len(s.pairs.Pairs))
		ready.Judge = func(_ context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			r := evaluate.Words(shared.get(c), s.pairs)
			return checkpoints.Metric{Set: s.pairs.Name, Name: "spearman", Value: r.Spearman, Found: int64(r.Pairs), Of: int64(r.Pairs + r.Missing)}, nil
		}
	case s.analogies != nil:
		found, all := 0, 0
		for _, section := range s.analogies.Sections {
			for _, q := range section.Questions {
				all++
				if known.all(q[:]...) {
					found++
				}
			}
		}
		if found == 0 {
			return ready, fault.New(hintUnknown, "--validate %s: the four words of none of its %d questions are in the vocabulary", s.File, all)
		}
		cli.Note(cmd, "validating with %s: %d of %d analogies known", s.File, found, all)
		ready.Judge = func(ctx context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			r, err := evaluate.AnalogyReport(ctx, shared.get(c), s.analogies, evaluate.AnalogyOptions{})
			if err != nil {
				return checkpoints.Metric{}, err
			}
			return checkpoints.Metric{Set: s.analogies.Name, Name: "accuracy", Value: r.Accuracy, Found: int64(r.Covered), Of: int64(r.Questions)}, nil
		}
	default:
		text, err := corpora.Build(cmd.Context(), s.text, corpora.BuildOptions{Tokenizer: known.tokenizer, Vocabulary: known.vocabulary})
		if err != nil {
			return ready, fmt.Errorf("--validate %s: %w", s.File, err)
		}
		cli.Note(cmd, "validating with %s: %s of %s words known", s.File, cli.Count(float64(text.Words())), cli.Count(float64(text.RawWords())))
		ready.Text = text
	}
	return ready, nil
}
