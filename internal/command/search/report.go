package search

import (
	"fmt"
	"html"
	"strings"

	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/plot"
)

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; }
td.n, th.n { text-align: right; }
div.wide { overflow-x: auto; }
svg { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
body { color: #ddd; background: #121212; }
th, td { border-color: #444; }
svg { filter: invert(.93) hue-rotate(180deg); } /* white becomes the background, and hues stay */
}
</style>
</head>
<body>
<h1>Evaluation</h1>
`

// reportPage returns a report as a page that needs no other file.
func reportPage(r *evaluate.Report) (string, error) {
	var b strings.Builder
	b.WriteString(pageHead)
	cell := func(tag, text string, number bool) {
		class := ""
		if number {
			class = ` class="n"`
		}
		fmt.Fprintf(&b, "<%s%s>%s</%s>", tag, class, html.EscapeString(text), tag)
	}
	table := func(header []string, numbers map[int]bool, rows [][]string) {
		b.WriteString("<div class=\"wide\"><table>\n<tr>")
		for i, h := range header {
			cell("th", h, numbers[i])
		}
		b.WriteString("</tr>\n")
		for _, row := range rows {
			b.WriteString("<tr>")
			for i, c := range row {
				cell("td", c, numbers[i])
			}
			b.WriteString("</tr>\n")
		}
		b.WriteString("</table></div>\n")
	}
	for _, g := range grouped(r.Scores) {
		first := g[0]
		fmt.Fprintf(&b, "<h2>%s: %s</h2>\n", html.EscapeString(string(first.Task)), html.EscapeString(first.Set))
		var bars []plot.Bar
		var rows [][]string
		for _, s := range g {
			value := "-"
			if s.Defined {
				value = fmt.Sprintf("%.4f", s.Value)
				bar := plot.Bar{Name: s.Model, Value: s.Value, Low: s.Value, High: s.Value}
				if s.Interval != nil {
					bar.Low, bar.High = s.Interval.Low, s.Interval.High
				}
				bars = append(bars, bar)
			}
			rows = append(rows, []string{s.Model, value, s.Interval.String(), fmt.Sprint(s.Items), fmt.Sprintf("%.1f%%", 100*s.Coverage)})
		}
		if len(bars) > 0 {
			svg, err := plot.Bars(first.Measure, bars)
			if err != nil {
				return "", err
			}
			text := string(svg)
			if at := strings.Index(text, "<svg"); at > 0 { // without the XML declaration
				text = text[at:]
			}
			b.WriteString(text + "\n")
		}
		table([]string{"model", first.Measure, "95% interval", "items", "known"}, map[int]bool{1: true, 3: true, 4: true}, rows)
		rows = nil
		for _, t := range r.Tests {
			if t.Task == first.Task && t.Set == first.Set && t.Measure == first.Measure {
				rows = append(rows, []string{t.A + " vs " + t.B, fmt.Sprintf("%+.4f", t.Difference), t.Interval.String(), fmt.Sprintf("%.4f", t.P)})
			}
		}
		if len(rows) > 0 {
			table([]string{"difference", "", "95% interval", "p"}, map[int]bool{1: true, 3: true}, rows)
		}
	}
	if len(r.Skipped) > 0 {
		b.WriteString("<h2>Skipped</h2>\n<ul>\n")
		for _, s := range r.Skipped {
			fmt.Fprintf(&b, "<li>%s</li>\n", html.EscapeString(s))
		}
		b.WriteString("</ul>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String(), nil
}

// grouped returns the scores by task and set, in their order.
func grouped(scores []evaluate.Score) [][]evaluate.Score {
	at := map[string]int{}
	var groups [][]evaluate.Score
	for _, s := range scores {
		key := string(s.Task) + "\x00" + s.Set + "\x00" + s.Measure
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}
