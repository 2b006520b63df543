package text

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/internal/fault"
)

// selected reads text under a name and returns its lines as "number:text".
func selected(t testing.TB, name, text string, sel Selection) ([]string, error) {
	t.Helper()
	src := FromReader(name, strings.NewReader(text))
	if err := src.Select(sel); err != nil {
		t.Fatal(err)
	}
	return numbered(src)
}

// numbered returns the lines of a source as "number:text".
func numbered(src *Source) ([]string, error) {
	var lines []string
	var line []byte
	err := src.Read(context.Background(), func(c Chunk) error {
		if len(c.Text) > MaxChunk {
			return fmt.Errorf("chunk of %d bytes", len(c.Text))
		}
		line = append(line, c.Text...)
		if c.LineEnd {
			lines = append(lines, fmt.Sprintf("%d:%s", c.Line, line))
			line = line[:0]
		}
		return nil
	})
	if err == nil && len(line) > 0 {
		err = errors.New("the last line has no end")
	}
	if n := src.Stats().Lines; err == nil && n != int64(len(lines)) {
		err = fmt.Errorf("%d lines, and Stats has %d", len(lines), n)
	}
	return lines, err
}

func TestSelectField(t *testing.T) {
	for _, c := range []struct {
		name, text string
		sel        Selection
		want       []string
	}{
		{"plain", `{"id":1,"text":"one"}` + "\n" + `{"text":"two"}`, Selection{Field: "text"}, []string{"1:one", "2:two"}},
		{"CRLF, blank lines", "\r\n{\"text\":\"one\"}\r\n \n{ \"text\" : \"three\" }\r\n", Selection{Field: "text"}, []string{"2:one", "4:three"}},
		{"BOM", "\ufeff{\"text\":\"one\"}", Selection{Field: "text"}, []string{"1:one"}},
		{"escapes", `{"t\u0065xt":"caf\u00e9 \"x\" \ud83d\ude00\u0000!"}`, Selection{Field: "text"}, []string{`1:café "x" 😀 !`}},
		{"nested", `{"a":{"b":{"c":"deep"}}}`, Selection{Field: "a.b.c"}, []string{"1:deep"}},
		{"dot in a name", `{"a.b":"one","a":{"b":"two"}}`, Selection{Field: `a\.b`}, []string{"1:one"}},
		{"lines", `{"text":"a\nb\r\n\nc\n"}` + "\n" + `{"text":"d"}`, Selection{Field: "text"}, []string{"1:a", "1:b", "1:", "1:c", "2:d"}},
		{"list", `{"text":["a","b\nc","d"]}`, Selection{Field: "text"}, []string{"1:a", "1:b", "1:c", "1:d"}},
		{"empty", `{"text":""}` + "\n" + `{"text":[]}`, Selection{Field: "text"}, []string{"1:", "2:"}},
		{"one line", `{"text":"a\nb\r\nc\n"}` + "\n" + `{"text":["d","e"]}`, Selection{Field: "text", OneLine: true}, []string{"1:a b c", "2:d e"}},
		{"exact name", `{"Text":"no","text":"yes"}`, Selection{Field: "text"}, []string{"1:yes"}},
	} {
		got, err := selected(t, "in.jsonl", c.text, c.sel)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestSelectColumn(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		sel              Selection
		want             []string
	}{
		{"by name", "a.csv", "id,text\n1,one\n2,two\n", Selection{Column: "text"}, []string{"2:one", "3:two"}},
		{"by number", "a.csv", "1,one\n2,two", Selection{Column: "2"}, []string{"1:one", "2:two"}},
		{"CRLF, BOM, blank lines", "a.csv", "\ufefftext\r\n\r\none\r\n", Selection{Column: "text"}, []string{"3:one"}},
		{"quotes", "a.csv", "text,id\n\"one, \"\"two\"\"\",1\n", Selection{Column: "text"}, []string{`2:one, "two"`}},
		{"line breaks", "a.csv", "id,text\n1,\"one\r\ntwo\n\nfour\"\n\"x\ny\",five\n", Selection{Column: "text"},
			[]string{"2:one", "3:two", "4:", "5:four", "7:five"}},
		{"one line", "a.csv", "id,text\n1,\"one\r\ntwo\n\"\n2,\n", Selection{Column: "text", OneLine: true}, []string{"2:one two", "5:"}},
		{"tsv by name", "a.TSV.gz", "a, b\ttext\n1\tone\n", Selection{Column: "text"}, []string{"2:one"}},
		{"tsv by content", "-", "id\ttext, whole\n1\tone, two\n", Selection{Column: "text, whole"}, []string{"2:one, two"}},
		{"commas before tabs in .csv", "a.csv", "id,\"a\ttext\"\tb,c\n1,one,x\n", Selection{Column: "3"}, nil},
		{"semicolons", "a.csv", "\"a,b\";text\n1;one, two\n", Selection{Column: "text"}, []string{"2:one, two"}},
		{"one column", "a.csv", "text\none\n", Selection{Column: "text"}, []string{"2:one"}},
		{"nothing", "a.csv", "", Selection{Column: "text"}, nil},
	} {
		got, err := selected(t, c.file, c.text, c.sel)
		if c.want == nil && c.text != "" {
			if err == nil {
				t.Errorf("%s: %q and no error", c.name, got)
			}
			continue
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestSelectErrors(t *testing.T) {
	field, column := Selection{Field: "text"}, Selection{Column: "text"}
	long := strings.Repeat("word ", MaxRecord/5+1)
	for _, c := range []struct {
		name, text string
		sel        Selection
		want, hint string
	}{
		{"prose", "{\"text\":\"a\"}\nhello", field, "in:2: the line is not a JSON object: invalid character", "jq"},
		{"indented JSON", "{\n \"text\": \"a\"\n}\n", field, "in:1: the line is not a JSON object: unexpected end", "jq -c ."},
		{"list", `[{"text":"a"}]`, field, "in:1: the line is an array, not a JSON object", "jq -c '.[]'"},
		{"two on a line", `{"text":"a"}{"text":"b"}`, field, "in:1: the line is not a JSON object: invalid character", "jq"},
		{"missing", `{"title":"a","body":"b"}`, field, `in:1: the record has no field "text", only "body", "title"`, "field"},
		{"missing below", `{"a":{}}`, Selection{Field: "a.b"}, `in:1: the record has no field "a.b": it has no fields`, "field"},
		{"other case", `{"Text":"a"}`, field, `no field "text", only "Text"`, "field"},
		{"number", `{"text":1}`, field, `in:1: field "text" is a number, not a string`, "string"},
		{"null", `{"text":null}`, field, `field "text" is null`, "string"},
		{"object", `{"text":{"a":"b"}}`, field, `field "text" is an object`, "string"},
		{"through a string", `{"a":"b"}`, Selection{Field: "a.b"}, `field "a" is a string, not an object`, "a dot selects"},
		{"list of numbers", `{"text":["a",2]}`, field, `item 2 of the array is a number`, "array of strings"},
		{"list with null", `{"text":[null]}`, field, `item 1 of the array is null`, "array of strings"},
		{"list in a list", `{"text":[["a"]]}`, field, `item 1 of the array is an array`, "array of strings"},
		{"long line", "{\"text\":\"a\"}\n{\"text\":\"" + long + "\"}", field, "in:2: the record is longer than 16 MiB", "split"},
		{"no such column", "id,body\n1,a\n", column, `in:1: no column is named "text": the header is "id", "body"`, "commas"},
		{"column twice", "text,text\n1,a\n", column, `two columns are named "text"`, "rename"},
		{"number too large", "1,a\n", Selection{Column: "3"}, "in:1: the record has no column 3: it has 2", "commas"},
		{"bare quote", "id,text\n1,a \"b\" c\n", column, "in:2: byte 5: a quote inside an unquoted field", "twice"},
		{"after a quote", "id,text\n1,\"a\" b\n", column, "in:2: byte 5: a quoted field is not closed correctly", "twice"},
		{"open quote", "id,text\n1,\"a\nb\n", column, "in:2: a quoted field of this record is not closed before the end of the file", "twice"},
		{"more fields", "id,text\n\n1,a,b\n", column, "in:3: expected 2 fields as in the first record but found 3", "commas"},
		{"fewer fields", "id\ttext\n1\n", column, "in:2: expected 2 fields as in the first record but found 1", "tabs"},
		{"open quote in much text", "text\nok\n\"" + strings.Repeat(long, 2), column, "in:3: the record is longer than 16 MiB", "quote"},
		{"long record", "text\nok\n" + long, column, "in:3: the record is longer than 16 MiB", ""},
	} {
		_, err := selected(t, "in", c.text, c.sel)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.Hint(err), c.hint) || fault.Hint(err) == "" {
			t.Errorf("%s: %v (hint: %s), want %q (hint: %s)", c.name, err, fault.Hint(err), c.want, c.hint)
		}
	}
	for _, sel := range []Selection{{Field: "a", Column: "b"}, {Field: "a..b"}, {Field: "."}, {Column: "0"}} {
		if err := FromReader("in", nil).Select(sel); err == nil || fault.Hint(err) == "" {
			t.Errorf("%+v: %v", sel, err)
		}
	}
}

// TestSelectLong: a text longer than a chunk and than any buffer.
func TestSelectLong(t *testing.T) {
	text := strings.Repeat("wörd ", 50_000) + "end"
	record, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		sel  Selection
		want string
	}{
		{string(record) + "\n", Selection{Field: "text"}, "1:" + text},
		{"1,\"" + text + "\"\n", Selection{Column: "2"}, "1:" + text},
	} {
		src := FromReader("in", iotest.HalfReader(strings.NewReader(c.text)))
		if err := src.Select(c.sel); err != nil {
			t.Fatal(err)
		}
		if got, err := numbered(src); err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%+v: %d lines, %v", c.sel, len(got), err)
		}
	}
}

// TestSelectInvalid: invalid bytes are replaced and counted where they are in
// the file, however it is cut on its way.
func TestSelectInvalid(t *testing.T) {
	for _, c := range []struct {
		text  string
		sel   Selection
		want  []string
		first string
	}{
		{"{\"text\":\"ok\"}\n{\"text\":\"caf\xe9 é\x00\"}\n", Selection{Field: "text"}, []string{"1:ok", "2:caf\ufffd é "}, "in:2: byte 13"},
		{"id,text\n1,\"a\nb\xff é\x00\"\n", Selection{Column: "text"}, []string{"2:a", "3:b\ufffd é "}, "in:3: byte 2"},
	} {
		for _, cut := range []func(io.Reader) io.Reader{iotest.HalfReader, iotest.OneByteReader} {
			// NUL bytes far from the head are not taken for a binary file.
			var src *Source
			if c.text[0] == '{' {
				src = FromReader("in", io.MultiReader(strings.NewReader(strings.Repeat(" ", headBytes)+"\n"), cut(strings.NewReader(c.text))))
				c.first = "in:3: byte 13"
				c.want = []string{"2:ok", "3:caf\ufffd é "}
			} else {
				src = FromReader("in", io.MultiReader(strings.NewReader("id,text"+strings.Repeat("\n", headBytes)), cut(strings.NewReader(c.text[8:]))))
				c.first = fmt.Sprintf("in:%d: byte 2", headBytes+2)
				c.want = []string{fmt.Sprintf("%d:a", headBytes+1), fmt.Sprintf("%d:b\ufffd é ", headBytes+2)}
			}
			if err := src.Select(c.sel); err != nil {
				t.Fatal(err)
			}
			got, err := numbered(src)
			if s := src.Stats(); err != nil || !slices.Equal(got, c.want) || s.Invalid != 2 || s.FirstInvalid != c.first {
				t.Errorf("%q: %q, %v, %d bytes invalid, first %q", c.text, got, err, s.Invalid, s.FirstInvalid)
			}
		}
	}
}

// TestSelectFiles: each file has a header and line numbers of its own, and may
// be compressed.
func TestSelectFiles(t *testing.T) {
	dir := t.TempDir()
	corporatest.WriteFile(t, dir, "a.csv", "id,text\n1,one\n")
	corporatest.WriteFile(t, dir, "b.tsv", "text\tid\ntwo\t2\n")
	corporatest.WriteFile(t, dir, "c.csv.gz", corporatest.Gzip3(t, "text\nthree\n"))
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Select(Selection{Column: "text"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a source of files can be read again
		got, err := numbered(src)
		if want := []string{"2:one", "2:two", "2:three"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
		}
	}
	if src.Consumed() != src.Size() {
		t.Errorf("%d of %d bytes read", src.Consumed(), src.Size())
	}
	corporatest.WriteFile(t, dir, "d.csv", "id,body\n1,four\n")
	if src, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	if err := src.Select(Selection{Column: "text"}); err != nil {
		t.Fatal(err)
	}
	if _, err := numbered(src); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "d.csv")+":1: no column is named") {
		t.Errorf("no column in the last file: %v", err)
	}
}

