package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// vectors returns word vectors for a table written by hand.
func vectors(cased bool, words []string, rows [][]float32) *WordVectors {
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		panic(err)
	}
	tok, err := tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: cased}).WithVocabulary(v)
	if err != nil {
		panic(err)
	}
	var data []float32
	for _, row := range rows {
		data = append(data, row...)
	}
	return NewWordVectors(&checkpoints.Checkpoint{
		Vocabulary: v, Tokenizer: tok,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: {Shape: []int{len(rows), len(rows[0])}, Data: data}},
	})
}

// royal returns vectors for which analogies hold by construction: the axes are royalty, male,
// female, capital, France, Italy and something unrelated.
func royal() *WordVectors {
	return vectors(false,
		[]string{"the", "man", "woman", "king", "queen", "paris", "france", "rome", "italy", "zero"},
		[][]float32{
			{0, 0, 0, 0, 0, 0, 9},
			{0, 2, 0, 0, 0, 0, 0},
			{0, 0, 2, 0, 0, 0, 0},
			{5, 5, 0, 0, 0, 0, 0},
			{3, 0, 3, 0, 0, 0, 0},
			{0, 0, 0, 1, 1, 0, 0},
			{0, 0, 0, 0, 4, 0, 0},
			{0, 0, 0, 2, 0, 2, 0},
			{0, 0, 0, 0, 0, 1, 0},
			{0, 0, 0, 0, 0, 0, 0},
		})
}

func TestNeighbors(t *testing.T) {
	w := royal()
	got, err := w.Neighbors("King", 3) // uncased: found as "king"
	if err != nil {
		t.Fatal(err)
	}
	// cos(king, man) = 1/√2, cos(king, queen) = 1/2, all others 0: "the" is the first of them.
	for i, want := range []Neighbor{{"man", float32(math.Sqrt(0.5))}, {"queen", 0.5}, {"the", 0}} {
		if got[i].Word != want.Word || math.Abs(float64(got[i].Score-want.Score)) > 1e-6 {
			t.Errorf("neighbor %d is %v, want %v", i, got[i], want)
		}
	}
	if all, err := w.Neighbors("king", 100); err != nil || len(all) != 9 {
		t.Errorf("%d neighbors of king, error %v; want all 9 other words", len(all), err)
	}
	if zero, err := w.Neighbors("zero", 2); err != nil || zero[0].Score != 0 {
		t.Errorf("word with a zero vector: %v, error %v", zero, err)
	}
	if _, err := w.Neighbors("king", 0); err == nil {
		t.Error("searching for 0 neighbors succeeded")
	}
}

func TestUnknownWord(t *testing.T) {
	w := royal()
	_, err := w.Neighbors("Quen", 3)
	if err == nil || !strings.Contains(err.Error(), `"Quen"`) || !strings.Contains(fault.Hint(err), "queen") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	for _, word := range []string{"", "  ", "xylophones", "king queen"} {
		if _, err := w.Neighbors(word, 3); err == nil || fault.Hint(err) == "" {
			t.Errorf("%q: error %v", word, err)
		}
	}
	if _, err := w.Analogy("man", "king", "womn", 1); err == nil || !strings.Contains(err.Error(), "womn") {
		t.Errorf("error %v", err)
	}
}

// The hint for subword models does not suggest more text, which would not help.
func TestUnknownWordOfSubwords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vocab.txt")
	if err := os.WriteFile(file, []byte("[UNK]\nwalk\n##ing\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	w := NewWordVectors(&checkpoints.Checkpoint{
		Vocabulary: tok.Vocabulary(), Tokenizer: tok,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: {Shape: []int{3, 1}, Data: []float32{1, 2, 3}}},
	})
	_, err = w.Neighbors("zebras", 1)
	if err == nil || !strings.Contains(fault.Hint(err), "parts of words") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

