package exchange

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// An array of float16 that NumPy wrote, little- and big-endian, and its values as float32:
// numpy.array([[1, -2.5], [0.333, 6e-8]], 'f2').astype('f4').
func TestImportNPYHalf(t *testing.T) {
	for descr, data := range map[string]string{"<f2": "\x00<\x00\xc1T5\x01\x00", ">f2": "<\x00\xc1\x005T\x00\x01"} {
		path := fileOf(t, "x.npy", npyFile(descr, "(2, 2)")+data)
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), checkpoints.VocabularyFile), []byte("a\nb\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := Import(context.Background(), path, ImportOptions{})
		if err != nil || described(got) != "\"a\" 2 [1 -2.5]\n\"b\" 1 [0.3330078 5.9604645e-08]\n" {
			t.Errorf("%s: %v", descr, err)
		}
	}
}

// What Python pickles is named, with a way to get at its arrays: the starts of files that
// pickle.dumps, numpy.savez and torch.save write.
func TestPickles(t *testing.T) {
	zipped := func(name string) string {
		return "PK\x03\x04-\x00\x00\x00\x00\x00\x00\x00!\x00\xab\xd9\xc6\x17\xff\xff\xff\xff\xff\xff\xff\xff" + string(rune(len(name))) + "\x00\x14\x00" + name + "\x01\x00"
	}
	for _, c := range []struct{ content, name, hint string }{
		{zipped("archive/data.pkl"), "a PyTorch file, whose tensors are in a Python pickle", "torch.load"},
		{zipped("README"), "a zip archive", "unpack it"},
		{"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", "a PyTorch file, whose tensors are in a Python pickle", "torch.load"},
		{"\x80\x04\x95\x93\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94", "a Python pickle of NumPy arrays", "numpy.save"},
		{"\x80\x04\x95\xbe\x00\x00\x00\x00\x00\x00\x00\x8c\x1bgensim.models.keyedvectors\x94", "a gensim model in a Python pickle", "save_word2vec_format"},
		{"(dp0\nVa\np1\nI1\ns.", "a Python pickle", "gensim"},
		{"GGUF\x03\x00\x00\x00", "a GGUF model", "formats of vectors"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 123\n", "a pointer of Git LFS", "git lfs pull"},
	} {
		_, err := Open(context.Background(), fileOf(t, "x.bin", c.content), Options{})
		if err == nil || !strings.Contains(err.Error(), " is "+c.name+", not a file of vectors") || !strings.Contains(fault.Hint(err), c.hint) {
			t.Errorf("%q: %v (%s), want %q", c.content, err, fault.Hint(err), c.name)
		}
	}
	dir := filepath.Dir(fileOf(t, "pytorch_model.bin", zipped("archive/data.pkl")))
	if _, err := Open(context.Background(), dir, Options{}); err == nil || !strings.Contains(err.Error(), "pytorch_model.bin: tensors in a Python pickle cannot be read") {
		t.Errorf("a folder with a pickle: %v", err)
	}
}

// Arrays as NumPy writes them, with a list of words beside.
func TestImportNPY(t *testing.T) {
	header := func(descr, order, shape string) string {
		return strings.Replace(npyFile(descr, shape), "False", order, 1)
	}
	doubles := ""
	for _, x := range []float64{1, 0.1, -3, 1e-30} {
		doubles += string(little.AppendUint64(nil, math.Float64bits(x)))
	}
	var swapped []byte
	for _, x := range []float32{1, 0.1, -3, 1e-30} {
		swapped = big.AppendUint32(swapped, math.Float32bits(x))
	}
	for _, c := range []struct{ name, content, words, want string }{
		{"f4", header("<f4", "False", "(2, 2)") + float32s(1, 0.1, -3, 1e-30), "a\nb\n", ""},
		{"f8", header("<f8", "False", "(2, 2)") + doubles, "a\nb", ""},
		{"big-endian", header(">f4", "False", "(2, 2)") + string(swapped), "a\r\nb\r\n", ""},
		{"a byte order mark", header("<f4", "False", "(2, 2)") + float32s(1, 0.1, -3, 1e-30), "\ufeffa\nb\n", ""},
		{"Fortran order", header("<f4", "True ", "(2, 2)") + doubles, "a\nb\n", "in C order but found"},
		{"three dimensions", header("<f4", "False", "(2, 2, 1)") + doubles, "a\nb\n", "two dimensions"},
		{"integers", header("<i4", "False", "(2, 2)") + doubles, "a\nb\n", `of type f2, f4 or f8 but found "<i4", 32-bit integers`},
		{"objects", header("|O", "False", "(1,)") + doubles, "a\nb\n", `but found "|O", Python objects in a pickle`},
		{"text", header("<U5", "False", "(2, 2)") + doubles, "a\nb\n", `but found "<U5", text`},
		{"a named type", header("bfloat16", "False", "(2, 2)") + doubles, "a\nb\n", `f8 but found "bfloat16"`},
		{"bfloat16", header("|V2", "False", "(2, 2)") + doubles, "a\nb\n", `but found "|V2", raw bytes, such as bfloat16`},
		{"records", header("<f4", "False", "(2,)") + doubles, "a\nb\n", "two dimensions"},
		{"structured", strings.Replace(header("<f4", "False", "(2,)"), "'<f4'", "[('a', '<f4')]", 1) + doubles, "a\nb\n", "found a structured array"},
		{"cut", header("<f4", "False", "(3, 2)") + float32s(1, 2, 3, 4), "a\nb\nc\n", "ends inside row 3 of 3"},
		{"hostile", header("<f4", "False", "(2000000000, 16000)") + float32s(1, 2, 3, 4), "a\nb\nc\n", "ends inside row 1 of 2000000000"},
		{"more words", header("<f4", "False", "(1, 2)") + float32s(1, 2), "a\nb\n", "more words than the 1 row"},
		{"fewer words", header("<f4", "False", "(2, 2)") + float32s(1, 2, 3, 4), "a\n", "ends after 1 word, but "},
		{"more values", header("<f4", "False", "(1, 2)") + float32s(1, 2, 3, 4), "a\n", "more data after the last of 1 row"},
		{"a bad count", header("<f4", "False", "(1, 2)") + float32s(1, 2), "a\t-1\n", `vocab.tsv:1: count "-1" is not a number`},
		{"too large", header("<f8", "False", "(1, 1)") + string(little.AppendUint64(nil, math.Float64bits(1e39))), "a\n", "value 1 of \"a\" is +Inf"},
		{"no words", header("<f4", "False", "(1, 2)") + float32s(1, 2), "", "no list of words"},
	} {
		path := fileOf(t, "x.npy", c.content)
		if c.words != "" {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), checkpoints.VocabularyFile), []byte(c.words), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		model, _, err := Import(context.Background(), path, ImportOptions{})
		if c.want == "" {
			if err != nil || described(model) != "\"a\" 2 [1 0.1]\n\"b\" 1 [-3 1e-30]\n" {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// Messages about files that other programs would refuse, or that are packed twice.
func TestArchivesRefused(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	var b bytes.Buffer
	w, err := NewWriter(&b, "npz", Shape{Rows: 2, Dim: 2, Text: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"king", "queen"} {
		if err := w.Write(Row{Token: []byte(word), Values: []float32{1.25, 2.5}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Replace(b.Bytes(), []byte("\x00\x00\xa0\x3f"), []byte("\x00\x00\xa1\x3f"), 1) // the first value
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(b.Bytes())
	z.Close()
	header := `{"embeddings":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"\u0065mbeddings":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}`
	for name, c := range map[string]struct{ data, want string }{
		"sum.npz":              {string(damaged), `sum.npz: array "vectors": zip: checksum error`},
		"packed.npz.gz":        {packed.String(), "packed.npz.gz: an npz archive cannot be read from a compressed file"},
		"twice.safetensors":    {string(little.AppendUint64(nil, uint64(len(header)))) + header + "12345678", `header: "embeddings" occurs twice`},
		"dimensions.bin":       {"2 1152921504606846976\nking \x00\x00\x80\x3f", "dimensions.bin: vectors of 1152921504606846976 dimensions"},
		"other-dimensions.txt": {"2 1152921504606846976\nking 1 2\n", "other-dimensions.txt: vectors of 1152921504606846976 dimensions"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		v, err := Open(ctx, path, Options{Unnamed: true})
		if err == nil {
			err = v.Each(ctx, func(Row) error { return nil })
			v.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
