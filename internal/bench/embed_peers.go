package main

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/cli"
)

//go:embed embed.py
var model2vecScript string

// model2vec returns the row of model2vec, nil if it is not installed. Its table has the weights of
// the tokens folded in.
func (b *embedBench) model2vec(cmd *cobra.Command) (*processRow, error) {
	if exec.CommandContext(cmd.Context(), "python3", "-c", "import model2vec, safetensors").Run() != nil {
		cli.Note(cmd, "model2vec is not installed: skipped")
		return nil, nil
	}
	script, folder := filepath.Join(b.dir, "embed.py"), filepath.Join(b.dir, "model2vec")
	if err := os.WriteFile(script, []byte(model2vecScript), 0o600); err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	prepare := exec.CommandContext(cmd.Context(), "python3", script, "prepare", b.model, folder)
	prepare.Stderr = os.Stderr
	if err := prepare.Run(); err != nil {
		return nil, fmt.Errorf("model2vec: %w", err)
	}
	r := &processRow{system: "model2vec", threads: 1, out: filepath.Join(b.dir, "model2vec.npy")}
	r.command = func(ctx context.Context) *exec.Cmd {
		c := exec.CommandContext(ctx, "python3", script, "encode", folder, b.file(), r.out)
		c.Env = append(os.Environ(), "RAYON_NUM_THREADS=1", "TOKENIZERS_PARALLELISM=false", "OMP_NUM_THREADS=1")
		return c
	}
	return r, nil
}

// largestDifference returns the largest difference of two numbers at the same place of two files of
// vectors.
func largestDifference(ctx context.Context, a, b string) (float64, error) {
	x, _, err := exchange.ReadAll(ctx, a, exchange.Options{})
	if err != nil {
		return 0, err
	}
	y, _, err := exchange.ReadAll(ctx, b, exchange.Options{})
	if err != nil {
		return 0, err
	}
	if len(x) != len(y) {
		return 0, fmt.Errorf("%d numbers, but %d of the peer", len(x), len(y))
	}
	largest := 0.0
	for i, v := range x {
		largest = max(largest, math.Abs(float64(v)-float64(y[i])))
	}
	return largest, nil
}
