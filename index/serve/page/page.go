// Package page is the web page of "search serve": a search box, a reader, a map of a collection,
// the neighbors of words, and an explanation of how a text becomes a vector.
//
//	browser ── GET / ───────────────► Handler: one HTML file, a style sheet, JavaScript modules
//	        ── /v1/… (JSON) ────────► the server's API
//
// The files are in static/, as a person wrote them: nothing is compiled or bundled. They refer to
// nothing outside the server, and all paths are relative, so the page also works below a path of
// another server. [Handler] sends a Content-Security-Policy that forbids scripts that are not files
// of the page, requests to other servers, and (in browsers with Trusted Types) every way of turning
// text into markup; the scripts write text with textContent only.
//
// [MapScript] is the module that draws the map, for files that show a map without a server.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// MapScript is the JavaScript module that draws a map of points: points.js. It exports PointMap and
// decodeMap, which its first lines describe, and can be the beginning of a script element of type
// "module".
//
//go:embed static/points.js
var MapScript string

//go:embed static
var static embed.FS

// securityPolicy allows what the page needs: its own files and the API of its server.
const securityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// An asset is a file of the page, with its compressed forms, which are made when the first is needed.
type asset struct {
	contentType string
	tag         string // of the uncompressed bytes, without quotes
	plain       []byte
	gzip        func() []byte
	brotli      func() []byte
}

var assets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	files, err := fs.ReadDir(static, "static")
	if err != nil {
		panic("page: embedded files: " + err.Error()) // they are part of the program
	}
	for _, f := range files {
		data, err := static.ReadFile("static/" + f.Name())
		if err != nil {
			panic("page: embedded files: " + err.Error())
		}
		sum := sha256.Sum256(data)
		all[f.Name()] = &asset{
			contentType: contentType(f.Name()),
			tag:         base64.RawURLEncoding.EncodeToString(sum[:12]),
			plain:       data,
			gzip: sync.OnceValue(func() []byte {
				var b bytes.Buffer
				w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
				_, _ = w.Write(data)                                  // a buffer accepts everything
				_ = w.Close()
				return b.Bytes()
			}),
			brotli: sync.OnceValue(func() []byte {
				var b bytes.Buffer
				w := brotli.NewWriterLevel(&b, brotli.BestCompression)
				_, _ = w.Write(data)
				_ = w.Close()
				return b.Bytes()
			}),
		}
	}
	return all
})

// contentType does not ask the system, whose tables may call JavaScript something else.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// Handler serves the page at / and its files beside it. It holds nothing of the collections, so it
// needs no token: the page asks for one when the API does.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{file...}", serveAsset)
	return mux
}

// fileOf returns the name of the file at a path, or "" if the page has none there.
func fileOf(path string) string {
	switch name := strings.TrimPrefix(path, "/"); name {
	case "":
		return "index.html"
	case "favicon.ico":
		return "icon.svg"
	default:
		if assets()[name] == nil {
			return ""
		}
		return name
	}
}

// Has reports whether the page has a file at a path.
func Has(path string) bool { return fileOf(path) != "" }

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", securityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	setHeaders(h)
	name := fileOf(r.URL.Path)
	if name == "" {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	a := assets()[name]
	body, tag := a.plain, a.tag
	switch encoding := accepted(r.Header.Get("Accept-Encoding")); encoding {
	case "br":
		body, tag = a.brotli(), tag+"-br"
		h.Set("Content-Encoding", encoding)
	case "gzip":
		body, tag = a.gzip(), tag+"-gz"
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", strconv.Quote(tag))
	h.Set("Cache-Control", "no-cache") // asks again each time: a new version of the program is a new page
	h.Set("Vary", "Accept-Encoding")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

// accepted returns the best encoding that an Accept-Encoding header allows: br, gzip or "".
func accepted(header string) string {
	quality := map[string]float64{}
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				q = 0
			}
		}
		quality[strings.ToLower(strings.TrimSpace(name))] = q
	}
	best, most := "", 0.0
	for _, name := range []string{"br", "gzip"} {
		q, ok := quality[name]
		if !ok {
			q = quality["*"]
		}
		if q > most {
			best, most = name, q
		}
	}
	return best
}
