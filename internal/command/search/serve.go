package search

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/serve"
	"github.com/luminavec/luminavec/index/serve/remote"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

type serveOptions struct {
	serve.Options
	shelf     shelf.Options
	sharded   []string
	addr      string
	tokens    string // file
	cert, key string // files
	log       string
}

func serveCommand() *cobra.Command {
	o := serveOptions{addr: "127.0.0.1:8080", log: "text", Options: serve.Options{MaxK: 1000, MaxBody: 8 << 20, Timeout: 30 * time.Second}, shelf: shelf.Options{Interval: 500 * time.Millisecond}}
	cmd := &cobra.Command{
		Use:   "serve [DIR...] [options]",
		Short: "Serve collections and word models over HTTP: a page, an API, and vectors of texts",
		Long: `
DIR is a collection or a model. Each has the name of its folder, unless NAME=DIR gives it another.
The address is printed; open it in a browser. /openapi.json describes the API, /v1/embeddings
answers as OpenAI's does, /healthz and /readyz report whether the server runs and is ready, and
/metrics has figures for Prometheus. 'docs/serving.md' has examples.

The server listens on this machine only, unless --addr says otherwise; other machines need a token
of --auth-token-file. A collection that is changed or replaced while it is served is opened
again, and no request is dropped. Ctrl-C and SIGTERM finish the requests that have begun.`,
		Example: `
$ search serve notes papers
http://127.0.0.1:8080
$ curl http://127.0.0.1:8080/v1/collections/notes/query \
    -H 'Content-Type: application/json' -d '{"text": "penicillin", "k": 3}'
$ search serve notes --addr :8443 --auth-token-file token \
    --cert cert.pem --key key.pem`,
		RunE: func(cmd *cobra.Command, args []string) error { return runServer(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "DIR", Help: "collection, as 'search build' writes it, or model, as 'train' does; NAME=DIR names it"})
	cli.Declare(cmd, "Server",
		cli.Flag{Name: "addr", Arg: "HOST:PORT", Into: &o.addr, Help: "address to listen on; port 0 is any free one"},
		cli.Flag{Name: "auth-token-file", Arg: "FILE", Into: &o.tokens, Field: "Tokens", Help: "accept requests with a token of FILE, one per line, as 'Authorization: Bearer TOKEN'", Default: "none is needed"},
		cli.Flag{Name: "cert", Arg: "FILE", Into: &o.cert, Field: "TLS", Help: "certificate of HTTPS, with those between it and the root, in PEM", Default: "HTTP"},
		cli.Flag{Name: "key", Arg: "FILE", Into: &o.key, Help: "private key of --cert, in PEM"},
		cli.Flag{Name: "allow-origin", Arg: "ORIGIN", Into: &o.AllowOrigins, Field: "AllowOrigins", Help: "let web pages of this origin, such as https://example.org, use the API; * is all", Default: "none"},
		cli.Flag{Name: "allow-host", Arg: "NAME", Into: &o.AllowHosts, Field: "AllowHosts", Help: "accept requests to this host name too, as through a proxy", Default: "names of this machine; all beyond it"},
		cli.Flag{Name: "writable", Into: &o.Writable, Field: "Writable", Help: "allow records to be added, updated and deleted"},
		cli.Flag{Name: "shards", Arg: "NAME=A,B,...", Into: &o.sharded, Field: "Sharded", Help: "serve several collections as one that can be queried: folders, or addresses of other servers, such as http://host:8080/v1/collections/docs, whose token is LUMINAVEC_TOKEN; answers without a shard that fails say so"},
		cli.Flag{Name: "interval", Arg: "TIME", Into: &o.shelf.Interval, Field: "Interval", Help: "how often folders are checked for changes"})
	cli.Declare(cmd, "Limits",
		cli.Flag{Name: "max-k", Arg: "N", Into: &o.MaxK, Field: "MaxK", Positive: true, Help: "largest number of results of a request"},
		cli.Flag{Name: "max-body", Arg: "BYTES", Into: &o.MaxBody, Field: "MaxBody", Positive: true, Help: "largest request", Default: "8388608, which is 8 MiB"},
		cli.Flag{Name: "max-concurrent", Arg: "N", Into: &o.MaxConcurrent, Field: "MaxConcurrent", Positive: true, Help: "requests that run at a time; 16 times as many wait, and others are refused with status 429", Default: "4 per core"},
		cli.Flag{Name: "timeout", Arg: "TIME", Into: &o.Timeout, Field: "Timeout", Help: "time that a request may take"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "log", Arg: "FORMAT", Into: &o.log, Field: "Log", Help: "write a line per request to standard error, without what was asked; --quiet writes warnings and errors only", Values: cli.Values("text", "json", "none")},
		cli.Flag{Name: "json", Help: "print the address and what is served as a JSON object"})
}

func runServer(cmd *cobra.Command, paths []string, o serveOptions) error {
	if len(paths)+len(o.sharded) == 0 {
		return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
	}
	if err := o.complete(cmd); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return cli.UsageError(err)
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return cannotListen(o.addr, err)
	}
	defer l.Close()
	if err := o.CheckAddress(l.Addr()); err != nil {
		return cli.UsageError(err)
	}
	var server *serve.Server
	o.shelf.OnEvent = func(e shelf.Event) { server.Noticed(e) }
	s, err := shelf.Open(cmd.Context(), paths, o.shelf)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, spec := range o.sharded {
		shards, err := serve.OpenSharded(cmd.Context(), spec, o.shelf, remote.Options{Token: os.Getenv("LUMINAVEC_TOKEN")})
		if err != nil {
			return err
		}
		defer shards.Close()
		o.Sharded = append(o.Sharded, shards)
	}
	if server, err = serve.New(s, o.Options); err != nil {
		return err
	}
	if err := printServed(cmd, server, serve.URL(l.Addr(), o.TLS != nil)); err != nil {
		return err
	}
	if o.TLS == nil && o.Tokens != nil && o.CheckAddress(l.Addr()) == nil && !serve.IsLoopback(l.Addr()) {
		cli.Warn(cmd, "tokens are sent without encryption; use --cert and --key, or a proxy with HTTPS")
	}
	return server.Serve(cmd.Context(), l)
}

