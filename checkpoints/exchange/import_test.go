package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// fileOf writes content to a new file.
func fileOf(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// float32s are values in little-endian binary.
func float32s(values ...float32) string { return string(number.AppendBinary(nil, values)) }

// described is a model's words and vectors, a line each.
func described(c *checkpoints.Checkpoint) string {
	var b strings.Builder
	for i, token := range c.Vocabulary.Tokens() {
		fmt.Fprintf(&b, "%q %d %v\n", token, c.Vocabulary.Count(int32(i)), c.Embedding().Row(i))
	}
	return b.String()
}

// Messages say "standard input", not "-".
func TestNameOfStandardInput(t *testing.T) {
	v := &Vectors{Path: text.Stdin}
	if err := v.SetDim(0); err == nil || !strings.HasPrefix(err.Error(), "standard input: ") {
		t.Error(err)
	}
}

func TestImport(t *testing.T) {
	const plain = "\"the\" 3 [1 -2.5]\n\"of\" 1 [0.1 0]\n\"cat\" 1 [3e-07 4]\n"
	binary := "3 2\nthe " + float32s(1, -2.5) + "of " + float32s(0.1, 0) + "cat " + float32s(3e-7, 4)
	lines := "3 2\nthe " + float32s(1, -2.5) + "\nof " + float32s(0.1, 0) + "\ncat " + float32s(3e-7, 4) + "\n"
	for _, c := range []struct {
		name, content, format, want string
	}{
		{"word2vec", "3 2\nthe 1 -2.5\nof 0.1 0\ncat 3e-7 4\n", "word2vec", plain},
		{"fasttext", "3 2\nthe 1 -2.5 \nof 0.1 0 \ncat 3e-7 4 \n", "word2vec", plain},
		{"crlf", "3 2\r\nthe 1 -2.5\r\nof 0.1 0\r\ncat 3e-7 4\r\n", "word2vec", plain},
		{"byte order mark", "\ufeff3 2\nthe 1 -2.5\nof 0.1 0\ncat 3e-7 4", "word2vec", plain},
		{"tabs", "3\t2\nthe\t1\t-2.5\nof\t0.1\t0\n\ncat\t3e-7\t4\n\n", "word2vec", plain},
		{"glove", "the 1 -2.5\nof 0.1 0\ncat 3e-7 4\n", "glove", plain},
		{"glove without the last line feed", "the 1 -2.5\nof  0.1  0\ncat 3e-7 4", "glove", plain},
		{"binary of gensim", binary, "word2vec-bin", plain},
		{"binary of word2vec.c", lines, "word2vec-bin", plain},
		{"one dimension", "2 1\na 5\nb 6\n", "word2vec", "\"a\" 2 [5]\n\"b\" 1 [6]\n"},
		{"one dimension, binary", "2 1\na " + float32s(5) + "b " + float32s(6), "word2vec-bin", "\"a\" 2 [5]\n\"b\" 1 [6]\n"},
		{"zeros, binary", "1 2\na " + float32s(0, 0), "word2vec-bin", "\"a\" 1 [0 0]\n"},
		{"printable, binary", "1 4\na AAAABBBBCCCC\x01DDD", "word2vec-bin", "\"a\" 1 [12.078431 48.564705 195.26274 785.06256]\n"},
		{"spaces in words", ". . . 1 2\nat name@domain.com 3 4\nx 5 6\ny 7 8\nz 9 1", "glove",
			"\". . .\" 5 [1 2]\n\"at name@domain.com\" 2 [3 4]\n\"x\" 1 [5 6]\n\"y\" 1 [7 8]\n\"z\" 1 [9 1]\n"},
		{"a word that ends in a number", "2 2\nwindows 7 1 2\nof 3 4\n", "word2vec", "\"windows 7\" 2 [1 2]\n\"of\" 1 [3 4]\n"},
		{"numbers for words", "2012 1.5 2\n3 4 5.5\n", "glove", "\"2012\" 2 [1.5 2]\n\"3\" 1 [4 5.5]\n"},
		{"no-break space", "a\u00a0b 1 2\nc\u0085 3 4\n", "glove", "\"a\\u00a0b\" 2 [1 2]\n\"c\\u0085\" 1 [3 4]\n"},
		{"many digits", "1 2\na 0.100000001490116119384765625 12345678901234567890e-19\n", "word2vec", "\"a\" 1 [0.1 1.2345679]\n"},
		{"broken UTF-8", "2 2\ncaf\xe9 1 2\nx 3 4\n", "word2vec", "\"caf\ufffd\" 2 [1 2]\n\"x\" 1 [3 4]\n"},
	} {
		model, report, err := Import(context.Background(), fileOf(t, "vectors", c.content), ImportOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := described(model); got != c.want || report.Format != c.format || !report.Ranked {
			t.Errorf("%s: %+v\n%s, want\n%s", c.name, report, got, c.want)
		}
		if err := checkpoints.Write(context.Background(), filepath.Join(t.TempDir(), "model"), model, checkpoints.WriteOptions{}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Rows whose word cannot be a token are skipped, and of a repeated word the first row is
// used; both are reported.
func TestImportSkips(t *testing.T) {
	text := "5 2\nthe 1 2\n 3 4\nthe 5 6\nof 7 8\nthe 9 9\n"
	model, report, err := Import(context.Background(), fileOf(t, "vectors.txt", text), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := described(model), "\"the\" 2 [1 2]\n\"of\" 1 [7 8]\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if report.Rows != 5 || report.Duplicates != 2 || !strings.HasSuffix(report.FirstDuplicate, "vectors.txt:4") ||
		report.Unusable != 1 || !strings.HasSuffix(report.FirstUnusable, "vectors.txt:3") {
		t.Errorf("%+v", report)
	}
	binary := "3 1\na\tb " + float32s(1) + "\n " + float32s(2) + "c " + float32s(3)
	model, report, err = Import(context.Background(), fileOf(t, "v.bin", binary), ImportOptions{})
	if err != nil || described(model) != "\"c\" 1 [3]\n" || report.Unusable != 2 {
		t.Errorf("%v, %+v", err, report)
	}
	_, _, err = Import(context.Background(), fileOf(t, "v.bin", "1 2\n "+float32s(2, 3)), ImportOptions{})
	if err == nil || !strings.Contains(err.Error(), "none of its words") {
		t.Errorf("no word is left: %v", err)
	}
}

// What the tokenizer can never make of a text is counted, and what would help.
func TestImportReach(t *testing.T) {
	path := fileOf(t, "v", "the 1 2\nParis 3 4\nnew_york 5 6\n, 7 8\nnew york 9 1\n")
	_, report, err := Import(context.Background(), path, ImportOptions{})
	if err != nil || report.Unreachable != 2 || report.FirstUnreachable != "," || report.WithCased != 2 || report.WithWhitespace != 1 {
		t.Errorf("%v, %+v", err, report)
	}
	_, report, err = Import(context.Background(), path, ImportOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true, Whitespace: true})})
	if err != nil || report.Unreachable != 1 {
		t.Errorf("%v, %+v", err, report)
	}
}

func TestImportErrors(t *testing.T) {
	values := float32s(1, 2)
	for _, c := range []struct{ name, content, want string }{
		{"empty", "", "vectors is empty"},
		{"header only", "2 2\n", "ends after 0 of 2 rows"},
		{"text", "It was the best of times\nit was the worst of times\n", "holds no vectors"},
		{"blank", "\n\n\n", "holds no vectors"},
		{"too few values", "2 3\na 1 2 3\nb 1 2\n", "vectors:3: expected 3 values but found 2"},
		{"too many values", "2 2\na 1 2\nb 0.5 1 2\n", "vectors:3: more than 2 values"},
		{"no value", "2 2\na 1 2\nb\n", "vectors:3: expected 2 values but found 0"},
		{"no number", "2 2\na 1 2\nb 1 x\n", `vectors:3: value 2 of 2, "x", is not a number`},
		{"NaN", "1 2\na 1 nan\n", `vectors:2: value 2 of "a" is NaN`},
		{"infinity", "a 1 2\nb -Inf 1\nc 1 2\n", `vectors:2: value 1 of "b" is -Inf`},
		{"out of range", "1 2\na 1 1e39\n", `vectors:2: value 2, "1e39", is out of range`},
		{"too few rows", "3 2\na 1 2\nb 3 4\n", "ends after 2 of 3 rows"},
		{"too many rows", "1 2\na 1 2\nb 3 4\n", "vectors:3: more data after the last of 1 row"},
		{"a trillion rows", "1000000000000 2\na 1 2\n", "its header says 1000000000000 rows"},
		{"two billion rows", "2000000000 300\na 1 2\n", "vectors:2: expected 300 values but found 2"},
		{"two billion binary rows", "2000000000 4096\na " + values, "ends inside row 1 of 2000000000"},
		{"no rows", "0 2\n", "its header says 0 rows"},
		{"dimensions", "1 1000000\na 1 2\n", "vectors of 1000000 dimensions"},
		{"no dimension", "1 0\na 1 2\n", "vectors of 0 dimensions"},
		{"numbers that overflow", "99999999999999999999 2\na 1\n", "is out of range"},
		{"binary NaN", "2 2\na " + values + "b " + float32s(1, float32(math.NaN())), "vectors: byte 14: value 2 of \"b\" is NaN"},
		{"binary cut in a vector", "2 2\na " + values + "b " + values[:5], "ends inside row 2 of 2"},
		{"binary cut in a word", "2 2\na " + values + "bcd", "ends inside row 2 of 2"},
		{"binary cut between rows", "3 2\na " + values + "\nb " + values + "\n", "ends after 2 of 3 rows"},
		{"binary and more", "1 2\na " + values + "\nb", "more data after the last of 1 row"},
		{"binary of other dimensions", "9 2\n" + strings.Repeat("\x01", 80_000), "vectors: byte 4: row 1 has a word of more than 65536 bytes"},
		{"a long line", "2 4\na 1 2 3 4\n" + strings.Repeat("a", 2<<20), "vectors:3: a line of more than"},
		{"sizes and no numbers", "1 4\nfor a few words\n", "ends inside row 1 of 1"},
		{"fastText", "\xba\x16\x4f\x2f\x0c\x00", "byte 6: the file ends in the version"},
		{"pickle", "\x80\x04\x95", "is a Python pickle"},
		{"zip", "PK\x03\x04", "is a zip archive"},
		{"safetensors", "\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":1}", "header: its length is 16 bytes, but the file has 7"},
		{"cut gzip", compressed(t, "gz", strings.Repeat("a 1 2\n", 100))[:30], "gzip data ends too early"},
		{"npy header", "\x93NUMPY\x02\x00\xff\xff\xff\xff", "a length of 4294967295 bytes is impossible"},
		{"npy cut", "\x93NUMPY\x01", "unexpected EOF"},
	} {
		_, _, err := Import(context.Background(), fileOf(t, "vectors", c.content), ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v, hint %q; want %q", c.name, err, fault.Hint(err), c.want)
		}
	}
	if _, _, err := Import(context.Background(), filepath.Join(t.TempDir(), "none"), ImportOptions{}); err == nil {
		t.Error("a file that is not there was imported")
	}
	if _, _, err := Import(context.Background(), t.TempDir(), ImportOptions{}); err == nil || !strings.Contains(err.Error(), "is not a model") {
		t.Errorf("an empty folder: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Import(ctx, fileOf(t, "v", "a 1 2\n"), ImportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func compressed(t testing.TB, kind, content string) string {
	t.Helper()
	var b bytes.Buffer
	switch kind {
	case "gz":
		z := gzip.NewWriter(&b)
		z.Write([]byte(content))
		z.Close()
	case "zst":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		z.Write([]byte(content))
		z.Close()
	}
	return b.String()
}

func TestImportCompressed(t *testing.T) {
	const text = "2 1\na 5\nb 6\n"
	for _, kind := range []string{"gz", "zst"} {
		path := fileOf(t, "vectors.txt", compressed(t, kind, text))
		model, _, err := Import(context.Background(), path, ImportOptions{})
		if err != nil || described(model) != "\"a\" 2 [5]\n\"b\" 1 [6]\n" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// What Export writes, and a folder, reads back to the bit: words, order, vectors,
// and counts where the format has them.
func TestImportExported(t *testing.T) {
	c := randomModel(t, 700, 23)
	for _, f := range Writable() {
		if f.Name == "tsv" || f.Name == "raw" || f.Write == nil {
			continue // has no words, or no dimensions: see TestRoundTrip; or see TestExportFastText
		}
		path := fileOf(t, "vectors"+f.Extensions[0], export(t, c, f.Name))
		counts := false
		if f.Name == "npy" || f.Name == "safetensors" || f.Name == "fvecs" {
			var vocab bytes.Buffer
			c.Vocabulary.WriteTo(&vocab)
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), checkpoints.VocabularyFile), vocab.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			counts = true
		}
		wantImported(t, path, f.Name, c, counts)
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	wantImported(t, dir, "model", c, true)
	os.Remove(filepath.Join(dir, checkpoints.ManifestFile))
	wantImported(t, dir, "safetensors", c, true)
	os.Remove(filepath.Join(dir, checkpoints.VocabularyFile))
	wantImported(t, dir, "safetensors", c, false) // tokenizer.json has the words
	os.Remove(filepath.Join(dir, checkpoints.TokenizerFile))
	if _, _, err := Import(context.Background(), dir, ImportOptions{}); err == nil || !strings.Contains(err.Error(), "no list of words") {
		t.Errorf("no words: %v", err)
	}
}

// randomModel has values of all sizes.
func randomModel(t testing.TB, rows, dim int) *checkpoints.Checkpoint {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var tokens []string
	var counts []int64
	for i := range rows {
		tokens, counts = append(tokens, fmt.Sprintf("w%dé", i)), append(counts, int64(rows-i+5))
	}
	table := checkpoints.NewTensor(rows, dim)
	for i := range rows {
		row := table.Row(i)
		for k := range row {
			for row[k] = float32(math.NaN()); row[k] != row[k] || math.IsInf(float64(row[k]), 0); {
				row[k] = math.Float32frombits(rng.Uint32())
			}
		}
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return &checkpoints.Checkpoint{
		Config:    checkpoints.Config{Kind: "skipgram", Dim: dim},
		Tokenizer: tokenizer, Vocabulary: v, Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: table},
	}
}

func wantImported(t *testing.T, path, format string, want *checkpoints.Checkpoint, counts bool) {
	t.Helper()
	got, report, err := Import(context.Background(), path, ImportOptions{})
	if err != nil {
		t.Errorf("%s: %v", format, err)
		return
	}
	if report.Format != format || report.Ranked == counts || report.Unreachable != 0 {
		t.Errorf("%s: %+v", format, report)
	}
	wantSameTensors(t, got.Tensors, want.Tensors)
	if !slices.Equal(got.Vocabulary.Tokens(), want.Vocabulary.Tokens()) {
		t.Errorf("%s: other words", format)
	}
	for i := range got.Vocabulary.Len() {
		n := int64(got.Vocabulary.Len() / (i + 1))
		if counts {
			n = want.Vocabulary.Count(int32(i))
		}
		if got.Vocabulary.Count(int32(i)) != n {
			t.Fatalf("%s: count %d of word %d, want %d", format, got.Vocabulary.Count(int32(i)), i, n)
		}
	}
}

// A first line that claims more than there is costs no memory.
func TestImportHostileHeader(t *testing.T) {
	for _, content := range []string{
		"2000000000 300\na 1 2\n",
		"2000000000 16000\na " + float32s(1, 2),
	} {
		path := fileOf(t, "v", content)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := Import(context.Background(), path, ImportOptions{})
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Error("read")
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("%.20q: %d bytes were allocated", content, used)
		}
	}
}

// A table that grows equals one made at once.
func TestGrowingTable(t *testing.T) {
	for _, dim := range []int{1, 7, 300, MaxDim} {
		table := &growingTable{dim: dim}
		rows := 2*table.partRows() + 3
		row := make([]float32, dim)
		for i := range rows {
			row[0], row[dim-1] = float32(i), float32(i)
			table.add(row)
		}
		x := table.tensor()
		for i := range rows {
			if x.Row(i)[0] != float32(i) || x.Row(i)[dim-1] != float32(i) {
				t.Fatalf("dim %d: row %d begins with %v", dim, i, x.Row(i)[0])
			}
		}
		if x.Rows() != rows {
			t.Errorf("dim %d: shape %v", dim, x.Shape)
		}
	}
}

// Files that gensim 4.4.0 wrote.
func TestImportGolden(t *testing.T) {
	for _, name := range []string{"golden.txt", "golden.bin"} {
		c, _, err := Import(context.Background(), filepath.Join("testdata", "vectors", name), ImportOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true})})
		if err != nil {
			t.Fatal(err)
		}
		const want = "\"the\" 4 [1 -2.5 0.1]\n\"naïve\" 2 [3e-07 0 -0]\n\"New_York\" 1 [1.6777216e+07 1e-38 3.4e+38]\n\"東京\" 1 [0.3 0.7 -0.1]\n"
		if got := described(c); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
