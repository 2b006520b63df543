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
	for name, text := range map[string]string{"corpus.jsonl": corpus.String(), "queries.jsonl": asked.String(), "qrels/test.tsv": qrels.String()} {
		path := filepath.Join(m.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return m
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
			slices.SortStableFunc(ranking, func(a, b string) int { return cmp.Compare(cosines[b], cosines[a]) })
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
				if r.Queries != c.queries || r.Documents != c.documents || done != c.documents || r.Unknown != 1 || r.Missing != 1 ||
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

// Equally near documents rank in the order of the collection, whatever their block or tile.
func TestRetrievalTies(t *testing.T) {
	m := madeSet(t, 1, 3000, 4)
	for id := range m.encoder.vectors {
		m.encoder.vectors[id] = []float32{1, 0, 0, 0}
	}
	m.documents = nil
	for i := range 3000 {
		id := fmt.Sprintf("d%d", i)
		m.encoder.vectors[id] = []float32{1, 0, 0, 0}
		m.documents = append(m.documents, id)
	}
	set := m.open(t)
	set.Queries[0].Relevant = map[string]int{"d0": 1, "d9": 1, "d10": 1, "d99": 1, "d100": 1, "d2999": 1}
	r, err := Retrieval(context.Background(), m.encoder, set, RetrievalOptions{})
	if err != nil || r.Recall10 != 2.0/6 || r.Recall100 != 4.0/6 || r.MRR10 != 1 {
		t.Errorf("got %+v, error %v", r, err)
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
