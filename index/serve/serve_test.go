package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
)

// fixture has a collection "docs" and the worked example as the model "words".
var fixture string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "serve")
	if err == nil {
		fixture = dir
		err = makeFixture(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

const (
	plants = "# Plants\n\nPlants make energy by photosynthesis in their leaves. Ünïcode ẞtraße leaves.\n"
	birds  = `{"id":"r1","title":"Cat","text":"The cat sleeps on the mat all day long","year":2020,"lang":"en","draft":false}
{"id":"r2","text":"Dogs bark at night when the moon is full","year":2021,"lang":"de"}
{"id":"r3","title":"Fleming","text":"Alexander Fleming discovered penicillin in 1928","year":1928,"lang":"en"}
`
)

func makeFixture(dir string) error {
	ctx := context.Background()
	notes := filepath.Join(dir, "notes")
	err := os.Mkdir(notes, 0o755)
	for name, text := range map[string]string{"plants.md": plants, "records.jsonl": birds} {
		if err == nil {
			err = os.WriteFile(filepath.Join(notes, name), []byte(text), 0o644)
		}
	}
	if err != nil {
		return err
	}
	if err := sentence.WorkedExample().Save(ctx, filepath.Join(dir, "words")); err != nil {
		return err
	}
	return build(filepath.Join(dir, "docs"), notes, false)
}

func build(dir, notes string, replace bool) error {
	ctx := context.Background()
	model, err := bundled.Open(ctx)
	if err != nil {
		return err
	}
	src, err := documents.Open(ctx, nil, []string{notes}, documents.Options{})
	if err == nil {
		_, err = collection.Build(ctx, dir, model, src, collection.BuildOptions{Replace: replace})
	}
	return err
}

// tester is a server of copies of the fixture.
type tester struct {
	*testing.T
	*Server
	shelf *shelf.Shelf
	dir   string
}

func open(t *testing.T, o Options) *tester {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(fixture)); err != nil {
		t.Fatal(err)
	}
	x := &tester{T: t, dir: dir}
	s, err := shelf.Open(t.Context(), []string{filepath.Join(dir, "docs"), filepath.Join(dir, "words")}, shelf.Options{Interval: 20 * time.Millisecond, OnEvent: func(e shelf.Event) { x.Noticed(e) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	x.shelf = s
	if x.Server, err = New(s, o); err != nil {
		t.Fatal(err)
	}
	return x
}

type object = map[string]any

// do sends a request and returns the answer. Headers are "Name: value".
func (x *tester) do(method, path, body string, headers ...string) (*httptest.ResponseRecorder, object) {
	x.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		} else if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
	w := httptest.NewRecorder()
	x.ServeHTTP(w, r)
	var o object
	json.Unmarshal(w.Body.Bytes(), &o)
	return w, o
}

func (x *tester) get(path string) object { x.Helper(); return x.ok("GET", path, "") }

func (x *tester) post(path, body string) object { x.Helper(); return x.ok("POST", path, body) }

func (x *tester) ok(method, path, body string) object {
	x.Helper()
	w, o := x.do(method, path, body)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		x.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return o
}

// at returns a part of an answer: "results.0.passage.path".
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case object:
			v = x[name]
		case []any:
			var i int
			if fmt.Sscan(name, &i); i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (x *tester) want(o object, values object) {
	x.Helper()
	for path, want := range values {
		got, _ := json.Marshal(at(o, path))
		expected, _ := json.Marshal(want)
		if !bytes.Equal(got, expected) {
			all, _ := json.Marshal(o)
			x.Errorf("%s is %s, expected %s\n%.2000s", path, got, expected, all)
		}
	}
}

func TestCollections(t *testing.T) {
	x := open(t, Options{})
	w, _ := x.do("GET", "/v1/collections", "")
	var list []any
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 2 {
		t.Fatalf("%v: %s", err, w.Body)
	}
	x.want(list[0].(object), object{"name": "docs", "kind": "documents", "passages": 4, "files": 2, "dim": 256, "model": "docs", "language": "en", "modes": []string{"hybrid", "dense", "bm25"},
		"fields": []object{{"name": "draft", "type": "boolean", "values": []string{"false"}}, {"name": "lang", "type": "string", "values": []string{"de", "en"}}, {"name": "year", "type": "number"}}})
	x.want(list[1].(object), object{"name": "words", "kind": "words", "dim": 2, "passages": 22, "modes": nil})
	x.want(x.get("/v1/collections/docs"), object{"name": "docs"})
}

func TestQuery(t *testing.T) {
	x := open(t, Options{})
	const path = "/v1/collections/docs/query"
	x.want(x.post(path, `{"text":"who discovered penicillin"}`), object{"mode": "hybrid", "results.0.rank": 1, "results.0.passage.id": "r3", "results.0.passage.path": filepath.Join(x.dir0(), "records.jsonl"),
		"results.0.passage.title": "Fleming", "results.0.passage.first_line": 3, "results.0.passage.fields": object{"year": 1928, "lang": "en"}, "results.0.matches": [][2]int{{18, 28}, {29, 39}}, "no_good_match": false, "results.3.rank": 4})
	// Positions are code points: of bytes they would be 3 more from "Ünïcode ẞtraße" on.
	x.want(x.post(path, `{"text":"leaves","mode":"bm25"}`), object{"mode": "bm25", "results.0.matches": [][2]int{{46, 52}, {69, 75}}, "results.0.parts.dense": nil, "results.1": nil})
	x.want(x.post(path, `{"text":"cat","k":1,"where":"year >= 2021"}`), object{"results.0.passage.id": "r2", "results.1": nil})
	x.want(x.post(path, `{"text":"cat","where":"year > 3000"}`), object{"results": []any{}, "notes": []any{}})
	x.want(x.post(path, `{"text":"cat dog","group_by":"file"}`), object{"results.0.more": 2, "results.2": nil})
	x.want(x.post(path, `{"text":"cat","min_score":100}`), object{"results": []any{}})
	x.want(x.post(path, `{"text":"cat qqqqq"}`), object{"results.0.passage.id": "r1", "notes": []string{`no passage has "qqqqq"`}})
	x.want(x.post(path, `{"text":"zebras","mode":"bm25"}`), object{"results": []any{}, "no_good_match": true, "notes.0": `no passage has a word of the question "zebras"`})
	dense := x.post(path, `{"text":"cat","dense_weight":1}`)
	if got, want := at(dense, "results.0.parts.dense"), at(x.post(path, `{"text":"cat","mode":"dense"}`), "results.0.score"); got != want {
		t.Errorf("dense score %v, expected %v", got, want)
	}
}

// dir0 is the folder of documents as paths have it: that of the fixture, from which the copy was built.
func (x *tester) dir0() string { return filepath.Join(fixture, "notes") }

func TestDocuments(t *testing.T) {
	x := open(t, Options{})
	records := filepath.Join(x.dir0(), "records.jsonl")
	escaped := strings.NewReplacer("/", "%2F", `\`, "%5C").Replace(records)
	x.want(x.get("/v1/collections/docs/passages/2?before=5&after=1"), object{"path": records, "from": 0, "at": 1, "total": 3, "passages.0.id": "r1", "passages.2.id": "r3", "passages.3": nil})
	x.want(x.get("/v1/collections/docs/passages/2"), object{"from": 1, "at": 1, "passages.0.id": "r2", "passages.1": nil})
	x.want(x.get("/v1/collections/docs/document?path="+escaped+"&from=2"), object{"from": 2, "passages.0.id": "r3", "passages.1": nil, "total": 3})
	x.want(x.get("/v1/collections/docs/document?path="+escaped+"&from=9"), object{"from": 3, "passages": []any{}})
	x.want(x.get("/v1/collections/docs/files?limit=1&from=1"), object{"total": 2, "from": 1, "files.0.path": records, "files.0.passages": 3, "files.0.kind": "records", "files.1": nil})
	x.want(x.get("/v1/collections/docs/files?under=nowhere"), object{"total": 0, "files": []any{}})
	x.want(x.post("/v1/collections/docs/similar", `{"label":1,"k":2}`), object{"mode": "dense", "results.1.rank": 2, "results.2": nil})
	x.want(x.post("/v1/collections/docs/similar", `{"text":"penicillin","k":1}`), object{"results.0.passage.id": "r3"})
}

// The worked example has the vectors (1, 2) for am, (5, 0) for I and (2, 0) for you.
func TestWords(t *testing.T) {
	x := open(t, Options{})
	x.want(x.get("/v1/words/words/neighbors?word=you&k=22"), object{"word": "you", "neighbors.0.score": 1})
	near := x.get("/v1/words/words/neighbors?word=am&k=22")
	for _, n := range at(near, "neighbors").([]any) {
		if w := at(n, "word"); w == "I" || w == "you" {
			if got := at(n, "score").(float64); math.Abs(got-1/math.Sqrt(5)) > 1e-6 {
				t.Errorf("cosine of am and %v is %v, expected 1/√5", w, got)
			}
		}
	}
	x.want(x.get("/v1/words/words/neighbors?word=I+-+you+%2B+am&k=1"), object{"word": "I - you + am", "neighbors.1": nil})
	sum := x.get("/v1/words/words/neighbors?word=I+-+you+%2B+am&k=5")
	delete(sum, "word")
	analogy := x.post("/v1/words/words/analogy", `{"positive":["I","am"],"negative":["you"],"k":5}`)
	x.want(analogy, object{"neighbors": sum["neighbors"], "word": "I + am - you"})
	x.want(x.post("/v1/words/words/analogy", `{"positive":["I"],"method":"3cosmul","k":1}`), object{"neighbors.1": nil})
	x.want(x.post("/v1/words/words/explain", `{"text":"am I you"}`), object{"query.static.known": 3})
}

// Paths and methods that the page does not have are problems, like those of the API.
func TestBesideThePage(t *testing.T) {
	x := open(t, Options{})
	for _, c := range []struct {
		method, path string
		status       int
		detail       string
	}{
		{"GET", "/nothing", 404, `no such address: "/nothing"`},
		{"GET", "/static/../../etc/passwd", 404, `no such address: "/static/../../etc/passwd"`},
		{"GET", "/app.js/", 404, `no such address: "/app.js/"`},
		{"PUT", "/", 405, "the method PUT cannot be used here"},
		{"POST", "/app.js", 405, "the method POST cannot be used here"},
	} {
		w, o := x.do(c.method, c.path, "")
		x.want(o, object{"status": c.status, "detail": c.detail})
		if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" || c.status == 405 && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: %d %v", c.method, c.path, w.Code, w.Header())
		}
	}
}

// "am I you" is the mean of (1, 2), (5, 0) and (2, 0): (8/3, 2/3).
func TestEmbeddings(t *testing.T) {
	x := open(t, Options{})
	got := x.post("/v1/embeddings", `{"model":"words","input":["am I you","nothing known"]}`)
	x.want(got, object{"object": "list", "model": "words", "data.0.object": "embedding", "data.0.index": 0, "data.1.index": 1, "data.1.embedding": []float32{0, 0}, "usage": object{"prompt_tokens": 3, "total_tokens": 3}})
	v := at(got, "data.0.embedding").([]any)
	if len(v) != 2 || math.Abs(v[0].(float64)-8.0/3) > 1e-6 || math.Abs(v[1].(float64)-2.0/3) > 1e-6 {
		t.Errorf("vector %v, expected (8/3, 2/3)", v)
	}
	coded := x.post("/v1/embeddings", `{"model":"words","input":"am I you","encoding_format":"base64"}`)
	data, err := base64.StdEncoding.DecodeString(at(coded, "data.0.embedding").(string))
	if err != nil || len(data) != 8 || math.Float32frombits(binary.LittleEndian.Uint32(data)) != float32(v[0].(float64)) {
		t.Errorf("%v: base64 of %x", err, data)
	}
	// The first value alone, scaled to 1.
	x.want(x.post("/v1/embeddings", `{"model":"words","input":"am I you","dimensions":1}`), object{"data.0.embedding": []float32{1}})
	x.want(x.post("/v1/embeddings", `{"model":"docs","input":"a cat","input_type":"query","user":"u"}`), object{"model": "docs"})
	w, _ := x.do("POST", "/embed", `{"model":"words","inputs":["am I you"],"truncate":true}`) // (4, 1)/√17
	var rows [][]float64
	if json.Unmarshal(w.Body.Bytes(), &rows); len(rows) != 1 || math.Abs(rows[0][0]-4/math.Sqrt(17)) > 1e-6 || math.Abs(rows[0][1]-1/math.Sqrt(17)) > 1e-6 {
		t.Errorf("/embed: %d %s", w.Code, w.Body)
	}
	again, _ := x.do("POST", "/", `{"model":"words","inputs":["am I you"],"truncate":true}`)
	if again.Code != 200 || again.Body.String() != w.Body.String() {
		t.Errorf("POST / is not POST /embed: %d %s", again.Code, again.Body)
	}
	// The vector of a text finds what the text finds.
	vector := at(x.post("/v1/embeddings", `{"model":"docs","input":"a cat","input_type":"query"}`), "data.0.embedding")
	body, _ := json.Marshal(object{"vector": vector, "k": 1})
	x.want(x.post("/v1/collections/docs/similar", string(body)), object{"results.0.passage.id": "r1", "mode": "dense"})
	x.want(x.get("/v1/models"), object{"object": "list", "data.0.id": "words", "data.1.id": "docs", "data.1.object": "model", "data.2": nil})
	x.want(x.get("/v1/models/words"), object{"id": "words", "dim": 2})
	for body, param := range map[string]any{`{"model":"none","input":"a"}`: nil, `{"input":"a"}`: "model", `{"model":"words","input":[1,2]}`: "input", `{"model":"words","input":[[1],[2]]}`: "input",
		`{"model":"words","input":[]}`: "input", `{"model":"words","input":""}`: "input", `{"model":"words","input":["a"," "]}`: "input[1]", `{"model":"words","input":"a","dimensions":3}`: "dimensions",
		`{"model":"words","input":{"a":1}}`: "input", `{"model":"words","input":"a","encoding_format":"int8"}`: "encoding_format"} {
		w, o := x.do("POST", "/v1/embeddings", body)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d", body, w.Code)
		}
		x.want(o, object{"error.type": "invalid_request_error", "error.param": param})
		if message, _ := at(o, "error.message").(string); message == "" {
			t.Errorf("%s: no message: %s", body, w.Body)
		}
	}
}

// The dot products of the exercise are 44/9, 42/9 and 62/9.
func TestExplain(t *testing.T) {
	x := open(t, Options{})
	dots := at(x.get("/v1/example"), "dots").([]any)
	for i, want := range []float64{44. / 9, 42. / 9, 62. / 9} {
		if math.Abs(dots[i].(float64)-want) > 1e-5 {
			t.Errorf("dot product %d is %v, expected %v", i, dots[i], want)
		}
	}
	o := x.post("/v1/collections/docs/explain", `{"text":"the cat","label":1}`)
	cosine := at(x.post("/v1/collections/docs/query", `{"text":"the cat","mode":"dense","k":1}`), "results.0.score").(float64)
	if got := at(o, "cosine").(float64); math.Abs(got-cosine) > 0.02 { // the index has codes of 8 bits
		t.Errorf("cosine %v, but the index says %v", got, cosine)
	}
	if len(at(o, "passage.static.tokens").([]any)) < 5 {
		t.Error("the passage has no tokens")
	}
	long, _ := json.Marshal(object{"text": strings.Repeat("a b ", 5000)})
	if w, _ := x.do("POST", "/v1/collections/docs/explain", string(long)); w.Code != 422 {
		t.Errorf("long text: %d", w.Code)
	}
}

func TestState(t *testing.T) {
	x := open(t, Options{})
	x.want(x.get("/healthz"), object{"status": "ok"})
	x.want(x.get("/readyz"), object{"status": "ready"})
	x.get("/v1/models")
	w, _ := x.do("GET", "/metrics", "")
	for _, line := range []string{`luminavec_requests_total{code="200",operation="GET /v1/models"} 1`, `luminavec_passages{collection="docs"} 4`, "luminavec_requests_in_flight 1", "go_goroutines "} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("/metrics has no %s", line)
		}
	}
	x.stopping.Store(true)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/v1/models": 503} {
		if w, _ := x.do("GET", path, ""); w.Code != want || want == 503 && w.Header().Get("Retry-After") == "" {
			t.Errorf("%s while stopping: %d %v", path, w.Code, w.Header())
		}
	}
}

// All operations are described, and the document is what it was.
func TestOpenAPI(t *testing.T) {
	x := open(t, Options{Version: "test"})
	w, o := x.do("GET", "/openapi.json", "")
	x.want(o, object{"openapi": "3.1.0"})
	var indented bytes.Buffer
	if err := json.Indent(&indented, w.Body.Bytes(), "", " "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	golden := filepath.Join("testdata", "openapi.json")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, indented.Bytes()) {
		t.Errorf("the document of the API has changed; UPDATE_GOLDEN=1 writes %s", golden)
	}
	paths := o["paths"].(object)
	for _, path := range []string{"/v1/collections", "/v1/collections/{name}/query", "/v1/collections/{name}/records/{id}", "/v1/embeddings", "/healthz", "/metrics", "/mcp"} {
		if paths[path] == nil {
			t.Errorf("no %s", path)
		}
	}
	for path, item := range paths {
		for method, op := range item.(object) {
			if op.(object)["summary"] == nil || op.(object)["operationId"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
}

// A map of a collection without a stored one has every passage once, and a passage's own text is where it is.
func TestMap(t *testing.T) {
	x := open(t, Options{})
	o := x.get("/v1/collections/docs/map")
	x.want(o, object{"method": "pca", "stored": false, "clusters": []any{}})
	data, err := base64.StdEncoding.DecodeString(at(o, "points.labels").(string))
	if err != nil || len(data) != 4*8 {
		t.Fatalf("%v: %d bytes of labels", err, len(data))
	}
	xs, _ := base64.StdEncoding.DecodeString(at(o, "points.x").(string))
	for i := range 4 {
		if label := binary.LittleEndian.Uint64(data[8*i:]); label == 3 {
			want := math.Float32frombits(binary.LittleEndian.Uint32(xs[4*i:]))
			got := at(x.post("/v1/collections/docs/map/locate", `{"text":"Fleming. Fleming. Alexander Fleming discovered penicillin in 1928"}`), "x").(float64)
			if math.Abs(got-float64(want)) > 0.05 {
				t.Errorf("x is %v, expected %v", got, want)
			}
		}
	}
	if w, _ := x.do("POST", "/v1/collections/docs/map/locate", `{"text":"\u0001"}`); w.Code != 422 {
		t.Errorf("no word: %d %s", w.Code, w.Body)
	}
}

func TestAgents(t *testing.T) {
	x := open(t, Options{})
	w, o := x.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"penicillin"}}}`, "Accept: application/json, text/event-stream")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Fleming") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	x.want(o, object{"id": 1})
	if w, _ := x.do("POST", "/mcp", `{}`, "Host: evil.example"); w.Code != 421 {
		t.Errorf("another host: %d", w.Code)
	}
}
