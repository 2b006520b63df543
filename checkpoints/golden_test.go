package checkpoints

import (
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write testdata of the present format version anew")

// TestGolden reads the models of all past format versions: a change of
// the format adds a folder here, and the old ones stay readable.
func TestGolden(t *testing.T) {
	for name, c := range map[string]*Checkpoint{"v1": newWithoutNGrams(t), "v1-ngrams": newSmall(t)} {
		present := filepath.Join("testdata", name)
		if *update {
			mustWrite(t, present, c)
		}
		read, err := Read(context.Background(), present, ReadOptions{State: true})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, read, c)
		if _, err := Verify(context.Background(), present); err != nil {
			t.Error(err)
		}
		// The same model gives the same bytes, but for the words of the model card.
		dir := filepath.Join(t.TempDir(), "model")
		mustWrite(t, dir, c)
		got, want := tree(t, dir), tree(t, present)
		for _, files := range []map[string]string{got, want} {
			delete(files, CardFile)
			delete(files, ManifestFile)
			delete(files, BlocksFile)    // of later releases
			delete(files, TokenizerFile) // package corpora keeps its own versions
		}
		if !maps.Equal(got, want) {
			t.Errorf("the model is written with other bytes than %s: a new format version?", present)
		}
	}
}

// The golden files must reach every clone as they are: no line ends changed.
func TestGoldenAttributes(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", ".gitattributes"))
	if err != nil || string(data) != "* -text\n" {
		t.Errorf("testdata/.gitattributes is %q, %v", data, err)
	}
}
