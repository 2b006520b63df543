package exchange

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

const twoTokens = `{"model":{"type":"WordLevel","unk_token":"?","vocab":{"a":0,"?":1}},"pre_tokenizer":{"type":"Whitespace"}}`

// tensorFile returns a safetensors file with this header.
func tensorFile(header string, data ...byte) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + string(data)
}

func floats(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Folders as other programs write them keep their rows, what they do with unknown text, and where
// they come from.
func TestImportFolders(t *testing.T) {
	int8s := tensorFile(`{"embeddings":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}`, 1, 255, 127, 128)
	half := tensorFile(`{"embedding.weight":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]}}`, 0, 0x3c, 0, 0xc0)
	static := tensorFile(`{"embedding.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}`, floats(3, 4)...)
	mapped := tensorFile(`{"embeddings":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"mapping":{"dtype":"I64","shape":[2],"data_offsets":[4,20]},"weights":{"dtype":"F64","shape":[2],"data_offsets":[20,36]}}`,
		slices.Concat(floats(4), make([]byte, 16), binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.5)), binary.LittleEndian.AppendUint64(nil, math.Float64bits(2)))...)
	card := "---\r\nlicense: apache-2.0\r\nbase_model:\r\n- me/base\r\n---\r\n# license: none\n"
	long := strings.Replace(twoTokens, "{", `{"truncation":{"max_length":128},`, 1)
	for name, m := range map[string]struct {
		files   map[string]string
		path    string
		rows    []float32
		encoder checkpoints.EncoderConfig
		read    string // part of the report
		origin  string
	}{
		"int8": {map[string]string{"model.safetensors": int8s, "tokenizer.json": twoTokens, "config.json": `{"model_type":"model2vec","normalize":true,"tokenizer_name":"x/y"}`, "README.md": card}, "",
			[]float32{1, -1, 127, -128}, checkpoints.EncoderConfig{Pooling: "mean", Normalize: true, Unknown: "skipped"}, "its limit of 512 tokens per text is not kept", "based on me/base"},
		"mapped": {map[string]string{"model.safetensors": mapped, "tokenizer.json": twoTokens, "config.json": `{"max_length":null,"tokenizer_name":"x/y"}`}, "",
			[]float32{2, 8}, checkpoints.EncoderConfig{Pooling: "mean", Normalize: true, Unknown: "skipped"}, "", "based on x/y"},
		"static": {map[string]string{"0_StaticEmbedding/model.safetensors": static, "0_StaticEmbedding/tokenizer.json": long,
			"modules.json": `[{"path":"0_StaticEmbedding","type":"sentence_transformers.models.StaticEmbedding"}]`}, "",
			[]float32{3, 4}, checkpoints.EncoderConfig{Pooling: "mean", Unknown: "counted"}, "its limit of 128 tokens per text is not kept", "(safetensors)"},
		"wordllama": {map[string]string{"weights/l2_x_256.safetensors": half, "tokenizers/l2_x_tokenizer_config.json": twoTokens, "tokenizers/l3_tokenizer_config.json": "{}"}, "weights/l2_x_256.safetensors",
			[]float32{1, -2}, checkpoints.EncoderConfig{Pooling: "mean", Unknown: "counted"}, "l2_x_tokenizer_config.json", "(safetensors)"},
		"its folder": {map[string]string{"weights/l2_x_256.safetensors": half, "tokenizers/l2_x_tokenizer_config.json": twoTokens}, "",
			[]float32{1, -2}, checkpoints.EncoderConfig{Pooling: "mean", Unknown: "counted"}, "l2_x_tokenizer_config.json", "(safetensors)"},
	} {
		dir := writeFiles(t, m.files)
		c, report, err := Import(context.Background(), filepath.Join(dir, m.path), ImportOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []float32
		for i := range c.Embedding().Rows() {
			got = append(got, c.Embedding().Row(i)...)
		}
		if !slices.Equal(got, m.rows) || c.Config.Encoder != m.encoder {
			t.Errorf("%s: rows %v, %+v, want %v, %+v", name, got, c.Config.Encoder, m.rows, m.encoder)
		}
		if !strings.Contains(report.Read, m.read) || strings.Contains(report.Read, "limit") && m.read == "" || !strings.Contains(c.Config.Origin, m.origin) {
			t.Errorf("%s: %q, origin %q", name, report.Read, c.Config.Origin)
		}
		if strings.Contains(report.Read, "beside it") {
			t.Errorf("%s: what such a folder may be is reported: %q", name, report.Read)
		}
		if want := map[bool]string{true: "apache-2.0"}[m.files["README.md"] != ""]; c.Config.License != want {
			t.Errorf("%s: license %q", name, c.Config.License)
		}
		v, err := Open(context.Background(), filepath.Join(dir, m.path), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if license, origin := v.Provenance(); license != c.Config.License || origin != c.Config.Origin {
			t.Errorf("%s: %q, %q, but a model imported from it has %q, %q", name, license, origin, c.Config.License, c.Config.Origin)
		}
		v.Close()
	}
	// The option names a tokenizer that is elsewhere.
	dir := writeFiles(t, map[string]string{"x.safetensors": half, "elsewhere/t.json": twoTokens})
	c, _, err := Import(context.Background(), filepath.Join(dir, "x.safetensors"), ImportOptions{Options: Options{WordList: filepath.Join(dir, "elsewhere", "t.json")}})
	if err != nil || !c.Tokenizer.Subwords() {
		t.Errorf("a tokenizer elsewhere: %v", err)
	}
}

// Damaged folders are refused: the error names the file, and what is wrong with it.
func TestImportFolderErrors(t *testing.T) {
	table := `"embeddings":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}`
	for name, m := range map[string]struct{ tensors, tokenizer, want string }{
		"long header":   {"\x00\x00\x00\x00\x00\x00\x00\x10{}", twoTokens, "model.safetensors: header: its length is"},
		"overlap":       {tensorFile(`{`+table+`,"weights":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, floats(1, 2)...), twoTokens, `tensor "weights": its bytes 4 to 8 overlap`},
		"unknown type":  {tensorFile(`{"embeddings":{"dtype":"Q4","shape":[2,1],"data_offsets":[0,8]}}`, floats(1, 2)...), twoTokens, `tensor "embeddings" holds values of the type "Q4"`},
		"huge shape":    {tensorFile(`{"embeddings":{"dtype":"F32","shape":[1152921504606846976,1],"data_offsets":[0,8]}}`, floats(1, 2)...), twoTokens, "too many values"},
		"cut":           {tensorFile(`{`+table+`}`, floats(1)...), twoTokens, "go beyond the 4 in the file"},
		"NaN":           {tensorFile(`{`+table+`}`, floats(1, float32(math.NaN()))...), twoTokens, `tensor "embeddings": row 1, column 0 is NaN`},
		"few rows":      {tensorFile(`{"embeddings":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}`, floats(1)...), twoTokens, "the table has 1 rows, but"},
		"mapped out":    {tensorFile(`{`+table+`,"mapping":{"dtype":"I32","shape":[2],"data_offsets":[8,16]}}`, append(floats(1, 2), 0, 0, 0, 0, 2, 0, 0, 0)...), twoTokens, `tensor "mapping" maps token 1 to row 2 of 2`},
		"mapped before": {tensorFile(`{`+table+`,"mapping":{"dtype":"I32","shape":[2],"data_offsets":[8,16]}}`, append(floats(1, 2), 255, 255, 255, 255, 0, 0, 0, 0)...), twoTokens, `maps token 0 to row -1 of 2`},
		"other weights": {tensorFile(`{`+table+`,"weights":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}}`, floats(1, 2, 3, 4, 5)...), twoTokens, `tensor "weights" has shape [3], but there are 2 tokens`},
		"NaN weight":    {tensorFile(`{`+table+`,"weights":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}`, floats(1, 2, 3, float32(math.Inf(1)))...), twoTokens, `tensor "weights": value 1 is +Inf`},
		"other tensors": {tensorFile(`{"wte.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}`, floats(1, 2)...), twoTokens, `no table embedding.weight or embeddings, only the tensors "wte.weight"`},
		"compressed":    {tensorFile(`{"embedding.weight.codes":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]}}`, 0x99, 0x88), twoTokens, "the table is compressed, as only a complete model folder describes"},
		"other model":   {tensorFile(`{`+table+`}`, floats(1, 2)...), `{"model":{"type":"Telepathy"}}`, `tokenizer.json: model of type "Telepathy" is not supported`},
		"bad tokenizer": {tensorFile(`{`+table+`}`, floats(1, 2)...), `{"model":`, "tokenizer.json: "},
	} {
		dir := writeFiles(t, map[string]string{"model.safetensors": m.tensors, "tokenizer.json": m.tokenizer, "config.json": `{"normalize":true}`})
		_, _, err := Import(context.Background(), dir, ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), m.want) || !strings.Contains(err.Error(), dir) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q, want %q", name, err, fault.Hint(err), m.want)
		}
	}
	for name, m := range map[string]struct {
		files map[string]string
		want  string
	}{
		"shards":      {map[string]string{"model.safetensors.index.json": "{}", "config.json": "{}"}, "divided over several files"},
		"two files":   {map[string]string{"a.safetensors": "", "b.safetensors": ""}, `has several files of tensors: "a.safetensors", "b.safetensors"`},
		"transformer": {map[string]string{"modules.json": `[{"type":"sentence_transformers.models.Transformer"}]`}, `the module "Transformer"`},
	} {
		_, _, err := Import(context.Background(), writeFiles(t, m.files), ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), m.want) || fault.Hint(err) == "" {
			t.Errorf("%s: %v, want %q", name, err, m.want)
		}
	}
}
