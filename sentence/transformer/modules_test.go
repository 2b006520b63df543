package transformer

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
)

// Vectors by sentence-transformers of folders with other modules: layers after the pooling, other poolings,
// joined ones, prompts that do not count, lower-casing, files of other names.
func TestModulesAgainstSentenceTransformers(t *testing.T) {
	f, err := os.Open("testdata/modules.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	n := 0
	for ; lines.Scan(); n++ {
		var row struct {
			Name, Folder, Prompt string
			Files                map[string]string
			Binary               map[string][]byte
			Remove, Texts        []string
			Vectors              [][]float32
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", row.Folder))); err != nil {
			t.Fatal(err)
		}
		for name, text := range row.Files {
			writeFile(t, filepath.Join(dir, name), []byte(text))
		}
		for name, data := range row.Binary {
			writeFile(t, filepath.Join(dir, name), data)
		}
		for _, name := range row.Remove {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		e, err := Open(context.Background(), dir)
		if err != nil {
			t.Errorf("%s: %v", row.Name, err)
			continue
		}
		// A copy makes the same vectors.
		saved := filepath.Join(t.TempDir(), "copy")
		if err := e.Save(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
		if e, err = Open(context.Background(), saved); err != nil {
			t.Fatal(err)
		}
		got, _, err := e.WithPrompt(row.Prompt).EncodeBatch(context.Background(), row.Texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		if e.Dim() != len(row.Vectors[0]) {
			t.Errorf("%s: %d dimensions, want %d", row.Name, e.Dim(), len(row.Vectors[0]))
			continue
		}
		for i, want := range row.Vectors {
			for j, v := range want {
				if d := math.Abs(float64(got[i*e.Dim()+j] - v)); !(d <= 1e-5*max(1, math.Abs(float64(v)))) {
					t.Fatalf("%s, %q: value %d is %g, want %g", row.Name, row.Texts[i], j, got[i*e.Dim()+j], v)
				}
			}
		}
	}
	if n != 14 {
		t.Errorf("%d folders", n)
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Weights in several files, and a network in a folder of its own, are the same model.
func TestOtherLayouts(t *testing.T) {
	ctx := context.Background()
	texts := []string{"", "a bank of the river"}
	want, _, err := open(t, "bert").EncodeBatch(ctx, texts, 1)
	if err != nil {
		t.Fatal(err)
	}
	parts := damaged(t, "bert", "model.safetensors", "", "")
	index := splitWeights(t, parts)
	nested := t.TempDir()
	if err := os.CopyFS(filepath.Join(nested, "0_Transformer"), os.DirFS("testdata/bert")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"modules.json", "1_Pooling", "config_sentence_transformers.json"} {
		if err := os.Rename(filepath.Join(nested, "0_Transformer", name), filepath.Join(nested, name)); err != nil {
			t.Fatal(err)
		}
	}
	modules, err := os.ReadFile(filepath.Join(nested, "modules.json"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(nested, "modules.json"), []byte(strings.Replace(string(modules), `"path": ""`, `"path": "0_Transformer"`, 1)))
	for _, dir := range []string{parts, nested} {
		e, err := Open(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		saved := filepath.Join(t.TempDir(), "copy")
		if err := e.Save(ctx, saved); err != nil {
			t.Fatal(err)
		}
		if e, err = Open(ctx, saved); err != nil {
			t.Fatal(err)
		}
		got, _, err := e.EncodeBatch(ctx, texts, 1)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: other vectors, %v", dir, err)
		}
	}

	for _, c := range []struct{ old, new, want string }{
		{`part-1.safetensors`, `../part-1.safetensors`, `"../part-1.safetensors" is not the name of a file`},
		{`part-1.safetensors`, `part-9.safetensors`, "part-9.safetensors"},
		{`"weight_map"`, `"weights"`, "weight_map names no files"},
	} {
		writeFile(t, filepath.Join(parts, "model.safetensors.index.json"), []byte(strings.ReplaceAll(index, c.old, c.new)))
		if _, err := Open(ctx, parts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: got %v", c.new, c.old, err)
		}
	}
	if err := os.Remove(filepath.Join(parts, "model.safetensors.index.json")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(parts, "pytorch_model.bin"), []byte("PK"))
	if _, err := Open(ctx, parts); err == nil || !strings.Contains(err.Error(), "the weights in pytorch_model.bin are of a format that is not supported") {
		t.Errorf("pytorch_model.bin: %v", err)
	}
}

// splitWeights writes the weights of testdata/bert to dir in two files with a list, which it returns.
func splitWeights(t *testing.T, dir string) (index string) {
	t.Helper()
	all, err := checkpoints.ReadTensors(context.Background(), "testdata/bert/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	var halves [2][]checkpoints.Saved
	of := map[string]string{}
	for name, x := range all {
		i := len(of) % 2
		halves[i] = append(halves[i], checkpoints.Saved{Name: name, Shape: x.Shape, Row: x.Row})
		of[name] = []string{"part-1.safetensors", "part-2.safetensors"}[i]
	}
	for i, half := range halves {
		f, err := os.Create(filepath.Join(dir, []string{"part-1.safetensors", "part-2.safetensors"}[i]))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkpoints.WriteTensors(context.Background(), f, half); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.Marshal(map[string]any{"metadata": map[string]int{"total_size": 1}, "weight_map": of})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "model.safetensors.index.json"), data)
	return string(data)
}
