package sentence

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

//go:embed testdata/worked-example.json
var workedExampleJSON []byte

// workedExampleFile is the layout of the worked example's file. Its table is written as on
// paper, with one column per word.
type workedExampleFile struct {
	Vocab         []string    `json:"vocab"`
	EmbeddingRows [][]float32 `json:"embedding_rows"` // [dim][V]
	W             [][]float32 `json:"W"`
	Bias          []float32   `json:"b"`
	P             [][]float32 `json:"P"`
}

// WorkedExample returns an encoder of 22 words and 4 dimensions, from the exercise "Deep Dive
// into Vector Databases by Hand": Linear+ReLU 4 → 4, mean, projection 4 → 2. Asked "am I you",
// it finds "who am I" (dot product 62/9) before "how are you" (44/9) and "who are you" (42/9).
// The embed explain command can show it.
//
// Its words are cased, because "I" is one of them. The exercise lists "she" twice, with
// different numbers; a lookup finds the first, so the second row can never be reached. It keeps
// its place, under a name that no text can spell, so that the ids are those of the exercise.
func WorkedExample() *Encoder { return workedExample() }

var workedExample = sync.OnceValue(func() *Encoder {
	e, err := parseWorkedExample(workedExampleJSON)
	if err != nil {
		// The file is part of the program and a test reads it.
		panic("sentence: embedded worked example: " + err.Error())
	}
	return e
})

func parseWorkedExample(data []byte) (*Encoder, error) {
	var f workedExampleFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	words := slices.Clone(f.Vocab)
	for i, word := range words {
		if first := slices.Index(words, word); first < i {
			words[i] = fmt.Sprintf("%s (%d)", word, i) // the tokenizer produces no word with a space
		}
	}
	vocabulary, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		return nil, err
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true}).WithVocabulary(vocabulary)
	if err != nil {
		return nil, err
	}
	linear, projection := tensorOf(f.W), tensorOf(f.P)
	return New(Layers{
		Tokenizer:  tokenizer,
		Embedding:  tensorOf(transposed(f.EmbeddingRows)),
		Linear:     &linear,
		Bias:       &checkpoints.Tensor{Shape: []int{len(f.Bias)}, Data: f.Bias},
		Projection: &projection,
	})
}

func tensorOf(rows [][]float32) checkpoints.Tensor {
	cols := 0
	if len(rows) > 0 {
		cols = len(rows[0])
	}
	return checkpoints.Tensor{Shape: []int{len(rows), cols}, Data: slices.Concat(rows...)}
}

func transposed(rows [][]float32) [][]float32 {
	if len(rows) == 0 {
		return nil
	}
	out := make([][]float32, len(rows[0]))
	for j := range out {
		for _, row := range rows {
			out[j] = append(out[j], row[j])
		}
	}
	return out
}
