package serve

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

// Each bad request has its problem, and none is a fault of the server.
func TestBadRequests(t *testing.T) {
	x := open(t, Options{MaxBody: 2000, MaxK: 50})
	const query = "/v1/collections/docs/query"
	for _, c := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"POST", query, `{bad`, 400, "body: invalid JSON, byte 2: "},
		{"POST", query, `{"text":"a`, 400, "body: invalid JSON: it ends too early"},
		{"POST", query, `{"text":"a"} {}`, 400, "body: invalid JSON, byte 14: "},
		{"POST", query, ``, 400, "request body is required"},
		{"POST", query, `[]`, 422, "body: expected an object"},
		{"POST", query, `null`, 422, "body: "},
		{"POST", query, `{"text":5}`, 422, "body.text: expected a string"},
		{"POST", query, `{"text":""}`, 422, "body.text: must have 1 or more characters"},
		{"POST", query, `{"text":" \n"}`, 422, "body.text: must not be empty"},
		{"POST", query, `{"text":"\u0001\u2003"}`, 422, "body.text: must not be empty"},
		{"POST", query, `{"text":"\u0001"}`, 422, "body.text: must not be empty"},
		{"POST", query, `{"k":1}`, 422, "body: the key text is missing"},
		{"POST", query, `{"text":"a","k":0}`, 422, "body.k: must be at least 1"},
		{"POST", query, `{"text":"a","k":51}`, 422, "body.k: must be at most 50, got 51"},
		{"POST", query, `{"text":"a","k":1.5}`, 422, "body.k: expected a whole number"},
		{"POST", query, `{"text":"a","k":1e400}`, 400, "body: expected a number but found 1e400"},
		{"POST", query, `{"text":"a","k":10000000000000000000000}`, 422, `body: field "k": expected a whole number but found`},
		{"POST", query, `{"text":"a","min_score":NaN}`, 400, "body: invalid JSON"},
		{"POST", query, `{"text":"a","min_score":"x"}`, 422, "body.min_score: expected a number"},
		{"POST", query, `{"text":"a","dense_weight":0}`, 422, "body.dense_weight: expected number > 0"},
		{"POST", query, `{"text":"a","dense_weight":1.1}`, 422, "body.dense_weight: must be at most 1"},
		{"POST", query, `{"text":"a","mode":"magic"}`, 422, "body.mode: must be one of "},
		{"POST", query, `{"text":"a","group_by":"year"}`, 422, "body.group_by: must be one of "},
		{"POST", query, `{"text":"a","Mode":"dense"}`, 422, "body.Mode: unknown key"},
		{"POST", query, `{"text":"a","where":"year > "}`, 422, "body.where: condition, character 8: expected a value but found the end"},
		{"POST", query, `{"text":"a","where":"nope = 1"}`, 422, `body.where: condition, character 1: no passage has the field "nope"`},
		{"POST", query, `{"text":"a","where":"year = x"}`, 422, "body.where: condition, character "},
		{"POST", query, "{\"text\":\"a\xff\"}", 400, "the body is not valid UTF-8: byte 10"},
		{"POST", query, `{"text":"` + strings.Repeat("a", 2000) + `"}`, 413, "the body has more than 2000 bytes"},
		{"POST", query + "?k=5", `{"text":"a"}`, 422, "query.k: unknown query parameter"},
		{"POST", "/v1/collections/none/query", `{"text":"a"}`, 404, `no such collection: "none"`},
		{"POST", "/v1/collections/words/query", `{"text":"a"}`, 404, `no such collection: "words"`},
		{"GET", query, ``, 405, "the method GET cannot be used here"},
		{"GET", "/v1/nothing", ``, 404, `no such address: "/v1/nothing"`},
		{"GET", "/v1", ``, 404, `no such address: "/v1"`},
		{"GET", "/v1/collections/..%2F..%2Fetc/files", ``, 404, `no such collection: "../../etc"`},
		{"GET", "/v1/collections/docs/document?path=../../../etc/passwd", ``, 404, `docs has no document "../../../etc/passwd"`},
		{"GET", "/v1/collections/docs/document?path=%2Fetc%2Fpasswd", ``, 404, `docs has no document "/etc/passwd"`},
		{"GET", "/v1/collections/docs/document?path=a%00b", ``, 404, `docs has no document "a\x00b"`},
		{"GET", "/v1/collections/docs/document?path=%FF", ``, 400, "the address is not valid UTF-8"},
		{"GET", "/v1/collections/%FF/files", ``, 400, "the address is not valid UTF-8"},
		{"GET", "/v1/collections/docs/document", ``, 422, "query.path: required query parameter is missing"},
		{"GET", "/v1/collections/docs/files?limit=0", ``, 422, "query.limit: must be at least 1"},
		{"GET", "/v1/collections/docs/files?limit=100000", ``, 422, "query.limit: must be at most 1000"},
		{"GET", "/v1/collections/docs/files?from=-1", ``, 422, "query.from: must be at least 0"},
		{"GET", "/v1/collections/docs/files?from=x", ``, 422, "query.from: "},
		{"GET", "/v1/collections/docs/passages/999", ``, 404, "docs has no passage 999"},
		{"GET", "/v1/collections/docs/passages/-1", ``, 422, "path.label: must be at least 0"},
		{"GET", "/v1/collections/docs/passages/x", ``, 422, "path.label: "},
		{"GET", "/v1/collections/docs/passages/9223372036854775807", ``, 404, "docs has no passage 9223372036854775807"},
		{"GET", "/v1/collections/docs/passages/9223372036854775808", ``, 422, "path.label: "},
		{"POST", "/v1/collections/docs/similar", `{}`, 422, "body: must have a label, a text or a vector"},
		{"POST", "/v1/collections/docs/similar", `{"label":1,"text":"a"}`, 422, "body: must have a label, a text or a vector"},
		{"POST", "/v1/collections/docs/similar", `{"vector":[1,2,3]}`, 422, "vector must have 256 values, as those of the collection, got 3"},
		{"POST", "/v1/collections/docs/similar", `{"vector":[]}`, 422, "body.vector: must have 1 or more items"},
		{"POST", "/v1/collections/docs/similar", `{"vector":[1e39]}`, 422, `body: field "vector": expected a number but found 1e39`},
		{"POST", "/v1/collections/docs/similar", `{"vector":[` + strings.Repeat("0,", 255) + `0]}`, 422, "vector must not be zero"},
		{"POST", "/v1/collections/docs/similar", `{"vector":["a"]}`, 422, "body.vector[0]: expected a number"},
		{"POST", "/embed", `{"inputs":[1]}`, 422, "body.inputs: must be texts"},
		{"POST", "/embed", `{"inputs":"a"}`, 422, "body.model: must name one of several models"},
		{"POST", "/v1/collections/docs/similar", `{"label":77}`, 404, "docs has no passage 77"},
		{"POST", "/v1/collections/docs/explain", `{"text":"a","label":77}`, 404, "docs has no passage 77"},
		{"GET", "/v1/words/words/neighbors?word=yuo", ``, 422, `query.word: unknown word "yuo"`},
		{"GET", "/v1/words/words/neighbors?word=", ``, 422, "query.word: required query parameter is missing"},
		{"GET", "/v1/words/words/neighbors?word=a+-", ``, 422, `query.word: "a -" has no word after the last -`},
		{"GET", "/v1/words/words/neighbors?word=I&k=51", ``, 422, "query.k: must be at most 50, got 51"},
		{"GET", "/v1/words/docs/neighbors?word=I", ``, 404, `no such word model: "docs"`},
		{"POST", "/v1/words/words/analogy", `{"positive":[]}`, 422, "body.positive: must have 1 or more items"},
		{"POST", "/v1/words/words/analogy", `{"positive":["zzz"]}`, 422, `body: unknown word "zzz"`},
		{"POST", "/v1/words/words/analogy", `{"positive":["I"],"method":"x"}`, 422, "body.method: "},
		{"POST", "/v1/collections/docs/records", `{"records":[{"id":"a","text":"b"}]}`, 403, "the collections of this server cannot be changed"},
		{"DELETE", "/v1/collections/docs/records/r1", ``, 403, "the collections of this server cannot be changed"},
	} {
		w, o := x.do(c.method, c.path, c.body)
		detail, _ := at(o, "detail").(string)
		if w.Code != c.status || !strings.HasPrefix(detail, c.detail) || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %.80s: %d %s %s\nexpected %d %s", c.method, c.path, c.body, w.Code, w.Header().Get("Content-Type"), w.Body, c.status, c.detail)
		}
		if status, _ := at(o, "status").(float64); int(status) != w.Code || at(o, "title") != http.StatusText(w.Code) {
			t.Errorf("%s %s: the problem has the status %v and the title %v", c.method, c.path, at(o, "status"), at(o, "title"))
		}
		if text := w.Body.String(); strings.Contains(text, x.dir) || strings.Contains(text, "Go ") || strings.Contains(text, "struct") {
			t.Errorf("%s %s: the problem says too much: %s", c.method, c.path, text)
		}
	}
	_, o := x.do("POST", query, `{"text":"a","where":"ö = 1 and year >"}`)
	x.want(o, object{"position": 16})
	_, o = x.do("POST", query, `{"text":"a","where":"lang = 'ö' and nope = 1"}`)
	x.want(o, object{"position": 15, "errors.0.location": "body.where"})
	w, _ := x.do("POST", query, `{"text":"a"}`, "Content-Type: text/plain")
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", w.Code)
	}
	if w, _ := x.do("POST", query, "\uFEFF"+`{"text":"a"}`, "Content-Type: application/json; charset=utf-8"); w.Code != 200 {
		t.Errorf("a byte order mark: %d %s", w.Code, w.Body)
	}
	if w, _ := x.do("POST", query, `{"text":"a"}`, "Content-Encoding: gzip"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("gzip: %d %s", w.Code, w.Body)
	}
	if w, _ := x.do("GET", "/v1/"+strings.Repeat("a", 5000), "", "Origin: "+strings.Repeat("b", 500)); w.Code != 404 || strings.Contains(w.Body.String(), "%!") {
		t.Errorf("a long address: %d %s", w.Code, w.Body)
	}
	if w, _ := x.do("PUT", "/v1/models", ""); w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow: %q", w.Header().Get("Allow"))
	}
}

