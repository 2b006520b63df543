package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/fault"
)

// drawn returns a vector of random numbers for each name.
func drawn(dim int, names ...string) map[string][]float32 {
	r := rand.New(rand.NewPCG(uint64(dim), 5))
	all := map[string][]float32{}
	for _, name := range names {
		for range dim {
			all[name] = append(all[name], float32(r.NormFloat64()))
		}
	}
	return all
}

// Sentences and words that are equal have cosine 1, whatever their vectors: rounding neither ranks
// pairs of equal sentences nor makes a correlation of them.
func TestEqualInputs(t *testing.T) {
	for dim := 5; dim < 60; dim++ {
		of := drawn(dim, "a", "b", "c")
		e1, e2, diagonal, minus := make([]float32, dim), make([]float32, dim), make([]float32, dim), make([]float32, dim)
		e1[0], e2[1], diagonal[0], diagonal[1], minus[0] = 1, 1, 1, 1, -1
		of["x"], of["y"], of["xy"], of["-x"] = e1, e2, diagonal, minus
		// As a sentence of the same words in another order: its values were added in another order.
		again := make([]float32, dim)
		for i, v := range of["a"] {
			again[i] = v * (1 + 6e-8*float32(i%3-1))
		}
		of["again"] = again
		pairs := []sets.STSPair{{A: "a", B: "again", Score: 5}, {A: "b", B: "b", Score: 4}, {A: "c", B: "c", Score: 3},
			{A: "x", B: "y", Score: 1}, {A: "xy", B: "x", Score: 2}, {A: "x", B: "-x", Score: 0}}
		equal := []sets.STSPair{{A: "a", B: "a", Score: 5}, {A: "b", B: "b", Score: 4}, {A: "c", B: "c", Score: 3}, {A: "again", B: "a", Score: 1}}
		e := &fakeEncoder{dim: dim, vectors: of}
		r, err := STS(context.Background(), e, &sets.STS{Name: "ties", Pairs: pairs}, STSOptions{})
		// scipy.stats.spearmanr([1, 1, 1, 0, sqrt(0.5), -1], [5, 4, 3, 1, 2, 0]) and pearsonr
		if err != nil || math.Abs(r.Spearman-0.9411239481143202) > 1e-12 || math.Abs(r.Pearson-0.8774584855942666) > 1e-7 {
			t.Errorf("%d dimensions: Spearman %v, Pearson %v, error %v", dim, r.Spearman, r.Pearson, err)
		}
		if r, err := STS(context.Background(), e, &sets.STS{Name: "equal", Pairs: equal}, STSOptions{Resamples: 10}); err != nil || r.Defined || r.Interval != nil {
			t.Errorf("%d dimensions, equal sentences: %+v, %v", dim, r, err)
		}
		var names []string
		var rows [][]float32
		for _, name := range []string{"a", "b", "c", "x", "y", "xy", "-x"} {
			names, rows = append(names, name), append(rows, of[name])
		}
		w := vectors(false, names, rows)
		set := &sets.WordPairs{Name: "ties"}
		for _, p := range pairs {
			set.Pairs = append(set.Pairs, sets.WordPair{A: p.A, B: strings.ReplaceAll(p.B, "again", "a"), Score: p.Score})
		}
		if r := Words(w, set); math.Abs(r.Spearman-0.9411239481143202) > 1e-12 {
			t.Errorf("%d dimensions, words: Spearman %v", dim, r.Spearman)
		}
		if r := Words(w, &sets.WordPairs{Pairs: set.Pairs[:3]}); r.Defined {
			t.Errorf("%d dimensions, equal words: %+v", dim, r)
		}
		if c, ok := w.Similarity("a", "a"); c != 1 || !ok {
			t.Errorf("%d dimensions: the cosine of a word and itself is %v", dim, c)
		}
	}
}

// Of words with equal vectors the most frequent is the answer, wherever their rows are.
func TestEqualAnswers(t *testing.T) {
	for dim := 8; dim < 60; dim++ {
		of := drawn(dim, "a", "b", "c", "d")
		names, rows := []string{"a", "b", "c", "d"}, [][]float32{of["a"], of["b"], of["c"]}
		target := make([]float32, dim)
		w := vectors(false, names[:3], rows)
		for i := range target {
			target[i] = w.row(1)[i] - w.row(0)[i] + w.row(2)[i]
		}
		rows = append(rows, target)
		for i := range 10 { // rows 4 to 13: the last are not in a group of eight
			names, rows = append(names, fmt.Sprintf("same%d", i)), append(rows, target)
		}
		w = vectors(false, names, rows)
		r, err := AnalogyReport(context.Background(), w, &sets.Analogies{Sections: []sets.AnalogySection{{Name: "family", Questions: [][4]string{{"a", "b", "c", "d"}}}}}, AnalogyOptions{})
		if err != nil || r.Correct != 1 {
			t.Errorf("%d dimensions: %+v, %v", dim, r, err)
		}
		near, err := w.Neighbors("same9", 13)
		if err != nil || near[0].Word != "d" || near[9].Word != "same8" || near[0].Score != near[9].Score {
			t.Errorf("%d dimensions: neighbors %v, %v", dim, near, err)
		}
	}
}

