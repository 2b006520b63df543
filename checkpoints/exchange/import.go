package exchange

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// ImportOptions control how Import turns vectors into a model.
type ImportOptions struct {
	// Tokenizer splits text into the words of the vectors. Default: that of a model folder,
	// otherwise lower-cased words (tokenize.NewWordTokenizer).
	Tokenizer *tokenize.Tokenizer
	Options   // of Open; State and Unnamed are ignored
}

// ImportReport describes what Import found.
type ImportReport struct {
	Stats
	Format         string // format of the file; see Vectors
	Read           string // what was read; see Vectors.String
	Duplicates     int64  // rows skipped because their word occurred before
	FirstDuplicate string // the first of them and where it is: `"the" in vectors.txt:12`
	Renamed        int    // words stored in the form that the tokenizer gives to text, not as in the file
	FirstRenamed   string // the first of them, in both forms
	Collisions     int    // rows skipped because their word is another spelling of a word of the file
	FirstCollision string // the first of them, in both spellings
	Ranked         bool   // the counts are derived from the order of the words
	// Unreachable words are in the table, but the tokenizer never produces them from a text:
	// words with capitals if it lower-cases, with punctuation if it splits that off. WithCased
	// is their number if capitals were kept, WithWhitespace if text were also split at white
	// space only.
	Unreachable      int
	FirstUnreachable string
	WithCased        int
	WithWhitespace   int
}

// Import reads word vectors in any Readable format into a model of kind "vectors". Every
// command can use it, and training can start from it.
//
// Words are brought to the form that the tokenizer gives to text: normal form C and, unless
// WordOptions.Cased is set, small letters. Checkpoint.Spellings has the spelling of the file,
// which Export writes. Words with the same normal form C are the same text, of which one row is
// used; of words that differ in case, text finds the one in small letters or else the first.
//
// A model folder keeps its tokenizer and character n-grams, a sentence model also its layers and
// weights: it is copied without its training state. So does a folder of model2vec or
// sentence-transformers whose only module is StaticEmbedding; its limit on the length of a text
// is not kept. It is an error if the table of a folder is not all of the model, and to set a
// tokenizer or a limit for such a model.
//
// If a word is repeated, its first row is used. If the words have no counts, these are derived
// from their order, which is nearly always that of frequency: by Zipf's law the word of rank r,
// from 1, of V words gets the count V/r, rounded down.
func Import(ctx context.Context, path string, o ImportOptions) (*checkpoints.Checkpoint, *ImportReport, error) {
	o.State, o.Unnamed = false, false
	vectors, err := Open(ctx, path, o.Options)
	if err != nil {
		return nil, nil, err
	}
	defer vectors.Close()
	return vectors.model(ctx, o)
}

func (v *Vectors) model(ctx context.Context, o ImportOptions) (*checkpoints.Checkpoint, *ImportReport, error) {
	report := &ImportReport{Format: v.Format}
	from, err := v.encoder()
	if err != nil {
		return nil, nil, err
	}
	if from.Tokenizer != nil && (from.Tokenizer.Subwords() || whole(from)) {
		if o.Tokenizer != nil {
			return nil, nil, fault.Mention("leave them out: a model keeps its tokenizer", "Tokenizer, Cased and Locale cannot be chosen for %s: its vectors belong to its own tokens", v.Name())
		}
		if o.Limit > 0 {
			return nil, nil, fault.Field("Limit", "leave it out: a model keeps its tokenizer", "cannot be used with %s: its vectors belong to its own tokens", v.Name())
		}
	}
	if v.Model != nil && whole(v.Model) {
		c := *v.Model
		c.State, c.Log, c.Config.Corpus.Cache = nil, nil, ""
		v.stats.Rows = int64(c.Vocabulary.Len())
		report.Stats, report.Read = v.Stats(), v.String()
		return &c, report, nil
	}
	table := &growingTable{dim: v.Dim}
	table.reserve(v)
	ids := map[string]struct{}{}
	var words []string
	var counts []int64
	err = v.Each(ctx, func(row Row) error {
		if _, known := ids[string(row.Token)]; known {
			if report.Duplicates == 0 {
				report.FirstDuplicate = fmt.Sprintf("%.60q in %s", row.Token, v.Place())
			}
			report.Duplicates++
			return nil
		}
		token := string(row.Token)
		ids[token] = struct{}{}
		words, counts = append(words, token), append(counts, row.Count)
		report.Ranked = report.Ranked || row.Count < 0
		table.add(row.Values)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	report.Stats, report.Read = v.Stats(), v.String()
	if len(words) == 0 {
		return nil, nil, fault.New("a word must not be empty or contain a tab or a line break; in JSON Lines it is the member \"text\"", "%s: none of its words can be a token: the first is at %s", v.Name(), report.FirstUnusable)
	}
	tokenizer := o.Tokenizer
	switch {
	case tokenizer != nil:
	case from.Tokenizer != nil:
		tokenizer = from.Tokenizer
	default:
		tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})
	}
	rows := table.tensor()
	names := report.forms(words, ids, tokenizer)
	tokens, spellings := v.named(words, names, counts, &rows)
	counts = counts[:len(tokens)]
	if report.Ranked {
		for i := range counts {
			counts[i] = int64(len(counts) / (i + 1))
		}
	}
	vocabulary, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", v.Name(), err)
	}
	if tokenizer, err = tokenizer.WithVocabulary(vocabulary); err != nil {
		return nil, nil, err
	}
	if !tokenizer.Subwords() {
		report.reach(tokenizer)
	}
	read := map[string]any{"format": v.Format, "counts_by_rank": report.Ranked}
	maps.Copy(read, v.settings)
	options, err := json.Marshal(read)
	if err != nil {
		return nil, nil, err
	}
	c := &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind: checkpoints.VectorsKind, Dim: v.Dim, Encoder: from.Config.Encoder, Options: options,
			Corpus:   checkpoints.CorpusInfo{Sources: []string{v.Path}, Vocabulary: len(tokens)},
			Progress: checkpoints.Progress{Done: 1, Finished: true},
			License:  from.Config.License, Origin: cmp.Or(from.Config.Origin, v.origin()),
		},
		Tokenizer:  tokenizer,
		Vocabulary: vocabulary,
		Spellings:  spellings,
		Tensors:    map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: rows},
	}
	if from.NGrams != nil {
		if c.NGrams, err = tokenize.RestoreNGrams(vocabulary, from.NGrams.Options(), from.NGrams.Buckets()); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", v.Name(), err)
		}
		c.Tensors[checkpoints.NGramTensor] = from.Tensors[checkpoints.NGramTensor]
	}
	return c, report, nil
}

