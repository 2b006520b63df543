package text_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// linesOf returns the lines of a shard.
func linesOf(t *testing.T, open func() *text.Source, shard text.Shard) ([]string, *text.Division, error) {
	t.Helper()
	src := open()
	d, err := src.Shard(context.Background(), shard)
	if err != nil {
		return nil, nil, err
	}
	var lines []string
	line := ""
	err = src.Read(context.Background(), func(c text.Chunk) error {
		line += string(c.Text)
		if c.LineEnd {
			lines, line = append(lines, line), ""
		}
		return nil
	})
	return lines, d, err
}

// Every line of random files is in exactly one shard, in order.
func TestShardsCoverOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	for round := range 300 {
		var names, want []string
		for f := range 1 + rng.IntN(4) {
			var b strings.Builder
			if rng.IntN(8) == 0 {
				b.WriteString("\ufeff")
			}
			for range rng.IntN(20) {
				long := 12
				if rng.IntN(30) == 0 {
					long = 150_000
				}
				b.WriteString(strings.Repeat("ab é", rng.IntN(long)/4))
				b.WriteString([]string{"\n", "\n", "\r\n", "\n\n"}[rng.IntN(4)])
			}
			if rng.IntN(2) == 0 {
				b.WriteString("no line end")
			}
			names = append(names, corporatest.WriteFile(t, dir, fmt.Sprintf("%d-%d.txt", round, f), b.String()))
		}
		open := func() *text.Source {
			s, err := text.Open(names...)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		want, _, err := linesOf(t, open, text.Shard{})
		if err != nil {
			t.Fatal(err)
		}
		n := 1 + rng.IntN(9)
		var got []string
		var bytes, size int64
		for i := 1; i <= n; i++ {
			lines, d, err := linesOf(t, open, text.Shard{Index: i, Of: n})
			if err != nil {
				if !strings.Contains(err.Error(), "is empty: no line begins in it") {
					t.Fatal(err)
				}
				continue
			}
			got, bytes, size = append(got, lines...), bytes+d.Bytes, d.Size
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d, %d shards: %d lines, want %d", round, n, len(got), len(want))
		}
		if len(want) > 0 && bytes != size {
			t.Errorf("round %d: the shards have %d of %d bytes", round, bytes, size)
		}
	}
}

// By hand: three ranges of 8 bytes; the lines begin at 0, 4, 8, 14 and 19.
func TestShardByHand(t *testing.T) {
	open := func() *text.Source { return text.FromBytes("x", []byte("one\ntwo\nthree\nfour\nfive\n")) }
	for i, want := range []string{"one two", "three four", "five"} {
		lines, d, err := linesOf(t, open, text.Shard{Index: i + 1, Of: 3})
		if err != nil || strings.Join(lines, " ") != want {
			t.Errorf("shard %d: %q, want %q, error %v", i+1, lines, want, err)
		}
		if from := []int64{0, 8, 19}[i]; d.Parts[0].From != from || d.Size != 24 {
			t.Errorf("shard %d: %+v", i+1, d)
		}
	}
}

// A range that begins like a compressed or a binary file is text.
func TestShardInside(t *testing.T) {
	for _, line := range []string{"\x1f\x8b\x08 x", "BZh91AY&SY", "%PDF-1.4", "PAR1", "a\rb\rc\rd"} {
		content := strings.Repeat("x", len(line)) + "\n" + line + "\n"
		lines, _, err := linesOf(t, func() *text.Source { return text.FromBytes("x", []byte(content)) }, text.Shard{Index: 2, Of: 2})
		if err != nil || len(lines) != 1 || lines[0] != strings.ToValidUTF8(line, "\ufffd") {
			t.Errorf("%q: %q, error %v", line, lines, err)
		}
	}
}

func TestShardJSONLines(t *testing.T) {
	open := func() *text.Source {
		s := text.FromBytes("x.jsonl", []byte(`{"t":"one"}`+"\n"+`{"t":"two"}`+"\n\n"+`{"t":"three\nfour"}`+"\n"))
		if err := s.Select(text.Selection{Field: "t"}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	var all []string
	for i := 1; i <= 2; i++ {
		lines, _, err := linesOf(t, open, text.Shard{Index: i, Of: 2})
		if err != nil || len(lines) == 0 {
			t.Fatal(lines, err)
		}
		all = append(all, lines...)
	}
	if strings.Join(all, "|") != "one|two|three|four" {
		t.Errorf("%q", all)
	}
	// The position of a bad record counts lines from where the shard begins.
	bad := text.FromBytes("x.jsonl", []byte(`{"t":"one"}`+"\n"+`{"t":"two"}`+"\n"+`{"u":"three"}`+"\n"))
	bad.Select(text.Selection{Field: "t"})
	if _, _, err := linesOf(t, func() *text.Source { return bad }, text.Shard{Index: 2, Of: 2}); err == nil || !strings.HasPrefix(err.Error(), "x.jsonl from byte 24:1") {
		t.Errorf("error %v", err)
	}
}

// Files that cannot be cut are assigned whole, here of equal sizes: in turn.
func TestShardWholeFiles(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i, text := range []string{"a\n", "b\n", "c\n", "d\n"} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		name := filepath.Join(dir, fmt.Sprintf("%d.gz", i))
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	open := func() *text.Source {
		s, err := text.Open(names...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for i, want := range []string{"a c", "b d"} {
		lines, d, err := linesOf(t, open, text.Shard{Index: i + 1, Of: 2})
		if err != nil || strings.Join(lines, " ") != want || !strings.Contains(d.Reason, "is compressed (gzip)") {
			t.Errorf("shard %d: %q, %+v, error %v", i+1, lines, d, err)
		}
	}
	if _, _, err := linesOf(t, open, text.Shard{Index: 1, Of: 5}); err == nil || !strings.Contains(err.Error(), "4 files cannot be divided into 5 shards") || !strings.Contains(fault.Hint(err), "at most 4 shards") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

func TestShardErrors(t *testing.T) {
	for text, message := range map[string]string{
		"": "i/n", "3": "i/n", "a/2": "i/n", "1/2/3": "i/n", "0/4": "from 1/4 to 4/4, got 0/4", "5/4": "got 5/4", "1/0": "got 1/0", "-1/4": "got -1/4", "1/9999999": "parts",
	} {
		if err := shardError(text); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: error %v", text, err)
		}
	}
	ctx := context.Background()
	if _, err := text.FromReader("-", strings.NewReader("x\n")).Shard(ctx, text.Shard{Index: 1, Of: 2}); err == nil || !strings.Contains(err.Error(), "standard input cannot be divided") {
		t.Errorf("error %v", err)
	}
	one := text.FromBytes("x", []byte("one line without an end"))
	if _, err := one.Shard(ctx, text.Shard{Index: 2, Of: 2}); err == nil || !strings.Contains(err.Error(), "shard 2/2 of x is empty") {
		t.Errorf("error %v", err)
	}
	csv := text.FromBytes("x.csv", []byte("t\n\"a\nb\"\nc\n"))
	csv.Select(text.Selection{Column: "t"})
	if _, err := csv.Shard(ctx, text.Shard{Index: 1, Of: 2}); err == nil || !strings.Contains(err.Error(), "may have several lines") {
		t.Errorf("error %v", err)
	}
}

func shardError(s string) error {
	_, err := text.ParseShard(s)
	return err
}
