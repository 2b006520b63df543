package evaluate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
)

// fakeEncoder has a vector for some texts, identified by their first words; it does not know
// other texts.
type fakeEncoder struct {
	dim     int
	vectors map[string][]float32
	err     error
}

func (f *fakeEncoder) Dim() int { return f.dim }

func (f *fakeEncoder) EncodeBatch(ctx context.Context, texts []string, _ int) ([]float32, []int, error) {
	vectors, known := make([]float32, len(texts)*f.dim), make([]int, len(texts))
	for i, text := range texts {
		word, _, _ := strings.Cut(text, " ")
		if v, ok := f.vectors[word]; ok {
			copy(vectors[i*f.dim:], v)
			known[i] = 1
		}
	}
	return vectors, known, cmp.Or(f.err, ctx.Err())
}

// made returns a set of random vectors and judgments, in a BEIR folder.
type made struct {
	encoder            *fakeEncoder
	dir                string
	queries, documents []string
	judged             map[string]map[string]int
}

func madeSet(t testing.TB, queries, documents, dim int) *made {
	t.Helper()
	r := rand.New(rand.NewPCG(3, uint64(documents)))
	m := &made{encoder: &fakeEncoder{dim: dim, vectors: map[string][]float32{}}, dir: t.TempDir(), judged: map[string]map[string]int{}}
	vector := func(id string) {
		v := make([]float32, dim)
		for i := range v {
			v[i] = float32(2*r.IntN(2) - 1) // of 4ⁿ such values the cosines are exact, and many are equal
		}
		m.encoder.vectors[id] = v
	}
	var corpus, asked, qrels strings.Builder
	for i := range documents {
		id := fmt.Sprintf("d%d", i)
		m.documents = append(m.documents, id)
		if i%50 != 7 {
			vector(id)
		}
		fmt.Fprintf(&corpus, "{\"_id\": %q, \"title\": %q, \"text\": \"some text\"}\n", id, id)
	}
	for i := range queries {
		id := fmt.Sprintf("q%d", i)
		if i == 4 {
			id = "d3" // as a document
		}
		m.queries, m.judged[id] = append(m.queries, id), map[string]int{}
		if i != 5 {
			vector(id)
		}
		fmt.Fprintf(&asked, "{\"_id\": %q, \"text\": %q}\n", id, id)
		for range 1 + r.IntN(20) {
			document := m.documents[r.IntN(documents)]
			if _, ok := m.judged[id][document]; !ok {
				m.judged[id][document] = r.IntN(4)
				fmt.Fprintf(&qrels, "%s\t%s\t%d\n", id, document, m.judged[id][document])
			}
		}
	}
	qrels.WriteString("q0\tgone\t1\n")
	m.judged["q0"]["gone"] = 1
	writeBEIR(t, m.dir, corpus.String(), asked.String(), qrels.String())
	return m
}