func TestHosts(t *testing.T) {
	x := open(t, Options{AllowHosts: []string{"search.example.org"}})
	for host, want := range map[string]int{"127.0.0.1:80": 200, "localhost": 200, "LOCALHOST.:99": 200, "a.localhost": 200, "[::1]:5": 200, "": 200, "search.example.org": 200, "search.example.org:443": 200,
		"evil.example.org": 421, "127.0.0.1.evil.com": 421, "localhost.evil.com": 421, "10.0.0.1": 421, "search.example.org.evil.com": 421, "0.0.0.0:8080": 421} {
		if w, _ := x.do("GET", "/v1/models", "", "Host: "+host); w.Code != want {
			t.Errorf("host %q: %d, expected %d", host, w.Code, want)
		}
	}
}

func TestOrigins(t *testing.T) {
	const body, path = `{"text":"a"}`, "/v1/collections/docs/query"
	x := open(t, Options{AllowOrigins: []string{"https://good.example"}})
	for _, c := range []struct {
		headers []string
		status  int
		allowed string
	}{
		{nil, 200, ""}, // not of a browser
		{[]string{"Origin: http://127.0.0.1:8080"}, 200, ""},
		{[]string{"Sec-Fetch-Site: same-origin"}, 200, ""},
		{[]string{"Origin: https://good.example", "Sec-Fetch-Site: cross-site"}, 200, "https://good.example"},
		{[]string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403, ""},
		{[]string{"Origin: https://evil.example"}, 403, ""},
		{[]string{"Origin: null"}, 403, ""},
		{[]string{"Origin: https://good.example.evil.example"}, 403, ""},
	} {
		if w, _ := x.do("POST", path, body, c.headers...); w.Code != c.status || w.Header().Get("Access-Control-Allow-Origin") != c.allowed {
			t.Errorf("%v: %d %v", c.headers, w.Code, w.Header())
		}
	}
	w, _ := x.do("OPTIONS", path, "", "Origin: https://good.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization, content-type")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Headers") != "authorization, content-type" || w.Header().Get("Access-Control-Allow-Origin") != "https://good.example" {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	if w, _ := x.do("OPTIONS", path, "", "Origin: https://evil.example", "Access-Control-Request-Method: POST"); w.Code == 204 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight of another origin: %d %v", w.Code, w.Header())
	}
	all := open(t, Options{AllowOrigins: []string{"*"}})
	if w, _ := all.do("POST", path, body, "Origin: https://any.example", "Sec-Fetch-Site: cross-site"); w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "https://any.example" {
		t.Errorf("any origin: %d %v", w.Code, w.Header())
	}
	none := open(t, Options{})
	if w, _ := none.do("GET", "/v1/models", "", "Origin: https://any.example"); w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without allowed origins: %d %v", w.Code, w.Header())
	}
}

