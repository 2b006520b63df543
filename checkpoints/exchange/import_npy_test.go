package exchange

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// Arrays as NumPy writes them, with a list of words beside.
func TestImportNPY(t *testing.T) {
	header := func(descr, order, shape string) string {
		return strings.Replace(npyFile(descr, shape), "False", order, 1)
	}
	doubles := ""
	for _, x := range []float64{1, 0.1, -3, 1e-30} {
		doubles += string(little.AppendUint64(nil, math.Float64bits(x)))
	}
	var swapped []byte
	for _, x := range []float32{1, 0.1, -3, 1e-30} {
		swapped = big.AppendUint32(swapped, math.Float32bits(x))
	}
	for _, c := range []struct{ name, content, words, want string }{
		{"f4", header("<f4", "False", "(2, 2)") + float32s(1, 0.1, -3, 1e-30), "a\nb\n", ""},
		{"f8", header("<f8", "False", "(2, 2)") + doubles, "a\nb", ""},
		{"big-endian", header(">f4", "False", "(2, 2)") + string(swapped), "a\r\nb\r\n", ""},
		{"a byte order mark", header("<f4", "False", "(2, 2)") + float32s(1, 0.1, -3, 1e-30), "\ufeffa\nb\n", ""},
		{"Fortran order", header("<f4", "True ", "(2, 2)") + doubles, "a\nb\n", "in C order but found"},
		{"three dimensions", header("<f4", "False", "(2, 2, 1)") + doubles, "a\nb\n", "two dimensions"},
		{"integers", header("<i4", "False", "(2, 2)") + doubles, "a\nb\n", `of type f4 or f8 but found "<i4"`},
		{"cut", header("<f4", "False", "(3, 2)") + float32s(1, 2, 3, 4), "a\nb\nc\n", "ends inside row 3 of 3"},
		{"hostile", header("<f4", "False", "(2000000000, 16000)") + float32s(1, 2, 3, 4), "a\nb\nc\n", "ends inside row 1 of 2000000000"},
		{"more words", header("<f4", "False", "(1, 2)") + float32s(1, 2), "a\nb\n", "more words than the 1 rows"},
		{"fewer words", header("<f4", "False", "(2, 2)") + float32s(1, 2, 3, 4), "a\n", "ends after 1 words"},
		{"more values", header("<f4", "False", "(1, 2)") + float32s(1, 2, 3, 4), "a\n", "more data after the last of 1 rows"},
		{"a bad count", header("<f4", "False", "(1, 2)") + float32s(1, 2), "a\t-1\n", `vocab.tsv:1: count "-1" is not a number`},
		{"too large", header("<f8", "False", "(1, 1)") + string(little.AppendUint64(nil, math.Float64bits(1e39))), "a\n", "value 1 of \"a\" is +Inf"},
		{"no words", header("<f4", "False", "(1, 2)") + float32s(1, 2), "", "no list of words"},
	} {
		path := fileOf(t, "x.npy", c.content)
		if c.words != "" {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), checkpoints.VocabularyFile), []byte(c.words), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		model, _, err := Import(context.Background(), path, ImportOptions{})
		if c.want == "" {
			if err != nil || described(model) != "\"a\" 2 [1 0.1]\n\"b\" 1 [-3 1e-30]\n" {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
