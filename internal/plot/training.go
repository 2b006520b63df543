package plot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// TrainingOptions describes a plot of a training run.
type TrainingOptions struct {
	Title  string  // default: none
	Epochs float64 // number of epochs of the whole run, for the horizontal axis; default 1
}

// ErrEmpty is wrapped by the error for a log without training lines.
var ErrEmpty = errors.New("the log has no training lines")

// Training plots the training/log.jsonl of a model as SVG and PNG: the loss by epoch, the results
// of validation below it, and the learning rate at the bottom. If training was continued on new
// text, it plots only that part. It returns an error if a line is not valid JSON, and an error
// that wraps ErrEmpty if the log has no training lines.
func Training(log []byte, o TrainingOptions) (svg, png []byte, err error) {
	// The library panics if it cannot draw something. A failed plot must not lose a model.
	defer func() {
		if v := recover(); v != nil {
			svg, png, err = nil, nil, fmt.Errorf("plotting the training log: %w", fault.Recovered(v))
		}
	}()
	if o.Epochs <= 0 {
		o.Epochs = 1
	}
	c, err := readCourse(log, o.Epochs)
	if err != nil {
		return nil, nil, fmt.Errorf("plotting the training log: %w", err)
	}
	panels, heights, err := c.panels(o)
	if err != nil {
		return nil, nil, fmt.Errorf("plotting the training log: %w", err)
	}
	height := vg.Length(0)
	for _, h := range heights {
		height += h
	}
	stack := func(canvas draw.Canvas) { place(panels, heights, canvas) }
	if svg, err = render("svg", width, height, stack); err != nil {
		return nil, nil, err
	}
	if png, err = render("png", width, height, stack); err != nil {
		return nil, nil, err
	}
	return svg, png, nil
}

// course holds the contents of a log, in the order of its lines.
type course struct {
	loss   plotter.XYs // mean per target, in nats
	rate   plotter.XYs
	judged []*figure // results of validation, by metric and set
	best   *plotter.XY
}

// figure is a result of validation over time.
type figure struct {
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

			Undefined bool `json:"undefined"`
		}
		err := d.Decode(&line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("object %d: %w", n, plainjson.Error(err))
		}
		x := line.Progress * epochs
		if n := len(c.loss); n > 0 && line.Kind == "" && x < c.loss[n-1].X {
			c = &course{} // training was continued on new text with the same log
		}
		switch line.Kind {
		case "":
			c.loss = append(c.loss, plotter.XY{X: x, Y: line.Loss})
			c.rate = append(c.rate, plotter.XY{X: x, Y: line.Rate})
		case "validation":
			if line.Undefined {
				continue
			}
			s := c.figure(line.Set, line.Metric)
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

// figure returns the result of validation with a set and a metric.
func (c *course) figure(set, metric string) *figure {
	for _, s := range c.judged {
		if s.set == set && s.metric == metric {
			return s
		}
	}
	s := &figure{set: set, metric: metric}
	c.judged = append(c.judged, s)
	return s
}

// The size of the plot: 8 inches are 960 pixels of the PNG.
const (
	width      = 8 * vg.Inch
	lossHeight = 3.6 * vg.Inch
	judgeHigh  = 2.2 * vg.Inch
	rateHeight = 1.6 * vg.Inch
	margin     = 0.12 * vg.Inch
)

// panels returns the plots from top to bottom, with their heights.
func (c *course) panels(o TrainingOptions) ([]*plot.Plot, []vg.Length, error) {
	end := c.loss[len(c.loss)-1].X
	for _, s := range c.judged {
		end = max(end, s.points[len(s.points)-1].X)
	}
	loss := newPanel("loss (nats per target)", end)
	loss.Title.Text = o.Title
	if err := addLine(loss, "training", c.loss, 0, false); err != nil {
		return nil, nil, err
	}
	judge := newPanel("validation", end)
	judge.Legend.Top, judge.Legend.YOffs = false, 4 // because the curves rise
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
		if i == 0 && c.best != nil { // the first one decides which is best
			if err := addRing(to, "best", *c.best); err != nil {
				return nil, nil, err
			}
		}
	}
	rate := newPanel("learning rate", end)
	if err := addLine(rate, "", c.rate, 0, false); err != nil {
		return nil, nil, err
	}
	addRoom(rate, 0.06)
	rate.Y.Min = 0
	addRoom(loss, 0.04)
	plots, heights := []*plot.Plot{loss}, []vg.Length{lossHeight}
	if len(metrics) > 0 {
		addRoom(judge, 0.08)
		judge.Y.Label.Text = strings.Join(metrics, ", ")
		plots, heights = append(plots, judge), append(heights, judgeHigh)
	}
	plots, heights = append(plots, rate), append(heights, rateHeight)
	plots[len(plots)-1].X.Label.Text = "epochs (passes over the text)"
	return plots, heights, nil
}

// axisName returns the label of the axis of a metric.
func axisName(metric string) string {
	if metric == "spearman" {
		return "Spearman correlation"
	}
	return metric
}

// place draws the panels below each other, with their vertical axes aligned.
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
		own := aligned[i][0] // its height differs, so only its sides are used
		bottom := top - total*heights[i]/all
		own.Rectangle.Max.Y, own.Rectangle.Min.Y = top, bottom
		if i+1 < len(panels) {
			own.Rectangle.Min.Y += margin
		}
		p.Draw(own)
		top = bottom
	}
}
