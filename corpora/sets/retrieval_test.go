package sets

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestCranfield(t *testing.T) {
	set := Cranfield()
	judged := 0
	for _, q := range set.Queries {
		judged += len(q.Relevant)
	}
	if len(set.Queries) != 225 || judged != 1612 || set.Queries[0].ID != "1" || set.Queries[0].Relevant["184"] != 1 || set.Split != "test" {
		t.Errorf("%d queries with %d judgments", len(set.Queries), judged)
	}
	for range 2 { // twice, since it can be read again
		n, empty := 0, 0
		for d, err := range set.Documents(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 && (d.ID != "1" || !strings.HasPrefix(d.Content(), d.Title+" "+d.Title)) {
				t.Errorf("%+v", d)
			}
			n++
			if d.Content() == "" {
				empty++
			}
		}
		if n != 1400 || empty > 2 || set.Passed() != 1 {
			t.Errorf("%d documents, %d empty, passed %v", n, empty, set.Passed())
		}
	}
}

// beir writes a set and returns its folder.
func beir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	someDocuments = `{"_id": "d1", "title": "Cats", "text": "sleep", "metadata": {"year": 1}}
{"_id": 2, "text": "rain"}
{"_id": "d3", "title": "", "text": ""}
`
	someQueries = `{"_id": "q1", "text": "who sleeps?"}
{"_id": "unjudged", "text": "what?"}
{"_id": "q2", "text": "what falls?"}
`
	someQrels = "query-id\tcorpus-id\tscore\nq2\t2\t2\nq1\td1\t1\nq2\tgone\t0\nq2\t2\t2\n"
)

// readFolder opens a set and reads its documents.
func readFolder(dir, split string) (*Retrieval, []Document, error) {
	set, err := OpenRetrieval(context.Background(), dir, split)
	if err != nil {
		return nil, nil, err
	}
	var documents []Document
	for d, err := range set.Documents(context.Background()) {
		if err != nil {
			return set, documents, err
		}
		documents = append(documents, d)
	}
	return set, documents, nil
}

func TestOpenRetrieval(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"plain":      {"corpus.jsonl": someDocuments, "queries.jsonl": someQueries, "qrels/test.tsv": someQrels, "qrels/train.tsv": "q1\td1\t1\n"},
		"compressed": {"corpus.jsonl.gz": corporatest.Gzip3(t, someDocuments), "queries.jsonl.gz": corporatest.Gzip3(t, someQueries), "qrels/test.tsv.gz": corporatest.Gzip3(t, someQrels)},
		"only dev":   {"corpus.jsonl": someDocuments, "queries.jsonl": someQueries, "qrels/dev.tsv": someQrels, "qrels/README": "", "qrels/.x.tsv": ""},
		"other case": {"corpus.jsonl": strings.NewReplacer("_id", "_ID", "title", "Title", `"text"`, `"TEXT"`).Replace(someDocuments),
			"queries.jsonl": strings.ReplaceAll(someQueries, `"text"`, `"Text"`), "qrels/test.tsv": someQrels},
		"no header, CRLF": {"corpus.jsonl": strings.ReplaceAll(someDocuments, "\n", "\r\n\r\n"), "queries.jsonl": "\xef\xbb\xbf" + someQueries,
			"qrels/test.tsv": strings.ReplaceAll(someQrels[strings.Index(someQrels, "\n")+1:], "\n", "\r\n")},
	} {
		set, documents, err := readFolder(beir(t, files), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := fmt.Sprint(set.Queries), "[{q1 who sleeps? map[d1:1]} {q2 what falls? map[2:2 gone:0]}]"; got != want {
			t.Errorf("%s: queries %s, want %s", name, got, want)
		}
		if got, want := fmt.Sprint(documents), "[{d1 Cats sleep} {2  rain} {d3  }]"; got != want {
			t.Errorf("%s: documents %s, want %s", name, got, want)
		}
		if split := map[bool]string{true: "dev", false: "test"}[name == "only dev"]; set.Split != split {
			t.Errorf("%s: split %s", name, set.Split)
		}
	}
	dir := beir(t, map[string]string{"corpus.jsonl": someDocuments, "queries.jsonl": someQueries, "qrels/test.tsv": someQrels, "qrels/train.tsv": "q1\td1\t1\n"})
	set, _, err := readFolder(dir, "train")
	if err != nil || len(set.Queries) != 1 || set.Name != filepath.Base(dir) {
		t.Errorf("train: %+v, %v", set, err)
	}
	for d, err := range set.Documents(context.Background()) {
		if err != nil || d.ID != "d1" {
			t.Errorf("%v, %v", d, err)
		}
		break // the pass may end early
	}
}