func TestTokens(t *testing.T) {
	a, b := strings.Repeat("a", 16), strings.Repeat("b", 32)
	x := open(t, Options{Tokens: []string{a, b}})
	for header, want := range map[string]int{"": 401, "Bearer " + a: 200, "bearer  " + b: 200, "Bearer " + a + "x": 401, "Bearer": 401, "Bearer ": 401, "Basic " + a: 401, a: 401} {
		w, _ := x.do("GET", "/v1/models", "", "Authorization: "+header)
		if w.Code != want || want == 401 && w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q: %d %v", header, w.Code, w.Header())
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/": 200, "/metrics": 401, "/openapi.json": 401, "/v1/collections": 401, "/mcp": 401, "/v1/../v1/models": 401} {
		if w, _ := x.do("GET", path, ""); w.Code != want {
			t.Errorf("%s without a token: %d, expected %d", path, w.Code, want)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{MaxK: -1}, "MaxK"}, {Options{MaxBody: -1}, "MaxBody"}, {Options{MaxConcurrent: -1}, "MaxConcurrent"}, {Options{Timeout: -1}, "Timeout"},
		{Options{Tokens: []string{"short"}}, "Tokens"}, {Options{Tokens: []string{strings.Repeat("ä", 20)}}, "Tokens"},
		{Options{AllowOrigins: []string{"example.org"}}, "AllowOrigins"}, {Options{AllowOrigins: []string{"https://example.org/"}}, "AllowOrigins"},
	} {
		_, err := New(nil, c.o)
		var field *fault.FieldError
		if !errors.As(err, &field) || field.Field != c.want {
			t.Errorf("%+v: %v, expected an error of %s", c.o, err, c.want)
		}
	}
	for at, want := range map[string]bool{"127.0.0.1": true, "::1": true, "0.0.0.0": false, "192.0.2.7": false, "::": false} {
		if err := (Options{}).CheckAddress(&net.TCPAddr{IP: net.ParseIP(at), Port: 1}); (err == nil) != want {
			t.Errorf("%s without a token: %v", at, err)
		}
	}
}

