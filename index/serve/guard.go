package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/luminavec/luminavec/index/serve/page"
	"github.com/luminavec/luminavec/internal/fault"
)

// ServeHTTP implements http.Handler: it checks a request before a handler sees it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	out := &recorder{ResponseWriter: w}
	s.metrics.inFlight.Inc()
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				s.metrics.inFlight.Dec()
				panic(p)
			}
			s.log.ErrorContext(r.Context(), "panic", "method", r.Method, "path", r.URL.Path, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			if out.status == 0 {
				s.fail(out, r, problem(http.StatusInternalServerError, fault.New("the log of the server says more", "the server has a bug")))
			}
		}
		s.metrics.inFlight.Dec()
		s.metrics.observe(r, out.status, time.Since(start))
		s.logRequest(r, out, time.Since(start))
	}()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodPost && r.URL.Path == "/" { // where clients of Hugging Face send texts
		r.URL.Path, r.URL.RawPath = "/embed", ""
	}
	if p := s.check(out, r); p != nil {
		s.fail(out, r, p)
		return
	}
	if out.status != 0 { // a preflight was answered
		return
	}
	switch path := r.URL.Path; {
	case path == "/healthz" || path == "/readyz" || path == "/metrics":
		s.answer(out, r)
	case path == "/v1" || strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/openapi") || path == "/mcp" || path == "/embed":
		s.limited(out, r)
	default:
		s.deadline(w, s.options.Timeout)
		s.servePage(out, r)
	}
}

// check returns the problem of a request that is not let in.
func (s *Server) check(w http.ResponseWriter, r *http.Request) *Problem {
	if !s.knows(r.Host) {
		return problem(http.StatusMisdirectedRequest, fault.New("use the address that the server printed, or start the server with this host allowed", "the host %.100q is not allowed", r.Host))
	}
	if origin := r.Header.Get("Origin"); origin != "" && len(s.options.AllowOrigins) > 0 {
		w.Header().Add("Vary", "Origin")
		if s.trusts(origin) {
			s.allow(w, r, origin)
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				w.WriteHeader(http.StatusNoContent)
				return nil
			}
		}
	}
	if !slices.Contains(s.options.AllowOrigins, "*") {
		if err := s.origins.Check(r); err != nil {
			return problem(http.StatusForbidden, fault.New("start the server with this origin allowed", "requests of pages of another origin are not allowed: %.100q", r.Header.Get("Origin")))
		}
	}
	if !utf8.ValidString(r.URL.Path) || !validQuery(r.URL.RawQuery) {
		return problem(http.StatusBadRequest, errors.New("the address is not valid UTF-8 after decoding"))
	}
	if s.stopping.Load() && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
		w.Header().Set("Connection", "close")
		p := problem(http.StatusServiceUnavailable, errors.New("the server is stopping"))
		p.retry = true
		return p
	}
	if len(s.tokens) > 0 && s.needsToken(r.URL.Path) && !s.authorized(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		if r.Header.Get("Authorization") == "" {
			return problem(http.StatusUnauthorized, fault.New("send it in the header Authorization, after the word Bearer", "a token is required"))
		}
		return problem(http.StatusUnauthorized, errors.New("the token is not valid"))
	}
	return nil
}

func validQuery(raw string) bool {
	text, err := url.QueryUnescape(raw)
	return err != nil || utf8.ValidString(text) // what cannot be unescaped is left out by net/url
}

