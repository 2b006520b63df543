package transformer

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Vectors by sentence-transformers of models in the style of bge (first token, a sentence as prompt),
// e5 ("query: ", "passage: ") and gte (no prompt).
func TestPromptsAgainstSentenceTransformers(t *testing.T) {
	f, err := os.Open("testdata/prompts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	models := map[string]*Encoder{}
	lines := bufio.NewScanner(f)
	n := 0
	for ; lines.Scan(); n++ {
		var row struct {
			Model, Folder, Pooling, Prompt, Text string
			Vector                               []float32
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if models[row.Model] == nil {
			config := `{"pooling_mode": "` + row.Pooling + `"}`
			if models[row.Model], err = Open(context.Background(), damaged(t, row.Folder, "1_Pooling/config.json", "", config)); err != nil {
				t.Fatal(err)
			}
		}
		e := models[row.Model]
		prompt, err := e.PromptOf(row.Prompt)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := e.WithPrompt(prompt).EncodeBatch(context.Background(), []string{row.Text}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if row.Text != "" { // the same from tokens, after which there is no space of the prompt
			ids, err := e.WithPrompt(prompt).EncodeTokens(context.Background(), [][]int32{e.Tokenizer().Encode(nil, row.Text)}, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ids...)
		}
		for i, x := range got {
			v := row.Vector[i%len(row.Vector)]
			if d := math.Abs(float64(x - v)); !(d <= 1e-5*max(1, math.Abs(float64(v)))) {
				t.Fatalf("%s, %q: value %d is %g, want %g", row.Model, row.Text, i, x, v)
			}
		}
	}
	if n != 24 {
		t.Errorf("%d vectors", n)
	}
}

func TestPromptOf(t *testing.T) {
	e := open(t, "xlm-roberta")
	for _, c := range []struct{ given, want, err string }{
		{"query", "query: ", ""}, {"passage", "passage: ", ""}, {"", "", ""}, {"Question: ", "Question: ", ""},
		{"qurey", "", `the model has no prompt named "qurey"`},
	} {
		got, err := e.PromptOf(c.given)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%q: got %q and %v, want %q and %q", c.given, got, err, c.want, c.err)
		}
	}
	if name, prompt, ok := e.QueryPrompt(); !ok || name != "query" || prompt != "query: " {
		t.Errorf("prompt of queries: %q %q %v", name, prompt, ok)
	}
	if _, prompt, ok := e.DocumentPrompt(); !ok || prompt != "" { // it has both "document", which is empty, and "passage"
		t.Errorf("prompt of documents: %q %v", prompt, ok)
	}
}

func TestSave(t *testing.T) {
	e := open(t, "bert")
	dir := filepath.Join(t.TempDir(), "copy")
	if err := e.Save(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"} {
		want, _ := os.ReadFile(filepath.Join("testdata/bert", name))
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
	again, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"a text", ""}
	a, _, _ := e.EncodeBatch(context.Background(), texts, 1)
	b, _, _ := again.EncodeBatch(context.Background(), texts, 1)
	if !slices.Equal(a, b) {
		t.Error("the copy makes other vectors")
	}
	if err := e.Save(context.Background(), dir); err == nil || !strings.Contains(err.Error(), fs.ErrExist.Error()) {
		t.Errorf("saving over a folder: %v", err)
	}
}

// A folder that scores pairs of texts has no vectors; one without modules.json has mean pooling.
func TestBareNetworks(t *testing.T) {
	dir := damaged(t, "bert", "modules.json", "", "")
	if e, err := Open(context.Background(), dir); err != nil || !e.Config().Bare || e.Config().Normalize || e.Config().Pooling != Mean {
		t.Errorf("bare network: %v", err)
	}
	path := filepath.Join(dir, "config.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = []byte(strings.Replace(string(data), `"BertModel"`, `"BertForSequenceClassification"`, 1))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "BertForSequenceClassification: a network that scores") {
		t.Errorf("got %v", err)
	}
}