func TestOpenRetrievalErrors(t *testing.T) {
	good := map[string]string{"corpus.jsonl": someDocuments, "queries.jsonl": someQueries, "qrels/test.tsv": someQrels}
	for _, c := range []struct{ file, text, message string }{
		{"qrels/test.tsv", "", "test.tsv holds no judgments"},
		{"qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "test.tsv holds no judgments"},
		{"qrels/test.tsv", "q1\td1\t1\nq1\td1\n", `test.tsv:2: expected 3 columns but found 2: "q1\td1"`},
		{"qrels/test.tsv", "q1\td1\t1\nq1\td2\tx\n", `test.tsv:2: score "x" is not a whole number`},
		{"qrels/test.tsv", "q1\td1\t1.5\n", `test.tsv:1: score "1.5" is not a whole number`},
		{"qrels/test.tsv", "q1\td1\t99999999999\n", `test.tsv:1: score "99999999999" is not a whole number`},
		{"qrels/test.tsv", "q1\t\t1\n", "test.tsv:1: an id is missing"},
		{"qrels/test.tsv", "q1\td1\t1\nq1\td1\t2\n", `test.tsv:2: document "d1" has score 2 for query "q1", but score 1 on an earlier line`},
		{"qrels/test.tsv", "q1\td1\t1\nq8\td1\t1\nq9\td1\t1\n", `test.tsv:2: query "q8" is not in`},
		{"queries.jsonl", someQueries + "{}\n", "queries.jsonl:4: the record has no _id"},
		{"queries.jsonl", someQueries + `{"_id": "q1", "text": "x"}`, `queries.jsonl:4: the id of query "q1" is used twice`},
		{"queries.jsonl", someQueries + `{"_id": ["q1"], "text": "x"}`, `queries.jsonl:4: field "_id" is an array, not a string`},
		{"queries.jsonl", someQueries + `{"_id": "q5"}`, `queries.jsonl:4: the record "q5" has no text`},
		{"queries.jsonl", "query\n", "queries.jsonl:1: the line is not a JSON object: invalid character"},
		{"corpus.jsonl", "", "corpus.jsonl holds no documents"},
		{"corpus.jsonl", someDocuments + `{"_id": "d1", "text": "x"}`, `corpus.jsonl:4: the id of document "d1" is used twice`},
		{"corpus.jsonl", someDocuments + "\n" + `{"_id": "d9", "text": 1}`, "corpus.jsonl:5: field \"text\" is a number, not a string"},
		{"corpus.jsonl", "\x00", "is binary"},
	} {
		files := map[string]string{}
		for name, text := range good {
			files[name] = text
		}
		files[c.file] = c.text
		_, _, err := readFolder(beir(t, files), "")
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%s of %q: error %v, hint %q, want %s", c.file, c.text, err, fault.Hint(err), c.message)
		}
	}
	whole := beir(t, good)
	for _, c := range []struct{ dir, split, message string }{
		{whole + "/none", "", "no such file"},
		{whole + "/corpus.jsonl", "", "is a file, not a retrieval set"},
		{t.TempDir(), "", "is not a retrieval set: cannot read its folder qrels"},
		{beir(t, map[string]string{"qrels/README": ""}), "", "holds no .tsv file"},
		{whole, "dev", `has no split "dev", only "test"`},
		{beir(t, map[string]string{"qrels/train.tsv": "", "qrels/dev.tsv": ""}), "", `has no split "test", only "dev", "train"`},
		{beir(t, map[string]string{"qrels/test.tsv": someQrels, "corpus.jsonl": ""}), "", "queries.jsonl"},
		{beir(t, map[string]string{"qrels/test.tsv": someQrels, "queries.jsonl": ""}), "", "corpus.jsonl"},
		{beir(t, map[string]string{"qrels/test.tsv": someQrels, "corpus.jsonl/x": "", "queries.jsonl": ""}), "", "corpus.jsonl is a folder"},
	} {
		_, _, err := readFolder(c.dir, c.split)
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q, want %s", c.dir, err, fault.Hint(err), c.message)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	set, err := OpenRetrieval(ctx, whole, "")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, err := range set.Documents(ctx) {
		if err != context.Canceled {
			t.Errorf("canceled: %v", err)
		}
	}
	if _, err := OpenRetrieval(ctx, whole, ""); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// FuzzRetrieval reads judgments, queries and documents, cut at two NULs.
func FuzzRetrieval(f *testing.F) {
	f.Add([]byte(someQrels + "\x00" + someQueries + "\x00" + someDocuments))
	f.Add([]byte("a\tb\t1\x00{\"_id\": 1e3, \"text\": \"\"}\x00{\"_id\": \"b\", \"text\": null}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		parts := append(bytes.SplitN(data, []byte{0}, 3), nil, nil)
		open := func(i int) *text.Source { return text.FromBytes("x", parts[i]) }
		set := &Retrieval{documents: open(2)}
		if err := set.load(context.Background(), open(1), open(0)); err != nil {
			return
		}
		if len(set.Queries) == 0 {
			t.Fatalf("no queries, no error: %q", data)
		}
		for _, q := range set.Queries {
			if q.ID == "" || len(q.Relevant) == 0 {
				t.Fatalf("query %+v of %q", q, data)
			}
		}
		n := 0
		for d, err := range set.Documents(context.Background()) {
			if err != nil {
				return
			}
			if n++; d.ID == "" {
				t.Fatalf("document %+v of %q", d, data)
			}
		}
		if n == 0 {
			t.Fatalf("no documents, no error: %q", data)
		}
	})
}
