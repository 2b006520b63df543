package sets

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"strings"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Retrieval is a test of search, in the layout of BEIR (Thakur and others,
// 2021): documents, queries, and which documents people found relevant to
// each query. The queries are in memory, the documents are not.
type Retrieval struct {
	Name    string
	Split   string           // "test", "dev", ...
	Queries []RetrievalQuery // those that were judged in the split, in the order of their file

	documents *text.Source
	judged    map[string]bool // ids of documents
}

// RetrievalQuery is a query and what people said of documents.
type RetrievalQuery struct {
	ID, Text string
	// Relevant has the grade of each judged document by its id: above 0 it is
	// relevant, the higher the more. What is not there is not relevant.
	Relevant map[string]int
}

// Document is one document of a Retrieval set.
type Document struct{ ID, Title, Text string }

// Content is what is searched: the title, if there is one, a space, and the
// text, as in BEIR.
func (d Document) Content() string {
	return strings.TrimSpace(d.Title + " " + d.Text)
}

// Cranfield returns the bundled Cranfield collection (Cleverdon, 1967): 1,400
// abstracts on aerodynamics and 225 questions.
func Cranfield() *Retrieval {
	r := &Retrieval{Name: "Cranfield", Split: "test", documents: text.FromBytes("cranfield/corpus.jsonl", data.CranfieldCorpus)}
	err := r.load(context.Background(), text.FromBytes("cranfield/queries.jsonl", data.CranfieldQueries), text.FromBytes("cranfield/qrels/test.tsv", data.CranfieldQrels))
	if err != nil {
		panic("corpora: bundled Cranfield collection: " + err.Error()) // the files are part of the program
	}
	return r
}

// load reads judgements and the queries that they are of.
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
	var first *judgements
	for _, q := range byQuery {
		if first == nil || q.line < first.line {
			first = q
		}
	}
	return fault.New("the two files may be of different versions of the set, or one of them may be cut short",
		"%s:%d: query %.60q is not in %s", text.Describe(qrels.Names()[0]), first.line, first.id, text.Describe(queries.Names()[0]))
}

const hintBEIR = `each line is one JSON object, as in: {"_id": "7", "title": "...", "text": "..."}`

// beirRecord is a line of corpus.jsonl or queries.jsonl.
type beirRecord struct {
	ID    beirID  `json:"_id"`
	Title string  `json:"title"`
	Text  *string `json:"text"`
}

// beirID is a string, or a number as it is written.
type beirID string

func (id *beirID) UnmarshalJSON(data []byte) error {
	switch text.KindOf(data) {
	case "a string":
		return json.Unmarshal(data, (*string)(id))
	case "a number":
		*id = beirID(data)
		return nil
	}
	return errors.New("_id is " + text.KindOf(data) + ", not a string")
}

// eachBEIR calls fn with each record of a file of BEIR.
func eachBEIR(ctx context.Context, src *text.Source, fn func(file string, line int64, record beirRecord) error) error {
	return src.ReadOne(ctx, func(rs *text.Records, r *bufio.Reader) error {
		return rs.EachLine(r, hintBEIR, func(line []byte, number int64) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			file := text.Describe(rs.File)
			var record beirRecord
			if err := json.Unmarshal(line, &record); err != nil {
				return fault.New(hintBEIR, "%s:%d: %w", file, number, err)
			}
			if record.ID = beirID(strings.TrimSpace(string(record.ID))); record.ID == "" {
				return fault.New(hintBEIR, "%s:%d: the record has no _id", file, number)
			}
			if record.Text == nil {
				return fault.New(hintBEIR, "%s:%d: the record %.60q has no text", file, number, string(record.ID))
			}
			return fn(file, number, record)
		})
	})
}

// parseQueries reads the queries that were judged.
func parseQueries(ctx context.Context, src *text.Source, judged map[string]*judgements) ([]RetrievalQuery, error) {
	var queries []RetrievalQuery
	found, held := map[string]bool{}, 0
	err := eachBEIR(ctx, src, func(file string, line int64, record beirRecord) error {
		id := string(record.ID)
		q, ok := judged[id]
		if !ok {
			return nil
		}
		if found[id] {
			return fault.New("each id may stand there once", "%s:%d: query %.60q is there twice", file, line, id)
		}
		found[id] = true
		if held += len(*record.Text); held > maxSet {
			return fault.New("judge with fewer queries", "%s:%d: the queries are larger than %d MiB", file, line, maxSet>>20)
		}
		queries = append(queries, RetrievalQuery{ID: id, Text: *record.Text, Relevant: q.relevant})
		return nil
	})
	return queries, err
}

// errEnough ends a pass whose receiver wants no more.
var errEnough = errors.New("the receiver wants no more")

// Documents streams the documents, in the order of their file and in memory for
// one of them. The last pair has the error that ended the pass, if one did. One
// pass at a time; each begins anew, so a pipe can be read only once.
func (r *Retrieval) Documents(ctx context.Context) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		fresh := maps.Clone(r.judged) // those not met yet
		n := 0
		err := eachBEIR(ctx, r.documents, func(file string, line int64, record beirRecord) error {
			id := string(record.ID)
			if r.judged[id] {
				if !fresh[id] {
					return fault.New("each id may stand there once", "%s:%d: document %.60q is there twice", file, line, id)
				}
				delete(fresh, id)
			}
			n++
			if !yield(Document{ID: id, Title: record.Title, Text: *record.Text}, nil) {
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

// Passed is the share of the documents' file that the current pass has read, 0
// to 1, or negative when its size is unknown.
func (r *Retrieval) Passed() float64 {
	if r.documents.Size() == 0 {
		return -1
	}
	return float64(r.documents.Consumed()) / float64(r.documents.Size())
}