// knows reports whether a request for a host is meant for this server. A page of the network whose name leads
// to the loopback address (DNS rebinding) sends its own name.
func (s *Server) knows(host string) bool {
	if host == "" {
		return true // HTTP/1.0, of no browser
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if slices.ContainsFunc(s.options.AllowHosts, func(h string) bool { return strings.EqualFold(h, name) || strings.EqualFold(h, host) }) {
		return true
	}
	if s.public.Load() && len(s.options.AllowHosts) == 0 {
		return true
	}
	ip := net.ParseIP(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback()
}

func (s *Server) trusts(origin string) bool {
	return slices.Contains(s.options.AllowOrigins, "*") || slices.ContainsFunc(s.options.AllowOrigins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// allow tells a browser that a page of origin may read the answer.
func (s *Server) allow(w http.ResponseWriter, r *http.Request, origin string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After, Mcp-Session-Id")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
		h.Set("Access-Control-Max-Age", "600")
	}
}

// needsToken reports whether a path is protected: all but the page, which has no data, and what says that the
// server is there.
func (s *Server) needsToken(path string) bool {
	return strings.HasPrefix(path, "/v1") || strings.HasPrefix(path, "/openapi") || strings.HasPrefix(path, "/mcp") || path == "/metrics" || path == "/embed"
}

func (s *Server) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	found := 0
	for _, t := range s.tokens {
		found |= subtle.ConstantTimeCompare(sum[:], t[:])
	}
	return found == 1
}

// deadline bounds the time that a client takes to send a body and to read the answer.
func (s *Server) deadline(w http.ResponseWriter, d time.Duration) {
	c := http.NewResponseController(w)
	c.SetReadDeadline(time.Now().Add(d))  // a writer of a test has none
	c.SetWriteDeadline(time.Now().Add(d)) // likewise
}

// limited answers a request of the API: its body is read, it waits for a slot, and gives it back before the
// answer is sent, so that a slow client holds none.
func (s *Server) limited(w *recorder, r *http.Request) {
	s.deadline(w.ResponseWriter, s.options.Timeout)
	if p := s.readBody(w, r); p != nil {
		s.deadline(w.ResponseWriter, s.options.Timeout)
		s.fail(w, r, p)
		return
	}
	gone := r.Context()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(gone), s.options.Timeout)
	defer cancel()
	// A client that closes its side of the connection may still read the answer, if it comes soon.
	defer context.AfterFunc(gone, func() { time.AfterFunc(patience, cancel) })()
	release := func() {} // changes wait for each other instead
	if !isWrite(r) {
		var p *Problem
		if release, p = s.slot(ctx, gone); p != nil {
			s.fail(w, r, p)
			return
		}
	}
	release = onceOnly(release)
	defer release()
	answer := &buffer{header: w.Header()}
	inner := r.WithContext(ctx)
	s.mux.ServeHTTP(answer, inner)
	release()
	r.Pattern = inner.Pattern
	s.deadline(w.ResponseWriter, s.options.Timeout)
	s.send(w, r, answer)
}

// patience is how long a request goes on whose client has closed its side of the connection.
const patience = time.Second

// isWrite reports whether a request changes records.
func isWrite(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/collections/")
	_, rest, found := strings.Cut(rest, "/")
	return ok && found && (rest == "records" || strings.HasPrefix(rest, "records/"))
}

func onceOnly(f func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			f()
		}
	}
}

// answer answers a request that needs no slot.
func (s *Server) answer(w *recorder, r *http.Request) {
	s.deadline(w.ResponseWriter, s.options.Timeout)
	answer := &buffer{header: w.Header()}
	s.mux.ServeHTTP(answer, r)
	s.send(w, r, answer)
}

// servePage sends a file of the page.
func (s *Server) servePage(w *recorder, r *http.Request) {
	switch {
	case !page.Has(r.URL.Path):
		s.fail(w, r, noAddress(r))
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		s.fail(w, r, badMethod(w, r))
	default:
		s.page.ServeHTTP(w, r)
	}
}

func noAddress(r *http.Request) *Problem {
	return problem(http.StatusNotFound, fault.New("/openapi.json lists the addresses", "no such address: %.100q", r.URL.Path))
}

func badMethod(w http.ResponseWriter, r *http.Request) *Problem {
	return problem(http.StatusMethodNotAllowed, fault.New("use "+w.Header().Get("Allow"), "the method %s cannot be used here", r.Method))
}

