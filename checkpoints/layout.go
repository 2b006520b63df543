package checkpoints

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/luminavec/luminavec/internal/plainjson"
)

// Files with which sentence-transformers opens the folder. They are written only if it computes
// the vectors that package sentence computes; see layoutOf.
const (
	ModulesFile    = "modules.json"
	SimilarityFile = "config_sentence_transformers.json"
)

// Tensors of model.safetensors in the layout indexed, with the names that model2vec and StaticEmbedding
// use: the vector of token t is a row of tableTensor, that of the index mapping[t], times
// weights[t].
const (
	tableTensor   = "embeddings" // [V+1, dim], EmbeddingTensor and a row of zeros
	mappingTensor = "mapping"    // [N], the row of each id: its own, or that of zeros for unknown text
	weightsTensor = "weights"    // [N], PoolingTensor; only with the pooling sif
)

// layout is how the table of a model is stored.
type layout int

const (
	plain   layout = iota // as EmbeddingTensor: other programs do not open the folder, or need nothing else
	extra                 // as EmbeddingTensor with a row of zeros at the end, for the unk_token of a word tokenizer
	indexed               // as tableTensor, mappingTensor and weightsTensor
)

// layoutOf returns how the table is stored, and whether sentence-transformers then computes the
// vectors of the model, so that it may open the folder. Its module StaticEmbedding averages rows
// of one table for all tokens of a text. A vector that is scaled to length 1 is not changed by
// tokens with a row of zeros, which is what unknown text counts here.
//
// Layers, other poolings than means and character n-grams have no such table, and Hugging Face's
// library cannot join phrases. What cannot be opened can be exported, if the layers fold; see
// package exchange.
func layoutOf(c *Checkpoint) (l layout, opens bool) {
	e := c.Config.Encoder
	if c.Quantized() || e.Hidden > 0 || e.Project > 0 || c.NGrams != nil || e.Repeats > 0 || len(c.Tokenizer.Phrases()) > 0 || c.Tokenizer.Truncates() {
		return plain, false
	}
	weighted := e.Pooling == sif
	if !weighted && e.Pooling != "" && e.Pooling != "mean" {
		return plain, false
	}
	unknown := !c.Tokenizer.Subwords() || c.Tokenizer.Unknown() >= 0
	switch {
	case unknown && e.Unknown == UnknownCounted && !weighted:
		return plain, true
	case unknown && e.Unknown == UnknownCounted:
		return plain, false
	case unknown && (!e.Normalize || e.Unknown == "" && c.Tokenizer.MarksSpaces()):
		return plain, false
	case weighted || unknown && c.Tokenizer.Subwords():
		return indexed, true
	case unknown:
		return extra, true
	}
	return plain, true
}

// stored returns the tensors of model.safetensors.
func (c *Checkpoint) stored(l layout) ([]Saved, error) {
	tensors, err := saved(c.Tensors, c.Config.Encoder.static())
	if err != nil || l == plain {
		return tensors, err
	}
	table, err := c.Embedding().inMemory()
	if err != nil {
		return nil, err
	}
	rows := table.Rows()
	zeros := make([]float32, table.Cols())
	longer := Saved{Name: EmbeddingTensor, Shape: []int{rows + 1, table.Cols()}, Row: func(i int) []float32 {
		if i == rows {
			return zeros
		}
		return table.Row(i)
	}}
	tensors = slices.DeleteFunc(tensors, func(t Saved) bool { return t.Name == EmbeddingTensor || l == indexed && t.Name == PoolingTensor })
	if l == extra {
		return append(tensors, longer), nil
	}
	longer.Name = tableTensor
	ids := c.ids()
	tensors = append(tensors, longer, Saved{Name: mappingTensor, Shape: []int{ids}, Whole: func(i int) int { return c.rowOf(i) }})
	if weights, ok := c.Tensors[PoolingTensor]; ok {
		all := append(slices.Clone(weights.Row(0)), 0)[:ids]
		tensors = append(tensors, Saved{Name: weightsTensor, Shape: []int{ids}, Row: func(int) []float32 { return all }})
	}
	return tensors, nil
}

// ids returns the number of ids that tokenizer.json has: with a word tokenizer, one more than the
// vocabulary.
func (c *Checkpoint) ids() int {
	if c.Tokenizer.Subwords() {
		return c.Vocabulary.Len()
	}
	return c.Vocabulary.Len() + 1
}

