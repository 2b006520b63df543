package mining

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/pairs"
)

// readBack reads examples with the reader of the trainer, which must detect the format.
func readBack(t *testing.T, name string, data []byte) (rows [][]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	sources, err := pairs.Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = pairs.Each(context.Background(), sources, pairs.Options{Strict: true}, func(p pairs.Texts) error {
		rows = append(rows, p.Texts)
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, data)
	}
	return rows
}

func TestWriterRoundTrip(t *testing.T) {
	texts := []string{"plain", `"quoted"`, `""`, `"`, `say "this", then`, `"a" and "b"`, `""a""`, "Café 日本 😀", "# no comment", "a,b;c", "{\"a\": 1}",
		"tab\there", "line\nbreak", "carriage\rreturn", "both\r\nof them", "<b> & </b>", `back\slash\n`, "a\u2028b", "anchor", "positive", "0", `ends with "`}
	for _, format := range []Format{TSV, CSV, JSONL} {
		for _, triplets := range []bool{false, true} {
			var out bytes.Buffer
			w, err := NewWriter(&out, format, 3, triplets)
			if err != nil {
				t.Fatal(err)
			}
			var want [][]string
			for i, text := range texts {
				at := func(n int) string { return texts[(i+n)%len(texts)] }
				e := Example{Anchor: text, Positive: at(1), Negatives: []string{at(2), at(3), at(4)}}
				if err := w.Write(e); err != nil {
					t.Fatal(err)
				}
				if triplets {
					for _, n := range e.Negatives {
						want = append(want, []string{e.Anchor, e.Positive, n})
					}
				} else {
					want = append(want, append([]string{e.Anchor, e.Positive}, e.Negatives...))
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			for _, row := range want {
				for i := range row {
					switch format {
					case TSV:
						row[i] = strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ").Replace(row[i])
					case CSV:
						row[i] = strings.ReplaceAll(row[i], "\r\n", "\n")
					}
				}
			}
			// By the extension, and by the first line for a pipe.
			for _, name := range []string{"mined." + string(format), "mined"} {
				if got := readBack(t, name, out.Bytes()); !reflect.DeepEqual(got, want) {
					t.Errorf("%s triplets %t:\n%q, want\n%q", name, triplets, got, want)
				}
			}
			if w.Rows != int64(len(want)) {
				t.Errorf("wrote %d rows, want %d", w.Rows, len(want))
			}
		}
	}
}

// Training reads every text as it was written, whatever it contains.
func FuzzWriter(f *testing.F) {
	for _, seed := range []string{"a", `"a"`, "a\tb\r\n", `"""`, "\x00a", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "0")) // as texts that were read are
		if text == "" || len(text) > 200 {
			return
		}
		positive := strings.Repeat("p", 4000) // a file of control characters alone would be refused
		for _, format := range []Format{TSV, CSV, JSONL} {
			var out bytes.Buffer
			w, _ := NewWriter(&out, format, 1, false)
			if err := w.Write(Example{Anchor: text, Positive: positive, Negatives: []string{text}}); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			want := text
			switch format {
			case TSV:
				want = strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ").Replace(text)
			case CSV:
				want = strings.ReplaceAll(text, "\r\n", "\n")
			}
			if got := readBack(t, "x."+string(format), out.Bytes()); !reflect.DeepEqual(got, [][]string{{want, positive, want}}) {
				t.Errorf("%s: %q, want %q", format, got, want)
			}
		}
	})
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.tsv": TSV, "a.CSV": CSV, "a.jsonl": JSONL, "a.json": JSONL, "a.ndjson": JSONL, "-": TSV, "a": TSV, "a.": TSV, "": TSV, "a.txt": TSV, "a.parquet": "", "a.tsv.old": ""} {
		if got, err := FormatOf(name); got != want || (err != nil) != (want == "") {
			t.Errorf("the format of %s is %s, want %s", name, got, want)
		}
	}
	if _, err := NewWriter(nil, "xml", 1, false); err == nil {
		t.Error("format xml was accepted")
	}
	if _, err := NewWriter(nil, TSV, 31, false); err == nil {
		t.Error("31 negatives were accepted")
	}
}
