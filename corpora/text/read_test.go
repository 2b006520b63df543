package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/internal/fault"
)

// readAll returns the lines of a source and checks what holds forevery chunk.
func readAll(t testing.TB, s *Source) ([]string, error) {
	t.Helper()
	var lines []string
	var line strings.Builder
	number, file := int64(1), ""
	err := s.Read(context.Background(), func(c Chunk) error {
		if c.File != file {
			number, file = 1, c.File
		}
		if len(c.Text) > MaxChunk || !utf8.Valid(c.Text) || bytes.ContainsAny(c.Text, "\n\x00") || c.Line != number {
			t.Fatalf("chunk of %d bytes, line %d (want %d): %.60q", len(c.Text), c.Line, number, c.Text)
		}
		line.Write(c.Text)
		if c.LineEnd {
			lines = append(lines, line.String())
			line.Reset()
			number++
		}
		return nil
	})
	if line.Len() > 0 && err == nil {
		t.Fatalf("the last line has no end: %.60q", line.String())
	}
	return lines, err
}

func TestReadLines(t *testing.T) {
	long := strings.Repeat("word ", 40000)
	tests := []struct {
		name, text string
		lines      []string
		invalid    int64
		first      string
	}{
		{"empty", "", nil, 0, ""},
		{"no line break at the end", "a\nb", []string{"a", "b"}, 0, ""},
		{"line break at the end", "a\nb\n", []string{"a", "b"}, 0, ""},
		{"blank lines", "\n\na\n\n", []string{"", "", "a", ""}, 0, ""},
		{"CRLF", "a\r\nb\r\n\r\nc\rd\r\n", []string{"a", "b", "", "c\rd"}, 0, ""},
		{"byte order mark", "\xef\xbb\xbfa\n\xef\xbb\xbfb", []string{"a", "\ufeffb"}, 0, ""},
		{"only a byte order mark", "\xef\xbb\xbf", nil, 0, ""},
		{"broken UTF-8", "fine\ncaf\xe9 au lait\nx\xe2\x82 y\n", []string{"fine", "caf\ufffd au lait", "x\ufffd\ufffd y"}, 3, "x:2: byte 4"},
		{"late NUL", long + "\nnull\x00byte\n", []string{long, "null byte"}, 1, "x:2: byte 5"},
		{"long line with CRLF", long + "\r\n" + long + "\r\n", []string{long, long}, 0, ""},
		{"long line without white space", strings.Repeat("é", 100001), []string{strings.Repeat("é", 100001)}, 0, ""},
		{"exactly one chunk", strings.Repeat("a", MaxChunk) + "\r\nb", []string{strings.Repeat("a", MaxChunk), "b"}, 0, ""},
	}
	for _, test := range tests {
		for way, r := range map[string]io.Reader{
			"whole":          strings.NewReader(test.text),
			"byte by byte":   iotest.OneByteReader(strings.NewReader(test.text)),
			"end with bytes": iotest.DataErrReader(strings.NewReader(test.text)),
		} {
			s := FromReader("x", r)
			lines, err := readAll(t, s)
			if err != nil {
				t.Errorf("%s, %s: %v", test.name, way, err)
				continue
			}
			if fmt.Sprintf("%q", lines) != fmt.Sprintf("%q", test.lines) {
				t.Errorf("%s, %s: lines\n%.200q\nwant\n%.200q", test.name, way, lines, test.lines)
			}
			got := s.Stats()
			want := ReadStats{int64(len(test.text)), int64(len(test.lines)), test.invalid, test.first, int64(strings.Count(test.text, "\x00"))}
			if got != want || s.Consumed() != int64(len(test.text)) {
				t.Errorf("%s, %s: stats %+v, consumed %d, want %+v", test.name, way, got, s.Consumed(), want)
			}
		}
	}
}

