package words

import (
	"context"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// countedWords returns a vocabulary of words with the given counts.
func countedWords(t *testing.T, counts ...int64) *tokenize.Vocabulary {
	t.Helper()
	tokens := make([]string, len(counts))
	for i := range tokens {
		tokens[i] = string(rune('a' + i))
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func spreadTrainer(t *testing.T, dim int, counts ...int64) *wordTrainer {
	t.Helper()
	before := SpreadRows
	SpreadRows = 4096
	t.Cleanup(func() { SpreadRows = before })
	v := countedWords(t, counts...)
	corpus, err := corpora.Build(context.Background(), text.FromBytes("x", []byte("a b c\n")), corpora.BuildOptions{Vocabulary: v})
	if err != nil {
		t.Fatal(err)
	}
	tables, _ := NewTables(v.Len(), dim, 1)
	o := DefaultOptions()
	o.Threads, o.Dim = 2, dim
	return &wordTrainer{tables: tables, options: o, objective: &Objective{}, run: Run{Corpus: corpus}}
}

// By hand: with 16 rows of 100 values (112 with padding), the two most frequent ones move to rows 16
// and 19, because 14 lines are two rows, and return when the last worker gives them back.
func TestSpread(t *testing.T) {
	w := spreadTrainer(t, 100, 9, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	clear(w.tables.In)
	w.tables.In[kernel.Stride(100)] = 7
	w.spreadRows()
	s := w.spread
	if s == nil || s.rows != 2 || s.step != 3 || s.tables.Rows != 16+6 || len(w.tables.In) != 16*112 {
		t.Fatalf("spread: %+v", s)
	}
	ids := []int32{0, 1, 2, 15}
	if s.places(ids); !slices.Equal(ids, []int32{16, 19, 2, 15}) {
		t.Errorf("the rows are at %v", ids)
	}
	s.take()
	s.take()
	row := s.tables.in(19)
	if row[0] != 7 {
		t.Errorf("the row has not moved: %v", row[0])
	}
	row[0] = 8
	s.tables.in(2)[0] = 5
	s.give()
	if w.tables.In[112] != 7 || w.tables.In[2*112] != 5 {
		t.Errorf("while a worker trains the rows are %v and %v", w.tables.In[112], w.tables.In[2*112])
	}
	s.give()
	if w.tables.In[112] != 8 {
		t.Errorf("the row is %v, want 8", w.tables.In[112])
	}
}

func TestNotSpread(t *testing.T) {
	w := spreadTrainer(t, 1, 1, 2, 3, 4, 5, 6, 7, 8)
	if w.spreadRows(); w.spread != nil {
		t.Error("a vocabulary that is not sorted is spread")
	}
	for what, change := range map[string]func(o *Options){
		"one thread":    func(o *Options) { o.Threads = 1 },
		"deterministic": func(o *Options) { o.Deterministic = true },
		"graph":         func(o *Options) { o.Engine = training.Graph },
		"tree":          func(o *Options) { o.Loss = LossHS },
		"frozen":        func(o *Options) { o.FreezeInit = true },
		"n-grams":       func(o *Options) { o.NGrams = tokenize.NGramOptions{Min: 3, Max: 6} },
	} {
		w := spreadTrainer(t, 1, 8, 7, 6, 5, 4, 3, 2, 1)
		change(&w.options)
		if w.spreadRows(); w.spread != nil {
			t.Errorf("%s: rows are spread", what)
		}
	}
}
