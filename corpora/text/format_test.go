package text_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
)

const someBlocks = "query: one\nanswer: two\n\n\nbad\n\nanswer: four\nquery: three\n"

// selectedLines returns the selected lines as "number:text".
func selectedLines(t testing.TB, src *text.Source, sel text.Selection) (lines []string, err error) {
	t.Helper()
	if err := src.Select(sel); err != nil {
		t.Fatal(err)
	}
	err = src.Read(context.Background(), func(c text.Chunk) error {
		lines = append(lines, fmt.Sprintf("%d:%s", c.Line, c.Text))
		return nil
	})
	return lines, err
}

// A format that one file registers is read as training text and as pairs.
func TestRegisteredFormat(t *testing.T) {
	good := strings.Replace(someBlocks, "bad\n\n", "", 1)
	for _, sel := range []text.Selection{{Field: "query"}, {Column: "query"}} {
		got, err := selectedLines(t, text.FromBytes("x.blocks.gz", []byte(corporatest.Gzip3(t, good))), sel)
		if want := []string{"1:one", "5:three"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v: %q, %v, want %q", sel, got, err, want)
		}
	}
	if got, err := selectedLines(t, text.FromBytes("x.blocks", []byte(someBlocks)), text.Selection{Field: "query"}); err == nil || err.Error() != "x.blocks:5: the line has no colon" {
		t.Errorf("a bad record is read as %q, %v", got, err)
	}
	if _, err := selectedLines(t, text.FromBytes("x.blocks", []byte(good)), text.Selection{Field: "title"}); err == nil || err.Error() != `x.blocks:1: the record has no field "title", only "query", "answer"` {
		t.Errorf("a missing field: %v", err)
	}

	var got []string
	files, stats, err := pairs.Each(context.Background(), []pairs.Source{{Source: text.FromBytes("x.blocks", []byte(someBlocks))}}, pairs.Options{},
		func(p pairs.Texts) error { got = append(got, p.Texts...); return nil })
	if err != nil || fmt.Sprint(got) != "[one two three four]" {
		t.Fatalf("pairs %q, %v", got, err)
	}
	if files[0].Layout != `blocks: anchor is "query", positive is "answer"` {
		t.Errorf("layout %q", files[0].Layout)
	}
	if len(stats.Skipped) != 1 || stats.Rows != 3 || stats.Examples != 2 || stats.Skipped[0].First != "x.blocks:5: the line has no colon" {
		t.Errorf("%+v", stats)
	}
}

// A toy of a format that is not text and is read from its end: after the texts of the
// records come their lengths, 8 bytes each, and the number of records.
var _ = text.Register(&text.Format{
	Name:   "packed",
	Magic:  "\x00PACK",
	Detect: func(text.Head) text.Confidence { return text.No },
	Open: func(f *text.File) (text.RecordReader, error) {
		in, size, err := f.At()
		if err != nil {
			return nil, err
		}
		var number [8]byte
		read := func(at int64) int64 {
			if _, e := in.ReadAt(number[:], at); e != nil {
				err = e
			}
			return int64(binary.LittleEndian.Uint64(number[:]))
		}
		p := &packed{Closer: in, in: in, file: f.Name, at: int64(len("\x00PACK"))}
		n := read(size - 8)
		for i := range n {
			p.lengths = append(p.lengths, read(size-8*(n-i+1)))
		}
		return p, err
	},
})

type packed struct {
	io.Closer
	in      io.ReaderAt
	file    string
	at      int64
	lengths []int64
	next    int
}

func (p *packed) Next(r *text.Record) error {
	if p.next == len(p.lengths) {
		return io.EOF
	}
	content := make([]byte, p.lengths[p.next])
	if _, err := p.in.ReadAt(content, p.at); err != nil {
		return err
	}
	p.at += int64(len(content))
	p.next++
	*r = text.Record{Position: text.Position{File: p.file, Line: int64(p.next)}, Names: []string{"text"}, Fields: []string{string(content)}}
	return nil
}

