package search

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/serve"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

type serveOptions struct {
	serve.Options
	addr string
}

func serveCommand() *cobra.Command {
	o := serveOptions{addr: "127.0.0.1:8080", Options: serve.Options{MaxK: 1000, MaxBody: 8 << 20, Timeout: 30 * time.Second}}
	cmd := &cobra.Command{
		Use:   "serve DIR... [options]",
		Short: "Serve collections and word models over HTTP",
		RunE:  func(cmd *cobra.Command, args []string) error { return runServer(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "DIR", Help: "collection or model, named as its folder, or as NAME=DIR says"})
	return cli.Declare(cmd, "Server", cli.Flag{Name: "addr", Arg: "HOST:PORT", Into: &o.addr, Help: "address to listen on; port 0 is any free port"})
}

func runServer(cmd *cobra.Command, paths []string, o serveOptions) error {
	if len(paths) == 0 {
		return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
	}
	o.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	s, err := shelf.Open(cmd.Context(), paths, shelf.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	server, err := serve.New(s, o.Options)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "http://%s\n", l.Addr())
	return server.Serve(cmd.Context(), l)
}
