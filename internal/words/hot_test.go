package words

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// By hand: two workers have copies of the two most frequent of three rows. Each adds to its copy of
// row 1; nothing is lost, and row 2, which is not copied, changes at once.
func TestCopies(t *testing.T) {
	defer func(n int) { HotRows = n }(HotRows)
	HotRows = 256
	v, _ := tokenize.NewVocabulary([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"}, []int64{9, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	corpus, err := corpora.Build(context.Background(), text.FromBytes("x", []byte("a b c\n")), corpora.BuildOptions{Vocabulary: v})
	if err != nil {
		t.Fatal(err)
	}
	tables, _ := NewTables(16, 1, 1)
	clear(tables.In)
	o := DefaultOptions()
	o.Threads = 2
	w := &wordTrainer{tables: tables, options: o, objective: &Objective{PerWindow: true}, run: Run{Corpus: corpus}}
	w.shareHot()
	if w.hot == nil || w.hot.rows != 2 {
		t.Fatalf("copies: %+v", w.hot)
	}
	wide, first, one := w.newCopies()
	_, second, two := w.newCopies()
	if first != 16 || second != 18 || wide.Rows != 20 {
		t.Fatalf("copies begin at %d and %d of %d rows", first, second, wide.Rows)
	}
	if _, none, three := w.newCopies(); none != 0 || three != nil {
		t.Error("a third worker has copies")
	}
	stride := tables.Stride
	one.trained(5)
	two.trained(5)
	wide.In[17*stride] += 3 // worker 0, row 1
	wide.In[19*stride] += 4 // worker 1, row 1
	wide.In[2*stride] += 5
	if tables.In[stride] != 0 || tables.In[2*stride] != 5 {
		t.Errorf("before the exchange: %v, %v", tables.In[stride], tables.In[2*stride])
	}
	one.since = one.every
	one.trained(5) // adds its change
	two.since = two.every
	two.trained(5) // adds its own, and sees both
	if got := wide.In[19*stride]; got != 7 {
		t.Errorf("after the exchange worker 1 has %v, want 7", got)
	}
	if got := wide.In[17*stride]; got != 3 {
		t.Errorf("worker 0 has %v, want 3", got)
	}
	wide.In[17*stride] += 10
	one.give()
	two.give()
	one.give() // nothing is left
	if got := tables.In[stride]; got != 17 {
		t.Errorf("the row is %v, want 3+4+10", got)
	}
}

// Without n-grams, frozen rows and trees, and with several workers only.
func TestNoCopies(t *testing.T) {
	defer func(n int) { HotRows = n }(HotRows)
	HotRows = 256
	v, _ := tokenize.NewVocabulary([]string{"a", "b", "c", "d", "e", "f", "g", "h"}, []int64{1, 2, 3, 4, 5, 6, 7, 8}) // not sorted
	corpus, _ := corpora.Build(context.Background(), text.FromBytes("x", []byte("a b c\n")), corpora.BuildOptions{Vocabulary: v})
	tables, _ := NewTables(8, 1, 1)
	o := DefaultOptions()
	o.Threads = 2
	w := &wordTrainer{tables: tables, options: o, objective: &Objective{PerWindow: true}, run: Run{Corpus: corpus}}
	if w.shareHot(); w.hot != nil {
		t.Error("a vocabulary that is not sorted has copies")
	}
}

// Exchanges by many workers lose no change.
func TestCopiesConcurrently(t *testing.T) {
	const rows, workers, rounds = 64, 4, 50
	h := &hot{rows: rows, mu: make([]sync.Mutex, rows/hotStripe)}
	shared := make([]float32, rows)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			c := &copies{of: h, stride: 1, every: 1}
			for i := range c.own {
				c.own[i], c.before[i], c.shared[i] = make([]float32, rows), make([]float32, rows), shared
			}
			c.own[1], c.before[1], c.shared[1] = make([]float32, rows), make([]float32, rows), make([]float32, rows)
			for range rounds {
				c.trained(1)
				for i := range c.own[0] {
					c.own[0][i]++
				}
			}
			c.give()
		})
	}
	wait.Wait()
	if want := slices.Repeat([]float32{workers * rounds}, rows); !slices.Equal(shared, want) {
		t.Errorf("the sums are %v", shared)
	}
}
