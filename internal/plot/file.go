package plot

import (
	"bytes"
	"fmt"
	"html"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Formats are the formats of plots, which are the endings of their files.
var Formats = []string{"svg", "png", "html"}

// CheckPath returns an error unless a plot can be written at path: the name must end in .svg, .png or
// .html.
func CheckPath(path string) error {
	if !slices.Contains(Formats, format(path)) {
		return fault.New("name a file that ends in .svg, .png or .html", "cannot plot to %s", path)
	}
	return nil
}

func format(path string) string { return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".") }

// write draws a plot and writes it to path, replacing an existing file.
func write(path, title string, width, height vg.Length, paint func(draw.Canvas)) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	file, err := renderTitled(format(path), title, width, height, paint)
	if err != nil {
		return fmt.Errorf("plotting %s: %w", path, err)
	}
	f, err := durable.CreateFile(path, true)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(file); err != nil {
		return err
	}
	return f.Commit()
}

// renderTitled is render for svg, png and html. A panic of the library is an error.
func renderTitled(format, title string, width, height vg.Length, paint func(draw.Canvas)) (file []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			file, err = nil, fault.Recovered(v)
		}
	}()
	if format != "html" {
		return render(format, width, height, paint)
	}
	svg, err := render("svg", width, height, paint)
	if err != nil {
		return nil, err
	}
	if at := bytes.Index(svg, []byte("<svg")); at > 0 { // without the XML declaration
		svg = svg[at:]
	}
	return fmt.Appendf(nil, page, html.EscapeString(title), svg), nil
}

// page is a page that needs no other file.
const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: #fff; }
svg { max-width: 100%%; height: auto; }
@media (prefers-color-scheme: dark) { body { background: #121212; } }
</style>
</head>
<body>
%s
</body>
</html>
`

// dark makes an SVG file readable on a dark screen: white becomes nearly black, and hues stay.
const dark = `<style>:root { color-scheme: light dark; } @media (prefers-color-scheme: dark) { svg { filter: invert(.93) hue-rotate(180deg); } }</style>
<rect width="100%" height="100%" fill="#ffffff"/>`

// Clean returns a text as a label of at most columns columns: one line, without control characters, and
// with … where it was cut.
func Clean(s string, columns int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) || r >= 0xFFFE && r <= 0xFFFF
	}), " ")
	used := 0
	for i, r := range s {
		w := 1
		switch {
		case wide(r):
			w = 2
		case unicode.In(r, unicode.M) || r == 0x200D:
			w = 0
		}
		if used += w; used > columns {
			return strings.TrimRight(s[:max(0, lastStart(s[:i]))], " ") + "…"
		}
	}
	return s
}

// lastStart returns where the last character of s starts.
func lastStart(s string) int {
	last := 0
	for i, r := range s {
		if !unicode.In(r, unicode.M) && r != 0x200D { // marks and joiners belong to the character before
			last = i
		}
	}
	return last
}

// wide reports whether a character takes two columns.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1F300 && r <= 0x1FAFF || r >= 0xFF00 && r <= 0xFF60
}

// Missing returns how many of the texts have characters that PNG files cannot show, because the font has no
// glyph for them. SVG and HTML files use the fonts of the reader.
func Missing(texts []string) (n int) {
	face := font.DefaultCache.Lookup(sans(10), 10)
	if face.Face == nil {
		return 0
	}
	for _, s := range texts {
		for _, r := range s {
			if at, err := face.Face.GlyphIndex(nil, r); err == nil && at == 0 {
				n++
				break
			}
		}
	}
	return n
}
