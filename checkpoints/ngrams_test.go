package checkpoints

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// TestCompose: the mean, by the texts of the n-grams and in float64.
func TestCompose(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	c, err := Read(context.Background(), dir, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"cats", "naïvely", "then", "caxat", "x", "", "zzz", "cat\xff", strings.Repeat("cat", 1000)} {
		want, n := make([]float64, 3), 0
		for _, gram := range c.NGrams.Explain(word) {
			if row := slices.Index(c.NGrams.Buckets(), gram.Bucket); row >= 0 {
				for i, v := range c.Tensors[NGramTensor].Row(row) {
					want[i] += float64(v)
				}
				n++
			}
		}
		got := []float32{9, 9, 9} // to be overwritten
		if m := c.Compose(got, word); m != n {
			t.Errorf("%.20q has %d known n-grams, want %d", word, m, n)
		}
		for i := range want {
			if want[i] /= float64(max(n, 1)); math.Abs(float64(got[i])-want[i]) > 1e-4 {
				t.Errorf("%.20q: %v, want %v", word, got, want)
				break
			}
		}
		if known := n > 0; known != (strings.HasPrefix(word, "cat") || strings.HasPrefix(word, "na") || word == "then" || word == "caxat") {
			t.Errorf("%.20q has %d known n-grams", word, n)
		}
	}
	dst := make([]float32, 3)
	if n := testing.AllocsPerRun(100, func() { c.Compose(dst, "naïvely") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	c = newWithoutNGrams(t)
	if n := c.Compose(dst, "cats"); n != 0 || dst[0] != 0 {
		t.Errorf("without n-grams: %d, %v", n, dst)
	}
}

// TestNGramsOfConfig: Write fills in the settings, and takes them out again.
func TestNGramsOfConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	c := newSmall(t)
	c.Config.NGrams = tokenize.NGramOptions{}
	mustWrite(t, dir, c)
	if want := c.NGrams.Options(); c.Config.NGrams != want {
		t.Errorf("config has %+v, want %+v", c.Config.NGrams, want)
	}
	c.NGrams = nil
	delete(c.Tensors, NGramTensor)
	mustWrite(t, dir, c)
	if _, ok := tree(t, dir)[NGramFile]; ok {
		t.Errorf("%s is left from the model before", NGramFile)
	}
	got, err := Read(context.Background(), dir, ReadOptions{})
	if err != nil || got.NGrams != nil || got.Config.NGrams.Max != 0 {
		t.Errorf("n-grams %v, %v", got.NGrams, err)
	}
}

func TestBucketErrors(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"1\n2", `line 2: "2" is not a bucket`},
		{"1\n\n", `line 2: "\n" is not a bucket`},
		{"-1\n", `line 1: "-1\n" is not a bucket`},
		{"+1\n", `line 1: "+1\n" is not a bucket`},
		{"01\n", `line 1: "01\n" is not a bucket`},
		{"1\r\n", `line 1: "1\r\n" is not a bucket`},
		{"1 \n", `line 1: "1 \n" is not a bucket`},
		{"5\n2147483648\n", `line 2: "2147483648\n" is not a bucket`},
		{strings.Repeat("1", 1<<17), `line 1: "1111`},
	} {
		if buckets, err := readBuckets(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) || buckets != nil {
			t.Errorf("%.20q: %d, error %v, want %s", test.file, buckets, err, test.want)
		}
	}
}

// FuzzBuckets: what is read is written as the same bytes; and what
// RestoreNGrams takes it keeps. Neither panics.
func FuzzBuckets(f *testing.F) {
	f.Add([]byte("0\n2147483647\n17\n"), 3, 6, 20)
	f.Add([]byte("1\n1\n"), 1, 1, 2)
	f.Add([]byte("01\n"), 3, 6, 20)
	f.Add([]byte{}, 0, 0, 0)
	v, err := tokenize.NewVocabulary([]string{"where", "日本"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, shortest, longest, count int) {
		buckets, err := readBuckets(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := writeBuckets(&b, buckets); err != nil || !bytes.Equal(b.Bytes(), data) {
			t.Fatalf("%q, then %q (%v)", data, b.Bytes(), err)
		}
		g, err := tokenize.RestoreNGrams(v, tokenize.NGramOptions{Min: shortest, Max: longest, Buckets: count}, buckets)
		if err != nil {
			return
		}
		if g.Rows() != len(buckets) || !slices.Equal(g.Buckets(), buckets) {
			t.Errorf("buckets %d, want %d", g.Buckets(), buckets)
		}
		for id, word := range v.Tokens() {
			if rows := g.Of(int32(id)); !slices.Equal(rows, g.Append(nil, word)) {
				t.Errorf("%s has rows %d", word, rows)
			}
		}
	})
}