// TestReadOffsets finds every chunk where it says that it is.
func TestReadOffsets(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		var b bytes.Buffer
		if random.IntN(2) == 0 {
			b.WriteString("\xef\xbb\xbf")
		}
		for range 1 + random.IntN(12) {
			unit := []string{"a", "a b", "é", "word ", "中"}[random.IntN(5)]
			b.WriteString(strings.Repeat(unit, random.IntN(2)*random.IntN(90000)+random.IntN(5)))
			b.WriteString([]string{"\n", "\r\n", "\r\n"}[random.IntN(3)])
		}
		text := b.Bytes()
		err := FromReader("x", bytes.NewReader(text)).Read(context.Background(), func(c Chunk) error {
			if !bytes.HasPrefix(text[c.Offset:], c.Text) {
				return fmt.Errorf("chunk of line %d is not at %d", c.Line, c.Offset)
			}
			rest := text[int(c.Offset)+len(c.Text):]
			if ends := bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")); c.LineEnd && !ends {
				return fmt.Errorf("chunk of line %d at %d is followed by %.10q", c.Line, c.Offset, rest)
			}
			if !c.LineEnd && bytes.ContainsAny(c.Text, " ") && c.Text[len(c.Text)-1] != ' ' {
				return fmt.Errorf("chunk of line %d at %d is cut inside a word", c.Line, c.Offset)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadFullChunk: a line that just fits is not cut.
func TestReadFullChunk(t *testing.T) {
	n := 0
	err := FromReader("x", strings.NewReader(strings.Repeat("a", MaxChunk)+"\nb")).Read(context.Background(), func(Chunk) error { n++; return nil })
	if err != nil || n != 2 {
		t.Errorf("%d chunks, error %v", n, err)
	}
}

func TestReadLongBroken(t *testing.T) {
	text := "ok " + strings.Repeat("word ", 20000) + strings.Repeat("\xff", 2*MaxChunk) + "\x00 end\nnext"
	s := FromReader("x", strings.NewReader(text))
	lines, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	want := "ok " + strings.Repeat("word ", 20000) + strings.Repeat("\ufffd", 2*MaxChunk) + "  end"
	if len(lines) != 2 || lines[0] != want || lines[1] != "next" {
		t.Fatalf("%d lines, the first of %d bytes, want %d", len(lines), len(lines[0]), len(want))
	}
	if n := s.Stats().Invalid; n != 2*MaxChunk+1 {
		t.Errorf("%d invalid bytes, want %d", n, 2*MaxChunk+1)
	}
}

func TestReadBinary(t *testing.T) {
	random := make([]byte, 4000)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range random {
		random[i] = byte(1 + r.IntN(255))
	}
	tar := append(bytes.Repeat([]byte("x"), 257), "ustar\x0000"...)
	tests := []struct{ name, text, message, hint string }{
		{"NUL", "text\x00\x01", "x is binary, not plain text: NUL at byte 5", "UTF-8"},
		{"UTF-16", "\xff\xfet\x00e\x00", "x is UTF-16 text, not plain text", "iconv -f UTF-16"},
		{"UTF-16 big end first", "\xfe\xff\x00t", "x is UTF-16 text, not plain text", "iconv"},
		{"random", string(random), "x is not UTF-8 text", "iconv"},
		{"zip", "PK\x03\x04....", "x is a zip archive (or an office document), not plain text", "extract"},
		{"xz", "\xfd7zXZ\x00", "x is an xz file, not plain text", "xz -dc"},
		{"pdf", "%PDF-1.4\n", "x is a PDF document, not plain text", "pdftotext"},
		{"tar", string(tar), "x is a tar archive, not plain text", "extract"},
	}
	for _, test := range tests {
		_, err := readAll(t, FromReader("x", strings.NewReader(test.text)))
		if err == nil || !strings.Contains(err.Error(), test.message) || !strings.Contains(fault.Hint(err), test.hint) {
			t.Errorf("%s: error %v, hint %q", test.name, err, fault.Hint(err))
		}
	}
	// Text that is only a little broken passes.
	latin := strings.Repeat("Les \xe9l\xe8ves fran\xe7ais ", 9000)
	if _, err := readAll(t, FromReader("x", strings.NewReader(latin))); err != nil {
		t.Errorf("Latin-1: %v", err)
	}
	// A character that the end of the head cuts is valid.
	if _, err := readAll(t, FromReader("x", strings.NewReader("a"+strings.Repeat("é", headBytes)))); err != nil {
		t.Errorf("cut character: %v", err)
	}
}

// TestReadBoundedMemory reads a line of 20 MB.
func TestReadBoundedMemory(t *testing.T) {
	for _, unit := range []string{"a line of words that does not end ", "without"} {
		const size = 20 << 20
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var n, most int64
		err := FromReader("x", io.LimitReader(&corporatest.Repeat{Unit: unit}, size)).Read(context.Background(), func(c Chunk) error {
			if n += int64(len(c.Text)); n%(2<<20) < MaxChunk {
				runtime.ReadMemStats(&now)
				most = max(most, int64(now.TotalAlloc-before.TotalAlloc))
			}
			if len(c.Text) > MaxChunk || c.Line != 1 || c.LineEnd != (n == size) {
				return fmt.Errorf("chunk of %d bytes, line %d, line end %v, after %d bytes", len(c.Text), c.Line, c.LineEnd, n)
			}
			return nil
		})
		if err != nil || n != size {
			t.Fatalf("%d bytes, error %v", n, err)
		}
		if most > 4<<20 {
			t.Errorf("reading one line of %d bytes took %d bytes of memory", size, most)
		}
	}
}

func TestReadStops(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := FromReader("x", strings.NewReader("a\nb\nc\n")).Read(context.Background(), func(Chunk) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if err != stop || n != 2 {
		t.Errorf("error %v after %d chunks", err, n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = FromReader("x", &corporatest.Repeat{Unit: "line\n"}).Read(ctx, func(c Chunk) error {
		if c.Line == 1000 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// A reader that never answers does not hold Read.
	never, w := io.Pipe()
	defer w.Close()
	ctx, cancel = context.WithCancel(context.Background())
	go cancel()
	if err := FromReader("x", never).Read(ctx, func(Chunk) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// Nor does one that stops answering in the middle.
	r, w := io.Pipe()
	ctx, cancel = context.WithCancel(context.Background())
	go func() {
		w.Write([]byte(strings.Repeat("some words\n", 20000)))
		cancel()
	}()
	if err := FromReader("x", r).Read(ctx, func(Chunk) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	broken := errors.New("the cable is out")
	err = FromReader("x", io.MultiReader(strings.NewReader("a line of text\n"), iotest.ErrReader(broken))).
		Read(context.Background(), func(Chunk) error { return nil })
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "cannot read x after 15 bytes") {
		t.Errorf("error %v", err)
	}
}

// withLF returns a text with a line feed for each carriage return, if its lines end at these.
func withLF(text string) string {
	start := text[:min(len(text), headBytes)]
	if cr := strings.Index(start, "\r"); cr < 0 || cr == len(start)-1 || strings.Contains(start, "\n") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a\r\nb\xff\n\n"), uint8(3))
	f.Add([]byte("\xef\xbb\xbf\x1f\x8b\x08"), uint8(1))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), uint8(200))
	f.Add([]byte("(\xb5/\xfd\x04X\t\x00\x00a"), uint8(9))
	f.Add([]byte("BZh91AY&SY"), uint8(9))
	f.Add([]byte("a\rb\r"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, again uint8) {
		data = bytes.Repeat(data, 1+int(again))
		s := FromReader("x", bytes.NewReader(data))
		lines, err := readAll(t, s)
		if err != nil {
			return
		}
		if kind := detect(data); kind != uncompressed {
			return
		}
		text := strings.TrimSuffix(strings.ReplaceAll(withLF(strings.TrimPrefix(string(data), "\ufeff")), "\r\n", "\n"), "\n")
		want := strings.ReplaceAll(string([]rune(text)), "\x00", " ")
		got := strings.Join(lines, "\n")
		if got != want {
			t.Fatalf("read %.200q\nwant %.200q", got, want)
		}
	})
}
