package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

type storesBench struct {
	page   string
	python string
	keep   bool
}

func storesCommand() *cobra.Command {
	b := storesBench{page: "docs/vector-stores.md", python: "python3"}
	cmd := &cobra.Command{
		Use:   "stores",
		Short: "Run the commands of docs/vector-stores.md",
		Long: `
It builds the commands, and runs the blocks of the page in their order in a temporary folder. The
output of a block must be that of the text block after it. A section is skipped if the page says
that it needs a Python module or a server that is missing. psql finds its server by PGHOST and the
like; Weaviate's server is expected at its usual address.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	return cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "page", Arg: "FILE", Into: &b.page, Help: "page to run", Default: b.page},
		cli.Flag{Name: "python", Arg: "FILE", Into: &b.python, Help: "interpreter that has the clients", Default: b.python},
		cli.Flag{Name: "keep", Into: &b.keep, Help: "keep the temporary folder"})
}

func (b *storesBench) run(cmd *cobra.Command) error {
	page, err := os.ReadFile(b.page)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stores")
	if err != nil {
		return err
	}
	if b.keep {
		cli.Note(cmd, "working in %s", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	bin := filepath.Join(dir, "bin")
	build := exec.CommandContext(cmd.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./cmd/...")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the commands: %w", err)
	}
	shell := storesShell{dir: dir, bin: bin, python: b.python}
	failed := 0
	for _, s := range pageSections(string(page)) {
		if missing := shell.missing(cmd.Context(), s.needs); missing != "" {
			fmt.Fprintf(cmd.OutOrStdout(), "%-30s skipped: %s is missing\n", s.title, missing)
			continue
		}
		if len(s.blocks) == 0 {
			continue
		}
		if err := shell.run(cmd.Context(), s.blocks); err != nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%-30s FAILED: %v\n", s.title, err)
			failed++
			continue
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%-30s ok\n", s.title)
	}
	if failed > 0 {
		return fmt.Errorf("%s failed", cli.Plural(int64(failed), "section", "sections"))
	}
	return nil
}

// A pageSection is a part of a page of commands, from one heading to the next.
type pageSection struct {
	title  string
	needs  []string // from <!-- needs: … -->
	blocks []pageBlock
}

// A pageBlock is a block of code with the output that the page shows.
type pageBlock struct {
	language, code string
	output         *string // nil if the page shows none
}

// pageSections returns the sections of a Markdown page.
func pageSections(page string) []pageSection {
	var sections []pageSection
	var block *pageBlock
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case block != nil && line != "```":
			block.code += line + "\n"
		case block != nil:
			s := &sections[len(sections)-1]
			if block.language == "text" && len(s.blocks) > 0 {
				s.blocks[len(s.blocks)-1].output = &block.code
			} else {
				s.blocks = append(s.blocks, *block)
			}
			block = nil
		case strings.HasPrefix(line, "```"):
			block = &pageBlock{language: line[3:]}
		case strings.HasPrefix(line, "#"):
			sections = append(sections, pageSection{title: strings.TrimLeft(line, "# ")})
		case strings.HasPrefix(line, "<!-- needs: "):
			list := strings.TrimSuffix(strings.TrimPrefix(line, "<!-- needs: "), " -->")
			sections[len(sections)-1].needs = strings.Split(list, ", ")
		}
	}
	return sections
}

// storesShell runs blocks in a folder.
type storesShell struct{ dir, bin, python string }

func (s storesShell) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = s.dir
	path := []string{s.bin, os.Getenv("PATH")}
	if filepath.IsAbs(s.python) {
		path = slices.Insert(path, 1, filepath.Dir(s.python))
	}
	c.Env = append(os.Environ(), "PATH="+strings.Join(path, string(os.PathListSeparator)))
	return c
}

// missing returns the first of the needs that is not there, or "".
func (s storesShell) missing(ctx context.Context, needs []string) string {
	for _, need := range needs {
		var c *exec.Cmd
		switch module, python := strings.CutPrefix(need, "python "); {
		case python:
			c = s.command(ctx, s.python, "-c", "import "+module)
		case need == "weaviate":
			c = s.command(ctx, "curl", "-fsS", "-o", os.DevNull, "http://localhost:8080/v1/meta")
		case need == "psql":
			c = s.command(ctx, "psql", "-c", "SELECT 1")
		default:
			c = s.command(ctx, need, "-version")
		}
		if c.Run() != nil {
			return need
		}
	}
	return ""
}

// run runs blocks and compares their output.
func (s storesShell) run(ctx context.Context, blocks []pageBlock) error {
	for _, b := range blocks {
		c := s.command(ctx, "bash", "-euo", "pipefail")
		if b.language == "python" {
			c = s.command(ctx, s.python, "-")
		}
		var out, log bytes.Buffer
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader(b.code), &out, &log
		if err := c.Run(); err != nil {
			return fmt.Errorf("%w\n%s\n%s%s", err, b.code, log.Bytes(), out.Bytes())
		}
		if b.output != nil && strings.TrimSpace(out.String()) != strings.TrimSpace(*b.output) {
			return fmt.Errorf("got %q, want %q", out.String(), *b.output)
		}
	}
	return nil
}
