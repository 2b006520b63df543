package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// fastTextModels are small models that fastText 0.9.2 trained, of 7 or 8 dimensions: of a text in
// English with some German, French, Greek, Japanese and emoji. vectors.json has what its
// get_word_vector says of words of the vocabulary and of others.
var fastTextModels = []string{"skipgram.bin", "cbow.bin", "plain.bin", "supervised.bin", "quantized.ftz", "pruned.ftz"}

func fastTextFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "fasttext", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// fastTextVectors are the vectors of a model by word, according to fastText.
func fastTextVectors(t testing.TB, name string) map[string][]float32 {
	t.Helper()
	var all map[string]map[string][]float32
	if err := json.Unmarshal([]byte(fastTextFile(t, "vectors.json")), &all); err != nil {
		t.Fatal(err)
	}
	vectors := all[strings.TrimSuffix(strings.TrimSuffix(name, ".bin"), ".ftz")]
	if len(vectors) < 30 {
		t.Fatalf("%d words of %s", len(vectors), name)
	}
	return vectors
}

// wantFastText compares the vectors of c with those of fastText. Words that fastText sees and the
// tokenizer does not are skipped: the empty word, those of two words, and those that are not in
// normal form C.
func wantFastText(t *testing.T, name string, c *checkpoints.Checkpoint) {
	t.Helper()
	got := make([]float32, c.Config.Dim)
	unknown := 0
	for word, want := range fastTextVectors(t, name) {
		if word == "" || strings.Contains(word, " ") || !norm.NFC.IsNormalString(word) {
			continue
		}
		if _, known := c.Vocabulary.ID(word); !known {
			unknown++
		}
		c.Vector(got, word)
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("%s: %q: %v, want %v", name, word, got, want)
				break
			}
		}
	}
	if unknown < 10 {
		t.Errorf("%s: only %d unknown words", name, unknown)
	}
}

