package collection

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/old"
	"github.com/luminavec/luminavec/index/collection/internal/old/oldtest"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/sentence"
)

// buildOld returns a collection of format 1 with the texts as the lines of "f.txt", all of which the
// model knows.
func buildOld(t testing.TB, texts ...string) string {
	t.Helper()
	dir, enc := filepath.Join(t.TempDir(), "old"), sentence.WorkedExample()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(dir, 0o777))
	docs := make([]documents.Passage, len(texts))
	ix, err := index.New(index.Options{Dim: enc.Dim()})
	check(err)
	for i, text := range texts {
		docs[i] = documents.Passage{Path: "f.txt", FirstLine: i + 1, Text: text}
		vectors, _, err := enc.EncodeBatch(context.Background(), []string{text}, 1)
		check(err)
		check(ix.Add(int64(i), vectors))
	}
	check(index.SaveFile(filepath.Join(dir, indexFile), ix, false))
	check(oldtest.Write(filepath.Join(dir, old.DocumentsFile), docs))
	folded, err := enc.Fold()
	check(err)
	check(checkpoints.Write(context.Background(), filepath.Join(dir, modelDir), folded.Checkpoint(), checkpoints.WriteOptions{}))
	info, err := json.MarshalIndent(map[string]any{"format": 1, "documents": len(texts), "skipped": 0, "dim": 2, "metric": "cosine", "kind": "hnsw", "created": "2026-01-02T03:04:05Z"}, "", "  ")
	check(err)
	check(os.WriteFile(filepath.Join(dir, infoFile), append(info, '\n'), 0o666))
	var files []manifest.File
	for _, name := range []string{infoFile, old.DocumentsFile, indexFile, modelManifest} {
		f, err := manifest.Sum(context.Background(), dir, name)
		check(err)
		files = append(files, f)
	}
	check(os.WriteFile(filepath.Join(dir, manifestFile), parts.Format.Marshal(files), 0o666))
	return dir
}
