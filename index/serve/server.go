// Package serve answers requests over HTTP about collections and word models: search, similar passages,
// documents, neighbors of words, and vectors of texts as OpenAI's API returns them.
//
//	s, err := shelf.Open(ctx, []string{"notes"}, shelf.Options{})
//	server, err := serve.New(s, serve.Options{})
//	listener, err := net.Listen("tcp", "127.0.0.1:8080")
//	err = server.Serve(ctx, listener) // until ctx ends
//
//	request ──► host ──► origin ──► token ──► body ──► slot ──► handler ──► answer
//	            421      403        401       413      429      4xx, 503
//
// Every error is a problem of RFC 9457. The document of OpenAPI 3.1 is at /openapi.json, and metrics for
// Prometheus at /metrics.
//
// # Who is let in
//
// Serve refuses to listen beyond the loopback address without Options.Tokens. On the loopback address, the
// Host of a request must be a name of this machine, so that a page of the network cannot reach the server by a
// name that leads to it. Pages of other origins can neither read answers nor send requests that change
// something, unless Options.AllowOrigins has them.
//
// # Load
//
// MaxConcurrent requests run at a time, and 16 times as many wait. Others are refused at once with the status
// 429. A body is read before its request waits, and an answer sent after its request has ended, so that slow
// clients keep no others waiting.
package serve

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/luminavec/luminavec/index/serve/agents"
	"github.com/luminavec/luminavec/index/serve/page"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// Options say what a server allows.
type Options struct {
	// Writable allows requests to add, update and delete records. Default: false.
	Writable bool
	// Tokens are accepted in the header Authorization, after "Bearer ", each of at least 16 characters.
	// Default: none is needed, and Serve refuses addresses beyond the loopback one.
	Tokens []string
	// TLS has the certificates of HTTPS; default nil: HTTP.
	TLS *tls.Config
	// AllowOrigins are origins of web pages, such as https://example.org, that may use the API from a browser;
	// "*" stands for all. Default: none.
	AllowOrigins []string
	// AllowHosts are further names by which the server is reached, as through a proxy. Default: on the
	// loopback address only names of this machine, otherwise all.
	AllowHosts []string

	// MaxK is the largest number of results of a request; default 0: 1000.
	MaxK int
	// MaxBody is the largest body of a request in bytes; default 0: 8 MiB.
	MaxBody int64
	// MaxConcurrent is the number of requests that run at a time; default 0: 4 per core.
	MaxConcurrent int
	// Timeout is the time that a request may take to arrive, to run, and to be sent; default 0: 30 s.
	Timeout time.Duration

	// Sharded are collections that are divided among others. Default: none.
	Sharded []*Sharded

	// Log receives a line for each request and each change of a folder; default nil: none.
	Log *slog.Logger
	// Version is that of the program, for the document of the API.
	Version string
}

func (o Options) withDefaults() Options {
	o.MaxK = cmp.Or(o.MaxK, 1000)
	o.MaxBody = cmp.Or(o.MaxBody, 8<<20)
	o.MaxConcurrent = cmp.Or(o.MaxConcurrent, 4*runtime.GOMAXPROCS(0))
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Version = cmp.Or(o.Version, "1")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// minToken is the length of a token that cannot be guessed.
const minToken = 16

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	o = o.withDefaults()
	switch {
	case o.MaxK < 1:
		return fault.Field("MaxK", "", "must be positive, got %d", o.MaxK)
	case o.MaxBody < 1:
		return fault.Field("MaxBody", "", "must be positive, got %d", o.MaxBody)
	case o.MaxConcurrent < 1:
		return fault.Field("MaxConcurrent", "", "must be positive, got %d", o.MaxConcurrent)
	case o.Timeout < 0:
		return fault.Field("Timeout", "", "must be positive, got %v", o.Timeout)
	}
	for _, t := range o.Tokens {
		if len(t) < minToken {
			return fault.Field("Tokens", "'openssl rand -hex 32' makes one", "needs tokens of at least %d characters, got one of %d", minToken, len(t))
		}
		if strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fault.Field("Tokens", "'openssl rand -hex 32' makes one", "needs tokens of printable ASCII characters without spaces")
		}
	}
	for _, origin := range o.AllowOrigins {
		if u, err := url.Parse(origin); origin != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "") {
			return fault.Field("AllowOrigins", "an origin has a scheme and a host, without a path: https://example.org", "must be origins, got %q", origin)
		}
	}
	return nil
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	shelf   *shelf.Shelf
	options Options
	log     *slog.Logger
	api     huma.API
	mux     *http.ServeMux // of the API
	page    http.Handler   // everything else
	metrics *metrics
	sharded map[string]*Sharded
	origins *http.CrossOriginProtection
	tokens  [][sha256.Size]byte

	slots    chan struct{} // has one for each request that runs
	waiting  atomic.Int64  // requests that wait for a slot
	public   atomic.Bool   // whether it listens beyond the loopback address
	stopping atomic.Bool

	writersMu sync.Mutex
	writers   map[string]*writer // by collection
}

// New returns a server of what a shelf holds.
func New(s *shelf.Shelf, o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	server := &Server{shelf: s, options: o, log: o.Log, mux: http.NewServeMux(), origins: http.NewCrossOriginProtection(), slots: make(chan struct{}, o.MaxConcurrent), writers: map[string]*writer{}}
	for _, t := range o.Tokens {
		server.tokens = append(server.tokens, sha256.Sum256([]byte(t)))
	}
	for _, origin := range o.AllowOrigins {
		if origin != "*" {
			if err := server.origins.AddTrustedOrigin(origin); err != nil {
				return nil, fault.Field("AllowOrigins", "", "must be origins, got %q", origin)
			}
		}
	}
	if err := server.openSharded(); err != nil {
		return nil, err
	}
	server.metrics = newMetrics(server)
	server.routes()
	server.page = page.Handler()
	return server, nil
}

