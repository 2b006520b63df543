package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spiral returns n points in three groups, with names of many kinds.
func spiral(n int) Points {
	p := Points{Title: "UMAP of <b>12</b> passages & more", XLabel: "UMAP axis 1 (no unit)", YLabel: "UMAP axis 2 (no unit)"}
	for i := range n {
		a := float64(i) / float64(n) * 18
		p.X, p.Y = append(p.X, float32(a*math.Cos(a))), append(p.Y, float32(a*math.Sin(a)))
		p.Group = append(p.Group, int32(i*4/n)-1)
	}
	names := []string{"vulnerabilities, audit, registry", "<script>alert(1)</script> & \"quotes\"", "深層学習の埋め込みベクトル", "שלום עולם, מפה", "👩‍👩‍👧 🚀 emoji",
		"a line\nand\x00a\x1b[31mcontrol\u202e", strings.Repeat("long name ", 20)}
	for i, s := range names {
		at := (i + 1) * n / (len(names) + 1)
		if n > 0 {
			p.Names = append(p.Names, Name{Text: s, X: p.X[at], Y: p.Y[at]})
		}
	}
	return p
}

// wellFormed reads an SVG file, and checks that its only elements are those of drawings.
func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && !strings.Contains(" svg g path text image style rect ", " "+e.Name.Local+" ") {
			t.Errorf("element %s", e.Name.Local)
		}
	}
}

func TestMap(t *testing.T) {
	equal := Points{X: make([]float32, 9), Y: make([]float32, 9)}
	for name, p := range map[string]Points{"usual": spiral(400), "many": spiral(maxShapes + 1), "none": {}, "one": spiral(1), "two": spiral(2), "equal": equal} {
		svg, err := Map("svg", p)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wellFormed(t, svg)
		again, err := Map("svg", p)
		if err != nil || !bytes.Equal(svg, again) {
			t.Errorf("%s: the plot differs the second time (%v)", name, err)
		}
		if svg, _, _ := bytes.Cut(svg, []byte("base64,")); bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) { // not in an image
			t.Errorf("%s: a position is not a number", name)
		}
		if name == "usual" && (!bytes.Contains(svg, []byte("深層学習")) || !bytes.Contains(svg, []byte("&lt;script&gt;")) || !bytes.Contains(svg, []byte(">a line and a [31mcontrol<"))) {
			t.Error("a name is missing")
		}
		html, err := Map("html", p)
		if err != nil || !bytes.Contains(html, []byte("</html>")) || bytes.Contains(html, []byte("<script")) || bytes.Contains(html, []byte("<b>")) {
			t.Errorf("%s: html: %v", name, err)
		}
		file, err := Map("png", p)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := png.Decode(bytes.NewReader(file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if dir := os.Getenv("PLOTS"); dir != "" {
			for end, data := range map[string][]byte{".svg": svg, ".png": file, ".html": html} {
				if err := os.WriteFile(filepath.Join(dir, "map-"+name+end), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestSimilarities(t *testing.T) {
	texts := []string{"the cat sat on the mat", "<b>a</b> & c", "深層学習の埋め込み", strings.Repeat("very long ", 30), "", "e\u0301a"}
	values := make([][]float64, len(texts))
	for i := range values {
		for j := range texts {
			values[i] = append(values[i], math.Cos(float64(i-j)))
		}
	}
	values[4][0] = math.NaN()
	dir := t.TempDir()
	if d := os.Getenv("PLOTS"); d != "" {
		dir = d
	}
	for _, n := range []int{1, 2, 6} {
		for _, end := range Formats {
			path := filepath.Join(dir, "similar"+string(rune('0'+n))+"."+end)
			part := make([][]float64, n)
			for i := range part {
				part[i] = values[i][:n]
			}
			data, err := Similarities(end, "Similarity of texts", "cosine (−1 to 1)", texts[:n], part)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if end == "svg" {
				wellFormed(t, data)
				if n == 6 && (!bytes.Contains(data, []byte(">1.00<")) || !bytes.Contains(data, []byte(">0.54<")) || !bytes.Contains(data, []byte(">-0.99<"))) {
					t.Error("a value is missing")
				}
			}
		}
	}
	if _, err := Similarities("svg", "", "", nil, nil); err == nil {
		t.Error("no texts were plotted")
	}
}

func TestShade(t *testing.T) {
	for v, want := range map[float64]color.RGBA{0: {250, 250, 250, 255}, 1: {8, 81, 140, 255}, -1: {180, 80, 0, 255}, 0.5: {129, 166, 195, 255}, 7: {8, 81, 140, 255}} {
		if got := Shade(v); got != want {
			t.Errorf("%g: %v, want %v", v, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in      string
		columns int
		want    string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {" a\n\tb\x07 ", 9, "a b"}, {"a\xffb", 9, "a\uFFFDb"}, {"漢字漢字", 8, "漢字漢字"}, {"漢字漢字", 7, "漢字…"},
		{"\u202eabc", 9, "abc"}, {"", 3, ""}, {"ab e\u0301e\u0301e\u0301", 5, "ab e\u0301…"},
	} {
		if got := Clean(c.in, c.columns); got != c.want {
			t.Errorf("%q, %d: %q, want %q", c.in, c.columns, got, c.want)
		}
	}
	if n := Missing([]string{"abc é Ж ש", "漢", "a 🚀"}); n != 2 {
		t.Errorf("%d texts have characters without a glyph", n)
	}
}

func TestWriteBars(t *testing.T) {
	dir := t.TempDir()
	if d := os.Getenv("PLOTS"); d != "" {
		dir = d
	}
	for _, end := range Formats {
		err := WriteBars(filepath.Join(dir, "bars."+end), "nDCG@10 by mode: Cranfield", "nDCG@10 (0 to 1), with 95% intervals", []Bar{{"bm25", 0.39, 0.35, 0.43}, {"dense", 0.36, 0.33, 0.4}, {"hybrid", 0.41, 0.38, 0.45}})
		if err != nil {
			t.Error(err)
		}
	}
	if err := WriteBars(filepath.Join(dir, "no", "bars.svg"), "", "", []Bar{{"a", 1, 1, 1}}); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a folder that does not exist: %v", err)
	}
}
