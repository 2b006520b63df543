package exchange

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// The archives in testdata/npz are NumPy's. Their first value is 2.040919.
func TestNPZ(t *testing.T) {
	named := `"the" "über" "東京" "😀" "new york"`
	for _, c := range []struct {
		file string
		o    Options
		want string
	}{
		{"words.npz", Options{}, named + " 2.040"}, // float16: 2.041 is 2.0410156
		{"bytes.npz", Options{}, named + " 2.040"},
		{"two.npz", Options{VectorColumn: "b"}, named + " 4.081"},
		{"two.npz", Options{VectorColumn: "a"}, named + " 2.040"},
		{"two.npz", Options{}, "several arrays can be the vectors: \"a\", \"b\" | set VectorColumn to the name"},
		{"two.npz", Options{VectorColumn: "c"}, `VectorColumn names the array "c", which`},
		{"one.npz", Options{Unnamed: true}, `"" "" "" "" "" 2.040`},
		{"one.npz", Options{}, "no list of words"},
		{"objects.npz", Options{}, "no list of words"},
		{"objects.npz", Options{Unnamed: true}, `"" "" "" "" "" 2.040`},
	} {
		v, err := Open(context.Background(), filepath.Join("testdata", "npz", c.file), c.o)
		var words []string
		first := float32(0)
		if err == nil {
			err = v.Each(context.Background(), func(row Row) error {
				if words = append(words, fmt.Sprintf("%q", row.Token)); len(words) == 1 {
					first = row.Values[0]
				}
				return nil
			})
			v.Close()
		}
		got := fmt.Sprintf("%s %.4f", strings.Join(words, " "), first)
		got = strings.Replace(got, "2.0410", "2.0409", 1)
		if err != nil {
			got = err.Error() + " | " + fault.Hint(err)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %+v: %s, want %s", c.file, c.o, got, c.want)
		}
	}
}

