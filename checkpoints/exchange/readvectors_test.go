package exchange

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/internal/fault"
)

func readAll(t testing.TB, content string) ([]string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var rows []string
	_, err := ReadVectors(t.Context(), path, Options{}, func(_ int64, v []float32) error {
		rows = append(rows, fmt.Sprint(v))
		return nil
	})
	return rows, err
}

// word2vecBinary is two vectors in word2vec's binary format.
func word2vecBinary() string {
	b := []byte("2 2\n")
	for i, word := range []string{"one", "two"} {
		b = append(b, word+" "...)
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)+0.5))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(-1.25))
		b = append(b, '\n')
	}
	return string(b)
}

func TestReadVectors(t *testing.T) {
	const want = "[[0.5 -1.25] [1.5 -1.25]]"
	for name, content := range map[string]string{
		"npy":        npyFile("<f4", "(2, 2)") + float32s(0.5, -1.25, 1.5, -1.25),
		"no words":   "2 2\n " + float32s(0.5, -1.25) + "\n " + float32s(1.5, -1.25),
		"text":       "a 0.5 -1.25\nb 1.5 -1.25\n",
		"word2vec":   "2 2\na 0.5 -1.25\nb 1.5 -1.25\n",
		"binary":     word2vecBinary(),
		"json":       `{"dimensions": 2, "words": ["a", {"b": []}], "vectors": {"a": [0.5, -1.25, 7], "b": [1.5, -1.25]}, "more": 1}`,
		"json, wink": `{"dimensions": 2, "vectors": {"a": [0.5, -1.25, 7, 0], "b": [1.5, -1.25, 7, 1]}}`,
	} {
		if rows, err := readAll(t, content); err != nil || fmt.Sprint(rows) != want {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
	for name, content := range map[string]string{
		"json, no vectors":   `{"dimensions": 2}`,
		"json, cut":          `{"vectors": {"a": [0.5, 1`,
		"json, short":        `{"dimensions": 3, "vectors": {"a": [0.5, 1]}}`,
		"json, words":        `{"vectors": {"a": ["x", 1, 2]}}`,
		"json, no object":    `{"vectors": [1, 2]}`,
		"json, many":         `{"dimensions": 99999999, "vectors": {}}`,
		"binary, cut":        word2vecBinary()[:20],
		"json, not a number": `{"vectors": {"a": [1, 2, 3]}`,
		"npy, cut":           npyFile("<f4", "(2, 2)") + float32s(1),
		"text, another row":  "a 1 2\nb 1\n",
		"text, many values":  "2 9223372036854775807\na 1 2\n",
	} {
		if rows, err := readAll(t, content); err == nil || fault.Hint(err) == "" || !strings.Contains(err.Error(), string(filepath.Separator)+"v") {
			t.Errorf("%s: %v, %v", name, rows, err)
		} else if strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A JSON file is read whole or refused, in words that do not speak of Go.
func TestJSONErrors(t *testing.T) {
	for content, want := range map[string]string{
		`{"dimensions": 2, "vectors": {"a": [1, 2], "b": [3, null]}}`:  `value 2, "null", is not a number`,
		`{"dimensions": 2, "vectors": {"a": [1, "2"]}}`:                `value 2, "\"2\"", is not a number`,
		`{"dimensions": 2, "vectors": {"a": [1, [2]]}}`:                `value 2, "[2]", is not a number`,
		`{"dimensions": 2, "vectors": {"a": [1, 1e99]}}`:               `value 2, "1e99", is out of range`,
		`{"dimensions": 2, "vectors": {"a": {"b": 1}}}`:                `is not an array of numbers`,
		`{"dimensions": 2, "vectors": {"a": null}}`:                    `is not an array of numbers`,
		`{"dimensions": "2", "vectors": {"a": [1, 2]}}`:                `"dimensions" is not a whole number`,
		`{"dimensions": 2, "vectors": {"a": []}}`:                      `expected 2 numbers for "a" but found 0`,
		`{"vectors": {"a": [1, 2, 3, 4, 5]}, "dimensions": 3}`:         `vectors of 5 dimensions were read, but "dimensions" is 3`,
		`{"vectors": {"a": [1, 2, 3]}, "vectors": {"b": [1, 2, 3]}}`:   `a second member "vectors"`,
		`{"vectors": {"a": [1, 2, 3]}} {"vectors": {"b": [1, 2, 3]}}`:  `more data after the object`,
		`{"vectors": {"a": [1, 2, 3]}}x`:                               `more data after the object`,
		`{"vectors": {"a": [1, 2, 3]}, "dimensions": 3` + "\x00" + `}`: `invalid character`,
	} {
		_, err := readAll(t, content)
		if err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: %v, hint %q", content, err, fault.Hint(err))
		}
	}
}

// A row of an array has no word to name.
func TestNotFiniteWithoutWord(t *testing.T) {
	_, err := readAll(t, npyFile("<f4", "(1, 2)")+float32s(1, float32(math.NaN())))
	if err == nil || !strings.HasSuffix(err.Error(), ": row 1: value 2 is NaN") {
		t.Error(err)
	}
}

// npyFile is the header of a NumPy array.
func npyFile(descr, shape string) string {
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape)
	return npyfile.Magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict
}

// testdata/numpy holds what NumPy 2.4.6 saved of one array, in each type that is read and
// with a header of version 2.
func TestReadNumPy(t *testing.T) {
	files, err := filepath.Glob("testdata/numpy/*.npy")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := readAll(t, string(content)); err != nil || fmt.Sprint(rows) != "[[1 -2.5 3] [0.1 1e-30 65504]]" {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// Reading ends when the context does, whatever the format.
func TestReadVectorsCancelled(t *testing.T) {
	for name, content := range map[string]string{
		"npy":      npyFile("<f4", "(100000, 1)") + string(make([]byte, 400_000)),
		"text":     strings.Repeat("a 1 2\n", 100_000),
		"json":     `{"vectors": {` + strings.Repeat(`"a": [1, 2, 3],`, 100_000) + `"b": [1, 2, 3]}}`,
		"not that": `{"more": [` + strings.Repeat("1, ", 1_000_000) + `1], "vectors": {"b": [1, 2, 3]}}`,
	} {
		path := filepath.Join(t.TempDir(), "v")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if name == "not that" {
			cancel()
		}
		rows := 0
		_, err := ReadVectors(ctx, path, Options{}, func(int64, []float32) error {
			if rows++; rows == 10 {
				cancel()
			}
			return nil
		})
		cancel()
		if !errors.Is(err, context.Canceled) || rows > 99_000 {
			t.Errorf("%s: %d rows, %v", name, rows, err)
		}
	}
}

func FuzzReadVectors(f *testing.F) {
	f.Add("a 1 2\nb 3 4\n")
	f.Add(word2vecBinary())
	f.Add(`{"dimensions": 2, "vectors": {"a": [0.5, -1.25, 7], "b": [1.5, -1.25]}, "more": [1, {}]}`)
	f.Add("\x93NUMPY\x01\x00")
	f.Add(npyFile("<f4", "(2, 1)") + string(make([]byte, 8)))
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "v")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		dim := 0
		_, _ = ReadVectors(t.Context(), path, Options{}, func(_ int64, v []float32) error { // an error is fine
			if dim != 0 && len(v) != dim || len(v) == 0 {
				t.Fatalf("%d values after %d", len(v), dim)
			}
			dim = len(v)
			return nil
		})
	})
}
