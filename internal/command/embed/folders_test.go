package embed

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

var writeFolders = flag.String("folders", "", "write the folders of TestFolders to this folder")

// folderTokenizers split into words and parts of words, with and without a token for unknown text.
var folderTokenizers = map[string]string{
	"wordpiece": `{"truncation":{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0},"pre_tokenizer":{"type":"BertPreTokenizer"},
		"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
		"added_tokens":[{"id":5,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
		"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
		"vocab":{"how":0,"are":1,"you":2,"##s":3,"y":4,"[UNK]":5}}}`,
	"unigram": `{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
		"model":{"type":"Unigram","unk_id":2,"vocab":[["▁",-3.0],["▁how",-4.0],["<unk>",0.0],["▁are",-4.0],["you",-4.0],["y",-6.0],["h",-6.0],["o",-6.0],["w",-6.0],["a",-6.0],["r",-6.0],["e",-6.0],["u",-6.0]],"byte_fallback":false}}`,
	"bytes": `{"pre_tokenizer":{"type":"Whitespace"},"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
		"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"vocab":{"h":0,"o":1,"w":2,"a":3,"r":4,"e":5,"y":6,"u":7,"ho":8,"how":9},"merges":["h o","ho w"]}}`,
}

// folderTexts are texts with and without known words, and with characters that tokenizers drop, take
// as spaces or keep.
var folderTexts = []string{"how are you", "you", "", "ⵣ", "ⵣⵣ ⵣ", "how ⵣⵣ are", "[UNK] are", "How ARE yous", "are " + strings.Repeat("how ", 700),
	"how\x00are", "how \x00 are", "\x00", "how\x01are you", "how\tare\nyou", "how\r\nare", "how\x0bare\x0cyou", "how\x1care", "how\x1fare", "how\x7fare",
	"how\u0080are", "how\u0085are", "how\u00a0are", "how\u00adare", "how\u200bare", "how\u200dare", "how\u2028are", "how\u202eare", "how\u3000are",
	"how\ufeffare", "how\ufffdare", "how\ue000are", "how\U000e0001are", "h\u0301ow", "how\ufe0f are"}

// folderModel returns a model whose tables hold sines of their places.
func folderModel(t *testing.T, name string, e checkpoints.EncoderConfig) *checkpoints.Checkpoint {
	t.Helper()
	var tokenizer *tokenize.Tokenizer
	if file, ok := folderTokenizers[name]; ok {
		path := filepath.Join(t.TempDir(), "tokenizer.json")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if tokenizer, err = tokenize.Open(path); err != nil {
			t.Fatal(err)
		}
	} else {
		v, err := tokenize.NewVocabulary([]string{"how", "are", "you", "yous"}, []int64{9, 5, 3, 1})
		if err != nil {
			t.Fatal(err)
		}
		if tokenizer, err = tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v); err != nil {
			t.Fatal(err)
		}
	}
	at := 0.0
	tensor := func(shape ...int) checkpoints.Tensor {
		x := checkpoints.NewTensor(shape...)
		for i := range x.Rows() {
			for j := range x.Row(i) {
				at++
				x.Row(i)[j] = float32(math.Sin(at))
			}
		}
		return x
	}
	const dim = 3
	n, width := tokenizer.Vocabulary().Len(), dim
	c := &checkpoints.Checkpoint{
		Config:    checkpoints.Config{Format: 1, Kind: sentence.Kind, Dim: dim, Encoder: e, License: "mit", Progress: checkpoints.Progress{Done: 1, Finished: true}},
		Tokenizer: tokenizer, Vocabulary: tokenizer.Vocabulary(),
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: tensor(n, dim)},
	}
	if e.Hidden > 0 {
		c.Tensors[checkpoints.LinearTensor], c.Tensors[checkpoints.BiasTensor] = tensor(e.Hidden, dim), tensor(e.Hidden)
		width = e.Hidden
	}
	if e.Project > 0 {
		c.Tensors[checkpoints.ProjectionTensor] = tensor(e.Project, width)
	}
	if e.Pooling == "sif" {
		weights := tensor(n)
		for i, w := range weights.Row(0) {
			weights.Data[i] = w*w + 0.1
		}
		c.Tensors[checkpoints.PoolingTensor] = weights
	}
	return c
}

