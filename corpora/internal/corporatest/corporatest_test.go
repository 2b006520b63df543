package corporatest

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		text  string
		cased bool
		want  []string
	}{
		{"It's 3.5 km, e\u0301!", false, []string{"it's", "3.5", "km", "é"}},
		{"İZMİR It", false, []string{"i\u0307zmi\u0307r", "it"}},
		{"İZMİR It", true, []string{"İZMİR", "It"}},
		{"a\x00b\u202fc -- \xff", false, []string{"a", "b", "c"}},
		{strings.Repeat("x", 1001) + " y", false, []string{"y"}},
	} {
		if got := Words(c.text, c.cased); !slices.Equal(got, c.want) {
			t.Errorf("Words(%.30q, %v) = %q, want %q", c.text, c.cased, got, c.want)
		}
	}
}

func TestGzip3(t *testing.T) {
	r, err := gzip.NewReader(strings.NewReader(Gzip3(t, "one two three")))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "one two three" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestTexts(t *testing.T) {
	if s := SampleText(t, 5000); len(s) != 5000 || bytes.ContainsRune(s, '\n') {
		t.Errorf("SampleText(5000) has %d bytes", len(s))
	}
	if s := ZipfText(1000); len(s) < 1000 || !strings.HasSuffix(s, "\n") || s != ZipfText(1000) {
		t.Errorf("ZipfText(1000) has %d bytes", len(s))
	}
	if got := RepairUTF8("a\xff\xfeb"); got != "a\ufffd\ufffdb" {
		t.Errorf("RepairUTF8: %q", got)
	}
	b := make([]byte, 7)
	r := &Repeat{Unit: "abc"}
	for range 2 {
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
	}
	if string(b) != "bcabcab" {
		t.Errorf("Repeat: %q", b)
	}
}
