package main

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

//go:embed ann.py
var annScript string

// The peers that all others are compared with.
const (
	nameHNSWLib    = "hnswlib"
	nameSymphonyQG = "SymphonyQG (rabitqlib)"
)

// annPeers are other libraries and their Python modules.
var annPeers = []struct{ key, name, module string }{
	{"hnswlib", nameHNSWLib, "hnswlib"},
	{"faiss", "faiss HNSW", "faiss"},
	{"faiss-flat", "faiss IndexFlat", "faiss"},
	{"rabitqlib", nameSymphonyQG, "rabitqlib"},
	{"usearch", "usearch", "usearch"},
}

// runPeers measures the installed peers, which read base, queries and truth from files.
func (b *annBench) runPeers(cmd *cobra.Command) ([]annRow, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files := map[string]any{"base": b.base, "queries": b.asked, "truth": b.truth}
	for name, data := range files {
		var buffer bytes.Buffer
		if err := binary.Write(&buffer, binary.LittleEndian, data); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), buffer.Bytes(), 0o600); err != nil {
			return nil, err
		}
	}
	var rows []annRow
	for _, p := range annPeers {
		if !b.wants(p.key) {
			continue
		}
		if exec.CommandContext(cmd.Context(), "python3", "-c", "import "+p.module).Run() != nil {
			cli.Note(cmd, "%s is not installed: skipped", p.name)
			continue
		}
		cli.Note(cmd, "%s", p.name)
		c := exec.CommandContext(cmd.Context(), "python3", "-", p.key, filepath.Join(dir, "base"), filepath.Join(dir, "queries"),
			filepath.Join(dir, "truth"), fmt.Sprint(b.dim), fmt.Sprint(b.k), b.metric, fmt.Sprint(b.index.M), fmt.Sprint(b.index.EfConstruction),
			fmt.Sprint(b.threads), strings.Trim(strings.ReplaceAll(fmt.Sprint(b.efs), " ", ","), "[]"))
		c.Stdin, c.Stderr = strings.NewReader(annScript), os.Stderr
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		r, err := parseIndex(out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		r.system = p.name
		rows = append(rows, r)
	}
	return rows, nil
}

// parseIndex parses the output of a peer's script.
func parseIndex(out []byte) (annRow, error) {
	var r annRow
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("unexpected output %q: %w", out, err)
	}
	if len(r.Points) == 0 {
		return r, fmt.Errorf("unexpected output %q: no measured points", out)
	}
	return r, nil
}