// start serves x until the test or stop ends it, and returns its address.
func (x *tester) start(t *testing.T) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.Serve(ctx, l) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { stop() })
	return l.Addr().String(), stop
}

// More requests than may run wait, more than may wait are refused, and none is later.
func TestLoad(t *testing.T) {
	x := open(t, Options{MaxConcurrent: 1})
	hold := make(chan struct{})
	running := make(chan struct{}, 1)
	x.mux.HandleFunc("GET /v1/slow", func(http.ResponseWriter, *http.Request) {
		running <- struct{}{}
		<-hold
	})
	var refused, answered atomic.Int32
	var all sync.WaitGroup
	ask := func() {
		switch w, _ := x.do("GET", "/v1/slow", ""); {
		case w.Code == 429 && w.Header().Get("Retry-After") == "1":
			refused.Add(1)
		case w.Code == 200:
			answered.Add(1)
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	all.Go(ask)
	<-running
	for range waitingPerSlot {
		all.Go(ask)
	}
	for x.waiting.Load() < waitingPerSlot {
		time.Sleep(time.Millisecond)
	}
	for range 5 {
		ask()
	}
	if w, _ := x.do("GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("/healthz under load: %d", w.Code)
	}
	if refused.Load() != 5 {
		t.Errorf("%d of 5 requests were refused", refused.Load())
	}
	go func() {
		for range running {
		}
	}()
	close(hold)
	all.Wait()
	close(running)
	if answered.Load() != 1+waitingPerSlot || x.waiting.Load() != 0 || len(x.slots) != 0 {
		t.Errorf("%d answered, %d wait, %d run", answered.Load(), x.waiting.Load(), len(x.slots))
	}
}

func TestTimeout(t *testing.T) {
	x := open(t, Options{Timeout: 50 * time.Millisecond})
	register(x.Server, "GET", "/v1/slow", "slow", "test", "slow", func(ctx context.Context, _ *struct{}) (*State, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if w, o := x.do("GET", "/v1/slow", ""); w.Code != 503 || w.Header().Get("Retry-After") != "1" || at(o, "detail") != "the request took longer than 50ms" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// A panic is a problem, and the server goes on.
func TestPanic(t *testing.T) {
	x := open(t, Options{})
	register(x.Server, "GET", "/v1/bug", "bug", "test", "bug", func(context.Context, *struct{}) (*State, error) { panic("secret") })
	w, o := x.do("GET", "/v1/bug", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || at(o, "detail") != "the server has a bug" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if len(x.slots) != 0 {
		t.Error("the slot was not given back")
	}
	x.get("/v1/models")
}

// A client that sends nothing, half a header, half a body, or closes early keeps nobody waiting.
func TestSlowClients(t *testing.T) {
	x := open(t, Options{MaxConcurrent: 1, Timeout: 300 * time.Millisecond})
	address, _ := x.start(t)
	dial := func(text string) net.Conn {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, text)
		return c
	}
	const head = "POST /v1/collections/docs/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
	dial("")
	dial("GET /v1/mod")
	slow := dial(head + `{"text":`)
	half := dial(head + `{"text":`)
	half.(*net.TCPConn).CloseWrite()
	gone := dial(head + `{"text":`)
	gone.Close()
	start := time.Now()
	resp, err := http.Get("http://" + address + "/v1/models")
	if err != nil || resp.StatusCode != 200 || time.Since(start) > 250*time.Millisecond {
		t.Fatalf("%v %v after %v", resp, err, time.Since(start))
	}
	resp.Body.Close()
	const all = "POST /v1/collections/docs/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + `{"text":"cat"}`
	closed := dial(all) // its side, after the request
	closed.(*net.TCPConn).CloseWrite()
	for c, want := range map[net.Conn]int{slow: 408, half: 400, closed: 200} {
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != want {
			t.Errorf("%v %v, expected %d", resp, err, want)
		}
	}
}

// A stop finishes what has begun.
func TestStop(t *testing.T) {
	x := open(t, Options{})
	running, hold := make(chan struct{}), make(chan struct{})
	x.mux.HandleFunc("GET /v1/slow", func(w http.ResponseWriter, _ *http.Request) {
		close(running)
		<-hold
		io.WriteString(w, "done")
	})
	address, stop := x.start(t)
	answer := make(chan string)
	go func() {
		resp, err := http.Get("http://" + address + "/v1/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	<-running
	ended := make(chan error)
	go func() { ended <- stop() }()
	for !x.stopping.Load() {
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-ended:
		t.Fatalf("ended with a request that runs: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(hold)
	if got := <-answer; got != "done" {
		t.Errorf("answer %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS()
	defer certificates.Close()
	x := open(t, Options{TLS: &tls.Config{Certificates: certificates.TLS.Certificates}})
	address, _ := x.start(t)
	client := certificates.Client()
	resp, err := client.Get("https://" + address + "/v1/models")
	if err != nil || resp.StatusCode != 200 || resp.TLS == nil {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
}

// A collection that is replaced and changed again and again answers every request, with one state or the other.
func TestReload(t *testing.T) {
	x := open(t, Options{})
	address, _ := x.start(t)
	docs := filepath.Join(x.dir, "docs")
	other := filepath.Join(t.TempDir(), "notes")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(other, "one.md"), []byte("# One\n\nThe cat is one of the animals of the other state.\n"), 0o644)
	var asked atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				resp, err := http.Post("http://"+address+"/v1/collections/docs/query", "application/json", strings.NewReader(`{"text":"cat","k":4}`))
				if err != nil {
					t.Error(err)
					return
				}
				b, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if n := strings.Count(string(b), `"rank"`); resp.StatusCode != 200 || n != 4 && n != 1 && n != 2 {
					t.Errorf("%d %s", resp.StatusCode, b)
					return
				}
				asked.Add(1)
			}
		})
	}
	for i := range 3 {
		notes := other
		if i%2 == 1 {
			notes = filepath.Join(x.dir, "notes")
		}
		if err := build(docs, notes, true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := collection.WriteRecords(ctx, docs, []collection.Record{{ID: "new", Text: "a new cat"}}, nil, collection.ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	x.eventually(func() bool { return at(x.get("/v1/collections/docs"), "passages") == 2.0 })
	cancel()
	all.Wait()
	if asked.Load() < 20 {
		t.Errorf("only %d requests", asked.Load())
	}
	// A folder that is gone, damaged, and there again.
	c, done, err := x.shelf.Collection("docs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(docs, docs+".away"); err != nil {
		t.Fatal(err)
	}
	x.eventually(func() bool { w, _ := x.do("GET", "/v1/collections/docs", ""); return w.Code == 410 })
	if _, err := c.Ask(t.Context(), collection.Question{Text: "cat"}); err != nil {
		t.Errorf("a reader of a deleted collection: %v", err)
	}
	done()
	if w, _ := x.do("GET", "/v1/collections", ""); w.Code != 200 || strings.Contains(w.Body.String(), `"docs"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := os.Rename(docs+".away", docs); err != nil {
		t.Fatal(err)
	}
	x.eventually(func() bool { w, _ := x.do("GET", "/v1/collections/docs", ""); return w.Code == 200 })
	info := filepath.Join(docs, "collection.json")
	good, err := os.ReadFile(info)
	if err == nil {
		err = os.WriteFile(info, []byte("{"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	x.eventually(func() bool {
		w, _ := x.do("GET", "/metrics", "")
		return regexp.MustCompile(`name="docs",what="failed"} [1-9]`).MatchString(w.Body.String()) // twice, if the file was seen empty too
	})
	x.want(x.post("/v1/collections/docs/query", `{"text":"cat","k":1}`), object{"results.0.rank": 1})
	if err := os.WriteFile(info, good, 0o644); err != nil {
		t.Fatal(err)
	}
	x.eventually(func() bool {
		w, _ := x.do("GET", "/metrics", "")
		return !strings.Contains(w.Body.String(), `what="reloaded"} 4`) && strings.Contains(w.Body.String(), `what="reloaded"}`)
	})
}

func (x *tester) eventually(yes func() bool) {
	x.Helper()
	for start := time.Now(); !yes(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			x.Fatal("it did not happen")
		}
	}
}

func TestNames(t *testing.T) {
	docs, words := filepath.Join(fixture, "docs"), filepath.Join(fixture, "words")
	s, err := shelf.Open(t.Context(), []string{"a=" + docs, "b=" + docs, words}, shelf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := fmt.Sprint(s.Collections(), s.Models()); got != "[a b] [words]" {
		t.Errorf("names %s", got)
	}
	for _, c := range []struct{ paths, want string }{
		{docs + " " + docs, `two folders have the name "docs"`},
		{"docs=" + words + " " + docs, `two folders have the name "docs"`},
		{filepath.Join(fixture, "none"), "no such collection"},
		{filepath.Join(fixture, "notes"), "is not a collection"},
		{"..=" + docs, `".." cannot be the name`},
	} {
		if _, err := shelf.Open(t.Context(), strings.Fields(c.paths), shelf.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", c.paths, err, c.want)
		}
	}
}

// Records are there when the answer is, survive a sync, and changes at the same time are all made.
func TestRecords(t *testing.T) {
	x := open(t, Options{Writable: true})
	const path = "/v1/collections/docs/records"
	x.want(x.post(path, `{"records":[{"id":"v/1","title":"Etna","text":"Volcanoes erupt with lava","fields":{"year":2024,"when":"2024-05-06","tags":["hot",1]}},{"id":"r1","text":"A cat again"}]}`),
		object{"added": []string{"v/1"}, "changed": []string{"r1"}, "removed": []any{}, "unchanged": []any{}})
	x.want(x.post("/v1/collections/docs/query", `{"text":"lava","k":1,"where":"when > 2024-04 and tags contains \"hot\""}`), object{"results.0.passage.id": "v/1", "results.0.passage.title": "Etna", "results.0.passage.path": "record:v/1",
		"results.0.passage.fields": object{"year": 2024, "when": "2024-05-06T00:00:00Z", "tags": []string{"hot", "1"}}})
	x.want(x.post(path, `{"records":[{"id":"v/1","title":"Etna","text":"Volcanoes erupt with lava","fields":{"year":2024,"when":"2024-05-06","tags":["hot",1]}}]}`), object{"unchanged": []string{"v/1"}, "changed": []any{}})
	if _, err := collection.Sync(t.Context(), filepath.Join(x.dir, "docs"), collection.ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := x.shelf.Refresh(t.Context(), "docs"); err != nil {
		t.Fatal(err)
	}
	x.want(x.get("/v1/collections/docs"), object{"passages": 5, "writable": true})
	if w, o := x.do("DELETE", path+"/v%2F1", ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	} else {
		x.want(o, object{"removed": []string{"v/1"}})
	}
	if w, _ := x.do("DELETE", path+"/v%2F1", ""); w.Code != 404 {
		t.Errorf("deleting a record twice: %d", w.Code)
	}
	if w, _ := x.do("DELETE", path+"/notes", ""); w.Code != 404 {
		t.Errorf("a folder is not a record: %d", w.Code)
	}
	for body, want := range map[string]string{
		`{"records":[]}`: "body.records: ", `{"records":[{"id":"","text":"a"}]}`: "body.records[0].id: ", `{"records":[{"id":"a\u0001","text":"a"}]}`: "body.records[0].id: ", `{"records":[{"id":"a"}]}`: "body.records[0]: ",
		`{"records":[{"id":"a","text":" "}]}`: "body.records[0].text: ", `{"records":[{"id":"a","text":"a"},{"id":"a","text":"b"}]}`: "body.records[1].id: ",
		`{"records":[{"id":"a","text":"a","fields":{"x":{}}}]}`: "body.records[0].fields: ", `{"records":[{"id":"a","text":"a","fields":{"x":1e999}}]}`: "body: ", `{"records":[{"id":"a","text":"a","other":1}]}`: "body.records[0].other: ",
	} {
		if w, o := x.do("POST", path, body); w.Code != 422 && w.Code != 400 || !strings.HasPrefix(fmt.Sprint(at(o, "detail")), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if w, _ := x.do("POST", path, fmt.Sprintf(`{"records":[{"id":"n%d","text":"number %d"},{"id":"shared%d","text":"by %d"}]}`, i, i, max(3, i), i)); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w, _ := x.do("POST", "/v1/collections/docs/query", fmt.Sprintf(`{"text":"number","where":"id = \"n%d\""}`, i)); !strings.Contains(w.Body.String(), fmt.Sprintf(`"n%d"`, i)) {
				t.Errorf("the record n%d is not there: %s", i, w.Body)
			}
		})
	}
	all.Wait()
	x.want(x.get("/v1/collections/docs"), object{"passages": 41})
	if _, err := collection.Verify(t.Context(), filepath.Join(x.dir, "docs")); err != nil {
		t.Error(err)
	}
	// Of changes made together, one that fails does not take the others with it.
	list, _ := documents.FieldsOf(nil)
	good, bad := &write{put: []collection.Record{{ID: "good", Text: "good", Fields: list}}, done: make(chan struct{})}, &write{put: []collection.Record{{ID: "", Text: "bad"}}, done: make(chan struct{})}
	w := &writer{waiting: []*write{bad, good}, busy: true}
	x.lead(t.Context(), "docs", w)
	<-good.done
	<-bad.done
	if good.err != nil || bad.err == nil || len(good.result.Added) != 1 {
		t.Errorf("%v, %v", good.err, bad.err)
	}
}
