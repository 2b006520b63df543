package exchange

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
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
	table := &growingTable{dim: v.Dim}
	table.reserve(v)
	ids := map[string]struct{}{}
	var tokens []string
	var counts []int64
	err := v.Each(ctx, func(row Row) error {
		if _, known := ids[string(row.Token)]; known {
			if report.Duplicates == 0 {
				report.FirstDuplicate = fmt.Sprintf("%.60q in %s", row.Token, v.Place())
			}
			report.Duplicates++
			return nil
		}
		token := string(row.Token)
		ids[token] = struct{}{}
		tokens, counts = append(tokens, token), append(counts, row.Count)
		report.Ranked = report.Ranked || row.Count < 0
		table.add(row.Values)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	report.Stats, report.Read = v.Stats(), v.String()
	if len(tokens) == 0 {
		return nil, nil, fault.New("a word must not be empty or contain a tab or a line break; in JSON Lines it is the member \"text\"", "%s: none of its %d words can be a token: the first is at %s", v.Name(), report.Rows, report.FirstUnusable)
	}
	if report.Ranked {
		for i := range counts {
			counts[i] = int64(len(counts) / (i + 1))
		}
	}
	vocabulary, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", v.Name(), err)
	}
	tokenizer := o.Tokenizer
	switch {
	case tokenizer != nil:
	case v.Model != nil:
		tokenizer = v.Model.Tokenizer
	default:
		tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})
	}
	if tokenizer, err = tokenizer.WithVocabulary(vocabulary); err != nil {
		return nil, nil, err
	}
	report.reach(tokenizer)
	options, err := json.Marshal(map[string]any{"format": v.Format, "counts_by_rank": report.Ranked})
	if err != nil {
		return nil, nil, err
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind: checkpoints.VectorsKind, Dim: v.Dim, Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}, Options: options,
			Corpus:   checkpoints.CorpusInfo{Sources: []string{v.Path}, Vocabulary: len(tokens)},
			Progress: checkpoints.Progress{Done: 1, Finished: true},
		},
		Tokenizer:  tokenizer,
		Vocabulary: vocabulary,
		Tensors:    map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: table.tensor()},
	}, report, nil
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
	o.Cased = true
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