// npzOf is an archive with files of any content.
func npzOf(t *testing.T, method uint16, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(files[i+1]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNPZErrors(t *testing.T) {
	array := func(descr, shape, data string) string {
		dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape)
		return npyfile.Magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict + data
	}
	good := array("<f4", "(2, 1)", float32s(1, 2))
	whole := npzOf(t, zip.Store, "vectors.npy", good)
	for name, c := range map[string]struct{ content, want string }{
		"damaged":   {strings.Replace(whole, float32s(1, 2), float32s(1, 3), 1), "checksum error"},
		"no arrays": {npzOf(t, zip.Store, "a.npy", array("<f4", "(2,)", float32s(1, 2)), "x.txt", "abc"), "no array of two dimensions of numbers, only a (\"f4\", 32-bit floating-point numbers), x.txt"},
		"bomb":      {npzOf(t, zip.Deflate, "a.npy", array("<f4", "(1000000, 25)", strings.Repeat("\x00", 100_000_000))), "no vectors are that regular"},
		"rows":      {npzOf(t, zip.Deflate, "a.npy", array("<f4", "(2000000000, 60000)", float32s(1, 2))), "ends inside row 1 of 2000000000"},
		"shape":     {npzOf(t, zip.Store, "a.npy", array("<f4", "(99999999999999999999, 2)", "")), "is out of range"},
		"short":     {npzOf(t, zip.Store, "a.npy", "\x93NUM"), `array "a.npy": unexpected EOF`},
		"objects":   {npzOf(t, zip.Store, "a.npy", array("|O", "(2, 2)", "")), "only a (\"O\", Python objects in a pickle)"},
		"columns":   {npzOf(t, zip.Store, "a.npy", strings.Replace(good, "False", "True", 1)+" "), "in C order"},
		"words":     {npzOf(t, zip.Store, "a.npy", good, "words.npy", array("<U99999999", "(2,)", "")), "words of type"},
		"few words": {npzOf(t, zip.Store, "a.npy", good, "words.npy", array("<U1", "(2,)", "a\x00\x00\x00")), "ends after 1 word"},
	} {
		_, _, err := Import(context.Background(), fileOf(t, "v.npz", c.content), ImportOptions{})
		if name == "damaged" || name == "rows" || name == "columns" || name == "bomb" {
			_, err = ReadVectors(context.Background(), fileOf(t, "v.npz", c.content), Options{}, func(int64, []float32) error { return nil })
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for n := 30; n < len(whole); n++ {
		if _, err := ReadVectors(context.Background(), fileOf(t, "v.npz", whole[:n]), Options{}, func(int64, []float32) error { return nil }); err == nil || fault.Hint(err) == "" {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
}

// gensim stores large tables beside its pickle.
func TestSidecars(t *testing.T) {
	path := fileOf(t, "w.kv", "\x80\x04\x95 gensim.models.keyedvectors")
	if err := os.WriteFile(path+".vectors.npy", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), "w.kv.vectors.npy") {
		t.Error(err)
	}
}

// The values of rows are those of the format's definition.
func TestVecs(t *testing.T) {
	i32 := func(values ...int32) string {
		var b []byte
		for _, x := range values {
			b = little.AppendUint32(b, uint32(x))
		}
		return string(b)
	}
	f := i32(2) + float32s(1.5, -2) + i32(2) + float32s(0, 4)
	for _, c := range []struct{ file, content, want string }{
		{"v.fvecs", f, "fvecs [1.5 -2] [0 4]"},
		{"v.fvecs.gz", compressed(t, "gz", f), "fvecs [1.5 -2] [0 4]"},
		{"v", f, "fvecs [1.5 -2] [0 4]"},
		{"v.ivecs", i32(2, 7, -1, 2, 100, 0), "ivecs [7 -1] [100 0]"},
		{"v", i32(2, 7, -1, 2, 100, 1), "ivecs [7 -1] [100 1]"},
		{"v.bvecs", i32(3) + "\x00\x7f\xff" + i32(3) + "\r\x02\x03", "bvecs [0 127 255] [13 2 3]"},
		{"v", i32(3) + "\x00\x7f\xff" + i32(3) + "\r\x02\x03", "bvecs [0 127 255] [13 2 3]"},
		{"v.fvecs", f + i32(3) + float32s(1, 2, 3), "v.fvecs: row 3, byte 24: a vector of 3 dimensions, but the first has 2"},
		{"v.fvecs", f[:12] + i32(0) + f[16:], "row 2, byte 12: a vector of 0 dimensions"},
		{"v.fvecs", f[:20], "v.fvecs: ends inside row 2"},
		{"v.fvecs", i32(-1) + float32s(1), "vectors of -1 dimensions"},
		{"v.fvecs", i32(1<<30) + float32s(1), "vectors of 1073741824 dimensions"},
		{"v.bvecs", i32(3) + "ab", "ends inside row 1"},
	} {
		path := fileOf(t, c.file, c.content)
		got := ""
		v, err := Open(context.Background(), path, Options{Unnamed: true})
		if err == nil {
			got = v.Format
			err = v.Each(context.Background(), func(row Row) error { got += fmt.Sprint(" ", row.Values); return nil })
			v.Close()
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, c.want) && !(err != nil && strings.Contains(got, c.want) && fault.Hint(err) != "") {
			t.Errorf("%s %q: %s, want %s", c.file, c.content, got, c.want)
		}
	}
	c := &checkpoints.Checkpoint{}
	*c = *newSmall(t)
	if got, want := export(t, c, "fvecs")[:16], i32(3)+float32s(1, -2.5, 0.1); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Values of 2 bytes are detected, and in doubt refused.
func TestWord2VecFloat16(t *testing.T) {
	half := "\x00\x3c\x00\xc0\x00\x38\x00\x00" // 1, -2, 0.5, 0
	for _, c := range []struct {
		content string
		d       DType
		want    string
	}{
		{"2 4\nthe " + half + "of " + half, "", "float16 the[1 -2 0.5 0] of[1 -2 0.5 0]"},
		{"2 4\nthe " + half + "\nof " + half + "\n", "", "float16 the[1 -2 0.5 0] of[1 -2 0.5 0]"},
		{"2 2\nthe " + float32s(1, -2) + "of " + float32s(3, 4), "", "float32 the[1 -2] of[3 4]"},
		{"2 2\nthe " + float32s(1, -2) + "of " + float32s(3, 4), Float16, "more data after the last of 2 rows"},
		{"2 4\nthe " + half + "of " + half[:4], "", "ends inside row"},
		{"2 4\nthe " + half + "of " + half, Int8, "DType"},
	} {
		got := opened(t, fileOf(t, "v.bin", c.content), Options{DType: c.d})
		want := c.want
		if i := strings.Index(want, " "); strings.HasPrefix(want, "float") {
			v, err := Open(context.Background(), fileOf(t, "v.bin", c.content), Options{})
			if err != nil || string(v.DType) != want[:i] {
				t.Errorf("%q: %v, %v", c.content, v, err)
				continue
			}
			v.Close()
			want = "word2vec-bin" + want[i:]
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", c.content, got, want)
		}
	}
	many := "3000 4\n"
	for i := range 3000 {
		many += fmt.Sprintf("word%d ", i) + half
	}
	if got := opened(t, fileOf(t, "v.bin", compressed(t, "gz", many)), Options{}); !strings.HasPrefix(got, "word2vec-bin word0[1 -2 0.5 0] word1[1 ") {
		t.Errorf("%.100s", got)
	}
}