// writeBEIR writes the files of a set.
func writeBEIR(t testing.TB, dir, corpus, queries, qrels string) {
	t.Helper()
	for name, text := range map[string]string{"corpus.jsonl": corpus, "queries.jsonl": queries, "qrels/test.tsv": qrels} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *made) open(t testing.TB) *sets.Retrieval {
	t.Helper()
	set, err := sets.OpenRetrieval(context.Background(), m.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// slowly is the same evaluation, implemented by sorting all documents.
func (m *made) slowly(dim int, skip bool) (sum relevance) {
	direct := func(x, y string) float64 {
		a, b := m.encoder.vectors[x], m.encoder.vectors[y]
		if a == nil || b == nil {
			return 0
		}
		ua, ub := make([]float32, dim), make([]float32, dim)
		unit(ua, a[:dim])
		unit(ub, b[:dim])
		var s float64
		for i := range ua {
			s += float64(ua[i]) * float64(ub[i])
		}
		return s
	}
	n := float64(len(m.queries))
	for _, q := range m.queries {
		var ranking []string
		if m.encoder.vectors[q] != nil {
			for _, d := range m.documents {
				if !skip || d != q {
					ranking = append(ranking, d)
				}
			}
			cosines := map[string]float64{}
			for _, d := range ranking {
				cosines[d] = direct(q, d)
			}
			slices.SortFunc(ranking, func(a, b string) int { return cmp.Or(cmp.Compare(cosines[b], cosines[a]), cmp.Compare(b, a)) })
		}
		grades := []int{}
		for _, d := range ranking {
			grades = append(grades, m.judged[q][d])
		}
		r := measure(grades, m.judged[q])
		sum.ndcg10, sum.mrr10, sum.recall10 = sum.ndcg10+r.ndcg10/n, sum.mrr10+r.mrr10/n, sum.recall10+r.recall10/n
		sum.recall100, sum.map100 = sum.recall100+r.recall100/n, sum.map100+r.map100/n
	}
	return sum
}

func figures(r RetrievalResult) relevance {
	return relevance{r.NDCG10, r.MRR10, r.Recall10, r.Recall100, r.MAP100}
}

func near(a, b relevance, within float64) bool {
	for _, d := range []float64{a.ndcg10 - b.ndcg10, a.mrr10 - b.mrr10, a.recall10 - b.recall10, a.recall100 - b.recall100, a.map100 - b.map100} {
		if math.Abs(d) > within {
			return false
		}
	}
	return true
}

func TestRetrievalAgainstSorting(t *testing.T) {
	for _, c := range []struct{ queries, documents, dim, use int }{
		{7, 20, 4, 0}, {40, 300, 16, 0}, {40, 300, 16, 4}, {12, 2500, 64, 0}, {12, 2500, 64, 16},
	} {
		m := madeSet(t, c.queries, c.documents, c.dim)
		for _, skip := range []bool{false, true} {
			want := m.slowly(cmp.Or(c.use, c.dim), skip)
			var first RetrievalResult
			for _, threads := range []int{1, 3} {
				done := 0
				r, err := Retrieval(context.Background(), m.encoder, m.open(t), RetrievalOptions{Dim: c.use, Threads: threads, SkipIdentical: skip, Resamples: 50,
					Progress: func(share float64, documents int) {
						if share <= 0 || share > 1 || documents < done {
							t.Errorf("progress %v, %d documents", share, documents)
						}
						done = documents
					}})
				if err != nil {
					t.Fatal(err)
				}
				if !near(figures(r), want, 1e-9) {
					t.Errorf("%+v: %+v, want %+v", c, figures(r), want)
				}
				if r.Queries != c.queries || r.Documents != c.documents || done != c.documents || r.Unknown != 1 || r.Missing != 1 || r.Identical != map[bool]int{false: 1}[skip || c.queries < 5] ||
					r.Empty != (c.documents-8)/50+1 || r.Dim != cmp.Or(c.use, c.dim) {
					t.Errorf("got %+v", r)
				}
				if r.Interval == nil || r.Interval.Low > r.NDCG10 || r.Interval.High < r.NDCG10 || r.NDCG10 > 0 && r.Interval.Low >= r.Interval.High {
					t.Errorf("nDCG %v, interval %v", r.NDCG10, r.Interval)
				}
				if threads == 1 {
					first = r
				} else if figures(r) != figures(first) || *r.Interval != *first.Interval {
					t.Errorf("%d threads: %+v, with one %+v", threads, r, first)
				}
			}
		}
	}
}

// Equally near documents rank as in trec_eval, by descending id, whatever their order in the
// collection, their block or tile. The figures are those of pytrec_eval (pytrec-eval-terrier
// 0.5.11) for the same scores and judgments, which testdata/trec_eval_ties.py computed.
func TestRetrievalTies(t *testing.T) {
	ids := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("d%d", i))
		}
		return all
	}
	same := func(string) bool { return true }
	for name, c := range map[string]struct {
		documents []string
		near      func(id string) bool // others are further from the query
		judged    map[string]int
		want      relevance
	}{
		"30 equal, the first is relevant": {ids(30), same, map[string]int{"d0": 1}, relevance{0, 0, 0, 1, 0.03333333333333333}},
		"30 equal, d9 is relevant":        {ids(30), same, map[string]int{"d9": 1}, relevance{1, 1, 1, 1, 1}},
		"30 equal, the last is relevant":  {ids(30), same, map[string]int{"d29": 1}, relevance{0.31546487678572877, 0.125, 1, 1, 0.125}},
		"30 equal, with grades": {ids(30), same, map[string]int{"d4": 2, "d29": 1, "d3": 3, "d10": 1, "d25": 0, "d7": -1},
			relevance{0.3905373454382154, 0.16666666666666666, 0.75, 1, 0.24255952380952378}},
		"two groups": {ids(30), func(id string) bool {
			var i int
			fmt.Sscanf(id, "d%d", &i)
			return i%3 == 0
		}, map[string]int{"d28": 2, "d29": 1, "d12": 3, "d0": 1}, relevance{0.2295900882221738, 0.1111111111111111, 0.5, 1, 0.19027777777777777}},
		"3000 equal": {ids(3000), same, map[string]int{"d0": 1, "d9": 1, "d10": 1, "d99": 1, "d999": 1, "d2999": 1, "d2899": 1, "d998": 1},
			relevance{0.41253177989255346, 1, 0.25, 0.375, 0.28409090909090906}},
		"ids beyond ASCII": {[]string{"é", "z", "Z", "a", "aa", "😀", "\uffee"}, same, map[string]int{"é": 1, "aa": 2, "😀": 1},
			relevance{0.7262078019717506, 1, 1, 1, 0.7555555555555555}},
	} {
		// Long vectors with many different values, whose sums depend on the order of addition.
		e := &fakeEncoder{dim: 300, vectors: map[string][]float32{"query": make([]float32, 300), "near": make([]float32, 300), "far": make([]float32, 300)}}
		random := rand.New(rand.NewPCG(2, 2))
		for i := range 300 {
			v := float32(random.NormFloat64())
			e.vectors["query"][i], e.vectors["near"][i], e.vectors["far"][i] = v, v+float32(random.NormFloat64())/2, v+2*float32(random.NormFloat64())
		}
		reversed, shuffled := slices.Clone(c.documents), slices.Clone(c.documents)
		slices.Reverse(reversed)
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, order := range [][]string{c.documents, reversed, shuffled} {
			var corpus, qrels strings.Builder
			for _, id := range order {
				fmt.Fprintf(&corpus, "{\"_id\": %q, \"text\": %q}\n", id, map[bool]string{true: "near", false: "far"}[c.near(id)])
			}
			for id, grade := range c.judged {
				fmt.Fprintf(&qrels, "q\t%s\t%d\n", id, grade)
			}
			dir := t.TempDir()
			writeBEIR(t, dir, corpus.String(), "{\"_id\": \"q\", \"text\": \"query\"}\n", qrels.String())
			set, err := sets.OpenRetrieval(context.Background(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			r, err := Retrieval(context.Background(), e, set, RetrievalOptions{})
			if err != nil || !near(figures(r), c.want, 1e-12) {
				t.Errorf("%s: got %+v, error %v, want %+v", name, figures(r), err, c.want)
			}
		}
	}
}

func TestRetrievalErrors(t *testing.T) {
	m := madeSet(t, 7, 20, 4)
	for _, dim := range []int{-1, 5} {
		if _, err := Retrieval(context.Background(), m.encoder, m.open(t), RetrievalOptions{Dim: dim}); err == nil || !strings.Contains(err.Error(), "Dim must ") {
			t.Errorf("dim %d: %v", dim, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	set := m.open(t)
	cancel()
	if _, err := Retrieval(ctx, m.encoder, set, RetrievalOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
	m.encoder.err = errors.New("broken")
	if _, err := Retrieval(context.Background(), m.encoder, set, RetrievalOptions{}); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("broken encoder: error %v", err)
	}
	m.encoder.err = nil
	if err := os.WriteFile(filepath.Join(m.dir, "corpus.jsonl"), []byte("{\"_id\": \"d0\", \"text\": \"d0\"}\n{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Retrieval(context.Background(), m.encoder, m.open(t), RetrievalOptions{}); err == nil || !strings.Contains(err.Error(), "corpus.jsonl:2: the record has no _id") {
		t.Errorf("invalid document: error %v", err)
	}
}
