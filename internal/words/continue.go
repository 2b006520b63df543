package words

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Continue returns a checkpoint at the start of a new run over corpus that trains the model of
// c further. c was read with its state, finished or not, and must not be used afterwards. Pass
// the result to Run.Resume with the same options o.
//
// The vocabulary of corpus is that of c (BuildOptions.Vocabulary) or has grown from it
// (BuildOptions.Base). In the latter case every row moves with its word to its new index; new
// words start as in a run with a Start, with zero output vectors, and new character n-grams
// start at random. Noise and subsampling use the counts of the vocabulary of corpus. The log
// continues; Config.Earlier lists the earlier texts.
//
// A model of hierarchical softmax cannot grow: its output vectors belong to the
// inner nodes of a tree that depends on the counts of the words.
func Continue(c *checkpoints.Checkpoint, corpus *corpora.Corpus, o Options) (*checkpoints.Checkpoint, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	n := *c
	n.Config.Earlier = append(n.Config.Earlier[:len(n.Config.Earlier):len(n.Config.Earlier)], c.Config.Corpus)
	n.Config.Corpus = checkpoints.CorpusInfo{RawWords: corpus.RawWords(), Words: corpus.Words(), Lines: corpus.Lines(), Fingerprint: corpus.Fingerprint()}
	n.Config.Progress = checkpoints.Progress{TotalBlocks: int64(corpus.Blocks()) * int64(o.Epochs)}
	n.Config.Validation, n.Config.Part = nil, nil // of another run
	o.SettleSubsample(corpus.Vocabulary())
	n.Config.Options, _ = json.Marshal(o) // plain numbers and strings
	n.State = maps.Clone(c.State)
	maps.DeleteFunc(n.State, func(name string, _ checkpoints.Tensor) bool {
		return strings.HasPrefix(name, checkpoints.BestPrefix) || name == checkpoints.PartTensor
	})
	n.Vocabulary = corpus.Vocabulary()
	if sameVocabulary(n.Vocabulary, c.Vocabulary) {
		return &n, nil
	}
	if err := canGrow(o); err != nil {
		return nil, err
	}
	g, err := newGrowth(c.Vocabulary, n.Vocabulary, o)
	if err != nil {
		return nil, err
	}
	n.Tensors = maps.Clone(c.Tensors)
	words := n.Tensors // what holds the words' own rows
	name := inputTensor
	if o.NGrams.Max > 0 {
		if n.NGrams, err = g.ngrams(c, n.Tensors); err != nil {
			return nil, err
		}
	}
	if o.ownRows() {
		words, name = n.State, wordTensor
		delete(n.Tensors, inputTensor) // composed of the others
	}
	if err := g.rows(words, name, g.tables.In); err != nil {
		return nil, err
	}
	scaleOthers(g.tables, g.given())
	if err := g.rows(n.State, outputTensor, g.tables.Out); err != nil {
		return nil, err
	}
	if _, ok := c.State[frozenTensor]; ok {
		was, err := thaw(c, c.Vocabulary.Len())
		if err != nil {
			return nil, err
		}
		frozen := make([]bool, n.Vocabulary.Len())
		for id, old := range g.old {
			frozen[id] = old >= 0 && was[old]
		}
		n.State[frozenTensor] = frozenState(frozen)
	}
	return &n, nil
}

// sameVocabulary compares tokens and counts.
func sameVocabulary(a, b *tokenize.Vocabulary) bool {
	if a == b {
		return true
	}
	for id := range int32(min(a.Len(), b.Len())) {
		if a.Token(id) != b.Token(id) || a.Count(id) != b.Count(id) {
			return false
		}
	}
	return a.Len() == b.Len()
}

// canGrow returns the error that Continue would return for a grown vocabulary with these
// options, so that it can be reported before the text is read.
func canGrow(o Options) error {
	if o.Loss == LossHS {
		return fault.Mention("continue with the same vocabulary, without Base; or train a new model that starts from this one with Start",
			"a model of hierarchical softmax cannot grow: its tree depends on the vocabulary")
	}
	return nil
}

// growth moves rows from their indexes in an old vocabulary to those in a new one.
type growth struct {
	old    []int32 // of each new word, its old id; -1: none
	tables *Tables // as a new run would start
	o      Options
	words  *tokenize.Vocabulary
}

func newGrowth(was, now *tokenize.Vocabulary, o Options) (*growth, error) {
	g := &growth{old: make([]int32, now.Len()), o: o, words: now}
	kept := 0
	for id, token := range now.Tokens() {
		old, ok := was.ID(token)
		if !ok {
			old = -1
		} else {
			kept++
		}
		g.old[id] = old
	}
	if kept != was.Len() {
		return nil, fmt.Errorf("the vocabulary has not grown: %d of its %d words are missing", was.Len()-kept, was.Len())
	}
	var err error
	g.tables, err = NewTables(now.Len(), o.Dim, o.Seed)
	return g, err
}

// given marks the words that had a row before.
func (g *growth) given() []bool {
	given := make([]bool, len(g.old))
	for id, old := range g.old {
		given[id] = old >= 0
	}
	return given
}

// rows replaces a tensor by table with the old rows in it.
func (g *growth) rows(tensors map[string]checkpoints.Tensor, name string, table []float32) error {
	was, err := restore(tensors, name, g.words.Len()-g.fresh(), g.o.Dim)
	if err != nil {
		return err
	}
	moveRows(table, was, g.tables.Stride, g.old)
	tensors[name] = checkpoints.Tensor{Shape: []int{len(g.old), g.o.Dim}, Stride: g.tables.Stride, Data: table}
	return nil
}

// fresh returns the number of new words.
func (g *growth) fresh() int {
	n := 0
	for _, old := range g.old {
		if old < 0 {
			n++
		}
	}
	return n
}

// moveRows copies row old[i] of was to row i of table, for every word that had a row.
func moveRows(table, was []float32, stride int, old []int32) {
	for i, from := range old {
		if from >= 0 {
			copy(table[i*stride:(i+1)*stride], was[int(from)*stride:])
		}
	}
}

// ngrams makes the n-grams of the new vocabulary, with the rows that were there.
// The old words are all in it, so all their n-grams are.
func (g *growth) ngrams(c *checkpoints.Checkpoint, tensors map[string]checkpoints.Tensor) (*tokenize.NGrams, error) {
	if c.NGrams == nil || c.NGrams.Options() != g.o.NGrams {
		return nil, fmt.Errorf("resume: the checkpoint does not have the character n-grams of its options")
	}
	was, err := restore(tensors, ngramTensor, c.NGrams.Rows(), g.o.Dim)
	if err != nil {
		return nil, err
	}
	now, err := tokenize.NewNGrams(g.words, g.o.NGrams)
	if err != nil {
		return nil, err
	}
	rows := make(map[int32]int32, c.NGrams.Rows())
	for row, bucket := range c.NGrams.Buckets() {
		rows[bucket] = int32(row)
	}
	old := make([]int32, now.Rows())
	for row, bucket := range now.Buckets() {
		old[row] = -1
		if from, ok := rows[bucket]; ok {
			old[row] = from
		}
	}
	g.tables.AddNGrams(now.Rows(), now.Of, g.o.Seed)
	moveRows(g.tables.NGrams, was, g.tables.Stride, old)
	tensors[ngramTensor] = checkpoints.Tensor{Shape: []int{now.Rows(), g.o.Dim}, Stride: g.tables.Stride, Data: g.tables.NGrams}
	return now, nil
}
