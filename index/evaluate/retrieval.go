package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/luminavec/luminavec/corpora/sets"
)

// RetrievalOptions controls how a set is searched.
type RetrievalOptions struct {
	// Mode is how documents are found. Default "": Dense.
	Mode Mode

	// Words makes the index of the modes that compare words, in a folder: for the language, or if it
	// is empty, for that of a sample of the documents. It is lexical.New of package
	// index/evaluate/lexical. Default: none; the mode Dense does not need it.
	Words func(dir, language, sample string, threads int) (WordIndex, error)

	// Language is that of the set, one of the languages of package fulltext, for the modes that
	// compare words. Default "": detected.
	Language string

	// DenseWeight is the weight of the cosine in the mode Hybrid, from 0 to 1. Default 0:
	// [fusion.DenseWeight].
	DenseWeight float64

	Dim       int // number of values of a vector to compare, normalized again; default 0: all
	Resamples int // bootstrap samples for the interval of nDCG@10; default 0: no interval
	Threads   int // number of goroutines; default 0: one per core. The result does not depend on it

	// SkipIdentical excludes the document with the id of the query from its results. It is
	// for sets whose queries are documents, such as ArguAna and Quora. BEIR always does
	// this. Default false: in other sets equal ids are unrelated.
	SkipIdentical bool

	// QueryEncoder encodes the queries, if they have another model than the documents, or the same
	// with another prompt. Its vectors must have as many dimensions. Default: the encoder of the
	// documents.
	QueryEncoder Encoder

	// Progress, if set, is called with the fraction of the file of documents that was read,
	// negative if unknown, and the number of documents processed.
	Progress func(share float64, documents int)
}

// RetrievalResult measures how well the relevant documents of a set are found. Measures are
// means over the queries, as in trec_eval, from 0 to 1.
type RetrievalResult struct {
	Name      string    `json:"name"`
	Split     string    `json:"split"`
	Mode      Mode      `json:"mode"`
	NDCG10    float64   `json:"ndcg@10"`    // Σ grade/log₂(rank+1) over the first 10, divided by the maximum possible
	MRR10     float64   `json:"mrr@10"`     // 1 / rank of the first relevant document, 0 beyond 10
	Recall10  float64   `json:"recall@10"`  // fraction of the relevant documents among the first 10
	Recall100 float64   `json:"recall@100"` // fraction of them among the first 100
	MAP100    float64   `json:"map@100"`    // mean precision at the relevant documents among the first 100
	Interval  *Interval `json:"ndcg@10_ci95,omitempty"`
	Queries   int       `json:"queries"`
	Documents int       `json:"documents"`
	Dim       int       `json:"dimensions"`         // of the vectors compared; 0 if none are
	Language  string    `json:"language,omitempty"` // of the words compared; empty if none are
	Unknown   int       `json:"unknown_queries"`    // without a known token: they find nothing
	Empty     int       `json:"unknown_documents"`  // without a known token: they have cosine 0 with any query
	Missing   int       `json:"missing"`            // relevant documents that are not in the collection
	Identical int       `json:"identical_ids"`      // queries that are documents too, with the same id and text; 0 with SkipIdentical

	ndcg []float64 // of each query
}

// Defined reports whether the measures say anything: not if no query or no document has a known
// token, because all documents are then equally near.
func (r RetrievalResult) Defined() bool { return r.Unknown < r.Queries && r.Empty < r.Documents }

