package search

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index/serve/agents"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

func mcpCommand() *cobra.Command {
	o := agents.Options{MaxBytes: agents.DefaultMaxBytes}
	cmd := &cobra.Command{
		Use:   "mcp COLLECTION... [options]",
		Short: "Let an agent search collections, by the Model Context Protocol (MCP)",
		Long: `
Answers calls of tools on standard input and output: search, read (a passage with what surrounds
it), similar and sources. A program with a language model starts it; 'docs/agents.md' says how to
add it to Claude, Cursor and VS Code. 'search serve' has the same tools at /mcp.

Nothing but the collections is read, and nothing is changed. Results have at most --max-bytes, and
mark the text of documents as data. A collection that is changed is opened again.`,
		Example: `
$ claude mcp add notes -- search mcp ~/notes.collection`,
		RunE: func(cmd *cobra.Command, args []string) error { return runMCP(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "COLLECTION", Help: "collection, as 'search build' writes it; NAME=COLLECTION names it"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "max-bytes", Arg: "N", Into: &o.MaxBytes, Field: "MaxBytes", Positive: true, Help: "largest result in bytes, from 4096 to 16777216; what is longer is cut, and the result says where"})
}

func runMCP(cmd *cobra.Command, paths []string, o agents.Options) error {
	if len(paths) == 0 {
		return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
	}
	if err := o.Validate(); err != nil {
		return cli.UsageError(err)
	}
	s, err := shelf.Open(cmd.Context(), paths, shelf.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if models := s.Models(); len(models) > 0 {
		return cli.UsageError(fault.New("build a collection with it: 'search build'", "%s: a model, not a collection", cli.Printable(models[0])))
	}
	in := cmd.InOrStdin()
	if cli.IsTerminal(in) {
		return cli.UsageError(fault.New("add it to a program with a language model; 'docs/agents.md' says how", "standard input is a terminal, but a program must send calls"))
	}
	o.Version = cli.Version()
	o.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return agents.Serve(cmd.Context(), s, in, cmd.OutOrStdout(), o)
}
