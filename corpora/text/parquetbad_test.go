package text

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/luminavec/luminavec/internal/fault"
)

// parquetTexts reads the texts of a file in memory.
func parquetTexts(t testing.TB, data []byte, sel Selection, kept Kept, skip bool) ([]string, *Source, error) {
	t.Helper()
	s := FromBytes("x.parquet", data)
	if err := s.Select(sel); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(kept); err != nil {
		t.Fatal(err)
	}
	if skip {
		if err := s.SkipBad(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := s.Texts(context.Background(), func(x *Text) error {
		got = append(got, strings.Join(append([]string{x.ID, string(x.Text)}, x.Fields...), "|"))
		return nil
	})
	return got, s, err
}

func parquetFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/parquet", name+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The text, the id and what is kept, by name and by path; what is wrong is named.
func TestParquetTexts(t *testing.T) {
	for _, c := range []struct {
		file      string
		sel       Selection
		kept      Kept
		skip      bool
		want, err string
		skipped   int64
		first     string
	}{
		{"lists", Selection{Field: "large"}, Kept{ID: "id"}, true, "1|a 2|b c 3| 5|d", "", 1, `x.parquet: row 4: field "large" is null, not a string`},
		{"large", Selection{Column: "text"}, Kept{ID: "id", Fields: []string{"view", "id"}}, false, "a|x|v|a a|y||a c|z|a view that is longer than twelve bytes|c", "", 0, ""},
		{"nested", Selection{Field: "doc.title"}, Kept{ID: `a\.b`, Fields: []string{"doc.meta", "parts"}}, true,
			`p|A|{"id":7,"tags":["x","y"]}|[{"n":1,"s":"a"},{"n":2,"s":null}] s|D|{"id":null,"tags":[]}|[null,{"n":3,"s":"c"}]`, "", 2, `x.parquet: row 2: field "doc.title" is null, not a string`},
		{"nested", Selection{Column: "a.b"}, Kept{}, false, "|p |q |r |s", "", 0, ""},
		{"nested", Selection{Field: "doc.title"}, Kept{ID: "doc.meta.id"}, false, "7|A", `x.parquet: row 2: field "doc.title" is null, not a string`, 0, ""},
		{"binary", Selection{Field: "text"}, Kept{}, true, "|fine", "", 3, `x.parquet: row 1: field "text" is binary data, not a string`},
		{"invalid", Selection{Field: "text"}, Kept{}, false, "|caf\uFFFD |a b", "", 0, ""},
		{"decimals", Selection{Field: "text"}, Kept{ID: "id"}, false, "1|a -2|b 300|c", "", 0, ""},
		{"zero-rows", Selection{Field: "text"}, Kept{ID: "id"}, false, "", "", 0, ""},
		{"zero-groups", Selection{Field: "text"}, Kept{ID: "id"}, false, "", "", 0, ""},
		{"zero-groups", Selection{Field: "body"}, Kept{}, false, "", `x.parquet has no column "body", only "id", "score", "text"`, 0, ""},
		{"large", Selection{Column: "2"}, Kept{}, false, "", `x.parquet has no column "2", only "id", "text", "view"`, 0, ""},
		{"twice", Selection{Column: "text"}, Kept{}, true, "", `x.parquet: two columns are named "text"`, 0, ""},
		{"twice", Selection{Field: "id"}, Kept{ID: "text"}, true, "", `ID: x.parquet: two columns are named "text"`, 0, ""},
		{"twice", Selection{Field: "id"}, Kept{}, false, "|c", "", 0, ""},
		{"types", Selection{Field: "f32"}, Kept{}, true, "", `x.parquet: column "f32" is float, not text`, 0, ""},
		{"types", Selection{Field: "dec"}, Kept{}, false, "", `x.parquet: column "dec" is decimal, not text`, 0, ""},
		{"lists", Selection{Field: "id"}, Kept{}, false, "", `x.parquet: column "id" is int64, not text`, 0, ""},
		{"lists", Selection{Field: "deep"}, Kept{}, false, "", `x.parquet: column "deep" is a list of lists, not text`, 0, ""},
		{"nested", Selection{Field: "doc"}, Kept{}, false, "", `x.parquet: column "doc" is a group, not text`, 0, ""},
		{"nested", Selection{Field: "doc.title.x"}, Kept{}, false, "", `x.parquet: column "doc.title" is string, not a group`, 0, ""},
		{"large", Selection{Field: "text"}, Kept{ID: "no"}, false, "", `ID: x.parquet has no column "no", only "id", "text", "view"`, 0, ""},
		{"large", Selection{Field: "text"}, Kept{Fields: []string{"no"}}, true, "", `Fields: x.parquet has no column "no", only "id", "text", "view"`, 0, ""},
		{"lists", Selection{Field: "large"}, Kept{ID: "text"}, false, "", `x.parquet: row 1: ID: field "text" is an array, not a string or a number`, 0, ""},
	} {
		got, s, err := parquetTexts(t, parquetFile(t, c.file), c.sel, c.kept, c.skip)
		n, first := s.Skipped()
		if strings.Join(got, " ") != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err ||
			n != c.skipped || n > 0 && first.Error() != c.first {
			t.Errorf("%s, %v, %v: %q, error %v, skipped %d (%v)", c.file, c.sel, c.kept, got, err, n, first)
		}
		if c.file == "invalid" && (s.Stats().Invalid != 1 || s.Stats().FirstInvalid != "x.parquet: row 1") {
			t.Errorf("replaced %d bytes, first %s", s.Stats().Invalid, s.Stats().FirstInvalid)
		}
	}
	if err := FromBytes("x", parquetFile(t, "large")).Read(t.Context(), func(Chunk) error { return nil }); err == nil || err.Error() != "x is Parquet, not plain text" || fault.Hint(err) == "" {
		t.Errorf("read as lines: %v", err)
	}
}

// Lists of one level, which only old programs write, are read like others.
func TestParquetRepeated(t *testing.T) {
	type part struct {
		S string   `parquet:"s"`
		L []string `parquet:"l"`
	}
	type row struct {
		ID    int64    `parquet:"id"`
		Text  []string `parquet:"text"`
		Parts []part   `parquet:"parts"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	if _, err := w.Write([]row{{1, []string{"a", "b"}, []part{{"x", nil}, {"y", []string{"p", "q"}}}}, {2, nil, nil}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, _, err := parquetTexts(t, b.Bytes(), Selection{Field: "text"}, Kept{ID: "id", Fields: []string{"parts"}}, false)
	if want := `1|a b|[{"s":"x","l":[]},{"s":"y","l":["p","q"]}] 2||[]`; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, error %v, want %s", got, err, want)
	}
	_, _, err = parquetTexts(t, b.Bytes(), Selection{Field: "parts"}, Kept{}, false)
	if err == nil || err.Error() != `x.parquet: column "parts" is a list of group, not text` {
		t.Error(err)
	}
}

// Standard input and a compressed file are read too, and the temporary file is removed.
func TestParquetStream(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := FromReader(Stdin, io.MultiReader(strings.NewReader("PA"), strings.NewReader(string(parquetFile(t, "large")[2:]))))
	if err := s.Select(Selection{Field: "text"}); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := s.Texts(t.Context(), func(*Text) error { n++; return nil }); err != nil || n != 3 {
		t.Errorf("%d texts, error %v", n, err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// A file that is cut, that lies or that is damaged anywhere is an error or reads as rows, without a
// panic and without much memory.
func TestParquetDamaged(t *testing.T) {
	for _, name := range []string{"codec-snappy", "codec-zstd", "codec-none", "dictionary", "encoding-delta_byte_array", "pages-v2", "lists", "nested", "types"} {
		good := parquetFile(t, name)
		for cut := 0; cut < len(good); cut += 1 + len(good)/200 {
			if err := readAllParquet(good[:cut]); err == nil || !strings.HasPrefix(err.Error(), "x.parquet") || fault.Hint(err) == "" {
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
		}
		for at := 4; at < len(good); at += 1 + len(good)/700 {
			bad := append([]byte(nil), good...)
			bad[at] ^= 0xff
			if err := readAllParquet(bad); err != nil && (fault.Hint(err) == "" || strings.Contains(err.Error(), "parquet-go")) {
				t.Fatalf("%s with byte %d changed: %v", name, at, err)
			}
		}
	}
	huge := append([]byte("PAR1"), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(huge[4:], 1<<31)
	copy(huge[8:], "PAR1")
	encrypted := append([]byte("PAR1    "), "PARE"...)
	for want, data := range map[string][]byte{
		"its footer is said to have 2147483648 bytes, but the file has 12": huge, "is encrypted": encrypted,
		"the file does not end with PAR1": []byte("PAR1 and some more text"), "the file has only 4 bytes": []byte("PAR1"),
	} {
		if err := readAllParquet(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func readAllParquet(data []byte) error {
	s := FromBytes("x.parquet", data)
	err := s.Records(context.Background(), RecordOptions{Format: Parquet}, func(in *Records) error {
		var r Record
		for n := 0; n < 10000; n++ {
			err := in.Next(&r)
			var bad *BadRecord
			if err == io.EOF {
				return nil
			} else if err != nil && !errors.As(err, &bad) {
				return err
			}
		}
		return nil
	})
	return err
}

// Damaged files are read with little memory: a page header, a footer or a list that lies about its
// size is refused before memory is taken.
func FuzzParquet(f *testing.F) {
	names, err := filepath.Glob("testdata/parquet/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = readAllParquet(data)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20+2000*uint64(len(data)) {
			t.Errorf("%d bytes took %d bytes of memory", len(data), used)
		}
	})
}
