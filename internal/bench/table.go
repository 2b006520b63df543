package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// sharedMachine is the last note above each table of training runs.
const sharedMachine = "The machine is shared and noisy: compare figures within this table, not with tables of other runs."

// writeFoot ends the notes above a table of training runs with seeds 1 to seeds.
func writeFoot(w io.Writer, seeds int) {
	if seeds > 1 {
		fmt.Fprintf(w, "- Mean of %d seeds, ± half the range.\n", seeds)
	}
	fmt.Fprintf(w, "\n%s\n\n", sharedMachine)
}

// row is a line of a table of training runs: one system, measured once for each seed.
type row struct {
	system  string
	threads int
	seconds []float64
	speed   []float64   // words or pairs per second, all threads together
	loss    []float64   // empty if the system does not report it
	quality [][]float64 // for each seed, a figure for each quality column
}

// add records a run that processed items words or pairs in the given time.
func (r *row) add(seconds, items, loss float64) {
	r.seconds = append(r.seconds, seconds)
	r.speed = append(r.speed, items/seconds)
	r.loss = append(r.loss, loss)
}

// qualityCells returns the spread of each quality column over the seeds.
func (r *row) qualityCells(digits int) []string {
	if len(r.quality) == 0 {
		return nil
	}
	cells := make([]string, len(r.quality[0]))
	for i := range cells {
		figures := make([]float64, len(r.quality))
		for seed, q := range r.quality {
			figures[seed] = q[i]
		}
		cells[i] = spread(figures, 1, digits)
	}
	return cells
}

// spread formats the mean of values times scale. With several values it adds half
// their range; without any it returns a dash.
func spread(values []float64, scale float64, digits int) string {
	if len(values) == 0 {
		return "–"
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	mean := fmt.Sprintf("%.*f", digits, scale*sum/float64(len(values)))
	if len(values) == 1 {
		return mean
	}
	return fmt.Sprintf("%s ± %.*f", mean, digits, scale*(slices.Max(values)-slices.Min(values))/2)
}

// writeTable writes a Markdown table.
func writeTable(w io.Writer, head []string, lines [][]string) {
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, cells := range lines {
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}

// commandLine returns the command that reproduces a table: parts, followed by the flags
// named in keep that were given.
func commandLine(parts []string, given *pflag.FlagSet, keep ...string) string {
	given.Visit(func(f *pflag.Flag) {
		if slices.Contains(keep, f.Name) {
			parts = append(parts, fmt.Sprintf("--%s %s", f.Name, strings.Trim(f.Value.String(), "[]")))
		}
	})
	return strings.Join(parts, " ")
}

// writeReport writes a report to w if path is empty, and otherwise to the file at path. If more
// is set, it appends the report to the file, which must exist; otherwise it replaces the file
// and adds a title.
func writeReport(w io.Writer, path string, more bool, report string) error {
	if path == "" {
		_, err := io.WriteString(w, report)
		return err
	}
	before := []byte("# Benchmarks\n")
	if more {
		var err error
		if before, err = os.ReadFile(path); err != nil {
			return err
		}
	}
	return os.WriteFile(path, append(append(before, '\n'), report...), 0o644)
}