func TestAnalogy(t *testing.T) {
	w := royal()
	for _, q := range [][4]string{{"man", "king", "woman", "queen"}, {"king", "man", "queen", "woman"}, {"France", "Paris", "Italy", "rome"}} {
		got, err := w.Analogy(q[0], q[1], q[2], 2)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Word != q[3] || len(got) != 2 || got[0].Score < got[1].Score || got[0].Score > 1.000001 {
			t.Errorf("%v: %v", q, got)
		}
		for _, n := range got {
			if strings.EqualFold(n.Word, q[0]) || strings.EqualFold(n.Word, q[1]) || strings.EqualFold(n.Word, q[2]) {
				t.Errorf("%v: the answers include the given word %s", q, n.Word)
			}
		}
	}
}

func TestWords(t *testing.T) {
	w := royal()
	set := &sets.WordPairs{Name: "hand", Pairs: []sets.WordPair{
		{A: "King", B: "man", Score: 9},     // 0.7071
		{A: "king", B: "queen", Score: 8},   // 0.5
		{A: "man", B: "woman", Score: 2},    // 0
		{A: "paris", B: "Paris", Score: 10}, // 1
		{A: "king", B: "unicorn", Score: 5},
		{A: "unicorn", B: "gryphon", Score: 5},
	}}
	r := Words(w, set)
	if r.Pairs != 4 || r.Missing != 2 || math.Abs(r.Coverage-4.0/6) > 1e-12 || math.Abs(r.Spearman-1) > 1e-12 {
		t.Errorf("got %+v", r)
	}
	// x = .7071 .5 0 1, y = 9 8 2 10: 4.36244 / sqrt(0.53217 · 38.75).
	if math.Abs(r.Pearson-0.9606565) > 1e-6 {
		t.Errorf("Pearson = %.7f", r.Pearson)
	}
	if fmt.Sprint(r.MissingWords) != "[unicorn gryphon]" {
		t.Errorf("missing words %v", r.MissingWords)
	}
	for _, set := range []*sets.WordPairs{{Name: "empty"}, {Name: "one", Pairs: set.Pairs[:1]}, {Name: "none", Pairs: set.Pairs[4:]}} {
		r := Words(w, set)
		if r.Defined || r.Spearman != 0 || r.Pearson != 0 || r.Pairs+r.Missing != len(set.Pairs) {
			t.Errorf("%s: %+v", set.Name, r)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", set.Name, err)
		}
		var b strings.Builder
		if r.WriteTo(&b); !strings.Contains(b.String(), "undefined") {
			t.Errorf("%s: %s", set.Name, b.String())
		}
	}
}

func analogies() *sets.Analogies {
	return &sets.Analogies{Name: "hand", Sections: []sets.AnalogySection{
		{Name: "family", Questions: [][4]string{
			{"man", "king", "woman", "queen"},
			{"king", "MAN", "queen", "woman"},
			{"man", "king", "woman", "the"},   // answered, wrongly
			{"man", "king", "lady", "queen"},  // skipped
			{"man", "king", "woman", "lady"},  // skipped: the answer is unknown
			{"France", "Paris", "Italy", "x"}, // skipped
		}},
		{Name: "gram1-capitals", Questions: [][4]string{{"France", "Paris", "Italy", "Rome"}}},
		{Name: "nothing"},
	}}
}