// folderCases are models, and who opens what is written of them.
var folderCases = []struct {
	name, tokenizer string
	encoder         checkpoints.EncoderConfig
	opens           bool   // sentence-transformers opens the model itself
	refused         string // format that is refused, and what its error has
	why             string
}{
	{"words", "words", checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}, true, "", ""},
	{"words-sif", "words", checkpoints.EncoderConfig{Pooling: "sif", Normalize: true}, true, "", ""},
	{"words-raw", "words", checkpoints.EncoderConfig{Pooling: "mean"}, false, "sentence-transformers", "counts unknown words"},
	{"wordpiece", "wordpiece", checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}, true, "", ""},
	{"wordpiece-sif", "wordpiece", checkpoints.EncoderConfig{Pooling: "sif", Normalize: true}, true, "", ""},
	{"wordpiece-layers", "wordpiece", checkpoints.EncoderConfig{Hidden: 5, Project: 2, Pooling: "mean", Normalize: true}, false, "", ""},
	{"wordpiece-counted", "wordpiece", checkpoints.EncoderConfig{Pooling: "mean", Unknown: checkpoints.UnknownCounted}, true, "model2vec", `"[UNK]", counts in this model`},
	{"unigram-sif", "unigram", checkpoints.EncoderConfig{Pooling: "sif", Normalize: true}, false, "", ""},
	{"unigram-skipped", "unigram", checkpoints.EncoderConfig{Pooling: "mean", Normalize: true, Unknown: checkpoints.UnknownSkipped}, true, "", ""},
	{"bytes", "bytes", checkpoints.EncoderConfig{Pooling: "mean"}, true, "", ""},
	{"bytes-sif", "bytes", checkpoints.EncoderConfig{Pooling: "sif"}, true, "", ""},
}

