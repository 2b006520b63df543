package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is the curve of one system.
type Series struct {
	Name   string
	Recall []float64 // 0 to 1
	Speed  []float64 // queries per second, positive
}

var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}}

// Recall plots recall against queries per second, on a logarithmic scale, and writes the plot to
// path, replacing an existing file.
func Recall(path, title string, series []Series) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	p := newPlot("queries per second")
	p.Title.Text = title
	p.X.Label.Text = "recall"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = false, true
	p.Legend.XOffs, p.Legend.YOffs = 4, 4
	low, high := math.Inf(1), math.Inf(-1)
	for i, s := range series {
		if err := addSeries(p, i, s); err != nil {
			return fmt.Errorf("plotting %s: %w", s.Name, err)
		}
		for _, v := range s.Speed {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return fmt.Errorf("plotting %s: no points", path)
	}
	if low == high { // the library would extend the axis below zero
		p.Y.Min, p.Y.Max = low/2, high*2
	}
	paint := func(c draw.Canvas) { p.Draw(draw.Crop(c, margin, -1.5*margin, margin, -margin)) }
	return write(path, title, 18*vg.Centimeter, 12*vg.Centimeter, paint)
}

// addSeries adds the curve of system number i.
func addSeries(p *plot.Plot, i int, s Series) error {
	if len(s.Speed) != len(s.Recall) {
		return fmt.Errorf("%d recalls, but %d speeds", len(s.Recall), len(s.Speed))
	}
	points := make(plotter.XYs, len(s.Recall))
	for j, v := range s.Speed {
		if !(v > 0) {
			return fmt.Errorf("the speed must be positive for a logarithmic scale, got %v", v)
		}
		points[j] = plotter.XY{X: s.Recall[j], Y: v}
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = palette[i%len(palette)], vg.Points(1.5)
	marks.Color, marks.Shape = line.Color, shapes[i%len(shapes)]
	p.Add(line, marks)
	p.Legend.Add(s.Name, line, marks)
	return nil
}