// What is undefined is null in JSON and not a number in a table; a result on a small part of a set
// comes with a warning.
func TestWarnings(t *testing.T) {
	pair := func(a, b string, score float64) sets.WordPair { return sets.WordPair{A: a, B: b, Score: score} }
	w := royal()
	unknown := []sets.WordPair{pair("gryphon", "king", 1), pair("unicorn", "king", 2), pair("basilisk", "king", 2), pair("roc", "king", 2)}
	for _, c := range []struct {
		report interface{ Warning() string }
		json   string
		text   string
	}{
		{Words(w, &sets.WordPairs{Pairs: unknown}), `"spearman":null,"pearson":null`, "no result: none of its 4 pairs has only known words"},
		{Words(w, &sets.WordPairs{Pairs: append(unknown, pair("king", "man", 1))}), `"spearman":null`, "no result: a correlation needs 2 pairs, but only 1 of 5 has only known words"},
		{Words(w, &sets.WordPairs{Pairs: []sets.WordPair{pair("king", "man", 3), pair("king", "queen", 3)}}), `"defined":false`, "no result: the scores or the cosines of all its 2 pairs are equal"},
		{Words(w, &sets.WordPairs{Pairs: append(unknown, pair("king", "man", 9), pair("man", "woman", 1))}), `"defined":true`,
			`only 2 of its 6 pairs have known words: the result says little about the model, which lacks "gryphon", "unicorn", "basilisk"`},
		{Words(w, &sets.WordPairs{Pairs: append(unknown[:2], pair("king", "man", 9), pair("man", "woman", 1))}), `"coverage":0.5`, ""},
		{STSResult{Pairs: 10, Missing: 6, Defined: true, Spearman: 0.5}, `"spearman":0.5`, "only 4 of its 10 pairs have a known token in both sentences: the result says little about the model"},
		{RetrievalResult{Queries: 3, Unknown: 3, Documents: 9}, `"ndcg@10":null`, "no result: none of its 3 queries has a known token"},
		{RetrievalResult{Queries: 3, Unknown: 2, Documents: 9}, `"ndcg@10":0`, "only 1 of its 3 queries has a known token: the result says little about the model"},
		{RetrievalResult{Queries: 3, Documents: 9, Empty: 9}, `"map@100":null`, "no result: no document has a known token"},
		{&AnalogyResult{AnalogyScore: AnalogyScore{Questions: 4}}, `"coverage":0,"warning"`, "no result: none of its 4 questions has only known words"},
	} {
		data, err := json.Marshal(c.report)
		if err != nil || !strings.Contains(string(data), c.json) {
			t.Errorf("%s, %v, want %s", data, err, c.json)
		}
		if text := c.report.Warning(); text != c.text || strings.Contains(string(data), `"warning"`) != (text != "") {
			t.Errorf("%q, want %q: %s", text, c.text, data)
		}
	}
	var b strings.Builder
	if err := WriteRetrieval(&b, []RetrievalResult{{Queries: 3, Unknown: 3, Documents: 9}}); err != nil || strings.Contains(b.String(), "0.0000") {
		t.Errorf("%v\n%s", err, &b)
	}
}

// Sections are summed by what their names say; others apart.
func TestAnalogyRelations(t *testing.T) {
	question := [][4]string{{"man", "king", "woman", "queen"}}
	set := &sets.Analogies{Sections: []sets.AnalogySection{{Name: "family", Questions: question}, {Name: "royalty", Questions: question}, {Name: "I01 [noun - plural_reg]", Questions: question}}}
	r, err := AnalogyReport(context.Background(), royal(), set, AnalogyOptions{})
	if one := (AnalogyScore{1, 1, 1, 1}); err != nil || r.Semantic != one || r.Syntactic != one || r.Other != one || r.Questions != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	var b strings.Builder
	if r.WriteTo(&b); !strings.Contains(b.String(), "\nother  ") {
		t.Error(b.String())
	}
}

func TestThreadsOutOfRange(t *testing.T) {
	e, sts := stsSet()
	for _, threads := range []int{-1, 4097} {
		_, a := AnalogyReport(context.Background(), royal(), analogies(), AnalogyOptions{Threads: threads})
		_, b := STS(context.Background(), e, sts, STSOptions{Threads: threads})
		_, c := Retrieval(context.Background(), e, &sets.Retrieval{}, RetrievalOptions{Threads: threads})
		for _, err := range []error{a, b, c} {
			if want := fmt.Sprintf("Threads must be from 0 to 4096, got %d", threads); err == nil || err.Error() != want || fault.Hint(err) == "" {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}
