package models

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

func TestOpen(t *testing.T) {
	ctx := context.Background()
	ours := filepath.Join(t.TempDir(), "ours")
	if err := checkpoints.Write(ctx, ours, sentence.WorkedExample().Checkpoint(), checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	m, err := Open(ctx, ours)
	if _, ok := m.(*sentence.Encoder); err != nil || !ok {
		t.Errorf("a model of ours: %T, %v", m, err)
	}
	m, err = Open(ctx, "../transformer/testdata/xlm-roberta")
	e, ok := m.(*transformer.Encoder)
	if err != nil || !ok {
		t.Fatalf("a transformer: %T, %v", m, err)
	}
	if p := ForQueries(e).(*transformer.Encoder).Prompt(); p != "query: " {
		t.Errorf("prompt of queries: %q", p)
	}
	if p := ForDocuments(e).(*transformer.Encoder).Prompt(); p != "" {
		t.Errorf("prompt of documents: %q", p)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ files, want string }{
		{"", "is not a model: no MANIFEST"},
		{"config.json={}", "no MANIFEST"},
		{`config.json={"model_type": "modernbert"}`, `model_type "modernbert" is not supported`},
		{`config.json={"model_type": "model2vec"}`, "is a static model of another program"},
		{`modules.json=[{"type": "sentence_transformers.models.StaticEmbedding"}]`, "is a static model of another program"},
		{`modules.json=[{"type": "sentence_transformers.models.Transformer", "path": ""}]`, "config.json: no such file"},
		{`modules.json=[`, "modules.json: unexpected end of JSON input"},
	} {
		dir := t.TempDir()
		if name, data, ok := strings.Cut(c.files, "="); ok {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if m, err := Open(context.Background(), dir); err == nil || m != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.files, err, c.want)
		}
	}
}