func cannotListen(addr string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var system *os.SyscallError
	var bad *net.AddrError
	switch {
	case errors.As(err, &system):
		return fault.New("choose another port, or 0 for any free one", "cannot listen on %s: %w", addr, system.Err)
	case errors.As(err, &bad):
		err = errors.New(bad.Err)
	}
	return cli.UsageError(fault.New("an address is a host and a port, such as 127.0.0.1:8080; port 0 is any free one", "cannot listen on %s: %w", addr, err))
}

// complete reads the files of the options and makes the log.
func (o *serveOptions) complete(cmd *cobra.Command) (err error) {
	if o.tokens != "" {
		data, err := os.ReadFile(o.tokens)
		if err != nil {
			return fault.New(fault.OpenHint(err), "cannot read %s: %w", o.tokens, fault.Cause(err))
		}
		if o.Tokens = strings.Fields(string(data)); len(o.Tokens) == 0 {
			return fault.New("'openssl rand -hex 32' makes a token", "%s has no token", o.tokens)
		}
	}
	if (o.cert == "") != (o.key == "") {
		return cli.UsageError(fault.New("name both", "--cert and --key belong together"))
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return fault.New("both must be PEM files that belong together", "cannot use %s and %s: %w", o.cert, o.key, err)
		}
		c := &certificate{cert: o.cert, key: o.key, pair: &pair, changed: modified(o.cert, o.key), warn: func(err error) { cli.Warn(cmd, "the certificate stays as it was: %v", err) }}
		o.TLS = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
	}
	level := &slog.HandlerOptions{Level: slog.LevelInfo}
	if cli.Quiet(cmd) {
		level.Level = slog.LevelWarn
	}
	switch o.log {
	case "text":
		o.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), level))
	case "json":
		o.Log = slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), level))
	}
	o.Version = cli.Version()
	return nil
}

// printServed prints the address, and what is served.
func printServed(cmd *cobra.Command, server *serve.Server, url string) error {
	list, err := server.Describe()
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSONLine(cmd.OutOrStdout(), struct {
			Address string            `json:"address"`
			Served  []serve.Described `json:"served"`
		}{url, list})
	}
	for _, d := range list {
		switch d.Kind {
		case serve.Documents:
			if d.Shards != nil {
				cli.Note(cmd, "%s: %s in %s, %d dimensions, modes %s", cli.Printable(d.Name), cli.Plural(int(d.Passages), "passage", "passages"), cli.Plural(len(d.Shards), "shard", "shards"), d.Dim, strings.Join(d.Modes, ", "))
				continue
			}
			cli.Note(cmd, "%s: collection, %s of %s, %d dimensions, modes %s", cli.Printable(d.Name), cli.Plural(int(d.Passages), "passage", "passages"), cli.Plural(int(d.Files), "file", "files"), d.Dim, strings.Join(d.Modes, ", "))
		case serve.Words:
			cli.Note(cmd, "%s: word vectors, %s, %d dimensions", cli.Printable(d.Name), cli.Plural(int(d.Passages), "word", "words"), d.Dim)
		default:
			cli.Note(cmd, "%s: transformer, %d dimensions", cli.Printable(d.Name), d.Dim)
		}
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), url)
	return err
}
