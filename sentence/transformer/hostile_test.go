package transformer

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// damaged returns a copy of a folder of testdata in which old is replaced by new in a file. Without
// old, new is the file; without both, there is no file.
func damaged(t *testing.T, name, file, old, new string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := []byte(new)
	if old != "" {
		changed = bytes.Replace(data, []byte(old), []byte(new), 1)
		if bytes.Equal(changed, data) {
			t.Fatalf("%s has no %q", path, old)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if old+new != "" {
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ name, file, old, new, want string }{
		{"bert", "config.json", "", "", "config.json: no such file"},
		{"bert", "config.json", "", "{", "config.json: unexpected end"},
		{"bert", "config.json", "", "{}", `model_type "" is not supported`},
		{"bert", "config.json", `"model_type": "bert"`, `"model_type": "llama"`, `model_type "llama" is not supported`},
		{"bert", "config.json", `"hidden_size": 16`, `"hidden_size": 20`, "those of the network have 20"},
		{"bert", "config.json", `"hidden_size": 16`, `"hidden_size": 18`, "18 is not a multiple of the 4 attention heads"},
		{"bert", "config.json", `"hidden_size": 16`, `"hidden_size": -16`, "the hidden size must be from 1"},
		{"bert", "config.json", `"hidden_size": 16`, `"hidden_size": 1e9`, "config.json"},
		{"bert", "config.json", `"num_hidden_layers": 2`, `"num_hidden_layers": 3`, `there is no tensor "encoder.layer.2.`},
		{"bert", "config.json", `"num_hidden_layers": 2`, `"num_hidden_layers": 1000000000`, "the number of layers must be from 1 to 256"},
		{"bert", "config.json", `"num_attention_heads": 4`, `"num_attention_heads": 0`, "the number of attention heads must be"},
		{"bert", "config.json", `"intermediate_size": 24`, `"intermediate_size": 25`, "has the shape [24 16], expected [25 16]"},
		{"bert", "config.json", `"max_position_embeddings": 40`, `"max_position_embeddings": 41`, "has the shape [40 16], expected [41 16]"},
		{"bert", "config.json", `"hidden_act": "gelu"`, `"hidden_act": "swish"`, `the activation "swish" is not supported`},
		{"bert", "config.json", `"layer_norm_eps": 1e-12`, `"layer_norm_eps": -1`, "layer_norm_eps must be from 0 to 1"},
		{"bert", "config.json", `"model_type"`, `"position_embedding_type": "relative_key", "model_type"`, `position_embedding_type "relative_key" is not supported`},
		{"roberta", "config.json", `"pad_token_id": 1`, `"pad_token_id": 100`, "the first position must be from 0"},
		{"bert", "modules.json", "modules.transformer.Transformer", "modules.CLIPModel", "expected a Transformer as the first module but found CLIPModel"},
		{"bert", "modules.json", "modules.normalize.Normalize", "modules.LSTM", "module 2, LSTM, is not supported"},
		{"bert", "modules.json", "modules.normalize.Normalize", "modules.Dense", "in_features must be 16, the length of the vectors before it, got 0"},
		{"bert", "modules.json", "", "[]", "expected a Transformer as the first module but found nothing"},
		{"bert", "modules.json", "", `[{"path": "", "type": "sentence_transformers.models.Transformer"}]`, "there is no Pooling module"},
		{"bert", "modules.json", "1_Pooling", "../1_Pooling", "leads out of the folder"},
		{"bert", "1_Pooling/config.json", `"mean"`, `"attention"`, `the pooling "attention" is not supported`},
		{"bert", "1_Pooling/config.json", `"mean"`, `["mean", "cls", "mean"]`, `the pooling "mean" occurs twice`},
		{"bert", "1_Pooling/config.json", `"mean"`, `7`, "pooling_mode must be a name or a list of names, got 7"},
		{"bert", "1_Pooling/config.json", `16`, `384`, "it is for vectors of 384 values, but those of the network have 16"},
		{"bert", "sentence_bert_config.json", "", `{"max_seq_length": 41}`, "max_seq_length must be from 1 to 40, got 41"},
		{"bert", "sentence_bert_config.json", "", `{"max_seq_length": 2}`, "there is no room between the 2 tokens"},
		{"bert", "config_sentence_transformers.json", `"default_prompt_name": null`, `"default_prompt_name": "x"`, `default_prompt_name "x" is not among the prompts`},
		{"bert", "tokenizer.json", "", "", "no tokenizer at"},
		{"bert", "tokenizer.json", `"TemplateProcessing"`, `"SuffixProcessing"`, `post_processor "SuffixProcessing" is not supported`},
		{"bert", "tokenizer.json", `"type": "WordPiece"`, `"type": "WordPuzzle"`, "WordPuzzle"},
		{"bert", "config.json", `"model_type": "bert"`, `"model_type": "modernbert"`, `model_type "modernbert" is not supported`},
		{"bert", "config.json", `"model_type"`, `"position_embedding_type": "alibi", "model_type"`, `position_embedding_type "alibi" is not supported`},
		{"bert", "model.safetensors", "", "", "model.safetensors"},
		{"bert", "model.safetensors", "", "short", "model.safetensors"},
		{"bert", "model.safetensors", "word_embeddings", "ward_embeddings", `there is no tensor "embeddings.word_embeddings.weight"`},
	} {
		dir := damaged(t, c.name, c.file, c.old, c.new)
		_, err := Open(context.Background(), dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %q for %q: got %v, want %s", c.file, c.new, c.old, err, c.want)
		}
	}
}

// tensorRange returns where the bytes of a tensor are in a safetensors file.
func tensorRange(t *testing.T, file []byte, name string) (from, to int) {
	t.Helper()
	n := int(binary.LittleEndian.Uint64(file))
	var header map[string]struct {
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	return 8 + n + header[name].Offsets[0], 8 + n + header[name].Offsets[1]
}

func TestOpenRefusesNaN(t *testing.T) {
	file, err := os.ReadFile("testdata/bert/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	from, _ := tensorRange(t, file, "encoder.layer.1.output.dense.bias")
	binary.LittleEndian.PutUint32(file[from+8:], 0x7fc00000)
	_, err = Open(context.Background(), damaged(t, "bert", "model.safetensors", "", string(file)))
	if err == nil || !strings.Contains(err.Error(), `"encoder.layer.1.output.dense.bias"`) || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("got %v", err)
	}
}

// A table of tokens that is shorter than the vocabulary would be read past its end.
func TestOpenRefusesAnotherVocabulary(t *testing.T) {
	tokenizer, err := os.ReadFile("testdata/roberta/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), damaged(t, "bert", "tokenizer.json", "", string(tokenizer)))
	if err == nil || !strings.Contains(err.Error(), "but model.safetensors only 220 rows of tokens") {
		t.Errorf("got %v", err)
	}
}

func TestEncodeBatchCuts(t *testing.T) {
	e := open(t, "bert")
	_, tokens, err := e.EncodeBatch(context.Background(), []string{"", "a", strings.Repeat("a ", 30), strings.Repeat("a ", 31)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if texts, longest := e.Truncated(); texts != 1 || longest != 33 {
		t.Errorf("truncated %d texts, the longest of %d tokens, want 1 of 33", texts, longest)
	}
	for i, want := range []int{2, 3, 32, 32} {
		if tokens[i] != want {
			t.Errorf("text %d: %d tokens, want %d", i, tokens[i], want)
		}
	}
}

func TestEncodeBatchCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := open(t, "bert").EncodeBatch(ctx, []string{"a", "b"}, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzConfig(f *testing.F) {
	for _, name := range architectures {
		data, err := os.ReadFile(filepath.Join("testdata", name, "config.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(dir)
		if err == nil && (c.Width%c.Heads != 0 || c.MaxTokens < 1) {
			t.Errorf("accepted %+v", c)
		}
	})
}
