package exchange

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Arrays of JSON are vectors as a whole, unless the file states how many of their numbers are.
func TestJSONDimensions(t *testing.T) {
	for content, want := range map[string]string{
		`{"vectors": {"a": [1, 2, 3, 4], "b": [5, 6, 7, 8]}}`:                         "json a[1 2 3 4] b[5 6 7 8]",
		`{"vectors": {"a": [1]}}`:                                                     "json a[1]",
		`{"dimensions": null, "vectors": {"a": [1, 2, 3, 4]}}`:                        "json a[1 2 3 4]",
		`{"vectors": {"a": [1, 2, 3]}, "dimensions": null}`:                           "json a[1 2 3]",
		`{"vectors": {"a": [1, 2, 3]}, "dimensions": 3}`:                              "json a[1 2 3]",
		`{"dimensions": 2, "vectors": {"a": [1, 2, 9, 0], "b": [5, 6, 8, 1]}}`:        "json a[1 2] b[5 6]",
		"\n {\n \"dimensions\" : 2 ,\n \"vectors\" : { \"a\" : [ 1 , 2 ] }\n}\n":      "json a[1 2]",
		`{"vectors": {"a": [1, 2, 3, 4], "b": [5, 6, 7]}}`:                            `: byte 46: expected 4 numbers for "b" but found 3`,
		`{"vectors": {"a": [1, 2], "b": [5, 6, 7]}}`:                                  `: byte 40: expected 2 numbers for "b" but found 3`,
		`{"vectors": {"a": [1, 2, null, 4]}}`:                                         `: byte 33: value 3, "null", is not a number`,
		`{"vectors": {"a": []}}`:                                                      `: byte 20: an array without numbers`,
		`{"dimensions": 0, "vectors": {"a": [1]}}`:                                    `: vectors of 0 dimensions`,
		`{"dimensions": 2.5, "vectors": {"a": [1]}}`:                                  `"dimensions" is not a whole number`,
		`{"text": "a", "vectors": {"a": [1, 2]}}`:                                     "json a[1 2]",
		`{"king": [1, 2], "queen": [3, 4]}`:                                           "json king[1 2] queen[3 4]",
		`{"the": [1, 2], "vector": [3, 4], "vectors": [5, 6], "text": [7, 8]}`:        "json the[1 2] vector[3 4] vectors[5 6] text[7 8]",
		`{"the": [1, 2], "of": [3]}`:                                                  `no member "vectors"`,
		`{"the": [1, 2]} {"of": [3, 4]}`:                                              "more data after the object",
		`{"the": [1, 2], "of": [3, 4`:                                                 "unexpected EOF",
		`{"the": [1, 2], "of": "x"}`:                                                  `no member "vectors"`,
		`{"unk": [1, 2], "vectors": {"a": [3, 4]}}`:                                   "json a[3 4]",
		`{"a": [1, 2], "vector": [3, 4]}` + "\n" + `{"a": [1, 2], "vector": [5, 6]}`:  "jsonl",
		`[[1, 2], [3, 4]]`:                                                            "holds no vectors",
		"{\"vectors\": {\"a\": [1, 2]}}\n{\"vectors\": {\"b\": [1, 2]}}\n":            "more data after the object",
		`{"words": ["a"], "dimensions": 2, "vectors": {"a": [1, 2, 3]}, "l2Norm": 2}`: "json a[1 2]",
	} {
		if got := opened(t, fileOf(t, "v", content), Options{}); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", content, got, want)
		}
	}
}

