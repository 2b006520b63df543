package text

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A file without a line feed has a line for each carriage return; in other files these are
// ordinary white space.
func TestCRLines(t *testing.T) {
	long := strings.Repeat("word ", 20_000)
	for content, want := range map[string]string{
		"one\rtwo\rthree":         "1:one 2:two 3:three",
		"one\rtwo\r":              "1:one 2:two",
		"one\r\rtwo":              "1:one 2: 3:two",
		"\ufeffone\rtwo":          "1:one 2:two",
		"one":                     "1:one",
		"one\rtwo\nthree":         "1:one\rtwo 2:three",
		"one\r\ntwo":              "1:one 2:two",
		"a\r" + long + "\r\nb\rc": "1:a 2:" + long + " 3:b 4:c", // the line feed comes after the start
	} {
		for name, src := range map[string]*Source{"file": FromBytes("x", []byte(content)), "stream": FromReader("x", strings.NewReader(content))} {
			var got []string
			var line strings.Builder
			err := src.Read(context.Background(), func(c Chunk) error {
				if line.Len() == 0 {
					line.WriteString(Position{Line: c.Line}.String()[1:] + ":")
				}
				line.Write(c.Text)
				if c.LineEnd {
					got = append(got, line.String())
					line.Reset()
				}
				return nil
			})
			if text := strings.Join(got, " "); err != nil || text != want {
				t.Errorf("%s %.40q: %.80q, %v", name, content, text, err)
			}
			if src.AtCR() != "" != (strings.Contains(want, " 2:") && !strings.Contains(content[:min(len(content), 100)], "\n")) {
				t.Errorf("%.40q: AtCR %q", content, src.AtCR())
			}
		}
	}
}

// Records are lines, too.
func TestCRRecords(t *testing.T) {
	for content, use := range map[string]Use{
		"a,b\r1,2\r3,4\r": ForColumn,
		"{\"b\": \"b\"}\r{\"b\": \"2\"}\r{\"b\": \"4\"}\r": ForField,
		"a\tb\r1\t2\r3\t4": ForPairs,
	} {
		n := 0
		err := FromBytes("x", []byte(content)).Records(context.Background(), RecordOptions{Use: use}, func(rs *Records) error {
			return rs.Each(func(r *Record) error {
				if n++; r.Line != int64(n) {
					t.Errorf("%q: record %d on line %d", content, n, r.Line)
				}
				return nil
			})
		})
		if err != nil || n != 3 {
			t.Errorf("%q: %d records, %v", content, n, err)
		}
	}
}

// The bytes keep their places, however the text is cut into reads.
func TestCRReader(t *testing.T) {
	const content = "\ra\r\rb\r\nc\n\r\n\rd\r"
	const want = "\na\n\nb\r\nc\n\r\n\nd\n"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(content), "bytes": iotest.OneByteReader(strings.NewReader(content)), "halves": iotest.HalfReader(strings.NewReader(content)),
	} {
		got, err := io.ReadAll(iotest.OneByteReader(CRReader{bufio.NewReaderSize(r, 16)}))
		if err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestEndLines(t *testing.T) {
	for content, want := range map[string]string{"a\rb\r": "a\nb\n", "a\nb\rc": "a\nb\rc", "a": "a", "": ""} {
		if got, err := io.ReadAll(EndLines(strings.NewReader(content))); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", content, got, err)
		}
	}
}
