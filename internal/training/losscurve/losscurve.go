// Package losscurve draws the course of a training from its log: the loss over
// the epochs, the learning rate below it, and between them what validation
// found. The same log gives the same bytes on the same kind of processor.
package losscurve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Options say what stands on the drawing beside the log's figures.
type Options struct {
	Title  string  // default none
	Epochs float64 // of the whole training: what progress 1 is on the axis below; default 1
}

// ErrEmpty is in the error for a log that has no line of training.
var ErrEmpty = errors.New("the log has no line of training")

// Draw draws a log, training/log.jsonl of a model, as SVG and as PNG. Of a
// training that went on with new text it is the last part. It fails
// when a line is no JSON, and with ErrEmpty.
func Draw(log []byte, o Options) (svg, png []byte, err error) {
	// The library panics on what it cannot draw, and a drawing is never worth a
	// model.
	defer func() {
		if v := recover(); v != nil {
			svg, png, err = nil, nil, fmt.Errorf("drawing the loss: %v", v)
		}
	}()
	if o.Epochs <= 0 {
		o.Epochs = 1
	}
	c, err := readCourse(log, o.Epochs)
	if err != nil {
		return nil, nil, fmt.Errorf("drawing the loss: %w", err)
	}
	panels, heights, err := c.panels(o)
	if err != nil {
		return nil, nil, fmt.Errorf("drawing the loss: %w", err)
	}
	height := vg.Length(0)
	for _, h := range heights {
		height += h
	}
	vector := vgsvg.New(width, height)
	image := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
	for _, canvas := range []vg.CanvasSizer{vector, image} {
		place(panels, heights, draw.New(canvas))
	}
	var svgOut, pngOut bytes.Buffer
	if _, err := vector.WriteTo(&svgOut); err != nil {
		return nil, nil, err
	}
	if _, err := (vgimg.PngCanvas{Canvas: image}).WriteTo(&pngOut); err != nil {
		return nil, nil, err
	}
	// The font is not in the SVG: others of the same widths stand in for it.
	svg = bytes.ReplaceAll(svgOut.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arimo,Arial,Helvetica,sans-serif;"))
	return svg, pngOut.Bytes(), nil
}

// course is what a log says, in the order of its lines.
type course struct {
	loss   plotter.XYs // per target, in nats
	rate   plotter.XYs
	judged []*series // of validation, by metric and set
	best   *plotter.XY
}

type series struct {
	set, metric string
	points      plotter.XYs
}

func readCourse(log []byte, epochs float64) (*course, error) {
	c := &course{}
	d := json.NewDecoder(bytes.NewReader(log))
	for n := 1; ; n++ {
		var line struct {
			Kind     string  `json:"kind"`
			Progress float64 `json:"progress"`
			Loss     float64 `json:"loss"`
			Rate     float64 `json:"lr"`
			Set      string  `json:"set"`
			Metric   string  `json:"metric"`
			Value    float64 `json:"value"`
			Best     bool    `json:"best"`
		}
		err := d.Decode(&line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("object %d of the log: %w", n, err)
		}
		x := line.Progress * epochs
		if n := len(c.loss); n > 0 && line.Kind == "" && x < c.loss[n-1].X {
			c = &course{} // the training of a model went on with other text, under the same log
		}
		switch line.Kind {
		case "":
			c.loss = append(c.loss, plotter.XY{X: x, Y: line.Loss})
			c.rate = append(c.rate, plotter.XY{X: x, Y: line.Rate})
		case "validation":
			s := c.series(line.Set, line.Metric)
			s.points = append(s.points, plotter.XY{X: x, Y: line.Value})
			if line.Best {
				c.best = &plotter.XY{X: x, Y: line.Value}
			}
		}
	}
	if len(c.loss) == 0 {
		return nil, ErrEmpty
	}
	return c, nil
}

// series returns the points of one figure of validation.
func (c *course) series(set, metric string) *series {
	for _, s := range c.judged {
		if s.set == set && s.metric == metric {
			return s
		}
	}
	s := &series{set: set, metric: metric}
	c.judged = append(c.judged, s)
	return s
}

// The size of the drawing: 8 inches are 960 pixels of the PNG.
const (
	width      = 8 * vg.Inch
	lossHeight = 3.6 * vg.Inch
	judgeHigh  = 2.2 * vg.Inch
	rateHeight = 1.6 * vg.Inch
	margin     = 0.12 * vg.Inch
	dpi        = 120
)

// panels returns the plots from top to bottom, with their heights.
func (c *course) panels(o Options) ([]*plot.Plot, []vg.Length, error) {
	end := c.loss[len(c.loss)-1].X
	for _, s := range c.judged {
		end = max(end, s.points[len(s.points)-1].X)
	}
	loss := newPlot("loss (nats per target)", end)
	loss.Title.Text = o.Title
	if err := addLine(loss, "training", c.loss, 0, false); err != nil {
		return nil, nil, err
	}
	judge := newPlot("validation", end)
	judge.Legend.Top, judge.Legend.YOffs = false, 4 // the curves rise
	var metrics []string
	for i, s := range c.judged {
		to, label := judge, s.set
		if s.metric == "loss" {
			to, label = loss, "validation, "+s.set
		} else if name := axisName(s.metric); !slices.Contains(metrics, name) {
			metrics = append(metrics, name)
		}
		if err := addLine(to, label, s.points, 1+i, true); err != nil {
			return nil, nil, err
		}
		if i == 0 && c.best != nil { // the first decides
			if err := addRing(to, "best", *c.best); err != nil {
				return nil, nil, err
			}
		}
	}
	rate := newPlot("learning rate", end)
	if err := addLine(rate, "", c.rate, 0, false); err != nil {
		return nil, nil, err
	}
	room(rate, 0.06)
	rate.Y.Min = 0
	room(loss, 0.04)
	plots, heights := []*plot.Plot{loss}, []vg.Length{lossHeight}
	if len(metrics) > 0 {
		room(judge, 0.08)
		judge.Y.Label.Text = strings.Join(metrics, ", ")
		plots, heights = append(plots, judge), append(heights, judgeHigh)
	}
	plots, heights = append(plots, rate), append(heights, rateHeight)
	plots[len(plots)-1].X.Label.Text = "epochs (passes over the text)"
	return plots, heights, nil
}

// axisName is what an axis calls a metric.
func axisName(metric string) string {
	if metric == "spearman" {
		return "Spearman correlation"
	}
	return metric
}

// place draws the panels below each other, their vertical axes in line.
func place(panels []*plot.Plot, heights []vg.Length, canvas draw.Canvas) {
	canvas = draw.Crop(canvas, margin, -1.5*margin, margin, -margin)
	grid := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		grid[i] = []*plot.Plot{p}
	}
	aligned := plot.Align(grid, draw.Tiles{Rows: len(panels), Cols: 1}, canvas)
	total := canvas.Max.Y - canvas.Min.Y
	all := vg.Length(0)
	for _, h := range heights {
		all += h
	}
	top := canvas.Max.Y
	for i, p := range panels {
		own := aligned[i][0] // of equal heights: only its sides are taken
		bottom := top - total*heights[i]/all
		own.Rectangle.Max.Y, own.Rectangle.Min.Y = top, bottom
		if i+1 < len(panels) {
			own.Rectangle.Min.Y += margin
		}
		p.Draw(own)
		top = bottom
	}
}

// sans is the font of all texts.
func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}