func (s *Server) routes() {
	config := huma.DefaultConfig("LuminaVec search", s.options.Version)
	config.CreateHooks = nil // no links to schemas in answers
	config.DocsPath, config.SchemasPath = "", ""
	config.RejectUnknownQueryParameters = true
	config.Info.Description = "Search in collections of documents, by meaning and by words; neighbors of words; vectors of texts. Errors are problems of RFC 9457."
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "needed if the server was started with tokens"}}
	config.Security = []map[string][]string{{"token": {}}, {}}
	config.Transformers = []huma.Transformer{forOpenAI}
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	s.api = humago.New(s.mux, config)
	s.collectionRoutes()
	s.wordRoutes()
	s.recordRoutes()
	s.mapRoutes()
	s.embeddingRoutes()
	s.explainRoutes()
	s.stateRoutes()
	s.mux.Handle("GET /metrics", s.metrics.handler())
	s.mux.Handle("/mcp", agents.Handler(s.shelf, agents.Options{Log: s.log, Version: s.options.Version}))
	s.describeOthers()
}

// describeOthers adds the addresses to the document of the API whose answers have other forms.
func (s *Server) describeOthers() {
	answer := func(description, media string) map[string]*huma.Response {
		return map[string]*huma.Response{"200": {Description: description, Content: map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: http.MethodGet, Path: "/metrics", OperationID: "metrics", Tags: []string{"state"},
		Summary: "Metrics for Prometheus", Responses: answer("the metrics, in the text format of Prometheus", "text/plain")})
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: http.MethodPost, Path: "/mcp", OperationID: "mcp", Tags: []string{"agents"},
		Summary: "Call the tools for agents, by the Model Context Protocol", Description: "A message of JSON-RPC 2.0, as the streamable HTTP transport of the protocol has them.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}}},
		Responses:   answer("the answer, as an event", "text/event-stream")})
}

// unmarshal is json.Unmarshal whose errors speak of JSON and not of Go.
func unmarshal(data []byte, v any) error {
	err := plainjson.Unmarshal(data, v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.Offset >= int64(len(bytes.TrimRight(data, " \t\r\n"))) && strings.Contains(err.Error(), "unexpected end") {
			return errors.New("invalid JSON: it ends too early")
		}
		return fmt.Errorf("invalid JSON, byte %d: %w", syntax.Offset, err)
	}
	return err
}

// State is the state of the server.
type State struct {
	Status string `json:"status" enum:"ok,ready"`
}

func (s *Server) stateRoutes() {
	const about = "state"
	register(s, http.MethodGet, "/healthz", "health", about, "Say whether the server runs", func(context.Context, *struct{}) (*State, error) {
		return &State{"ok"}, nil
	})
	register(s, http.MethodGet, "/readyz", "ready", about, "Say whether the server accepts requests", func(context.Context, *struct{}) (*State, error) {
		if s.stopping.Load() {
			p := problem(http.StatusServiceUnavailable, errors.New("the server is stopping"))
			p.retry = true
			return nil, p
		}
		return &State{"ready"}, nil
	})
}

// schemaName names a type in the document of the API.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if path.Base(t.PkgPath()) == "transformer" {
		return "Transformer" + name
	}
	return name
}

// IsLoopback reports whether an address is reached from this machine only.
func IsLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// URL returns what to open in a browser for an address that a server listens on.
func URL(a net.Addr, secure bool) string {
	scheme, at := "http", a.String()
	if secure {
		scheme = "https"
	}
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host := "localhost"
		if name, err := os.Hostname(); err == nil {
			host = name
		}
		at = net.JoinHostPort(host, strconv.Itoa(tcp.Port))
	}
	return scheme + "://" + at
}

// CheckAddress returns an error for an address beyond the loopback one if the server has no tokens.
func (o Options) CheckAddress(a net.Addr) error {
	if !IsLoopback(a) && len(o.Tokens) == 0 {
		return fault.Field("Tokens", "set Tokens, or listen on 127.0.0.1", "must be set to listen on %s, which other machines can reach", a)
	}
	return nil
}

// Serve answers requests until ctx ends, and follows the folders of the shelf. When ctx ends it finishes the
// requests that have begun, for at most Options.Timeout; others are answered with the status 503. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if err := s.options.CheckAddress(l.Addr()); err != nil {
		l.Close()
		return err
	}
	s.public.Store(!IsLoopback(l.Addr()))
	server := &http.Server{Handler: s, ReadHeaderTimeout: min(10*time.Second, s.options.Timeout), IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		TLSConfig: s.options.TLS, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go s.shelf.Watch(watching)
	for _, shards := range s.options.Sharded {
		go shards.folders.Watch(watching)
	}
	done := make(chan error, 1)
	go func() {
		if s.options.TLS != nil {
			done <- server.ServeTLS(l, "", "")
		} else {
			done <- server.Serve(l)
		}
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Timeout)
	defer cancel()
	if err := server.Shutdown(rest); err != nil {
		server.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// reply is what huma takes for a body.
type reply[T any] struct{ Body T }

// register adds an operation.
func register[I, T any](s *Server, method, path, id, tag, summary string, answer func(context.Context, *I) (T, error)) {
	huma.Register(s.api, huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}, MaxBodyBytes: s.options.MaxBody, BodyReadTimeout: -1},
		func(ctx context.Context, in *I) (*reply[T], error) {
			body, err := answer(ctx, in)
			if err != nil {
				return nil, s.problemOf(ctx, err)
			}
			return &reply[T]{body}, nil
		})
}