// MarshalJSON writes null for measures that say nothing, and adds the coverage and the warning.
func (r RetrievalResult) MarshalJSON() ([]byte, error) {
	type plain RetrievalResult
	ok := r.Defined()
	return json.Marshal(struct {
		Name      string   `json:"name"`
		Split     string   `json:"split"`
		Mode      Mode     `json:"mode"`
		NDCG10    *float64 `json:"ndcg@10"`
		MRR10     *float64 `json:"mrr@10"`
		Recall10  *float64 `json:"recall@10"`
		Recall100 *float64 `json:"recall@100"`
		MAP100    *float64 `json:"map@100"`
		plain
		Coverage float64 `json:"coverage"` // share of the queries that are known
		Warning  string  `json:"warning,omitempty"`
	}{r.Name, r.Split, r.Mode, defined(r.NDCG10, ok), defined(r.MRR10, ok), defined(r.Recall10, ok), defined(r.Recall100, ok), defined(r.MAP100, ok), plain(r), share(r.Queries-r.Unknown, r.Queries), r.Warning()})
}

// Warning says why the result says little or nothing about the model, or is empty.
func (r RetrievalResult) Warning() string {
	if r.Documents > 0 && r.Empty == r.Documents {
		return "no result: no document has a known token"
	}
	return warning(r.Defined(), r.Queries-r.Unknown, r.Queries, "query", "a known token")
}

// Retrieval searches the documents of a set exactly, by cosine or as Mode says, and measures the
// results. Documents of equal score rank by descending id, byte by byte, as in trec_eval: their order in
// the collection does not matter. A query without relevant documents counts as 0, and a judged
// document that is not in the collection counts as not found, both as in trec_eval.
//
// Memory is needed for the vectors of the queries, the best 100 documents of each, and a block
// of at most 2,048 documents.
func Retrieval(ctx context.Context, e Encoder, set *sets.Retrieval, o RetrievalOptions) (RetrievalResult, error) {
	if o.Mode == "" {
		o.Mode = Dense
	}
	all, err := retrieve(ctx, e, set, o, o.Mode)
	if err != nil {
		return RetrievalResult{Name: set.Name, Split: set.Split, Mode: o.Mode, Queries: len(set.Queries)}, err
	}
	return all[0], nil
}

// average computes the means over the queries of the documents found, best first.
func (r *RetrievalResult) average(queries []sets.RetrievalQuery, found [][]ranked, resamples int) {
	if r.Queries == 0 {
		return
	}
	r.ndcg = make([]float64, r.Queries)
	for i, q := range queries {
		grades := make([]int, min(rankDepth, len(found[i])))
		for j := range grades {
			grades[j] = int(found[i][j].grade)
		}
		f := measure(grades, q.Relevant)
		r.ndcg[i] = f.ndcg10
		r.NDCG10 += f.ndcg10
		r.MRR10 += f.mrr10
		r.Recall10 += f.recall10
		r.Recall100 += f.recall100
		r.MAP100 += f.map100
	}
	for _, sum := range []*float64{&r.NDCG10, &r.MRR10, &r.Recall10, &r.Recall100, &r.MAP100} {
		*sum /= float64(r.Queries)
	}
	if resamples > 0 && r.Defined() {
		r.Interval = meanInterval(r.ndcg, resamples)
	}
}

// WriteRetrieval writes results as a table with a header.
func WriteRetrieval(w io.Writer, results []RetrievalResult) error {
	if _, err := fmt.Fprintf(w, "%-20s %8s %17s %7s %10s %11s %8s %8s %10s\n", "retrieval", "nDCG@10", "95% interval",
		"MRR@10", "recall@10", "recall@100", "MAP@100", "queries", "documents"); err != nil {
		return err
	}
	for _, r := range results {
		figures := []any{r.NDCG10, r.MRR10, r.Recall10, r.Recall100, r.MAP100}
		for i, x := range figures {
			if figures[i] = fmt.Sprintf("%.4f", x); !r.Defined() {
				figures[i] = "-"
			}
		}
		if _, err := fmt.Fprintf(w, "%-20s %8s %17s %7s %10s %11s %8s %8d %10d\n", r.Name, figures[0], r.Interval,
			figures[1], figures[2], figures[3], figures[4], r.Queries, r.Documents); err != nil {
			return err
		}
	}
	return nil
}