// Folders give the vectors in testdata/folders.json, which model2vec 0.10.0 and
// sentence-transformers 6.2.0 computed from them, when they are opened here; and so do the models
// that the folders were written of:
//
//	go test ./internal/command/embed -run TestFolders -folders DIR
//	python3 internal/command/embed/testdata/folders.py DIR > internal/command/embed/testdata/folders.json
func TestFolders(t *testing.T) {
	ctx := context.Background()
	dir := *writeFolders
	var golden map[string][][]float32
	if dir == "" {
		dir = t.TempDir()
		data, err := os.ReadFile("testdata/folders.json")
		if err == nil {
			err = json.Unmarshal(data, &golden)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	compare := func(name string, c *checkpoints.Checkpoint) {
		t.Helper()
		want, ok := golden[name]
		if !ok {
			if golden != nil {
				t.Errorf("no vectors of %s in testdata/folders.json", name)
			}
			return
		}
		compared++
		for i, v := range encodeAll(t, c, folderTexts...) {
			for j, x := range v {
				if d := math.Abs(float64(x - want[i][j])); d > 1e-5 {
					t.Errorf("%s: %.20q has the vector %v, want %v", name, folderTexts[i], v, want[i])
					break
				}
			}
		}
	}
	for _, m := range folderCases {
		c := folderModel(t, m.tokenizer, m.encoder)
		path := filepath.Join(dir, m.name)
		if err := checkpoints.Write(ctx, path, c, checkpoints.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(path, checkpoints.ModulesFile)); errors.Is(err, fs.ErrNotExist) == m.opens {
			t.Errorf("%s: sentence-transformers opens the model: %v", m.name, !m.opens)
		}
		read, err := checkpoints.Read(ctx, path, checkpoints.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if m.opens {
			compare(m.name, read)
		}
		folded, err := sentence.WordVectors(read)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"model2vec", "sentence-transformers"} {
			name := m.name + "." + format
			path := filepath.Join(dir, name)
			err := exchange.ExportFolder(ctx, path, folded, format, exchange.FolderOptions{})
			if format == m.refused {
				if err == nil || !strings.Contains(err.Error(), m.why) || fault.Hint(err) == "" {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			compare(name, read)
			again, _, err := exchange.Import(ctx, path, exchange.ImportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			compare(name, again)
			if again.Config.License != "mit" {
				t.Errorf("%s: license %q", name, again.Config.License)
			}
		}
	}
	if golden != nil && len(golden) != 28 {
		t.Errorf("%d folders in testdata/folders.json", len(golden))
	}
}

// What a folder cannot express is refused by its name, and only static embeddings are replaced.
func TestExportFolderErrors(t *testing.T) {
	ctx := context.Background()
	c := folderModel(t, "words", checkpoints.EncoderConfig{Pooling: "mean", Normalize: true})
	layers := folderModel(t, "wordpiece", checkpoints.EncoderConfig{Hidden: 5, Pooling: "mean"})
	grams, joined := *c, *c
	var err error
	grams.NGrams, err = tokenize.NewNGrams(c.Vocabulary, tokenize.NGramOptions{Min: 3, Max: 3, Buckets: 100})
	if err != nil {
		t.Fatal(err)
	}
	phrases, err := tokenize.ReadPhrases("phrases", strings.NewReader("how are\n"))
	if err == nil {
		joined.Tokenizer, err = c.Tokenizer.WithPhrases(phrases)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, m := range []struct {
		c    *checkpoints.Checkpoint
		want string
	}{{layers, "a linear layer"}, {&grams, "character n-grams"}, {&joined, "joins 1 phrase into one word"}} {
		err := exchange.ExportFolder(ctx, filepath.Join(dir, "refused"), m.c, "model2vec", exchange.FolderOptions{})
		if err == nil || !strings.Contains(err.Error(), m.want) || fault.Hint(err) == "" {
			t.Errorf("error %v, want one with %q", err, m.want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("a refused export left %v (%v)", entries, err)
	}
	out := filepath.Join(dir, "out")
	write := func(replace bool) error {
		return exchange.ExportFolder(ctx, out, c, "model2vec", exchange.FolderOptions{Replace: replace})
	}
	if err := write(false); err != nil {
		t.Fatal(err)
	}
	if err := write(false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an existing folder: %v", err)
	}
	if err := write(true); err != nil {
		t.Error(err)
	}
	for name, files := range map[string]map[string]string{
		"a model":       {"MANIFEST": "x"},
		"a transformer": {"modules.json": `[{"type":"sentence_transformers.models.Transformer"}]`},
		"other modules": {"modules.json": `[]`, "config.json": `{"model_type":"bert"}`},
	} {
		for file, content := range files {
			if err := os.WriteFile(filepath.Join(out, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := write(true); err == nil || !strings.Contains(err.Error(), "will not replace") || fault.Hint(err) == "" {
			t.Errorf("%s was replaced: %v", name, err)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		if err := write(true); err != nil {
			t.Fatal(err)
		}
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := exchange.ExportFolder(canceled, filepath.Join(dir, "canceled"), c, "model2vec", exchange.FolderOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || !slices.EqualFunc(entries, []string{"out"}, func(e fs.DirEntry, name string) bool { return e.Name() == name }) {
		t.Errorf("left over: %v (%v)", entries, err)
	}
}

// The rows of a model in which repeated tokens count less are exported with a warning.
func TestExportRepeats(t *testing.T) {
	var warned strings.Builder
	cmd := Command()
	cmd.SetErr(&warned)
	c := folderModel(t, "words", checkpoints.EncoderConfig{Pooling: "mean", Normalize: true, Repeats: 0.7})
	m, err := wordVectors(cmd, c)
	if err != nil || m != c {
		t.Errorf("%v, %v", m, err)
	}
	if !strings.Contains(warned.String(), "n^0.7 times") {
		t.Errorf("warned %q", warned.String())
	}
	weighted := folderModel(t, "words", checkpoints.EncoderConfig{Pooling: "mean", Hidden: 5, Repeats: 0.7})
	if m, err = wordVectors(cmd, weighted); err != nil || m.Config.Encoder.Hidden != 0 || m.Config.Encoder.Repeats != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}