// Each line of JSON Lines has a vector and, if words are needed, a text.
func TestJSONLines(t *testing.T) {
	for content, want := range map[string]string{
		"{\"text\":\"king\",\"known\":1,\"vector\":[1,2.5]}\n{\"text\":\"new york\",\"known\":2,\"vector\":[-1,0]}\n":  "jsonl king[1 2.5] new york[-1 0]",
		" {\"vector\": [1, 2], \"text\": \"a\"}\r\n\r\n{\"text\": \"b\", \"id\": {\"vector\": 0}, \"vector\": [3, 4]}": "jsonl a[1 2] b[3 4]",
		"{\"text\":\"a\",\"vector\":[1]}\r{\"text\":\"b\",\"vector\":[2]}":                                             "jsonl a[1] b[2]",
		"{\"text\":\"\\u00e9\\n\",\"vector\":[1,2]}\n{\"text\":\"b\",\"vector\":[3,4]}\n":                              "jsonl b[3 4]", // a line break in a word
		"{\"vector\":[1,2]}\n{\"vector\":[3,4]}\n":                                                                     "jsonl ",
		"{\"text\":\"a\",\"vector\":[1,2]}\n{\"text\":\"b\",\"vector\":[3]}\n":                                         ":2: expected 2 numbers but found 1",
		"{\"text\":\"a\",\"vector\":[1,2]}\n{\"text\":\"b\",\"vector\":[3,null]}\n":                                    `:2: value 2, "null", is not a number`,
		"{\"text\":\"a\",\"vector\":[1,2]}\n{\"text\":\"b\",\"vector\":null}\n":                                        `:2: "null" is not an array of numbers`,
		"{\"text\":\"a\",\"vector\":[1,2]}\n{\"text\":\"b\"}\n":                                                        `:2: the line has no member "vector"`,
		"{\"text\":5,\"vector\":[1,2]}\n":                                                                              `:1: the member "text" is not a string`,
		"{\"text\":\"a\",\"vector\":[1,2]}\n[1,2]\n":                                                                   ":2: the line is not a JSON object",
		"{\"text\":\"a\",\"vector\":[1,2]}\n{\"text\":\"b\",\"vector\":[3,4]} x\n":                                     ":2: invalid character",
		"{\"text\":\"a\",\"vector\":[1,2],\"vector\":[3,4]}\n":                                                         ":1: a second array of numbers in the same object",
		"{\"text\":\"a\",\"vector\":[1,1e99]}\n":                                                                       ":1: value 2, \"1e99\", is out of range",
	} {
		got := opened(t, fileOf(t, "v", content), Options{})
		if !strings.Contains(got, want) || strings.Contains(got, "Go ") {
			t.Errorf("%s: %s, want %s", content, got, want)
		}
	}
	long := strings.Repeat("a word or two ", 100_000) // the first line is longer than what detection sees
	content := fmt.Sprintf("{\"text\":%q,\"known\":4,\"vector\":[1,2]}\n{\"text\":\"b\",\"known\":0,\"vector\":[0,0]}\n", long)
	if got := opened(t, fileOf(t, "v", content), Options{Unnamed: true}); got != "jsonl "+long+"[1 2] b[0 0]" {
		t.Errorf("a long text: %.100s", got)
	}
}

// Our own binary format is not read as text, whatever its bytes are.
func TestBinaryOfOneWord(t *testing.T) {
	for _, values := range []string{"0\n\x80\x80\x80\x80\x80a", "1 2\n\xff\xff\xff\x3f", "\n\n\x00\x00 1 2"} {
		content := "1 2\n0 " + values + "\n"
		want := fmt.Sprintf("word2vec-bin 0%v", []float32{floatOf(values), floatOf(values[4:])})
		if got := opened(t, fileOf(t, "v", content), Options{}); got != want {
			t.Errorf("%q: %s, want %s", values, got, want)
		}
	}
}

func floatOf(b string) float32 {
	var x [1]float32
	number.DecodeBinary(x[:], []byte(b))
	return x[0]
}

// A header of an array that is no such thing is quoted in part.
func TestNumPyHeaders(t *testing.T) {
	const many = 60_000
	for _, dict := range []string{
		strings.Repeat("(", many),
		"{'descr': '<f4', 'fortran_order': False, 'shape': " + strings.Repeat("(", many),
		"{'descr': '<f4', 'fortran_order': False, 'shape': (" + strings.Repeat("9", many) + ", 3), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3, " + strings.Repeat("9", many) + "), }",
		"{'descr': '" + strings.Repeat("x", many) + "', 'fortran_order': False, 'shape': (2, 3), }",
	} {
		content := npyfile.Magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict
		if got := opened(t, fileOf(t, "v", content), Options{Unnamed: true}); len(got) > 600 || strings.Contains(got, "slice") || strings.Contains(got, "strconv") {
			t.Errorf("%.60s: %.600s", dict, got)
		}
	}
}

