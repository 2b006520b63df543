package page

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFiles(t *testing.T) {
	for path, want := range map[string]string{"/": "text/html; charset=utf-8", "/app.js": "text/javascript; charset=utf-8", "/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml", "/favicon.ico": "image/svg+xml"} {
		r := get(t, path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != want || len(body(t, r)) < 100 {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.Header.Get("Content-Type"))
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "ETag"} {
			if r.Header.Get(name) == "" {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
	for _, path := range []string{"/static", "/static/app.js", "/page.go", "/..%2fpage.go", "/%2e%2e/page.go", "/app.js/", "/nothing"} {
		if r := get(t, path); r.StatusCode == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// Every encoding decodes to the same bytes and has a tag of its own, with which it is not sent again.
func TestEncodings(t *testing.T) {
	plain := body(t, get(t, "/points.js"))
	if string(plain) != MapScript {
		t.Error("points.js is not MapScript")
	}
	tags := map[string]bool{}
	for accept, want := range map[string]string{"": "", "gzip": "gzip", "gzip, deflate, br": "br", "br;q=0.5, gzip": "gzip", "br;q=0, *": "gzip", "identity": "", "gzip;q=0": "", "br;q=x": "", "GZIP ; q=1": "gzip"} {
		r := get(t, "/points.js", "Accept-Encoding", accept)
		if got := r.Header.Get("Content-Encoding"); got != want {
			t.Errorf("accepting %q: encoding %q, want %q", accept, got, want)
			continue
		}
		data := body(t, r)
		var reader io.Reader = bytes.NewReader(data)
		switch want {
		case "gzip":
			var err error
			if reader, err = gzip.NewReader(reader); err != nil {
				t.Fatal(err)
			}
		case "br":
			reader = brotli.NewReader(reader)
		}
		if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("accepting %q: other bytes, %v", accept, err)
		}
		if want != "" && len(data) > len(plain)/2 {
			t.Errorf("%s: %d bytes of %d", want, len(data), len(plain))
		}
		tag := r.Header.Get("ETag")
		tags[tag] = true
		if again := get(t, "/points.js", "Accept-Encoding", accept, "If-None-Match", tag); again.StatusCode != http.StatusNotModified || len(body(t, again)) > 0 {
			t.Errorf("accepting %q: status %d for the same tag", accept, again.StatusCode)
		}
		if r.Header.Get("Vary") != "Accept-Encoding" {
			t.Error("a cache may confuse the encodings")
		}
	}
	if len(tags) != 3 {
		t.Errorf("%d tags, want one of each encoding: %v", len(tags), tags)
	}
}

// The policy allows no inline script and no other server.
func TestSecurityPolicy(t *testing.T) {
	policy := get(t, "/").Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	for _, not := range []string{"unsafe", "http:", "https:", "*"} {
		if strings.Contains(policy, not) {
			t.Errorf("the policy has %s: %s", not, policy)
		}
	}
}

// The files use nothing from elsewhere, and nothing that turns text into markup or code.
func TestSources(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|setTimeout\("|javascript:|srcdoc|\bon\w+="|style="`)
	external := regexp.MustCompile(`(https?:)?//[a-z0-9-]+\.[a-z]`)
	scripts, sent := 0, 0
	for name, a := range assets() {
		text := string(a.plain)
		if name == "icon.svg" {
			text = strings.Replace(text, `xmlns="http://www.w3.org/2000/svg"`, "", 1)
		}
		if m := forbidden.FindString(text); m != "" {
			t.Errorf("%s uses %s", name, m)
		}
		if m := external.FindString(text); m != "" {
			t.Errorf("%s refers to %s", name, m)
		}
		for _, m := range regexp.MustCompile(`(?:from|src=|href=)\s*"\./?([\w.]+)"|(?:src|href)="([\w.]+\.\w+)"`).FindAllStringSubmatch(text, -1) {
			if _, ok := assets()[m[1]+m[2]]; !ok {
				t.Errorf("%s refers to %s, which does not exist", name, m[0])
			}
		}
		if strings.HasSuffix(name, ".js") {
			scripts += len(a.plain)
		}
		sent += len(a.brotli())
	}
	t.Logf("%d bytes of scripts; all files: %d bytes with brotli", scripts, sent)
	if scripts > 110_000 || sent > 40_000 {
		t.Errorf("the page has grown: %d bytes of scripts, all files %d bytes with brotli", scripts, sent)
	}
	html := string(assets()["index.html"].plain)
	if strings.Contains(html, "<style") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(html) {
		t.Error("index.html has inline styles or scripts")
	}
}