// origin is Config.Origin of what is imported from a file: its name and format.
func (v *Vectors) origin() string {
	if v.Path == text.Stdin {
		return v.Format
	}
	return fmt.Sprintf("%s (%s)", filepath.Base(filepath.Clean(v.Path)), v.Format)
}

// Provenance returns the licence and the origin of the vectors, as Import records them. Both are
// empty for a model that was trained on text alone.
func (v *Vectors) Provenance() (license, origin string) {
	switch {
	case v.Model != nil:
		return v.Model.Config.License, v.Model.Config.Origin
	case v.folder != nil:
		return v.folder.license, cmp.Or(v.folder.origin(), v.origin())
	}
	return "", v.origin()
}

// encoder returns what turns text into the vectors of the file, beside its rows: the model, what
// a folder says, or the default, the mean of words. Tokenizer is nil if there is none.
func (v *Vectors) encoder() (*checkpoints.Checkpoint, error) {
	switch {
	case v.Model != nil:
		return v.Model, nil
	case v.made != nil:
		return v.made, nil
	case v.folder != nil:
		return v.folder.model()
	}
	return &checkpoints.Checkpoint{Config: checkpoints.Config{Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}}}, nil
}

// whole reports whether a model is more than its word vectors and is imported as a whole.
func whole(c *checkpoints.Checkpoint) bool {
	return checkpoints.KindOf(c.Config.Kind).Texts || checkTable(c) != nil
}

// checkTable returns an error unless the mean of rows of the table is the vector of a text, before
// normalization.
func checkTable(c *checkpoints.Checkpoint) error {
	e := c.Config.Encoder
	var more []string
	if e.Hidden > 0 {
		more = append(more, "a linear layer")
	}
	if e.Project > 0 {
		more = append(more, "a projection")
	}
	switch e.Pooling {
	case "", "mean":
	case "sif":
		more = append(more, "weights of tokens")
	default:
		more = append(more, fmt.Sprintf("the pooling %q", e.Pooling))
	}
	if e.Repeats > 0 {
		more = append(more, "repeated tokens that count less")
	}
	if more == nil {
		return nil
	}
	list := more[len(more)-1]
	if n := len(more) - 1; n > 0 {
		list = strings.Join(more[:n], ", ") + " and " + list
	}
	return fault.New("fold the layers into the table first, with sentence.WordVectors", "the rows of %s are not the vectors of the model, which has %s",
		checkpoints.EmbeddingTensor, list)
}

// named returns the names of the words that are kept, and the words whose name differs. It removes
// the rows and the counts of the others.
func (v *Vectors) named(words, names []string, counts []int64, rows *checkpoints.Tensor) (tokens []string, spellings map[string]string) {
	for i, name := range names {
		if name == "" {
			continue
		}
		at := len(tokens)
		tokens, counts[at] = append(tokens, name), counts[i]
		if at != i {
			copy(rows.Row(at), rows.Row(i))
		}
		spelling := words[i]
		if v.Model != nil {
			spelling = cmp.Or(v.Model.Spellings[spelling], spelling)
		}
		if spelling != name {
			if spellings == nil {
				spellings = map[string]string{}
			}
			spellings[name] = spelling
		}
	}
	rows.Shape[0] = len(tokens)
	return tokens, spellings
}

// reach counts the words that the tokenizer never produces.
func (r *ImportReport) reach(t *tokenize.Tokenizer) {
	tokens := t.Vocabulary().Tokens()
	missed := missedBy(t, tokens)
	if r.Unreachable = len(missed); r.Unreachable == 0 {
		return
	}
	r.FirstUnreachable = missed[0]
	o := t.Options()
	o.Cased, o.Locale = true, ""
	r.WithCased = len(missedBy(tokenize.NewWordTokenizer(o), missed))
	o.Whitespace = true
	r.WithWhitespace = len(missedBy(tokenize.NewWordTokenizer(o), missed))
}

// missedBy returns the tokens that are not one word, and the same word, to t.
func missedBy(t *tokenize.Tokenizer, tokens []string) []string {
	var missed []string
	for _, token := range tokens {
		words, same := 0, false
		t.Words([]byte(token), func(word []byte) {
			words++
			same = string(word) == token
		})
		if words != 1 || !same {
			missed = append(missed, token)
		}
	}
	return missed
}
