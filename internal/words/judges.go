package words

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// SetOptions controls how evaluation files are read.
type SetOptions struct {
	ScoreColumn int // column of the scores in files of word pairs, from 1; default 0: detected
}

// A Set is an evaluation file: word pairs, analogies, or text that is not used for training.
type Set struct {
	checkpoints.ValidationSet

	pairs     *sets.WordPairs
	analogies *sets.Analogies
	text      *text.Source
}

// ReadSets reads evaluation files, so that errors in them are found before a corpus is read.
// The kind of a file is detected from its lines; the prefixes in words:FILE, analogies:FILE and
// text:FILE set it instead.
func ReadSets(names ...string) ([]*Set, error) { return SetOptions{}.Read(names...) }

// Read reads evaluation files as ReadSets does.
func (o SetOptions) Read(names ...string) ([]*Set, error) {
	var sets []*Set
	for _, name := range names {
		s, err := o.read(name)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	if o.ScoreColumn != 0 && !slices.ContainsFunc(sets, func(s *Set) bool { return s.pairs != nil }) {
		return nil, fault.Field("ScoreColumn", "leave it out", "requires a validation set of word pairs")
	}
	return sets, nil
}

func (o SetOptions) read(name string) (*Set, error) {
	kind, file := sets.Kind(""), name
	for _, k := range []sets.Kind{sets.WordsSet, sets.AnalogiesSet, sets.TextSet} {
		if rest, ok := strings.CutPrefix(name, string(k)+":"); ok {
			kind, file = k, rest
		}
	}
	if file == "" || file == text.Stdin {
		return nil, fault.Field("Validation", "name a file; it is read again when training is resumed", "must be a file, got %q", name)
	}
	sum, err := training.FileSum(file)
	if err != nil {
		return nil, err
	}
	if kind == "" {
		if kind, err = sets.Detect(file); err != nil {
			return nil, err
		}
	}
	s := &Set{ValidationSet: checkpoints.ValidationSet{Kind: string(kind), File: file, SHA256: sum}}
	switch kind {
	case sets.WordsSet:
		s.ScoreColumn = o.ScoreColumn
		s.pairs, err = sets.WordPairsOptions(o).Read(context.Background(), file)
	case sets.AnalogiesSet:
		s.analogies, err = sets.ReadAnalogies(context.Background(), file)
	default:
		s.text, err = text.Open(file)
	}
	return s, err
}

// Unselected describes held-out text that looks like records; see [text.Unselected].
func (s *Set) Unselected() text.Unselected {
	if s.text == nil {
		return text.Unselected{}
	}
	return s.text.Unselected()
}

// ReadSameSets reads the sets called names or, if there are none, those that the model was
// validated with before; was may be nil. It is an error if one of the latter has changed since.
func ReadSameSets(was *checkpoints.Validation, names ...string) ([]*Set, error) {
	return SetOptions{}.ReadSame(was, names...)
}

// ReadSame reads sets as ReadSameSets does. Options of the earlier sets apply where o has the
// default.
func (o SetOptions) ReadSame(was *checkpoints.Validation, names ...string) ([]*Set, error) {
	if was == nil || len(names) > 0 {
		return o.Read(names...)
	}
	const hint = "restore the file, or choose another set for Validation; the search for the best model then starts again"
	var sets []*Set
	for _, s := range was.Sets {
		set, err := SetOptions{cmp.Or(o.ScoreColumn, s.ScoreColumn)}.read(s.Kind + ":" + s.File)
		if err != nil {
			return nil, fault.Mention(hint, "the model was validated with a set that cannot be read: %w", err)
		}
		if set.SHA256 != s.SHA256 {
			return nil, fault.Mention(hint, "%s has changed since the model was validated with it", s.File)
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// OpenValidation prepares sets to judge models of corpus, whose text tokenizer reads. ngrams
// means that the model composes unknown words from character n-grams. It is an error if a set
// has nothing in common with the vocabulary. The caller must close the result.
func OpenValidation(ctx context.Context, sets []*Set, corpus *corpora.Corpus, tokenizer *tokenize.Tokenizer, ngrams bool) (*training.Validation, error) {
	known, err := newKnownWords(corpus, tokenizer, ngrams)
	if err != nil {
		return nil, err
	}
	v, shared := &training.Validation{}, &sharedVectors{}
	for _, s := range sets {
		ready, err := s.prepare(ctx, known, shared)
		if err != nil {
			v.Close()
			return nil, err
		}
		v.Sets = append(v.Sets, ready)
	}
	return v, nil
}

// knownWords looks words up in the vocabulary that will be trained.
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
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: checkpoints.NewTensor(v.Len(), 1)}, // its values are not used
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

const hintUnknown = "validate with a set of words that occur in the text, or lower MinCount"

// prepare makes the judge of the set.
func (s *Set) prepare(ctx context.Context, known *knownWords, shared *sharedVectors) (training.ValidationSet, error) {
	ready := training.ValidationSet{ValidationSet: s.ValidationSet}
	switch {
	case s.pairs != nil:
		for _, p := range s.pairs.Pairs {
			if known.composes || known.all(p.A, p.B) {
				ready.Known++
			}
		}
		ready.Size = int64(len(s.pairs.Pairs))
		ready.Read = fmt.Sprintf("read %d pairs: %s", ready.Size, s.pairs.Columns)
		ready.Warning = s.pairs.Undecided()
		if ready.Known < 2 {
			return ready, fault.Mention(hintUnknown, "%s: %d of its %d pairs have both words in the vocabulary, but a correlation needs at least 2", s.File, ready.Known, ready.Size)
		}
		ready.Judge = func(_ context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			r := evaluate.Words(shared.get(c), s.pairs)
			return checkpoints.Metric{Set: s.pairs.Name, Name: "spearman", Value: r.Spearman, Found: int64(r.Pairs), Of: int64(r.Pairs + r.Missing), Undefined: !r.Defined}, nil
		}
	case s.analogies != nil:
		for _, section := range s.analogies.Sections {
			for _, q := range section.Questions {
				ready.Size++
				if known.all(q[:]...) {
					ready.Known++
				}
			}
		}
		if ready.Known == 0 {
			return ready, fault.Mention(hintUnknown, "%s: none of its %d questions has all four words in the vocabulary", s.File, ready.Size)
		}
		ready.Judge = func(ctx context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			r, err := evaluate.AnalogyReport(ctx, shared.get(c), s.analogies, evaluate.AnalogyOptions{})
			if err != nil {
				return checkpoints.Metric{}, err
			}
			return checkpoints.Metric{Set: s.analogies.Name, Name: "accuracy", Value: r.Accuracy, Found: int64(r.Covered), Of: int64(r.Questions), Undefined: r.Covered == 0}, nil
		}
	default:
		text, err := corpora.Build(ctx, s.text, corpora.BuildOptions{Tokenizer: known.tokenizer, Vocabulary: known.vocabulary})
		if err != nil {
			return ready, fmt.Errorf("validation set %s: %w", s.File, err)
		}
		ready.Text, ready.Known, ready.Size = text, text.Words(), text.RawWords()
	}
	if known := (checkpoints.Metric{Found: ready.Known, Of: ready.Size}); ready.Warning == "" && known.Sparse() {
		ready.Warning = fmt.Sprintf("only %d of %d are known: the result will say little about the model", ready.Known, ready.Size)
	}
	return ready, nil
}