func TestAnalogyReport(t *testing.T) {
	for _, threads := range []int{0, 1, 3} {
		r, err := AnalogyReport(context.Background(), royal(), analogies(), AnalogyOptions{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		royalty := AnalogyScore{Accuracy: 2.0 / 3, Correct: 2, Covered: 3, Questions: 6}
		if r.Sections[0].AnalogyScore != royalty || r.Semantic != royalty {
			t.Errorf("royalty %+v, semantic %+v", r.Sections[0], r.Semantic)
		}
		if one := (AnalogyScore{1, 1, 1, 1}); r.Syntactic != one || r.Sections[1].AnalogyScore != one {
			t.Errorf("capitals %+v, syntactic %+v", r.Sections[1], r.Syntactic)
		}
		if (r.Sections[2].AnalogyScore != AnalogyScore{}) {
			t.Errorf("empty section %+v", r.Sections[2])
		}
		if (r.AnalogyScore != AnalogyScore{0.75, 3, 4, 7}) || r.Restrict != 10 {
			t.Errorf("all %+v", r)
		}
	}
	// "queen" is word 4: the restriction excludes it.
	r, err := AnalogyReport(context.Background(), royal(), analogies(), AnalogyOptions{Restrict: 4})
	if err != nil || r.Covered != 1 || r.Questions != 7 {
		t.Errorf("restricted to 4 words: %+v, error %v", r, err)
	}
	empty, err := AnalogyReport(context.Background(), royal(), &sets.Analogies{}, AnalogyOptions{})
	if err != nil || empty.Accuracy != 0 || empty.Questions != 0 {
		t.Errorf("empty set: %+v, error %v", empty, err)
	}
}

func TestAnalogyReportCased(t *testing.T) {
	w := vectors(true, []string{"Man", "king", "Woman", "QUEEN", "man", "Queen"},
		[][]float32{{0, 2, 0}, {5, 5, 0}, {0, 0, 2}, {3, 0, 3}, {9, -9, -9}, {3, 0, 3.1}})
	set := &sets.Analogies{Sections: []sets.AnalogySection{{Questions: [][4]string{{"man", "King", "woman", "queen"}}}}}
	r, err := AnalogyReport(context.Background(), w, set, AnalogyOptions{})
	if err != nil || r.Correct != 1 {
		t.Errorf("got %+v, error %v", r, err)
	}
}

// Scanning in blocks gives the same answers as one question at a time.
func TestAnswerAgainstAnalogy(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const n, dim = 700, 21
	words, rows := make([]string, n), make([][]float32, n)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", i)
		for range dim {
			rows[i] = append(rows[i], float32(r.NormFloat64()))
		}
	}
	w := vectors(false, words, rows)
	var qs []question
	for range 60 {
		qs = append(qs, question{a: r.Int32N(n), b: r.Int32N(n), c: r.Int32N(n)})
	}
	for _, threads := range []int{1, 2, 5} {
		got, err := w.answer(context.Background(), qs, n, threads)
		if err != nil {
			t.Fatal(err)
		}
		for i, q := range qs {
			want, err := w.Analogy(words[q.a], words[q.b], words[q.c], 1)
			if err != nil {
				t.Fatal(err)
			}
			if words[got[i]] != want[0].Word {
				t.Errorf("%d threads: question %d answered %s, want %v", threads, i, words[got[i]], want)
			}
		}
	}
}

func TestAnalogyReportCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := AnalogyReport(ctx, royal(), analogies(), AnalogyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestReportsInJSON(t *testing.T) {
	a, err := AnalogyReport(context.Background(), royal(), analogies(), AnalogyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		report any
		keys   []string
	}{
		{Words(royal(), &sets.WordPairs{}), []string{"spearman", "pearson", "pairs", "missing", "coverage"}},
		{a, []string{"accuracy", "questions", "covered", "semantic", "syntactic", "sections"}},
		{ANNPoint{K: 10}, []string{"ef", "recall@10", "queries_per_second"}},
	} {
		data, err := json.Marshal(c.report)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		for _, key := range c.keys {
			if _, ok := m[key]; !ok {
				t.Errorf("%T has no key %q: %s", c.report, key, data)
			}
		}
	}
}

func TestNewWordVectorsPanics(t *testing.T) {
	defer func() {
		if r := recover(); r != errNoTable {
			t.Errorf("panicked with %v", r)
		}
	}()
	NewWordVectors(&checkpoints.Checkpoint{})
}

func ExampleAnalogyReport() {
	r, err := AnalogyReport(context.Background(), royal(), analogies(), AnalogyOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r.WriteTo(os.Stdout)
	// Output:
	// analogies                      accuracy   correct   covered  questions
	//   family                         0.6667         2         3          6
	//   gram1-capitals                 1.0000         1         1          1
	//   nothing                             -         0         0          0
	// semantic                         0.6667         2         3          6
	// syntactic                        1.0000         1         1          1
	// all                              0.7500         3         4          7
	// among the 10 most frequent words
}

func ExampleWordVectors_Analogy() {
	w := royal()
	answers, err := w.Analogy("man", "king", "woman", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.4f\n", answers[0].Word, answers[0].Score)
	// (√½, √½-1, 1) · (√½, 0, √½) / 1.25928
	//
	// Output: queen 0.9586
}
