package serve

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index/serve/shelf"
)

// raw sends bytes to a server, ends its side of the connection if half, and returns all that comes back.
func raw(t *testing.T, address, text string, half bool) string {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, text) // the server may end it before it has read all
	if half {
		c.(*net.TCPConn).CloseWrite()
	}
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// statuses are those of the answers of a connection.
func statuses(answer string) (list []int) {
	r := bufio.NewReader(strings.NewReader(answer))
	for {
		a, err := http.ReadResponse(r, nil)
		if err != nil {
			return list
		}
		io.Copy(io.Discard, a.Body)
		list = append(list, a.StatusCode)
	}
}

// What is not one plain request is refused, and the rest of it is not taken for another one.
func TestHostileConnections(t *testing.T) {
	x := open(t, Options{Timeout: 3 * time.Second})
	address, _ := x.start(t)
	const query = `{"text":"penicillin","k":1}`
	head := func(extra string) string {
		return "POST /v1/collections/docs/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + extra + "\r\n"
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(query))
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(query), query)
	for _, c := range []struct {
		name, text string
		half       bool
		want       string // statuses
	}{
		{"half closed", head(length) + query, true, "[200]"},
		{"two at once", head(length) + query + head(length+"Connection: close\r\n") + query, false, "[200 200]"},
		{"chunks", head("Transfer-Encoding: chunked\r\nConnection: close\r\n") + chunked, false, "[200]"},
		{"two lengths", head(length+"Content-Length: 3\r\n") + query, false, "[400]"},
		{"negative length", head("Content-Length: -1\r\n") + query, false, "[400]"},
		{"length and chunks", head(length+"Transfer-Encoding: chunked\r\nConnection: close\r\n") + chunked, false, "[200]"},
		{"unknown encoding", head("Transfer-Encoding: chunked, identity\r\n") + chunked, false, "[501]"},
		{"space before the colon", head("Content-Length : 5\r\n") + query, false, "[400]"},
		{"line end in a header", head("X-A: b\x00c\r\n"+length) + query, false, "[400]"},
		{"two hosts", head("Host: localhost\r\n"+length) + query, false, "[400]"},
		{"host of another site", strings.Replace(head(length+"Connection: close\r\n")+query, "localhost", "evil.example", 1), false, "[421]"},
		{"body ends too early", head("Content-Length: 5000\r\n") + query, true, "[400]"},
		{"huge header", head("X-A: "+strings.Repeat("a", 200<<10)+"\r\n"+length) + query, true, "[431]"},
		{"many headers", head(strings.Repeat("X-A: b\r\n", 20000)+length) + query, true, "[431]"},
		{"not HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", true, "[400]"},
		{"no such version", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", true, "[505]"},
	} {
		// The connection may be reset before the client has read the answer to what it is still sending.
		if got := fmt.Sprint(statuses(raw(t, address, c.text, c.half))); got != c.want && !(got == "[]" && strings.Contains(c.want, "431")) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if got := statuses(raw(t, address, head(length)+query, true)); fmt.Sprint(got) != "[200]" {
		t.Errorf("afterwards: %v", got)
	}
}

// No path leads out of the collections, and every answer to one is a problem.
func TestHostilePaths(t *testing.T) {
	x := open(t, Options{})
	for _, path := range []string{
		"/v1/collections/..%2f..%2fetc%2fpasswd", "/v1/collections/%2e%2e/query", "/v1/collections/docs%00", "/v1/collections/docs%0d%0aX-A:%20b",
		"/v1/collections/docs/document?path=../../../../etc/passwd", "/v1/collections/docs/document?path=%2Fetc%2Fpasswd", "/v1/collections/docs/document?path=notes/../../collection.json",
		"/v1/collections/docs/document?path=%00", "/v1/collections/docs/passages/-1", "/v1/collections/docs/passages/99999999999999999999", "/v1/collections/docs/passages/1e3",
		"/v1/collections/docs/passages/0?before=-1", "/v1/collections/docs/passages/0?before=2147483648", "/v1/collections/docs/files?from=99999999999999999999",
		"/v1/words/words/neighbors?word=%ff", "/v1/words/words/neighbors?word=you&k=-3", "/v1/models/..%2f..", "/v1//collections", "/v1/./collections/../../etc", "/%2e%2e/%2e%2e/etc/passwd",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		w := httptest.NewRecorder()
		x.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code < 300 || w.Code >= 500 || strings.Contains(body, "root:") || strings.Contains(body, fixture) || w.Header().Get("X-A") != "" {
			t.Errorf("%s: %d %.200s", path, w.Code, body)
		}
	}
}

// Whatever a body is, there is no error of the server, and the answer is JSON.
func FuzzBodies(f *testing.F) {
	s, err := shelf.Open(f.Context(), []string{filepath.Join(fixture, "docs"), filepath.Join(fixture, "words")}, shelf.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	server, err := New(s, Options{MaxBody: 1 << 16, Timeout: 5 * time.Second})
	if err != nil {
		f.Fatal(err)
	}
	routes := []string{"/v1/collections/docs/query", "/v1/collections/docs/similar", "/v1/collections/docs/explain", "/v1/words/words/analogy", "/v1/words/words/explain",
		"/v1/embeddings", "/embed", "/v1/collections/docs/map/locate", "/v1/collections/docs/records", "/mcp"}
	for i, body := range []string{
		`{"text":"penicillin","k":3,"where":"year > 1900 and lang = \"en\"","mode":"hybrid","min_score":-1e308,"group_by":"file","dense_weight":0.5}`,
		`{"label":0,"k":3}`, `{"text":"cat"}`, `{"positive":["you"],"negative":["I"],"k":2}`, `{"text":"how are you"}`, `{"input":["a",""],"model":"docs","dimensions":3,"encoding_format":"base64"}`,
		`{"inputs":"a cat"}`, `{"text":"\ud800 \u0000"}`, `{"records":[{"id":"x","text":"y"}]}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"cat"}}}`,
		`{"text":1e999}`, `[[[[`, `{"text":"x","text":"y","k":0}`, "\xff\xfe", `{"k":99999999999999999999}`, `null`, `{"where":"((((((("}`,
	} {
		f.Add(uint8(i), []byte(body))
	}
	f.Fuzz(func(t *testing.T, route uint8, body []byte) {
		r := httptest.NewRequest(http.MethodPost, routes[int(route)%len(routes)], strings.NewReader(string(body)))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q: %d %s", r.URL.Path, body, w.Code, w.Body)
		}
		if r.URL.Path != "/mcp" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %q: not JSON: %s", r.URL.Path, body, w.Body)
		}
	})
}
