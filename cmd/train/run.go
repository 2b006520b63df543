package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/skipgram"
)

// train runs fn, saves the model into output, and reports.
func train(cmd *cobra.Command, fn trainer, o skipgram.Options, output string, run skipgram.Run) error {
	save := func(ctx context.Context, c *checkpoints.Checkpoint) error {
		c.Config.Version = cli.Version()
		return checkpoints.Write(ctx, output, c, checkpoints.WriteOptions{Replace: true})
	}
	progress := cli.StartProgress(cmd, "training")
	var last training.Event
	run.Progress = func(e training.Event) {
		last = e
		progress.Update(e.Progress, fmt.Sprintf("%s words/s  loss %.4f  lr %.5f  %s left",
			cli.Count(e.UnitsPerSecond), e.Loss, e.LearningRate, cli.Duration(e.Remaining)))
	}
	run.Save = save
	began := time.Now()
	model, err := fn(cmd.Context(), o, run)
	progress.Done()
	if model == nil {
		return err
	}
	// What was learnt is saved whether or not the training came to its end.
	if failed := save(context.WithoutCancel(cmd.Context()), model); failed != nil {
		return fmt.Errorf("saving %s: %w", output, failed)
	}
	if err != nil {
		return cli.Interrupted(fmt.Sprintf("go on with: %s", command("train", "resume", output)),
			"interrupted at %.1f%%; the model as it stands is in %s", 100*model.Config.Progress.Done, output)
	}
	r, err := newReport(cmd.Context(), output, model, last, time.Since(began))
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return r.writeJSON(cmd.OutOrStdout())
	}
	return r.writeText(cmd.OutOrStdout())
}

// command writes a command line as the user would type it: with "go run" when
// this program was started so.
func command(name string, args ...string) string {
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\"'\\$&|;<>()*?[]#~`") {
			args[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	if strings.Contains(os.Args[0], "go-build") {
		name = "go run ./cmd/" + name
	}
	return name + " " + strings.Join(args, " ")
}