func (s *Server) send(w *recorder, r *http.Request, answer *buffer) {
	if r.Pattern == "" { // by the mux, in plain text
		switch answer.status {
		case http.StatusNotFound:
			w.Header().Del("Content-Type")
			s.fail(w, r, noAddress(r))
			return
		case http.StatusMethodNotAllowed:
			w.Header().Del("Content-Type")
			s.fail(w, r, badMethod(w, r))
			return
		}
	}
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Length", strconv.Itoa(answer.body.Len()))
	if answer.status == http.StatusNoContent {
		h.Del("Content-Length")
	}
	w.WriteHeader(max(answer.status, http.StatusOK))
	w.Write(answer.body.Bytes())
}

// readBody replaces the body by what it has. It must be valid UTF-8.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) *Problem {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return problem(http.StatusUnsupportedMediaType, fault.New("send it as it is", "the body has the encoding %.100q", coding))
	}
	tooLarge := problem(http.StatusRequestEntityTooLarge, fault.New("send less at once", "the body has more than %d bytes", s.options.MaxBody))
	if r.ContentLength > s.options.MaxBody {
		w.Header().Set("Connection", "close")
		return tooLarge
	}
	var body bytes.Buffer
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, s.options.MaxBody))
	var large *http.MaxBytesError
	var late net.Error
	switch {
	case errors.As(err, &large):
		return tooLarge
	case errors.As(err, &late) && late.Timeout():
		w.Header().Set("Connection", "close")
		return problem(http.StatusRequestTimeout, fmt.Errorf("the body did not arrive within %v", s.options.Timeout))
	case err != nil:
		w.Header().Set("Connection", "close")
		return problem(http.StatusBadRequest, errors.New("the body is incomplete"))
	}
	if at := invalidAt(body.Bytes()); at >= 0 {
		p := problem(http.StatusBadRequest, fmt.Errorf("the body is not valid UTF-8: byte %d", at))
		return p
	}
	r.Body = io.NopCloser(bytes.NewReader(bytes.TrimPrefix(body.Bytes(), []byte("\uFEFF"))))
	return nil
}

func invalidAt(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for at := 0; at < len(data); {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return -1
}

// waitingPerSlot is the number of requests that wait for each one that may run.
const waitingPerSlot = 16

// slot waits until a request may run, unless ctx ends or its client is gone. If too many wait already, it says so
// at once.
func (s *Server) slot(ctx, gone context.Context) (release func(), _ *Problem) {
	release = func() { <-s.slots }
	select {
	case s.slots <- struct{}{}:
		return release, nil
	default:
	}
	if s.waiting.Add(1) > int64(waitingPerSlot*cap(s.slots)) {
		s.waiting.Add(-1)
		s.metrics.shed.Inc()
		p := problem(http.StatusTooManyRequests, fault.New("try again later", "the server has as many requests as it can answer"))
		p.retry = true
		return nil, p
	}
	defer s.waiting.Add(-1)
	select {
	case s.slots <- struct{}{}:
		return release, nil
	case <-gone.Done():
		return nil, problem(http.StatusServiceUnavailable, errors.New("the request was canceled"))
	case <-ctx.Done():
		s.metrics.shed.Inc()
		p := problem(http.StatusServiceUnavailable, fault.New("try again later", "the request waited longer than %v", s.options.Timeout))
		p.retry = true
		return nil, p
	}
}

// fail sends a problem.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p *Problem) {
	if isOpenAI(r.URL.Path) {
		p.forOpenAI()
	}
	h := w.Header()
	for name, values := range p.GetHeaders() {
		h[name] = values
	}
	h.Set("Content-Type", "application/problem+json")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(p) // strings and numbers only
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(p.Status)
	w.Write(b.Bytes())
}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// buffer keeps an answer.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(status int) {
	if b.status == 0 && status >= 200 {
		b.status = status
	}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(p)
}
