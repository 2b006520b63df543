package exchange

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sample are vectors whose values in each type are known: halves, steps of 1/127 up to ±1, signs.
// The last texts are hard to write in one line.
var sample = struct {
	ids, texts []string
	vectors    [][]float32
}{
	[]string{"a", "7", "tab\there"},
	[]string{"plain text", "two\nlines, \"quoted\"\r\nand more", `back\slash	tab`},
	[][]float32{{1, -0.5, 0, 0.25, 0.1, -1, 0.75, 0.3, -0.2, 0.001}, {-1, 0.5, 0.125, 0, 0, 0.0625, 0, 0, 0, 0.2}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
}

// stored is what the sample reads back as.
func stored(d DType, x float32) float32 {
	switch d {
	case Float16:
		return map[float32]float32{0.1: 0.099975586, 0.3: 0.30004883, -0.2: -0.19995117, 0.2: 0.19995117, 0.001: 0.0010004044}[x] + map[bool]float32{true: x}[float32(math.Round(float64(x)*16))/16 == x]
	case Int8:
		return float32(math.RoundToEven(float64(x)*127)) * (1 / float32(127))
	case Binary:
		if x > 0 {
			return 1
		}
		return -1
	}
	return x
}

// Every format in every type reads back as what was written, with ids and texts where the format
// holds them, whether the number of rows was known or not.
func TestTypesRoundTrip(t *testing.T) {
	for _, f := range WritableTexts() {
		if f.Name == "toy" {
			continue
		}
		for _, d := range f.dtypes() {
			for _, rows := range []int64{3, Unknown} {
				t.Run(fmt.Sprintf("%s/%s/%d", f.Name, d, rows), func(t *testing.T) {
					path := filepath.Join(t.TempDir(), "v"+f.Extensions[0])
					shape := Shape{Rows: rows, Dim: 10, HasID: true, Fields: []string{"lang"}, Text: true, DType: d}
					writeSample(t, path, f.Name, shape)
					var got, want []string
					v, err := Open(t.Context(), path, Options{Unnamed: true, IDs: true})
					if err != nil {
						t.Fatal(err)
					}
					defer v.Close()
					err = v.Each(t.Context(), func(row Row) error {
						got = append(got, fmt.Sprintf("%q %v", row.Token, row.Values))
						return nil
					})
					for i, x := range sample.vectors {
						x = slices.Clone(x)
						for k := range x {
							x[k] = stored(d, x[k]) + 0
						}
						want = append(want, fmt.Sprintf("%q %v", sample.ids[i], x))
					}
					if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
						t.Errorf("read %v\n%s, want\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
					if v.Format != f.Name || cmp.Or(v.DType, Float32) != d && !(d == Float16 && !f.Binary) {
						t.Errorf("read as %s, %s", v.Format, v.DType)
					}
					if f.Holds.Texts {
						v, err := Open(t.Context(), path, Options{Unnamed: true})
						if err != nil {
							t.Fatal(err)
						}
						defer v.Close()
						i := 0
						if err := v.Each(t.Context(), func(row Row) error {
							if string(row.Token) != sample.texts[i] || row.ID != sample.ids[i] {
								t.Errorf("row %d: text %q, id %q", i, row.Token, row.ID)
							}
							i++
							return nil
						}); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
	}
}

// writeSample writes the sample with what belongs beside it.
func writeSample(t *testing.T, path, format string, shape Shape) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := NewWriter(file, format, shape)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ids := IDsHeader(shape)
	for i, x := range sample.vectors {
		row := Row{Token: []byte(sample.texts[i]), Known: 2, Values: x, ID: sample.ids[i], Fields: []string{"en"}}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		ids = AppendIDs(ids, shape, row)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if info := w.Info(); info != nil {
		if err := os.WriteFile(InfoFile(path), info, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f, _ := Lookup(Writable(), format); f.Holds.IDs == Beside {
		if err := os.WriteFile(IDsFile(path), ids, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
