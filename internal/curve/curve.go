// Package curve draws recall against queries a second.
package curve

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Series is a system's curve.
type Series struct {
	Name   string
	Recall []float64 // 0 to 1
	Speed  []float64 // queries a second, above 0
}

// colours are told apart by people who confuse red and green (Okabe and Ito 2008).
var colours = []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {0, 0, 0, 255}}

var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}}

// Check says whether a picture can be written at path: the name ends in .svg or
// .png.
func Check(path string) error {
	if f := format(path); f != "svg" && f != "png" {
		return fault.New("name a file that ends in .svg or .png", "cannot draw %s", path)
	}
	return nil
}

func format(path string) string { return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".") }

// Write draws the curves to path, and replaces what is there.
func Write(path, title string, series []Series) error {
	if err := Check(path); err != nil {
		return err
	}
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text, p.Y.Label.Text = "recall", "queries a second"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = false, true
	p.Add(plotter.NewGrid())
	low, high := math.Inf(1), math.Inf(-1)
	for i, s := range series {
		if len(s.Speed) != len(s.Recall) {
			return fmt.Errorf("drawing %s: %d recalls and %d speeds", s.Name, len(s.Recall), len(s.Speed))
		}
		for _, v := range s.Speed {
			if !(v > 0) {
				return fmt.Errorf("drawing %s: a speed of %v queries a second, on a scale of logarithms", s.Name, v)
			}
			low, high = min(low, v), max(high, v)
		}
		points := make(plotter.XYs, len(s.Recall))
		for j := range points {
			points[j] = plotter.XY{X: s.Recall[j], Y: s.Speed[j]}
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return fmt.Errorf("drawing %s: %w", s.Name, err)
		}
		line.Color, line.Width = colours[i%len(colours)], vg.Points(1.5)
		marks.Color, marks.Shape = line.Color, shapes[i%len(shapes)]
		p.Add(line, marks)
		p.Legend.Add(s.Name, line, marks)
	}
	if low > high {
		return fmt.Errorf("drawing %s: there are no points", path)
	}
	if low == high { // plot would go down by one, perhaps below zero
		p.Y.Min, p.Y.Max = low/2, high*2
	}
	picture, err := p.WriterTo(18*vg.Centimeter, 12*vg.Centimeter, format(path))
	if err != nil {
		return fmt.Errorf("drawing %s: %w", path, err)
	}
	var b bytes.Buffer
	if _, err := picture.WriteTo(&b); err != nil {
		return fmt.Errorf("drawing %s: %w", path, err)
	}
	f, err := durable.CreateFile(path, true)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(b.Bytes()); err != nil {
		return err
	}
	return f.Commit()
}
