// Package plot plots the progress of a training run, the recall of indexes against their speed, scores with
// their intervals, similarities of texts and maps of vectors, in a common style. The same data gives the
// same bytes on the same kind of processor.
package plot

import (
	"bytes"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// dpi is the resolution of PNG files.
const dpi = 120

// palette is the palette of Okabe and Ito (2008), which color-blind people can distinguish,
// without its yellow.
var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255},
	{204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255},
}

var (
	ink  = color.Gray{60}
	pale = color.Gray{225}
)

// sans returns the font of all texts.
func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// newPlot returns an empty plot in the common style.
func newPlot(label string) *plot.Plot {
	p := plot.New()
	p.Title.TextStyle.Font = sans(13)
	p.Title.TextStyle.Color = ink
	p.Title.Padding = 6
	p.Y.Label.Text = label
	p.Legend.Top = true
	p.Legend.XOffs, p.Legend.YOffs = -4, -4
	p.Legend.Padding = 3
	p.Legend.TextStyle.Font = sans(10)
	p.Legend.TextStyle.Color = ink
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(11)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 4
		axis.Tick.Label.Font = sans(10)
		axis.Tick.Label.Color = ink
		axis.LineStyle.Color = ink
		axis.Tick.LineStyle.Color = ink
		axis.Tick.Length = 4
		axis.Padding = 0
		axis.Tick.Marker = plot.TickerFunc(ticks)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = pale, pale
	p.Add(grid)
	return p
}

// newPanel returns an empty plot from epoch 0 to end.
func newPanel(label string, end float64) *plot.Plot {
	p := newPlot(label)
	p.X.Min, p.X.Max = 0, end
	return p
}

// render draws on a canvas of the given format, svg or png, and returns the file.
func render(format string, width, height vg.Length, paint func(draw.Canvas)) ([]byte, error) {
	var file bytes.Buffer
	if format == "png" {
		canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
		paint(draw.New(canvas))
		_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(&file)
		return file.Bytes(), err
	}
	canvas := vgsvg.New(width, height)
	paint(draw.New(canvas))
	if _, err := canvas.WriteTo(&file); err != nil {
		return nil, err
	}
	// An SVG file does not contain the font, so name others with the same widths.
	svg := bytes.ReplaceAll(file.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arimo,Arial,Helvetica,sans-serif;"))
	svg = bytes.ReplaceAll(svg, []byte("data:image/jpg;"), []byte("data:image/png;")) // which it is
	if at := bytes.Index(svg, []byte("<svg")); at >= 0 {
		if end := bytes.IndexByte(svg[at:], '>'); end >= 0 {
			svg = slices.Insert(svg, at+end+1, []byte("\n"+dark)...)
		}
	}
	return svg, nil
}

// ticks returns four to nine ticks at multiples of 1, 2 or 5 times a power of ten.
func ticks(low, high float64) []plot.Tick {
	if !(high > low) {
		return []plot.Tick{{Value: low, Label: strconv.FormatFloat(low, 'g', 3, 64)}}
	}
	power := math.Floor(math.Log10((high - low) / 4))
	step := math.Pow(10, power)
	for _, m := range []float64{5, 2} {
		if (high-low)/(m*step) >= 4 {
			step *= m
			break
		}
	}
	var list []plot.Tick
	for k := int(math.Ceil(low/step - 1e-9)); float64(k) <= high/step+1e-9; k++ {
		value := float64(k) * step
		list = append(list, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'f', max(0, int(-power)), 64)})
	}
	return list
}

// addRoom widens the vertical axis by a fraction on each side, so that no curve touches the
// frame.
func addRoom(p *plot.Plot, part float64) {
	d := part * (p.Y.Max - p.Y.Min)
	if d == 0 {
		d = max(part*math.Abs(p.Y.Max), 1e-9)
	}
	p.Y.Min, p.Y.Max = p.Y.Min-d, p.Y.Max+d
}

// addLine adds a curve and, unless name is empty, its name to the legend.
func addLine(p *plot.Plot, name string, points plotter.XYs, color int, dots bool) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color = palette[color%len(palette)]
	line.Width = vg.Points(1.4)
	p.Add(line)
	thumbs := []plot.Thumbnailer{line}
	if dots || len(points) == 1 {
		scatter, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: line.Color, Radius: 2.5, Shape: draw.CircleGlyph{}}
		p.Add(scatter)
		thumbs = append(thumbs, scatter)
	}
	if name != "" {
		p.Legend.Add(name, thumbs...)
	}
	return nil
}

// addRing marks a point with a ring.
func addRing(p *plot.Plot, name string, at plotter.XY) error {
	ring, err := plotter.NewScatter(plotter.XYs{at})
	if err != nil {
		return err
	}
	ring.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: 6, Shape: draw.RingGlyph{}}
	p.Add(ring)
	p.Legend.Add(name, ring)
	return nil
}