// A format may be read at any place of a file, as Parquet has to be.
func TestFormatAtAnyPlace(t *testing.T) {
	content := []byte("\x00PACK" + "one" + "twenty")
	for _, n := range []uint64{3, 6, 2} {
		content = binary.LittleEndian.AppendUint64(content, n)
	}
	sel := text.Selection{Field: "text"}
	want := []string{"1:one", "2:twenty"}
	path := corporatest.WriteFile(t, t.TempDir(), "x", string(content))
	onDisk, err := text.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	piped := func() *text.Source { return text.FromReader("pipe", strings.NewReader(string(content))) }
	spooled, done, err := piped().Spool(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	packed := text.FromBytes("x.gz", []byte(corporatest.Gzip3(t, string(content))))
	for name, src := range map[string]*text.Source{"a file": onDisk, "memory": text.FromBytes("x", content), "a spool": spooled, "a pipe": piped(), "gzip": packed} {
		if got, err := selectedLines(t, src, sel); err != nil || !slices.Equal(got, want) {
			t.Errorf("from %s: %q, %v", name, got, err)
		}
	}
}

// read returns all records of a source, as far as they can be read.
func read(t testing.TB, src *text.Source, o text.RecordOptions) (format string, lines []string) {
	t.Helper()
	err := src.Records(context.Background(), o, func(in *text.Records) error {
		format = in.Format.Name
		var r text.Record
		for {
			err := in.Next(&r)
			var bad *text.BadRecord
			switch {
			case err == io.EOF:
				return nil
			case errors.As(err, &bad):
				lines = append(lines, bad.Error())
				continue
			case err != nil:
				return err
			}
			kept := r.Clone()
			line := fmt.Sprintf("%s %q", kept.Position, kept.Fields)
			if kept.Fields == nil {
				line = fmt.Sprintf("%s %s", kept.Position, kept.Raw)
			}
			for name, value := range kept.Members() {
				line += fmt.Sprintf(" %s=%s", name, value.Literal())
			}
			lines = append(lines, line)
		}
	})
	if err != nil {
		lines = append(lines, "error: "+err.Error())
	}
	return format, lines
}

// Every format gives records with their places and goes on after a bad one.
func TestRecords(t *testing.T) {
	long := strings.Repeat("long ", text.MaxRecord/5+1)
	for _, c := range []struct {
		name, file, content string
		options             text.RecordOptions
		format              string
		want                []string
	}{
		{"lines", "x", "a\n\r\n b\r", text.RecordOptions{Format: text.Lines}, "lines", []string{"x:1 a", "x:2 ", "x:3  b"}},
		{"long line", "x", "a\n" + long + "\nb", text.RecordOptions{Format: text.Lines}, "lines", []string{"x:1 a", "x:2: the record is longer than 16 MiB", "x:3 b"}},
		{"JSON", "x", "{\"b\":1,\"a\":\"\\u0078\"}\n\n[1]\n{\"b\":\n{\"c\":null}\n", text.RecordOptions{}, "JSON Lines",
			[]string{`x:1 {"b":1,"a":"\u0078"} b=1 a=x`, "x:3: the line is an array, not a JSON object", "x:4: the line is not a JSON object: unexpected end of JSON input", `x:5 {"c":null} c=null`}},
		{"TSV", "x.tsv.gz", "a\t\"b \"\"c\"\"\"\n \n\t\n", text.RecordOptions{Use: text.ForPairs}, "TSV", []string{`x.tsv.gz:1 ["a" "b \"c\""]`, `x.tsv.gz:3 ["" ""]`}},
		{"CSV", "x.csv", "\n\"a\nb\",c\nd \"e\",f\n\"g\nh\"i,j\nk\n", text.RecordOptions{Use: text.ForPairs}, "CSV",
			[]string{`x.csv:2 ["a\nb" "c"]`, "x.csv:4: byte 3: a quote inside an unquoted field", "x.csv:6: byte 2: a quoted field is not closed correctly; the record starts on line 5", `x.csv:7 ["k"]`}},
		{"uneven CSV", "x", "a,b\nc\nd,e\n", text.RecordOptions{Use: text.ForColumn}, "CSV", []string{`x:1 ["a" "b"]`, "x:2: expected 2 fields as in the first record but found 1", `x:3 ["d" "e"]`}},
		{"open quote", "x.csv", "a,b\n\"c,d\ne,f\n", text.RecordOptions{Use: text.ForPairs}, "CSV",
			[]string{`x.csv:1 ["a" "b"]`, "error: x.csv:2: a quoted field of this record is not closed before the end of the file"}},
		{"tabs of CSV", "x.tsv", "a\t\"b\nc\"\n", text.RecordOptions{Use: text.ForColumn}, "CSV", []string{`x.tsv:1 ["a" "b\nc"]`}},
		{"JSON by its brace", "x.csv", "{\"a\":1}\n", text.RecordOptions{Use: text.ForPairs}, "JSON Lines", []string{`x.csv:1 {"a":1} a=1`}},
		{"a set", "x.tsv", "a;b\n", text.RecordOptions{Use: text.ForSets}, "CSV", []string{`x.tsv:1 ["a" "b"]`}},
	} {
		format, got := read(t, text.FromBytes(c.file, []byte(c.content)), c.options)
		if format != c.format || !slices.Equal(got, c.want) {
			t.Errorf("%s: %s %q\nwant %s %q", c.name, format, got, c.format, c.want)
		}
	}
}
