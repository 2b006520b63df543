package sets

import (
	"context"
	"errors"
	"iter"
	"maps"
	"strings"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Retrieval is a test of search in the BEIR layout (Thakur and others, 2021): documents,
// queries, and which documents people judged relevant to each query. The queries are in memory;
// the documents are not.
type Retrieval struct {
	Name    string
	Split   string           // "test", "dev", ...
	Queries []RetrievalQuery // queries judged in the split, in the order of their file

	documents *text.Source
	judged    map[string]bool // ids of documents
}

// RetrievalQuery is a query with its judgments.
type RetrievalQuery struct {
	ID, Text string
	// Relevant holds the grade of each judged document by its id: above 0 it is
	// relevant, and more so the higher the grade. Other documents are not relevant.
	Relevant map[string]int
}

// Document is one document of a Retrieval set.
type Document struct{ ID, Title, Text string }

// Content returns the text that is searched: the title, if there is one, a space, and the text,
// as in BEIR.
func (d Document) Content() string {
	return strings.TrimSpace(d.Title + " " + d.Text)
}

// Cranfield returns the bundled Cranfield collection (Cleverdon, 1967): 1,400
// abstracts on aerodynamics and 225 questions.
func Cranfield() *Retrieval {
	r := &Retrieval{Name: "Cranfield", Split: "test", documents: text.FromBytes("cranfield/corpus.jsonl", data.CranfieldCorpus)}
	err := r.load(context.Background(), text.FromBytes("cranfield/queries.jsonl", data.CranfieldQueries), text.FromBytes("cranfield/qrels/test.tsv", data.CranfieldQrels))
	if err != nil {
		panic("sets: bundled Cranfield collection: " + err.Error()) // the files are part of the program
	}
	return r
}

// load reads the judgments and the judged queries.
func (r *Retrieval) load(ctx context.Context, queries, qrels *text.Source) error {
	byQuery, err := parseQrels(ctx, qrels)
	if err != nil {
		return err
	}
	r.judged = map[string]bool{}
	for _, q := range byQuery {
		for id := range q.relevant {
			r.judged[id] = true
		}
	}
	if r.Queries, err = parseQueries(ctx, queries, byQuery); err != nil {
		return err
	}
	if len(r.Queries) == len(byQuery) {
		return nil
	}
	for _, q := range r.Queries {
		delete(byQuery, q.ID)
	}
	var first *judgments
	for _, q := range byQuery {
		if first == nil || q.line < first.line {
			first = q
		}
	}
	return text.Position{File: qrels.Names()[0], Line: first.line}.Errorf("the two files may be of different versions of the set, or one of them may be incomplete",
		"query %.60q is not in %s", first.id, text.Describe(queries.Names()[0]))
}

const hintBEIR = `each line is one JSON object, as in: {"_id": "7", "title": "...", "text": "..."}`

// entry is a record of corpus.jsonl or queries.jsonl.
type entry struct{ id, title, text string }

// eachEntry calls fn with each record of a file of BEIR.
func eachEntry(ctx context.Context, src *text.Source, fn func(at text.Position, e entry) error) error {
	return records(ctx, src, text.JSONLines, func(r *text.Record) error {
		var e entry
		var hasText bool
		for _, f := range []struct {
			name string
			to   *string
		}{{"_id", &e.id}, {"title", &e.title}, {"text", &e.text}} {
			value, ok := r.FieldFold(f.name) // some sets write "Title"
			kind := value.Kind()
			if !ok || kind == "null" {
				continue
			}
			if kind != "a string" && (f.name != "_id" || kind != "a number") {
				return r.Errorf(hintBEIR, "field %q is %s, not a string", f.name, kind)
			}
			*f.to = value.Literal() // a number as it is written
			hasText = hasText || f.name == "text"
		}
		if e.id = strings.TrimSpace(e.id); e.id == "" {
			return r.Errorf(hintBEIR, "the record has no _id")
		}
		if !hasText {
			return r.Errorf(hintBEIR, "the record %.60q has no text", e.id)
		}
		return fn(r.Position, e)
	})
}

// parseQueries reads the judged queries.
func parseQueries(ctx context.Context, src *text.Source, judged map[string]*judgments) ([]RetrievalQuery, error) {
	var queries []RetrievalQuery
	found, held := map[string]bool{}, 0
	err := eachEntry(ctx, src, func(at text.Position, e entry) error {
		q, ok := judged[e.id]
		if !ok {
			return nil
		}
		if found[e.id] {
			return at.Errorf("ids must be unique", "the id of query %.60q is used twice", e.id)
		}
		found[e.id] = true
		if held += len(e.text); held > maxSet {
			return at.Errorf("evaluate with fewer queries", "the queries are larger than %d MiB", maxSet>>20)
		}
		queries = append(queries, RetrievalQuery{ID: e.id, Text: e.text, Relevant: q.relevant})
		return nil
	})
	return queries, err
}

// errEnough ends a pass whose receiver has stopped.
var errEnough = errors.New("the receiver stopped")

// Documents streams the documents in the order of their file and holds one of them in memory.
// If an error ends the pass, it comes with the last pair. Only one pass may run at a time; each
// starts from the beginning, so a pipe can be read only once.
func (r *Retrieval) Documents(ctx context.Context) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		fresh := maps.Clone(r.judged) // those not met yet
		n := 0
		err := eachEntry(ctx, r.documents, func(at text.Position, e entry) error {
			if r.judged[e.id] {
				if !fresh[e.id] {
					return at.Errorf("ids must be unique", "the id of document %.60q is used twice", e.id)
				}
				delete(fresh, e.id)
			}
			n++
			if !yield(Document{ID: e.id, Title: e.title, Text: e.text}, nil) {
				return errEnough
			}
			return nil
		})
		if err == nil && n == 0 {
			err = fault.New(hintBEIR, "%s holds no documents", text.Describe(r.documents.Names()[0]))
		}
		if err != nil && err != errEnough {
			yield(Document{}, err)
		}
	}
}

// Passed returns the share of the documents' file that the current pass has read, from 0 to 1,
// or a negative number if the size of the file is unknown.
func (r *Retrieval) Passed() float64 {
	if r.documents.Size() == 0 {
		return -1
	}
	return float64(r.documents.Consumed()) / float64(r.documents.Size())
}
