package exchange

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
)

// allocated fails the test if reading a file of n bytes took far more memory than it can hold. A
// MiB each go to the buffers of the file, of decompression and of a list of words.
func allocated(t *testing.T, n int, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if used, most := after.TotalAlloc-before.TotalAlloc, uint64(64<<20+2000*n); used > most {
		t.Errorf("%d bytes were allocated to read %d, at most %d", used, n, most)
	}
}

// endings are those of names that decide what a file is.
var endings = []string{"", ".bin", ".fvecs", ".bvecs", ".ivecs", ".npz", ".json", ".csv", ".parquet", ".safetensors", ".tsv"}

// FuzzImport: any file of any format is imported or is an error, without a panic and without
// memory for what it only promises.
func FuzzImport(f *testing.F) {
	for _, pattern := range []string{"fasttext/*.bin", "fasttext/*.ftz", "npz/*.npz", "vectors/*", "numpy/*"} {
		files, _ := filepath.Glob(filepath.Join("testdata", pattern))
		for _, name := range files {
			if data, err := os.ReadFile(name); err == nil && len(data) < 100_000 {
				f.Add(data, byte(0))
			}
		}
	}
	c := randomModel(f, 5, 3)
	for _, format := range Writable() {
		f.Add([]byte(export(f, c, format.Name)), byte(0))
	}
	half := "\x00\x3c\x00\xc0\x00\x38\x00\x00"
	for i, seed := range []string{
		`{"the": [1, 2], "of": [3, 4]}`, "2 4\nthe " + half + "of " + half, "\x02\x00\x00\x00" + float32s(1, 2) + "\x02\x00\x00\x00" + float32s(1, 2),
		"\x03\x00\x00\x00abc\x03\x00\x00\x00abc", "\x01\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00\x00",
		"\x40\x00\x00\x00\x00\x00\x00\x10{\"a\":1}", "{\"text\":\"a\",\"vector\":[1,2]}\n", "text,vector\na,\"[1,2]\"\n",
	} {
		f.Add([]byte(seed), byte(i))
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, checkpoints.VocabularyFile), []byte("a\t5\nb\t3\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, ending byte) {
		path := filepath.Join(dir, "vectors"+endings[int(ending)%len(endings)])
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
		allocated(t, len(data), func() {
			c, _, err := Import(context.Background(), path, ImportOptions{})
			if err != nil {
				if c != nil || err.Error() == "" {
					t.Fatalf("a model and %v", err)
				}
				return
			}
			c.Config.Format = checkpoints.FormatVersion
			if c.NGrams != nil {
				c.Config.NGrams = c.NGrams.Options()
			}
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			c.Vector(make([]float32, c.Config.Dim), "abc")
		})
		if _, err := ReadVectors(context.Background(), path, Options{}, func(int64, []float32) error { return nil }); err != nil && err.Error() == "" {
			t.Fatal("an error without a text")
		}
	})
}

// FuzzImportFolder: the same of a folder with tensors, a tokenizer and its settings.
func FuzzImportFolder(f *testing.F) {
	c := newSmall(f)
	dir := filepath.Join(f.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		f.Fatal(err)
	}
	names := []string{checkpoints.ModelFile, checkpoints.TokenizerFile, checkpoints.ConfigFile}
	var parts [3][]byte
	for i, name := range names {
		var err error
		if parts[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(parts[0], parts[1], []byte(`{"model_type":"model2vec","normalize":true}`))
	f.Add(parts[0], parts[1], parts[2])
	f.Add(parts[0], []byte(`{"model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"a"}}`), []byte(`{}`))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x10{}"), parts[1], []byte(`{"encoder":{"hidden":5}}`))
	f.Add([]byte("\x80\x00\x00\x00\x00\x00\x00\x00"+`{"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"weights":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}    `+"abcdefghijkl"), parts[1], []byte(`{}`))
	at := f.TempDir()
	f.Fuzz(func(t *testing.T, tensors, tokenizer, config []byte) {
		for i, data := range [][]byte{tensors, tokenizer, config} {
			if err := os.WriteFile(filepath.Join(at, names[i]), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		allocated(t, len(tensors)+len(tokenizer)+len(config), func() {
			if c, _, err := Import(context.Background(), at, ImportOptions{}); err != nil && (c != nil || err.Error() == "") {
				t.Fatalf("a model and %v", err)
			}
		})
	})
}
