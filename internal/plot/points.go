package plot

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// clusterColors are those of the map of the page of "search serve".
var clusterColors = []color.NRGBA{
	{0, 114, 178, 255}, {230, 159, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {213, 94, 0, 255}, {86, 180, 233, 255},
	{148, 118, 214, 255}, {178, 145, 20, 255}, {17, 140, 140, 255}, {224, 91, 126, 255}, {120, 150, 60, 255}, {150, 110, 80, 255},
}

// noCluster is the color of points of no cluster.
var noCluster = color.NRGBA{140, 140, 140, 255}

// maxShapes is the largest number of points that are drawn as shapes. More are an image in an SVG file.
const maxShapes = 5000

// Points are points in two dimensions.
type Points struct {
	Title  string
	XLabel string
	YLabel string
	X, Y   []float32
	Group  []int32 // of each point, for its color; nil or -1: none
	Names  []Name  // the most important first: those that overlap others are left out
}

// Name is a text at a position.
type Name struct {
	Text string
	X, Y float32
	Dot  bool // at the right of a point, not in the middle of many
}

// Map plots points and returns the plot in a format of Formats. The two axes have the same scale.
func Map(format string, p Points) ([]byte, error) {
	return renderTitled(format, p.Title, 24*vg.Centimeter, 19*vg.Centimeter, p.paint)
}

func (p Points) paint(canvas draw.Canvas) {
	canvas = draw.Crop(canvas, margin, -margin, margin, -margin)
	heading := textStyle(13)
	heading.YAlign = draw.YTop
	if p.Title != "" {
		canvas.FillText(heading, vg.Point{X: canvas.Min.X, Y: canvas.Max.Y}, Clean(p.Title, 110))
		canvas.Max.Y -= 24
	}
	small := textStyle(10)
	small.XAlign = draw.XCenter
	canvas.FillText(small, vg.Point{X: (canvas.Min.X + canvas.Max.X) / 2, Y: canvas.Min.Y + 2}, p.XLabel)
	canvas.Min.Y += 18
	small.Rotation, small.YAlign = math.Pi/2, draw.YTop
	canvas.FillText(small, vg.Point{X: canvas.Min.X, Y: (canvas.Min.Y + canvas.Max.Y) / 2}, p.YLabel)
	canvas.Min.X += 18
	frame := draw.LineStyle{Color: pale, Width: vg.Points(0.8)}
	corners := []vg.Point{canvas.Min, {X: canvas.Max.X, Y: canvas.Min.Y}, canvas.Max, {X: canvas.Min.X, Y: canvas.Max.Y}, canvas.Min}
	canvas.StrokeLines(frame, corners)
	at := p.fit(canvas)
	n := len(p.X)
	radius := vg.Length(min(3.2, max(0.7, 90/math.Sqrt(float64(n)+1))))
	dots := func(c draw.Canvas) {
		for i := range p.X {
			c.DrawGlyph(draw.GlyphStyle{Color: p.color(i, n), Radius: radius, Shape: draw.CircleGlyph{}}, at(p.X[i], p.Y[i]))
		}
	}
	if n <= maxShapes {
		dots(canvas)
	} else {
		size := canvas.Max.Sub(canvas.Min)
		clear := vgimg.NewWith(vgimg.UseWH(size.X, size.Y), vgimg.UseDPI(2*dpi), vgimg.UseBackgroundColor(color.Transparent))
		inner := draw.New(clear)
		moved := at
		at = func(x, y float32) vg.Point { return moved(x, y).Sub(canvas.Min) }
		dots(inner)
		at = moved
		canvas.DrawImage(canvas.Rectangle, clear.Image())
	}
	p.name(canvas, at, radius)
}

// fit returns the place of a position in the canvas.
func (p Points) fit(canvas draw.Canvas) func(x, y float32) vg.Point {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := range p.X {
		for j, v := range [2]float64{float64(p.X[i]), float64(p.Y[i])} {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	if len(p.X) == 0 {
		low, high = [2]float64{}, [2]float64{}
	}
	const room = 14
	scale := math.Inf(1)
	size := canvas.Max.Sub(canvas.Min)
	for j, s := range [2]float64{size.X.Points() - 2*room, size.Y.Points() - 2*room} {
		if d := high[j] - low[j]; d > 0 {
			scale = min(scale, s/d)
		}
	}
	if math.IsInf(scale, 1) { // one place
		scale = 1
	}
	return func(x, y float32) vg.Point {
		return vg.Point{X: (canvas.Min.X+canvas.Max.X)/2 + vg.Points(scale*(float64(x)-(low[0]+high[0])/2)),
			Y: (canvas.Min.Y+canvas.Max.Y)/2 + vg.Points(scale*(float64(y)-(low[1]+high[1])/2))}
	}
}

// color is more transparent when there are many points.
func (p Points) color(i, n int) color.Color {
	c := noCluster
	if p.Group != nil && p.Group[i] >= 0 {
		c = clusterColors[int(p.Group[i])%len(clusterColors)]
	}
	c.A = uint8(min(230, max(110, 255-20*math.Log10(float64(n)+1)*2)))
	return c
}

// name writes the names, each on a box that is nearly opaque, and not over another one.
func (p Points) name(canvas draw.Canvas, at func(x, y float32) vg.Point, radius vg.Length) {
	var taken []vg.Rectangle
	for _, n := range p.Names {
		style, columns := textStyle(9.5), 40
		if n.Dot {
			style, columns = textStyle(8.5), 30
		}
		text := Clean(n.Text, columns)
		if text == "" {
			continue
		}
		w, h := style.Width(text)+6, style.Height(text)+4
		to := at(n.X, n.Y).Sub(vg.Point{X: w / 2, Y: h / 2})
		if n.Dot {
			to = at(n.X, n.Y).Add(vg.Point{X: radius, Y: -h / 2})
		}
		to.X = max(canvas.Min.X+1, min(to.X, canvas.Max.X-w-1))
		to.Y = max(canvas.Min.Y+1, min(to.Y, canvas.Max.Y-h-1))
		steps := []vg.Length{0, 1, -1, 2, -2}
		if n.Dot {
			steps = steps[:1]
		}
		for _, step := range steps {
			box := vg.Rectangle{Min: to.Add(vg.Point{Y: step * (h + 1)})}
			box.Max = box.Min.Add(vg.Point{X: w, Y: h})
			if box.Min.Y < canvas.Min.Y || box.Max.Y > canvas.Max.Y || overlaps(box, taken) {
				continue
			}
			taken = append(taken, box)
			if !n.Dot {
				canvas.FillPolygon(color.NRGBA{255, 255, 255, 175}, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}})
			}
			canvas.FillText(style, box.Min.Add(vg.Point{X: 3, Y: 2}), text)
			break
		}
	}
}

func overlaps(box vg.Rectangle, others []vg.Rectangle) bool {
	for _, o := range others {
		if box.Min.X < o.Max.X && o.Min.X < box.Max.X && box.Min.Y < o.Max.Y && o.Min.Y < box.Max.Y {
			return true
		}
	}
	return false
}

// textStyle is the style of texts that are not of an axis.
func textStyle(size vg.Length) draw.TextStyle {
	return draw.TextStyle{Color: ink, Font: sans(size), Handler: plot.DefaultTextHandler}
}

// Similarities plots the similarities of texts, a value from -1 to 1 for each pair, as a table of shades,
// and returns the plot in a format of Formats. label says what the values are.
func Similarities(format, title, label string, texts []string, values [][]float64) ([]byte, error) {
	n := len(texts)
	if n == 0 {
		return nil, fmt.Errorf("plotting %s: no texts", title)
	}
	cell := vg.Length(min(34, max(6, 700/float64(n))))
	width := margin*2 + 250 + vg.Length(n)*cell + 70
	height := max(margin*2+30+20+vg.Length(n)*cell+8, 190)
	return renderTitled(format, title, width, height, func(canvas draw.Canvas) { shades(canvas, title, label, texts, values, cell) })
}

func shades(canvas draw.Canvas, title, label string, texts []string, values [][]float64, cell vg.Length) {
	canvas = draw.Crop(canvas, margin, -margin, margin, -margin)
	heading := textStyle(13)
	heading.YAlign = draw.YTop
	canvas.FillText(heading, vg.Point{X: canvas.Min.X, Y: canvas.Max.Y}, Clean(title, 60))
	n := len(texts)
	left, top := canvas.Min.X+250, canvas.Max.Y-50
	size := max(5, min(10, cell*0.6))
	row, number := textStyle(size), textStyle(min(9, size))
	row.YAlign = draw.YCenter // at the left: the fonts of a reader may be wider
	number.XAlign, number.YAlign = draw.XCenter, draw.YCenter
	for i, text := range texts {
		y := top - vg.Length(i)*cell - cell/2
		canvas.FillText(row, vg.Point{X: canvas.Min.X, Y: y}, Clean(text, 38))
		canvas.FillText(number, vg.Point{X: left - 9, Y: y}, fmt.Sprint(i+1))
		canvas.FillText(number, vg.Point{X: left + vg.Length(i)*cell + cell/2, Y: top + 7}, fmt.Sprint(i+1))
		for j, v := range values[i] {
			x := left + vg.Length(j)*cell
			box(canvas, Shade(v), x, y-cell/2, cell-0.5, cell-0.5)
			if cell >= 20 {
				style := number
				if dark := math.Abs(v) > 0.6; dark {
					style.Color = color.White
				}
				canvas.FillText(style, vg.Point{X: x + cell/2, Y: y}, decimal(v))
			}
		}
	}
	// The legend: from 1 at the top to the smallest value.
	low := 0.0
	for _, list := range values {
		for _, v := range list {
			if v < 0 { // not NaN
				low = v
			}
		}
	}
	if low < 0 {
		low = -1
	}
	x := left + vg.Length(n)*cell + 18
	long := min(120, max(vg.Length(n)*cell, 100))
	steps := 48
	for i := range steps {
		v := 1 - (1-low)*(float64(i)+0.5)/float64(steps)
		box(canvas, Shade(v), x, top-long*vg.Length(i+1)/vg.Length(steps), 10, long/vg.Length(steps)+0.3)
	}
	key := textStyle(9)
	key.YAlign = draw.YCenter
	for _, v := range ticks(low, 1) {
		canvas.FillText(key, vg.Point{X: x + 14, Y: top - long*vg.Length((1-v.Value)/(1-low))}, v.Label)
	}
	key.Rotation, key.XAlign, key.YAlign = -math.Pi/2, draw.XCenter, draw.YBottom
	canvas.FillText(key, vg.Point{X: x + 34, Y: top - long/2}, label)
}

func decimal(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return strings.Replace(fmt.Sprintf("%.2f", v), "-0.00", "0.00", 1)
}

func box(canvas draw.Canvas, c color.Color, x, y, w, h vg.Length) {
	canvas.FillPolygon(c, []vg.Point{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + h}, {X: x, Y: y + h}})
}

// Shade is the color of a similarity: white for 0, blue for 1, orange for -1, and gray if it is undefined.
func Shade(v float64) color.RGBA {
	if math.IsNaN(v) {
		return color.RGBA{200, 200, 200, 255}
	}
	to := [3]float64{8, 81, 140}
	if v < 0 {
		to = [3]float64{180, 80, 0}
	}
	part := min(1, math.Abs(v))
	mix := func(i int) uint8 { return uint8(math.Round(250 + (to[i]-250)*part)) }
	return color.RGBA{mix(0), mix(1), mix(2), 255}
}
