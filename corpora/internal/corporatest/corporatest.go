// Package corporatest has helpers for the tests of the packages below corpora.
package corporatest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/corpora/data"
)

// WriteFile writes a file, creates its folder if necessary, and returns its path.
func WriteFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Gzip3 returns text compressed as three gzip members.
func Gzip3(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	for i := range 3 {
		w := gzip.NewWriter(&b)
		w.Write([]byte(text[len(text)*i/3 : len(text)*(i+1)/3]))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// SampleText returns the first n bytes of the bundled sample, with spaces for line breaks.
func SampleText(t testing.TB, n int) []byte {
	t.Helper()
	r, err := zstd.NewReader(bytes.NewReader(data.Sample))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(text, []byte("\n"), []byte(" "))
}

// ZipfText returns about n bytes of words of very different frequency, in lines.
func ZipfText(n int) string {
	random := rand.New(rand.NewPCG(3, 4))
	zipf := rand.NewZipf(random, 1.2, 5, 20000)
	var b strings.Builder
	for b.Len() < n {
		for range 1 + random.IntN(20) {
			fmt.Fprintf(&b, "w%d ", zipf.Uint64())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// RepairUTF8 replaces each byte that is not UTF-8 by U+FFFD, whereas
// strings.ToValidUTF8 replaces each run of them.
func RepairUTF8(text string) string { return string([]rune(text)) }

// Repeat is an endless reader that repeats Unit.
type Repeat struct {
	Unit string
	at   int
}

func (r *Repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.Unit[r.at]
		r.at = (r.at + 1) % len(r.Unit)
	}
	return len(p), nil
}

// Words returns the words of text in the simplest possible way: it is the oracle for the word
// tokenizer.
func Words(text string, cased bool) []string {
	const maxWordBytes = 1000 // as tokenize.MaxWordBytes
	var found []string
	pieces := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\t\n\v\f\r \x00", r) })
	for _, p := range pieces {
		var low strings.Builder
		for _, r := range p { // an invalid byte is U+FFFD here
			switch {
			case r == '\u202f':
				low.WriteRune('\u00a0')
			case cased:
				low.WriteRune(r)
			case r == 'İ':
				low.WriteString("i\u0307")
			default:
				low.WriteRune(Lower(r))
			}
		}
		seg := words.FromString(norm.NFC.String(low.String()))
		for seg.Next() {
			w := seg.Value()
			if len(w) <= maxWordBytes && strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				found = append(found, w)
			}
		}
	}
	return found
}

// Lower is unicode.ToLower with the letters that Unicode 16 and 17 added, one by one.
func Lower(r rune) rune {
	switch {
	case r == '\ua7cb':
		return '\u0264'
	case r == '\ua7dc':
		return '\u019b'
	case r == '\u1c89', r == '\ua7cc', r == '\ua7ce', r == '\ua7d2', r == '\ua7d4', r == '\ua7da':
		return r + 1
	case 0x10d50 <= r && r <= 0x10d65: // Garay
		return r - 0x10d50 + 0x10d70
	case 0x16ea0 <= r && r <= 0x16eb8: // Beria Erfe
		return r - 0x16ea0 + 0x16ebb
	}
	return unicode.ToLower(r)
}
