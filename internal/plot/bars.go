package plot

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bar is a figure with its interval; Low and High equal Value without one.
type Bar struct {
	Name             string
	Value, Low, High float64
}

// Bars plots figures from 0 to 1, or from -1 if one is negative, one below the other, with their
// intervals, and returns the plot as SVG.
func Bars(title string, bars []Bar) ([]byte, error) {
	width, height, paint, err := layBars(title, "", bars)
	if err != nil {
		return nil, err
	}
	return renderTitled("svg", title, width, height, paint)
}

// WriteBars writes the plot of Bars to path, replacing an existing file. label names the axis.
func WriteBars(path, title, label string, bars []Bar) error {
	width, height, paint, err := layBars(title, label, bars)
	if err != nil {
		return err
	}
	return write(path, title, width, height, paint)
}

func layBars(title, label string, bars []Bar) (width, height vg.Length, paint func(draw.Canvas), err error) {
	if len(bars) == 0 {
		return 0, 0, nil, fmt.Errorf("plotting %s: no figures", title)
	}
	p := newPlot("")
	p.Title.Text = title
	p.X.Label.Text = label
	p.X.Min, p.X.Max = 0, 1
	names := make([]string, len(bars))
	for i, b := range bars {
		at := float64(len(bars) - 1 - i)
		names[len(bars)-1-i] = b.Name + "  " // room for fonts that are wider
		for _, v := range []float64{b.Value, b.Low, b.High} {
			p.X.Min = min(p.X.Min, v)
			p.X.Max = max(p.X.Max, v)
		}
		bar, err := plotter.NewBarChart(plotter.Values{b.Value}, vg.Points(14))
		if err != nil {
			return 0, 0, nil, fmt.Errorf("plotting %s: %w", title, err)
		}
		bar.Horizontal, bar.XMin = true, at
		bar.Color, bar.LineStyle.Width = palette[i%len(palette)], 0
		p.Add(bar)
		if b.Low < b.High {
			line, err := plotter.NewLine(plotter.XYs{{X: b.Low, Y: at}, {X: b.High, Y: at}})
			if err != nil {
				return 0, 0, nil, fmt.Errorf("plotting %s: %w", title, err)
			}
			line.Color, line.Width = ink, vg.Points(1.5)
			p.Add(line)
		}
	}
	p.NominalY(names...)
	p.Y.Tick.Label.Font = sans(10)
	p.Y.Min, p.Y.Max = -0.5, float64(len(bars))-0.5
	if p.X.Min < 0 {
		p.X.Min = -1
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks(p.X.Min, p.X.Max))
	height = vg.Length(len(bars))*22 + 70
	if label != "" {
		height += 16
	}
	return 16 * vg.Centimeter, height, func(c draw.Canvas) { p.Draw(draw.Crop(c, margin, -margin, margin, -margin)) }, nil
}
