package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

func export(t testing.TB, c *checkpoints.Checkpoint, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Export(context.Background(), &b, c, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportText(t *testing.T) {
	const lines = "the 1 -2.5 0.1\nof 3.4028235e+38 1e-45 -0\nnaïve 0 1e-20 3\ncat 7 8 9\n"
	if got := export(t, newSmall(t), "word2vec"); got != "4 3\n"+lines {
		t.Errorf("word2vec %q", got)
	}
	if got := export(t, newSmall(t), "glove"); got != lines {
		t.Errorf("glove %q", got)
	}
	for i, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		for j, field := range strings.Fields(line)[1:] {
			v, err := strconv.ParseFloat(field, 32)
			if want := newSmall(t).Embedding().Row(i)[j]; err != nil || math.Float32bits(float32(v)) != math.Float32bits(want) {
				t.Errorf("%q reads as %v, want %v (%v)", field, v, want, err)
			}
		}
	}
}

func TestExportWord2vecBinary(t *testing.T) {
	c := newSmall(t)
	want := "4 3\n"
	for i, word := range []string{"the", "of", "naïve", "cat"} {
		want += word + " "
		for _, v := range c.Embedding().Row(i) {
			want += string(little.AppendUint32(nil, math.Float32bits(v)))
		}
		want += "\n"
	}
	if got := export(t, c, "word2vec-bin"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestExportNPY(t *testing.T) {
	c := newSmall(t)
	data := export(t, c, "npy")
	// The values start at a multiple of 64 bytes.
	want := "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }"
	want += strings.Repeat(" ", 127-len(want)) + "\n"
	for i := range 4 {
		want += float32s(c.Embedding().Row(i)...)
	}
	if data != want {
		t.Errorf("%q, want %q", data, want)
	}
}

func TestExportErrors(t *testing.T) {
	c := newSmall(t)
	var b bytes.Buffer
	err := Export(context.Background(), &b, c, "orc")
	if err == nil || !strings.Contains(fault.Hint(err), "word2vec-bin") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	for _, token := range []string{"new york", "a\x00b", "a\vb", "\f"} {
		c.Vocabulary, err = tokenize.NewVocabulary([]string{"the", "of", token, "cat"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Writable() {
			b.Reset()
			err := Export(context.Background(), &b, c, f.Name)
			if !f.Words {
				if err != nil {
					t.Errorf("%s of %q: %v", f.Name, token, err)
				}
				continue
			}
			if err == nil || !strings.Contains(err.Error(), "token 2, "+strconv.Quote(token)) || fault.Hint(err) == "" || b.Len() > 0 {
				t.Errorf("%s of %q: error %v after %d bytes", f.Name, token, err, b.Len())
			}
		}
	}
	c = newSmall(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, f := range Writable() {
		if f.Write == nil {
			continue // see TestExportFastText
		}
		if err := Export(ctx, &b, c, f.Name); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", f.Name, err)
		}
		closed, err := os.Create(t.TempDir() + "/closed")
		if err != nil {
			t.Fatal(err)
		}
		closed.Close()
		if err := Export(context.Background(), closed, c, f.Name); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s to a closed file: %v", f.Name, err)
		}
	}
	c.Tensors = nil
	if err := Export(context.Background(), &b, c, "npy"); err == nil {
		t.Error("exported nothing")
	}
}

func TestExportWords(t *testing.T) {
	c := newSmall(t)
	words := []string{"cat", "Naïve", "cats", "zzz", "the", "cat", "of cat"}
	var b bytes.Buffer
	unknown, err := ExportWords(context.Background(), &b, c, "glove", words[:6])
	if err != nil || !slices.Equal(unknown, []int{3}) {
		t.Fatalf("unknown %d, %v", unknown, err)
	}
	cats := make([]float32, 3)
	if c.Compose(cats, "cats") == 0 {
		t.Fatal("cats has no n-grams")
	}
	want := fmt.Sprintf("cat 7 8 9\nNaïve 0 1e-20 3\ncats %v %v %v\nzzz 0 0 0\nthe 1 -2.5 0.1\ncat 7 8 9\n", cats[0], cats[1], cats[2])
	if b.String() != want {
		t.Errorf("wrote\n%s, want\n%s", &b, want)
	}
	b.Reset()
	if unknown, err := ExportWords(context.Background(), &b, c, "word2vec", words); err == nil || !strings.Contains(err.Error(), "white space") || b.Len() > 0 {
		t.Errorf("unknown %d, error %v, wrote %q", unknown, err, &b)
	}
	if unknown, err := ExportWords(context.Background(), &b, c, "npy", words); err != nil || !slices.Equal(unknown, []int{3, 6}) {
		t.Errorf("unknown %d, %v", unknown, err)
	}
	if _, err := ExportWords(context.Background(), &b, c, "npy", nil); err == nil {
		t.Error("an empty list of words was accepted")
	}
}

// The words of an array are the ids beside it, unless a list of words is there.
func TestWordsBesideArray(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "v.fvecs")
	write := func(name, data string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("v.fvecs", "\x01\x00\x00\x00\x00\x00\x80\x3f\x01\x00\x00\x00\x00\x00\x00\x40") // 1 and 2
	if _, _, err := Import(t.Context(), path, ImportOptions{}); err == nil || !strings.Contains(err.Error(), "no list of words") {
		t.Errorf("no words: got %v", err)
	}
	write("v.fvecs.ids.tsv", "id\tlang\nking\ten\nqueen\ten\n")
	for _, want := range []string{"[king queen]", "[rose tulip]"} {
		c, r, err := Import(t.Context(), path, ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.Vocabulary.Tokens()); got != want || c.Embedding().Row(1)[0] != 2 {
			t.Errorf("got %s (%s), want %s", got, r.Read, want)
		}
		write("vocab.tsv", "rose\t9\ntulip\t8\n")
	}
}

// The files beside a compressed array are those of the array.
func TestFilesBesideCompressed(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("\x02\xfe\x7f\x00"))
	z.Close()
	for name, data := range map[string]string{"v.raw.gz": packed.String(),
		"v.raw.json":    `{"format":"raw","dtype":"int8","dimensions":2,"scale":0.5}`,
		"v.raw.ids.tsv": "id\nking\nqueen\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, _, err := Import(t.Context(), filepath.Join(dir, "v.raw.gz"), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Vocabulary.Tokens(), c.Embedding().Row(0), c.Embedding().Row(1)); got != "[king queen] [1 -1] [63.5 0]" {
		t.Errorf("got %s", got)
	}
}