// A file may hold fewer rows than it states if Partial is set, and of more the first are read
// with Limit. The hints say so.
func TestPartialAndLimit(t *testing.T) {
	binary := "3 2\na " + float32s(1, 2) + "b " + float32s(3, 4)
	array := npyFile("<f4", "(3, 2)") + float32s(1, 2, 3, 4)
	for name, c := range map[string]struct{ content, want string }{
		"text":                 {"3 2\na 1 2\nb 3 4\n", "[a1 2 b3 4]"},
		"text cut in a row":    {"3 2\na 1 2\nb 3 4\nc 5", "[a1 2 b3 4]"},
		"binary":               {binary, "[a1 2 b3 4]"},
		"binary cut in a word": {binary + "cd", "[a1 2 b3 4]"},
		"binary cut in a row":  {binary + "c " + float32s(5), "[a1 2 b3 4]"},
		"array":                {array, "[1 2 3 4]"},
		"array cut in a row":   {array + float32s(5), "[1 2 3 4]"},
	} {
		path := fileOf(t, "v", c.content)
		err := readFlat(t, path, Options{Unnamed: true}, nil)
		if err == nil || !strings.Contains(fault.Hint(err), "Partial") {
			if !(name == "text cut in a row" && err != nil) {
				t.Errorf("%s: %v, hint %q", name, err, fault.Hint(err))
			}
		}
		var got string
		v, err := Open(t.Context(), path, Options{Unnamed: true, Partial: true})
		if err != nil {
			t.Fatal(err)
		}
		err = v.Each(t.Context(), func(r Row) error {
			got += " " + string(r.Token) + strings.Trim(fmt.Sprint(r.Values), "[]")
			return nil
		})
		v.Close()
		if s := v.Stats(); err != nil || "["+strings.TrimSpace(got)+"]" != c.want || s.Rows != 2 || s.Missing != 1 || !strings.HasSuffix(v.String(), "; it states 3 rows") {
			t.Errorf("%s: %s, %v, %+v, %s", name, got, err, s, v)
		}
	}
	whole := fileOf(t, "v", "{\"text\": \"a\", \"vector\": [1]}\n")
	if _, v, err := ReadAll(t.Context(), whole, Options{Partial: true}); err != nil || strings.Contains(v.String(), "cut") {
		t.Errorf("%v, %s", err, v)
	}
	path := fileOf(t, "v", "a 1 2\nb 3 4\nc 5")
	v, err := Open(t.Context(), path, Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Each(t.Context(), func(Row) error { return nil }); err != nil || !strings.Contains(v.String(), "2 words") || !strings.Contains(v.String(), "without its last row, which is truncated") {
		t.Errorf("%v, %s", err, v)
	}
	for name, content := range map[string]string{
		"text":   "2 2\na 1 2\nb 3 4\nc 5 6\n",
		"binary": "2 2\na " + float32s(1, 2) + "b " + float32s(3, 4) + "c " + float32s(5, 6),
		"array":  npyFile("<f4", "(2, 2)") + float32s(1, 2, 3, 4, 5, 6),
	} {
		path := fileOf(t, "v", content)
		if err := readFlat(t, path, Options{Unnamed: true}, nil); err == nil || !strings.Contains(fault.Hint(err), "Limit") {
			t.Errorf("%s: %v, hint %q", name, err, fault.Hint(err))
		}
		for limit := 1; limit <= 2; limit++ {
			var packed []float32
			if err := readFlat(t, path, Options{Unnamed: true, Limit: limit}, &packed); err != nil || fmt.Sprint(packed) != fmt.Sprint([]float32{1, 2, 3, 4}[:2*limit]) {
				t.Errorf("%s, limit %d: %v, %v", name, limit, packed, err)
			}
		}
	}
	c, r, err := Import(context.Background(), fileOf(t, "v", "4 2\na 1 2\na 3 4\nb 5 6\n"), ImportOptions{Options: Options{Partial: true}})
	if err != nil || described(c) != "\"a\" 2 [1 2]\n\"b\" 1 [5 6]\n" || r.Missing != 1 || r.Duplicates != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	if c, _, err = Import(context.Background(), fileOf(t, "v", "400000 2\n"+strings.Repeat("a 1 2\n", 400_000)), ImportOptions{Options: Options{Limit: 3}}); err != nil || c.Embedding().Rows() != 1 {
		t.Errorf("%v", err)
	}
}

func readFlat(t *testing.T, path string, o Options, into *[]float32) error {
	t.Helper()
	packed, _, err := ReadAll(t.Context(), path, o)
	if into != nil {
		*into = packed
	}
	return err
}

// Spaces that are not ASCII do not end a word, and come back. gensim 4.4.0 reads these files.
func TestExportUnicodeSpaces(t *testing.T) {
	words := []string{"a\u00a0b", "\u3000", "x\u3000y", "\u2028", "p\u0085", "\u202fq", "\u1680", "r\x1fs"}
	c := newSmall(t)
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Vocabulary = v
	table := randomModel(t, len(words), 3)
	c.Tensors = table.Tensors
	for _, f := range []string{"glove", "word2vec", "word2vec-bin", "jsonl"} {
		got := opened(t, fileOf(t, "v", export(t, c, f)), Options{})
		for i, w := range words {
			if !strings.Contains(got, w+fmt.Sprint(c.Embedding().Row(i))) {
				t.Errorf("%s: no %q in %q", f, w, got)
			}
		}
	}
	c.Vocabulary, _ = tokenize.NewVocabulary([]string{"a", "b", "new york", "c", "d", "e", "f", "g"}, nil)
	var b bytes.Buffer
	err = Export(context.Background(), &b, c, "glove")
	if hint := fault.Hint(err); !strings.Contains(hint, "Words") || !strings.Contains(hint, "jsonl") {
		t.Errorf("%v, hint %q", err, hint)
	}
}

// The ending of a file names its format, and an unknown one is an error.
func TestForOutput(t *testing.T) {
	for name, want := range map[string]string{
		"": "word2vec", "-": "word2vec", "vectors": "word2vec", "a.d/vectors": "word2vec", "x.": "word2vec", "x.txt": "word2vec", "x.VEC": "word2vec",
		"x.bin": "word2vec-bin", "x.npy": "npy", "x.tsv": "tsv", "x.jsonl": "jsonl", "/dev/fd/63": "word2vec",
		"x.csv": "csv", "x.parquet": "parquet", "x.f32": "raw", "x.orc": "error", "x.npy.gz": "error", "x.json": "error", "x.v2": "error",
	} {
		f, err := ForOutput(Writable(), name, "word2vec")
		if err != nil {
			f.Name = "error"
			if hint := fault.Hint(err); !strings.Contains(hint, ".bin, .csv, .f32, .fvecs, .jsonl, .npy, .npz, .parquet, .pq, .raw, .safetensors, .toy, .tsv, .txt or .vec, or choose Format") {
				t.Errorf("%s: %v, hint %q", name, err, hint)
			}
		}
		if f.Name != want {
			t.Errorf("%s: %s, want %s", name, f.Name, want)
		}
	}
	if f, err := ForOutput(WritableTexts(), "x.bin", "npy"); err == nil {
		t.Errorf("x.bin holds texts: %s", f.Name)
	}
}

// What was read is one line.
func TestVectorsString(t *testing.T) {
	words := fileOf(t, "w", "a\nb\n")
	for _, c := range []struct {
		content string
		o       Options
		want    string
	}{
		{strings.Repeat("a 1 2\n", 400_000), Options{}, "400,000 words, 2 dimensions, from FILE (glove, text without a header line)"},
		{"1 1\na 1.5\n", Options{Unnamed: true}, "1 word, 1 dimension, from FILE (word2vec, text with a header line of the sizes)"},
		{"0.5 1 2\n1 2 3\n", Options{Unnamed: true}, "2 vectors, 3 dimensions, from FILE (tsv, numbers separated by tabs, without words)"},
		{"0.5 1 2\n1 2 3\n", Options{WordList: words}, "2 words, 3 dimensions, from FILE (tsv, numbers separated by tabs, without words, words from " + words + ")"},
		{`{"dimensions": 1, "vectors": {"a": [1, 2, 3]}}`, Options{}, "1 word, 1 dimension, from FILE (json, an object \"vectors\" of arrays, by word; of each, all or the first \"dimensions\" numbers, here 1 of 3)"},
	} {
		path := fileOf(t, "v", c.content)
		v, err := Open(t.Context(), path, c.o)
		if err == nil {
			err = v.Each(t.Context(), func(Row) error { return nil })
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Replace(v.String(), path, "FILE", 1); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		v.Close()
	}
}
