package checkpoints

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// VectorsKind is the Config.Kind of a model that was imported and not trained.
const VectorsKind = "vectors"

// ImportOptions say how Import makes a model of vectors.
type ImportOptions struct {
	// Tokenizer cuts text into the words of the vectors. Default: that of a model
	// folder, else lower-cased words (tokenize.NewWordTokenizer).
	Tokenizer *tokenize.Tokenizer
	// Vocabulary and OnProgress are as in VectorsOptions.
	Vocabulary string
	OnProgress func(done, size int64)
}

// ImportReport is what Import met.
type ImportReport struct {
	VectorStats
	Format         string // of the file; see Vectors
	Duplicates     int64  // rows left out because their word came before
	FirstDuplicate string // the first of them and where it stands: `"the" in vectors.txt:12`
	Ranked         bool   // the counts are made from the order of the words
	// Unreachable words are in the table, and the tokenizer never makes them of a
	// text: words with capitals for one that lower-cases, with punctuation for one
	// that cuts it off. WithCased is how many they were if capitals were kept,
	// WithWhitespace if text were cut at white space too.
	Unreachable      int
	FirstUnreachable string
	WithCased        int
	WithWhitespace   int
}

// Import reads word vectors in any format of Vectors into a model, of kind
// "vectors": every command can use it, and a training can start from it.
//
// Of a word that comes twice the first row is taken. Where the words have no
// counts, their order stands for them, as it is the order of frequency nearly
// everywhere: by the law of Zipf the word of rank r, from 1, of V gets the count
// V/r, rounded down.
func Import(ctx context.Context, path string, o ImportOptions) (*Checkpoint, *ImportReport, error) {
	vectors, err := OpenVectors(ctx, path, VectorsOptions{Vocabulary: o.Vocabulary, OnProgress: o.OnProgress})
	if err != nil {
		return nil, nil, err
	}
	defer vectors.Close()
	return vectors.model(ctx, o)
}

func (v *Vectors) model(ctx context.Context, o ImportOptions) (*Checkpoint, *ImportReport, error) {
	report := &ImportReport{Format: v.Format}
	table := &growingTable{dim: v.Dim}
	table.reserve(v)
	ids := map[string]struct{}{}
	var tokens []string
	var counts []int64
	err := v.Each(ctx, func(row VectorRow) error {
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
	report.VectorStats = v.Stats()
	if len(tokens) == 0 {
		return nil, nil, fmt.Errorf("%s: none of its %d words can be a token: the first stands in %s", v.Path, report.Rows, report.FirstUnusable)
	}
	if report.Ranked {
		for i := range counts {
			counts[i] = int64(len(counts) / (i + 1))
		}
	}
	vocabulary, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", v.Path, err)
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
	return &Checkpoint{
		Config: Config{
			Kind: VectorsKind, Dim: v.Dim, Encoder: EncoderConfig{Pooling: "mean", Normalize: true}, Options: options,
			Corpus:   CorpusInfo{Sources: []string{v.Path}, Vocabulary: len(tokens)},
			Progress: Progress{Done: 1, Finished: true},
		},
		Tokenizer:  tokenizer,
		Vocabulary: vocabulary,
		Tensors:    map[string]Tensor{EmbeddingTensor: table.tensor()},
	}, report, nil
}

// reach counts the words that the tokenizer cannot make.
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

// growingTable collects rows whose number is not known, or not believed.
type growingTable struct {
	dim   int
	rows  int
	whole Tensor      // when the file is long enough for what it says
	parts [][]float32 // else: partRows rows each, packed
}

const partBytes = 8 << 20

// partRows is the number of rows of a part.
func (t *growingTable) partRows() int { return max(1, partBytes/4/t.dim) }

// reserve makes the whole table at once when the file, as long as it is, can hold
// all the rows that it says it has: that saves copying them later.
func (t *growingTable) reserve(v *Vectors) {
	least := 4 * v.Dim
	if v.Format == "word2vec" {
		least = 2 * v.Dim // a digit and a space
	}
	if v.Rows > 0 && v.Rows <= v.stored(least) {
		t.whole = NewTensor(int(v.Rows), v.Dim)
	}
}

func (t *growingTable) add(row []float32) {
	if t.whole.Data != nil {
		copy(t.whole.Row(t.rows), row)
	} else {
		if t.rows%t.partRows() == 0 {
			t.parts = append(t.parts, make([]float32, 0, min(t.partRows()*t.dim, max(1024*t.dim, t.rows*t.dim))))
		}
		last := len(t.parts) - 1
		t.parts[last] = append(t.parts[last], row...)
	}
	t.rows++
}

// tensor returns the table, which is not to be added to any more.
func (t *growingTable) tensor() Tensor {
	if t.whole.Data != nil {
		t.whole.Shape = []int{t.rows, t.dim}
		t.whole.Data = t.whole.Data[:t.rows*t.whole.Stride]
		return t.whole
	}
	x := NewTensor(t.rows, t.dim)
	for i := range t.rows {
		part, at := i/t.partRows(), i%t.partRows()*t.dim
		copy(x.Row(i), t.parts[part][at:at+t.dim])
		if (i+1)%t.partRows() == 0 {
			t.parts[part] = nil // memory for the rest
		}
	}
	return x
}