// TestSelectStops: an error of the callback and a canceled context end the
// pass, and damage in a compressed file is reported.
func TestSelectStops(t *testing.T) {
	stop := errors.New("enough")
	src := FromReader("in", strings.NewReader("a\nb\n"))
	if err := src.Select(Selection{Column: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := src.Read(context.Background(), func(Chunk) error { return stop }); err != stop {
		t.Errorf("%v, want the callback's error", err)
	}
	for _, sel := range []Selection{{Field: "text"}, {Column: "text"}} {
		reader, _ := io.Pipe() // nothing ever comes
		src := FromReader("in", reader)
		if err := src.Select(sel); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := src.Read(ctx, func(Chunk) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		packed := corporatest.Gzip3(t, "text\n"+strings.Repeat("word\n", 1000))
		if sel.Field != "" {
			packed = corporatest.Gzip3(t, strings.Repeat("{\"text\":\"a\"}\n", 1000))
		}
		src = FromReader("in", strings.NewReader(packed[:len(packed)-10]))
		if err := src.Select(sel); err != nil {
			t.Fatal(err)
		}
		err := src.Read(context.Background(), func(Chunk) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "gzip data ends too early") {
			t.Errorf("%+v of a cut file: %v", sel, err)
		}
	}
}

func FuzzSelectField(f *testing.F) {
	for _, s := range []string{`{"text":"a\nb"}`, "{\"text\":[\"\xff\",\"\\u0000\"]}\n\n{\"text\":\"\"}", "[]", `{"text":{"text":1}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := FromReader("in", iotest.HalfReader(strings.NewReader(text)))
		if err := src.Select(Selection{Field: "text", OneLine: true}); err != nil {
			t.Fatal(err)
		}
		got, err := numbered(src)
		if err != nil {
			return
		}
		// What is accepted is what encoding/json finds in each line.
		var want []string
		clean := withLF(strings.ReplaceAll(corporatest.RepairUTF8(strings.TrimPrefix(text, "\ufeff")), "\x00", " "))
		for i, line := range strings.Split(clean, "\n") {
			var record map[string]any
			if strings.Trim(line, " \t\r\v\f\u0085\u00a0") == "" || json.Unmarshal([]byte(line), &record) != nil {
				continue
			}
			if _, ok := record["text"]; ok {
				want = append(want, fmt.Sprint(i+1))
			}
		}
		for i := range want {
			if i >= len(got) || !strings.HasPrefix(got[i], want[i]+":") {
				t.Fatalf("lines %q of %q, want those with the numbers %q", got, text, want)
			}
		}
	})
}

func FuzzSelectColumn(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\tb\n1\t\"x\ny\"\n", "\"a;b\";c\n1;2\r\n", "a\"b", "\"", "\xff,\x00\n", "a,b\r1,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := FromReader("in.csv", iotest.HalfReader(strings.NewReader(text)))
		if err := src.Select(Selection{Column: "1", OneLine: true}); err != nil {
			t.Fatal(err)
		}
		got, err := numbered(src)
		if err != nil {
			return
		}
		clean := withLF(strings.ReplaceAll(corporatest.RepairUTF8(strings.TrimPrefix(text, "\ufeff")), "\x00", " "))
		in := csv.NewReader(strings.NewReader(clean))
		in.Comma = delimiter(Head{Name: "in.csv", First: []byte(strings.TrimLeft(clean, "\r\n")), Use: ForColumn})
		records, err := in.ReadAll()
		if err != nil || len(records) != len(got) {
			t.Fatalf("%q of %q; encoding/csv finds %q, %v", got, text, records, err)
		}
		for i, record := range records {
			_, line, _ := strings.Cut(got[i], ":")
			want := bytes.ReplaceAll(bytes.TrimSuffix([]byte(record[0]), []byte("\n")), []byte("\n"), []byte(" "))
			if strings.ReplaceAll(line, "\r", "") != strings.ReplaceAll(string(want), "\r", "") {
				t.Fatalf("record %d is %q, want %q", i, line, want)
			}
		}
	})
}

func BenchmarkSelect(b *testing.B) {
	text := string(corporatest.SampleText(b, 4<<20))
	var records, table strings.Builder
	for i := 0; i+1000 <= len(text); i += 1000 {
		record, err := json.Marshal(map[string]any{"id": i, "title": text[i : i+30], "text": strings.ToValidUTF8(text[i:i+1000], "")})
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(&records, "%s\n", record)
		fmt.Fprintf(&table, "%d,\"%s\"\n", i, strings.ReplaceAll(text[i:i+1000], `"`, `""`))
	}
	for _, c := range []struct {
		name, text string
		sel        Selection
	}{{"JSON", records.String(), Selection{Field: "text"}}, {"CSV", table.String(), Selection{Column: "2"}}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				src := FromReader("in", strings.NewReader(c.text))
				if err := src.Select(c.sel); err != nil {
					b.Fatal(err)
				}
				if err := src.Read(context.Background(), func(Chunk) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