// rowOf returns the row of an id in tableTensor.
func (c *Checkpoint) rowOf(id int) int {
	if c.Tokenizer.Subwords() && id == int(c.Tokenizer.Unknown()) {
		return c.Vocabulary.Len()
	}
	return id
}

// restore turns the tensors of the layouts extra and indexed into those of plain, which share their
// memory.
func (c *Checkpoint) restore() error {
	n := c.Vocabulary.Len()
	table, isMapped := c.Tensors[tableTensor]
	if !isMapped {
		table = c.Tensors[EmbeddingTensor]
		if len(table.Shape) != 2 || table.Shape[0] != n+1 || c.Tokenizer.Subwords() || c.Config.Format != formatZeroRow {
			return nil
		}
		return c.shorten(EmbeddingTensor, table)
	}
	for _, name := range []string{EmbeddingTensor, PoolingTensor} {
		if _, twice := c.Tensors[name]; twice {
			return fmt.Errorf("tensor %q occurs beside %q", name, tableTensor)
		}
	}
	if err := wantShape(tableTensor, table, n+1, c.Config.Dim); err != nil {
		return err
	}
	mapping, ok := c.Tensors[mappingTensor]
	if !ok {
		return fmt.Errorf("no tensor %q", mappingTensor)
	}
	if err := wantShape(mappingTensor, mapping, c.ids()); err != nil {
		return err
	}
	for id, row := range mapping.Row(0) {
		if row != float32(c.rowOf(id)) {
			return fmt.Errorf("tensor %q maps id %d to row %v; expected %d", mappingTensor, id, row, c.rowOf(id))
		}
	}
	if weights, ok := c.Tensors[weightsTensor]; ok {
		if err := wantShape(weightsTensor, weights, c.ids()); err != nil {
			return err
		}
		c.Tensors[PoolingTensor] = Tensor{Shape: []int{n}, Data: weights.Data[:n]}
	}
	for _, name := range []string{tableTensor, mappingTensor, weightsTensor} {
		delete(c.Tensors, name)
	}
	return c.shorten(tableTensor, table)
}

// shorten sets EmbeddingTensor to a table without its last row, which must be zeros.
func (c *Checkpoint) shorten(name string, table Tensor) (err error) {
	defer table.Unfault(debug.SetPanicOnFault(true), &err)
	n := table.Rows() - 1
	if err := table.Verify(n, n+1); err != nil {
		return err
	}
	if slices.ContainsFunc(table.Row(n), func(x float32) bool { return x != 0 }) {
		return fmt.Errorf("tensor %q: row %d, of unknown text, is not zero", name, n)
	}
	table.Shape, table.Data = []int{n, table.Cols()}, table.Data[:n*table.rowStride()]
	c.Tensors[EmbeddingTensor] = table
	return nil
}

// module is an entry of modules.json.
type module struct {
	Index int    `json:"idx"`
	Name  string `json:"name"`
	Path  string `json:"path"`
	Type  string `json:"type"`
}

// writeModules writes modules.json. The modules of the layout indexed are named as only versions
// from 6.0 name them, because earlier ones would ignore the mapping and the weights.
func writeModules(w io.Writer, c *Checkpoint, l layout) error {
	static, normalize := "sentence_transformers.models.StaticEmbedding", "sentence_transformers.models.Normalize"
	if l == indexed {
		static = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"
		normalize = "sentence_transformers.base.modules.normalize.Normalize"
	}
	modules := []module{{0, "0", ".", static}}
	if c.Config.Encoder.Normalize {
		modules = append(modules, module{1, "1", "1_Normalize", normalize})
	}
	return writeIndented(w, modules)
}

// requirement is what sentence-transformers checks before it opens a model, from version 6.0.
type requirement struct {
	Specifier string `json:"specifier"`
	Reason    string `json:"reason"`
}

// writeSimilarity writes the settings of sentence-transformers.
func writeSimilarity(w io.Writer, l layout) error {
	settings := struct {
		Type         string                 `json:"model_type"`
		Prompts      map[string]string      `json:"prompts"`
		Prompt       *string                `json:"default_prompt_name"`
		Similarity   string                 `json:"similarity_fn_name"`
		Requirements map[string]requirement `json:"requirements,omitempty"`
	}{Type: "SentenceTransformer", Prompts: map[string]string{}, Similarity: "cosine"}
	if l == indexed {
		settings.Requirements = map[string]requirement{"sentence-transformers": {">=6.2.0", "earlier versions ignore the weights of tokens"}}
	}
	return writeIndented(w, settings)
}

func writeIndented(w io.Writer, v any) error {
	data, err := plainjson.Marshal(v, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