func TestImportFastText(t *testing.T) {
	for _, name := range fastTextModels {
		path := filepath.Join("testdata", "fasttext", name)
		c, report, err := Import(context.Background(), path, ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if report.Format != "fasttext-bin" || report.Ranked || c.Vocabulary.Count(0) < 50 || c.Config.Origin != name+" (fasttext-bin)" {
			t.Errorf("%s: %+v, %q", name, report, c.Config.Origin)
		}
		if (c.NGrams == nil) != (name == "plain.bin") {
			t.Errorf("%s: n-grams %v", name, c.NGrams)
		}
		wantFastText(t, name, c)
		// A folder, and a compressed file, of which the size is unknown, are the same.
		dir := filepath.Join(t.TempDir(), "model")
		if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		again, err := checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantFastText(t, name, again)
		packed, _, err := Import(context.Background(), fileOf(t, name, compressed(t, "gz", fastTextFile(t, name))), ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantSameTensors(t, packed.Tensors, c.Tensors)
	}
}

// The model of 2016 has no magic number, version, pruned n-grams or flags.
func TestImportFastTextOld(t *testing.T) {
	data := fastTextFile(t, "skipgram.bin")
	const head = 8 + 12*4 + 8 + 3*4 + 8 // before the number of kept n-grams
	words := 32
	end := head + 8
	for range words {
		end += strings.IndexByte(data[end:], 0) + 10
	}
	rows := 16 + (words+200)*8*4
	old := data[8:head] + data[head+8:end] + data[end+1:end+1+rows] + data[end+1+rows+1:]
	c, _, err := Import(context.Background(), fileOf(t, "old.bin", old), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantFastText(t, "skipgram.bin", c)
}

// A file that is written reads back as the same model, and is the file that fastText wrote, with
// rows and output to the last bits.
func TestExportFastText(t *testing.T) {
	for _, name := range []string{"skipgram.bin", "cbow.bin", "plain.bin", "supervised.bin"} {
		c, _, err := Import(context.Background(), filepath.Join("testdata", "fasttext", name), ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		data := export(t, c, "fasttext-bin")
		again, _, err := Import(context.Background(), fileOf(t, name, data), ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantFastText(t, name, again)
		if a, b := described(again), described(c); len(a) < 100 || strings.Count(a, "\n") != strings.Count(b, "\n") {
			t.Errorf("%s\n%s", a, b)
		}
		original := fastTextFile(t, name)
		if name == "supervised.bin" {
			continue // its labels are not written
		}
		if len(data) != len(original) {
			t.Fatalf("%s: %d bytes, fastText's has %d", name, len(data), len(original))
		}
		if n := bytes.Index([]byte(data), []byte("the\x00")); data[n:n+400] != original[n:n+400] {
			t.Errorf("%s: another dictionary", name)
		}
	}
}

// What fastText would read differently is refused.
func TestExportFastTextRefuses(t *testing.T) {
	v, err := tokenize.NewVocabulary([]string{"walking", "talked"}, []int64{3, 2})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]tokenize.NGramOptions{
		"does not count the whole of a word": {Min: 3, Max: 6, Buckets: 1000, CountAll: true},
		"of 1000 buckets and skips":          {Min: 3, Max: 6, Buckets: 1000, Whole: true},
		"":                                   {Min: 3, Max: 6, Buckets: 1000, Whole: true, CountAll: true},
	} {
		grams, err := tokenize.NewNGrams(v, o)
		if err != nil {
			t.Fatal(err)
		}
		table := checkpoints.NewTensor(grams.Rows(), 2)
		for i := range table.Rows() {
			copy(table.Row(i), []float32{float32(i), 1})
		}
		embedding := checkpoints.NewTensor(2, 2)
		copy(embedding.Row(1), []float32{1, -2})
		c := &checkpoints.Checkpoint{
			Config: checkpoints.Config{Kind: "skipgram", Dim: 2}, Tokenizer: tokenizer, Vocabulary: v, NGrams: grams,
			Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: embedding, checkpoints.NGramTensor: table},
		}
		var b bytes.Buffer
		err = Export(context.Background(), &b, c, "fasttext-bin")
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" || b.Len() > 0 {
				t.Errorf("%v, want %s", err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := Import(context.Background(), fileOf(t, "m.bin", b.String()), ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x, y := make([]float32, 2), make([]float32, 2)
		for _, word := range []string{"walking", "talked", "walked", "talks", "alk", "zzz"} {
			c.Vector(x, word)
			again.Vector(y, word)
			for i := range x {
				if math.Abs(float64(x[i]-y[i])) > 1e-5 {
					t.Errorf("%s: %v, want %v", word, y, x)
				}
			}
		}
	}
}

// A file that is cut anywhere, or that has something after its end, is an error with its position.
func TestFastTextCut(t *testing.T) {
	for _, name := range []string{"plain.bin", "skipgram.bin", "pruned.ftz"} {
		data := fastTextFile(t, name)
		step := 1
		if testing.Short() || len(data) > 3000 {
			step = 7
		}
		for n := 4; n < len(data); n += step {
			for _, content := range []string{data[:n], compressed(t, "gz", data[:n])} {
				if content != data[:n] && n%50 != 0 {
					continue
				}
				_, _, err := Import(context.Background(), fileOf(t, "m.bin", content), ImportOptions{})
				if err == nil || !strings.Contains(err.Error(), "byte ") || fault.Hint(err) == "" {
					t.Fatalf("%s: cut after %d bytes: %v", name, n, err)
				}
			}
		}
		for _, content := range []string{data + "x", compressed(t, "gz", data+"x")} {
			if _, _, err := Import(context.Background(), fileOf(t, "m.bin", content), ImportOptions{}); err == nil || !strings.Contains(err.Error(), "after the output matrix") {
				t.Errorf("%s: more at the end: %v", name, err)
			}
		}
	}
}

// A header that lies is an error before memory is allocated for it.
func TestFastTextLies(t *testing.T) {
	data := fastTextFile(t, "skipgram.bin")
	put := func(at int, bytes string) string { return data[:at] + bytes + data[at+len(bytes):] }
	i32 := func(x int32) string { return string(little.AppendUint32(nil, uint32(x))) }
	i64 := func(x int64) string { return string(little.AppendUint64(nil, uint64(x))) }
	const setting, sizes = 8, 8 + 12*4 + 8
	matrix := strings.LastIndex(data[:3000], i64(232)) // the number of its rows
	nan := string(little.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
	for name, c := range map[string]struct{ content, want string }{
		"version":            {put(4, i32(13)), "version 13"},
		"no dimensions":      {put(setting, i32(0)), "vectors of 0 dimensions"},
		"negative":           {put(setting, i32(-1)), "vectors of -1 dimensions"},
		"dimensions":         {put(setting, i32(math.MaxInt32)), "vectors of 2147483647 dimensions"},
		"other dimensions":   {put(setting, i32(9)), "a matrix of 8 columns, but vectors have 9 dimensions"},
		"model":              {put(setting+7*4, i32(7)), "the kind of model is 7"},
		"no bucket":          {put(setting+8*4, i32(0)), "0 buckets"},
		"buckets":            {put(setting+8*4, i32(100)), "a matrix of 232 rows for 32 words and 100 buckets"},
		"negative buckets":   {put(setting+8*4, i32(-5)), "in -5 buckets"},
		"long n-grams":       {put(setting+10*4, i32(1000)), "n-grams of 3 to 1000 characters"},
		"words":              {put(sizes, i32(math.MaxInt32)+i32(math.MaxInt32)), "2147483647 of at least 10 bytes each, but only"},
		"negative words":     {put(sizes, i32(-3)+i32(-3)), "-3 words"},
		"no words":           {put(sizes, i32(0)+i32(0)), "0 words"},
		"entries":            {put(sizes, i32(40)), "a dictionary of 40 entries, 32 words and 0 labels"},
		"kept":               {put(sizes+20, i64(1<<60)), "byte "},
		"kept, not quantize": {put(sizes+20, i64(0)), "n-grams were removed from a model that is not quantized"},
		"rows":               {put(matrix, i64(1<<60)), "1152921504606846976 of at least 32 bytes each"},
		"negative rows":      {put(matrix, i64(-1)), "rows of a matrix: -1 of"},
		"columns":            {put(matrix+8, i64(1<<31)), "a matrix of 2147483648 columns"},
		"quantized":          {put(matrix-1, "\x02"), "expected 0 or 1 for whether the matrix is quantized but found 2"},
		"NaN":                {put(matrix+16, nan), `value 1 of the row of word 1, "`},
		"NaN in an n-gram":   {put(matrix+16+(32+5)*32, nan), "value 1 of the row of n-gram 6 is NaN"},
		"negative count":     {put(sizes+28+strings.IndexByte(data[sizes+28:], 0)+1, i64(-1)), "has the count -1"},
		"a label":            {put(sizes+28+strings.IndexByte(data[sizes+28:], 0)+9, "\x01"), "its first 32 entries must be words"},
	} {
		for _, kind := range []string{"", "gz"} {
			content := c.content
			if kind != "" {
				content = compressed(t, kind, content)
				if strings.Contains(c.want, "of at least") || strings.Contains(c.want, " of") && name == "negative rows" {
					c.want = "byte "
				}
			}
			path := fileOf(t, "m.bin", content)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := Import(context.Background(), path, ImportOptions{})
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "m.bin: ") || fault.Hint(err) == "" {
				t.Errorf("%s%s: %v, want %q", name, kind, err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("%s%s: %d bytes were allocated", name, kind, used)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Import(ctx, fileOf(t, "m.bin", data), ImportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// Words that the dictionary has twice, with invalid UTF-8, with spaces and line breaks.
func TestFastTextWords(t *testing.T) {
	data := fastTextFile(t, "plain.bin")
	for old, word := range map[string]string{"king\x00": "the \x00\x00\x00\x00\x00"[:5], "walk\x00": "w\xffl\xfe\x00", "talk\x00": "a\nbc\x00", "café\x00": "\xff\xfeab\xfd\x00"} {
		if !strings.Contains(data, "\x00"+old) {
			t.Fatalf("no %q", old)
		}
		data = strings.Replace(data, "\x00"+old, "\x00"+word, 1)
	}
	c, report, err := Import(context.Background(), fileOf(t, "m.bin", data), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Repaired != 2 || report.Unusable != 1 {
		t.Errorf("%+v", report)
	}
	for _, word := range []string{"the ", "w\ufffdl\ufffd"} {
		if _, ok := c.Vocabulary.ID(word); !ok {
			t.Errorf("no %q", word)
		}
	}
}

func TestFastTextLimit(t *testing.T) {
	c, _, err := Import(context.Background(), filepath.Join("testdata", "fasttext", "skipgram.bin"), ImportOptions{Options: Options{Limit: 5}})
	if err != nil || c.Vocabulary.Len() != 5 {
		t.Fatal(err)
	}
	want := fastTextVectors(t, "skipgram.bin")["kings"]
	got := make([]float32, 8)
	c.Vector(got, "kings")
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
