package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/plot"
)

// annRow holds the measurements of one system.
type annRow struct {
	system  string
	Seconds float64    `json:"seconds"` // build time
	Bytes   int64      `json:"bytes"`   // growth of the process's memory
	Points  []annPoint `json:"points"`  // by increasing search width
	Batch   float64    `json:"batch"`   // exact search only: queries per second, all in one call
	asked   []annPoint // a graph only: searches for recalls instead, in increasing order
	disk    *annDisk
}

// annPoint is the recall and the speed at one search width.
type annPoint struct {
	Ef     int     `json:"ef"`
	Recall float64 `json:"recall"`
	Speed  float64 `json:"queries_per_second"`
	asked  float64 // the recall that was asked for, or 0 for an Ef
}

// title describes the vectors.
func (b *annBench) title() string {
	return fmt.Sprintf("%s vectors, %d dimensions, %s", cli.Thousands(len(b.base)/b.dim), b.dim, b.metric)
}

// draw plots the curves of all systems.
func (b *annBench) draw(rows []annRow) error {
	var series []plot.Series
	for _, r := range rows {
		s := plot.Series{Name: r.system}
		for _, p := range r.Points {
			s.Recall, s.Speed = append(s.Recall, p.Recall), append(s.Speed, p.Speed)
		}
		series = append(series, s)
	}
	for _, end := range []string{".svg", ".png"} {
		if err := plot.Recall(b.plot+end, b.title()+", one query thread", series); err != nil {
			return err
		}
	}
	return nil
}

// write writes the report. notes are the lines of the stability run, if any.
func (b *annBench) write(cmd *cobra.Command, rows []annRow, notes []string) error {
	var w strings.Builder
	fmt.Fprintf(&w, "## Nearest neighbors: %s\n\nProduced by `go run ./internal/bench ann --vectors %s`", b.title(), filepath.Base(b.vectors))
	fmt.Fprintf(&w, ", %s queries, one query thread, %s to build; M %d, efConstruction %d.\n\n", cli.Thousands(b.queries),
		cli.Plural(b.threads, "thread", "threads"), b.index.M, b.index.EfConstruction)
	fmt.Fprintf(&w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(&w, "- Memory: growth of the process. Speed: the fastest of %d rounds.\n\n", annRounds)
	writeRecalls(&w, b.k, rows)
	writeSpeeds(&w, b.recalls, rows)
	writeDisk(&w, rows)
	if len(notes) > 0 {
		fmt.Fprintf(&w, "\nRecall@%d at the default efSearch of %d:\n\n- %s\n", b.k, b.exact.Options().EfSearch, strings.Join(notes, "\n- "))
	}
	if b.output == "" {
		_, err := fmt.Fprint(cmd.OutOrStdout(), w.String())
		return err
	}
	before, err := os.ReadFile(b.output)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if len(before) > 0 {
		before = append(before, '\n')
	}
	return os.WriteFile(b.output, append(before, w.String()...), 0o644)
}

// writeRecalls writes the build time, the memory and all points of each system.
func writeRecalls(w io.Writer, k int, rows []annRow) {
	var lines [][]string
	for _, r := range rows {
		points := make([]string, len(r.Points))
		for i, p := range r.Points {
			points[i] = fmt.Sprintf("%.3f → %s", p.Recall, rate(p.Speed))
			if p.asked > 0 {
				points[i] = fmt.Sprintf("%g: %s", p.asked, points[i])
			}
		}
		if r.Batch > 0 {
			points = append(points, "in one call "+rate(r.Batch))
		}
		lines = append(lines, []string{r.system, fmt.Sprintf("%.1f", r.Seconds), cli.Bytes(r.Bytes), strings.Join(points, " · ")})
	}
	writeTable(w, []string{"system", "build s", "memory", fmt.Sprintf("recall@%d → queries/s", k)}, lines)
}

// writeSpeeds writes the speed of each system at the same recalls, and of each peer that the others are compared with,
// if it was measured, the ratios to its speed. It skips systems with one point, which have no curve.
func writeSpeeds(w io.Writer, recalls []float64, rows []annRow) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r annRow) bool { return len(r.Points) < 2 })
	table := func(what string, cell func(r annRow, recall float64) string) {
		head := []string{what}
		for _, r := range recalls {
			head = append(head, fmt.Sprint(r))
		}
		var lines [][]string
		for _, row := range rows {
			cells := []string{row.system}
			for _, recall := range recalls {
				cells = append(cells, cell(row, recall))
			}
			lines = append(lines, cells)
		}
		fmt.Fprintln(w)
		writeTable(w, head, lines)
	}
	table("queries/s at recall", func(r annRow, recall float64) string {
		if speed := r.at(recall); speed > 0 {
			return rate(speed)
		}
		return "–"
	})
	for _, name := range []string{nameHNSWLib, nameSymphonyQG} {
		i := slices.IndexFunc(rows, func(r annRow) bool { return r.system == name })
		if i < 0 {
			continue
		}
		peer := rows[i]
		table("times "+name+" at recall", func(r annRow, recall float64) string {
			a, b := r.at(recall), peer.at(recall)
			if a == 0 || b == 0 {
				return "–"
			}
			return fmt.Sprintf("%.2f×", a/b)
		})
	}
}

// rate formats queries per second.
func rate(speed float64) string { return cli.Thousands(int(math.Round(speed))) }

// at returns the speed at a recall, by linear interpolation of log speed between the first two
// neighboring points that enclose it, or 0 if none do.
func (r annRow) at(recall float64) float64 {
	for i := 1; i < len(r.Points); i++ {
		a, b := r.Points[i-1], r.Points[i]
		if a.Recall <= recall && recall <= b.Recall && a.Recall < b.Recall {
			part := (recall - a.Recall) / (b.Recall - a.Recall)
			return math.Exp(math.Log(a.Speed)*(1-part) + math.Log(b.Speed)*part)
		}
	}
	return 0
}
