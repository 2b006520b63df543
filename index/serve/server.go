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
// Every error is a problem of RFC 9457. The document of OpenAPI 3.1 is at /openapi.json.
package serve

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

// Options say what a server allows.
type Options struct {
	// Writable allows requests to add, update and delete records. Default: false.
	Writable bool
	// MaxK is the largest number of results of a request; default 0: 1000.
	MaxK int
	// MaxBody is the largest body of a request in bytes; default 0: 8 MiB.
	MaxBody int64
	// Timeout is the time that a request may take, and that its body may take to arrive; default 0: 30 s.
	Timeout time.Duration
	// Log receives a line for each request and each change of a folder; default nil: none.
	Log *slog.Logger
	// Version is that of the program, for the document of the API.
	Version string
}

func (o Options) withDefaults() Options {
	o.MaxK = cmp.Or(o.MaxK, 1000)
	o.MaxBody = cmp.Or(o.MaxBody, 8<<20)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Version = cmp.Or(o.Version, "1")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	o = o.withDefaults()
	switch {
	case o.MaxK < 1:
		return fault.Field("MaxK", "", "must be positive, got %d", o.MaxK)
	case o.MaxBody < 1:
		return fault.Field("MaxBody", "", "must be positive, got %d", o.MaxBody)
	case o.Timeout < 0:
		return fault.Field("Timeout", "", "must be positive, got %v", o.Timeout)
	}
	return nil
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	shelf    *shelf.Shelf
	options  Options
	log      *slog.Logger
	api      huma.API
	handler  http.Handler
	stopping atomic.Bool
}

// New returns a server of what a shelf holds.
func New(s *shelf.Shelf, o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	server := &Server{shelf: s, options: o, log: o.Log}
	mux := http.NewServeMux()
	config := huma.DefaultConfig("LuminaVec search", o.Version)
	config.CreateHooks = nil // no links to schemas in answers
	config.DocsPath, config.SchemasPath = "", ""
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Transformers = []huma.Transformer{forOpenAI}
	server.api = humago.New(mux, config)
	server.collectionRoutes()
	server.wordRoutes()
	server.embeddingRoutes()
	server.explainRoutes()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!doctype html><title>LuminaVec</title><p>See <a href=openapi.json>openapi.json</a>.\n"))
	})
	server.handler = mux
	return server, nil
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

// Handler returns the handler of all requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers requests until ctx ends. It then finishes those that have begun.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go s.shelf.Watch(watching)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
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
	huma.Register(s.api, huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}, MaxBodyBytes: s.options.MaxBody, BodyReadTimeout: s.options.Timeout},
		func(ctx context.Context, in *I) (*reply[T], error) {
			body, err := answer(ctx, in)
			if err != nil {
				return nil, s.problemOf(ctx, err)
			}
			return &reply[T]{body}, nil
		})
}
