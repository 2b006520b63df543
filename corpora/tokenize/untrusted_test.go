package tokenize

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// A tokenizer.json that asks for too much memory or time is refused.
func TestUntrustedFiles(t *testing.T) {
	const model = `"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}}`
	replace := func(pattern, content string) string {
		return fmt.Sprintf(`{"type":"Replace","pattern":%s,"content":%q}`, pattern, content)
	}
	sequence := func(kind string, n int, step string) string {
		return `{"type":"Sequence","` + kind + `":[` + strings.TrimSuffix(strings.Repeat(step+",", n), ",") + `]}`
	}
	tens := strings.Repeat("a", 10)
	for name, test := range map[string]struct{ file, message string }{
		"nested":    {`{"normalizer":` + sequence("normalizers", 12, replace(`{"String":"a"}`, tens)) + `,` + model, "up to step 3, "},
		"regex":     {`{"normalizer":` + sequence("normalizers", 12, replace(`{"Regex":"[a-z]"}`, tens)) + `,` + model, "up to step "},
		"any":       {`{"normalizer":` + sequence("normalizers", 40, replace(`{"Regex":"."}`, "éé")) + `,` + model, "up to step "},
		"chain":     {`{"normalizer":` + sequence("normalizers", 40, replace(`{"String":"漢"}`, "漢漢")) + `,` + model, "up to step "},
		"content":   {`{"normalizer":` + replace(`{"String":"a"}`, strings.Repeat("b", 1<<20)) + `,` + model, "Replace inserts 1048576 bytes"},
		"prepend":   {`{"normalizer":{"type":"Prepend","prepend":"` + strings.Repeat("b", 10<<20) + `"},` + model, "Prepend inserts 10485760 bytes"},
		"prepends":  {`{"normalizer":` + sequence("normalizers", 60, `{"type":"Prepend","prepend":"`+strings.Repeat("b", 1000)+`"}`) + `,` + model, "up to step "},
		"steps":     {`{"normalizer":` + sequence("normalizers", 70, `{"type":"Lowercase"}`) + `,` + model, "more than 64 steps"},
		"depth":     {`{"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 70) + `{"type":"NFC"}` + strings.Repeat("]}", 70) + `,` + model, "more than 64 steps"},
		"cuts":      {`{"pre_tokenizer":` + strings.Repeat(`{"type":"Sequence","pretokenizers":[`, 70) + `{"type":"WhitespaceSplit"}` + strings.Repeat("]}", 70) + `,` + model, "more than 64 steps"},
		"bytes":     {`{"pre_tokenizer":` + sequence("pretokenizers", 5, `{"type":"ByteLevel","use_regex":false}`) + `,` + model, "ByteLevel: more than 4 steps"},
		"states":    {`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"` + strings.Repeat("[a-z]{500}", 30) + `b"},"behavior":"Isolated"},` + model, "a pattern of more than 10000 states"},
		"added":     {`{"added_tokens":[{"id":2,"content":"` + strings.Repeat("b", 1<<20) + `"}],` + model, "has 1048576 bytes; at most 1000"},
		"ids":       {`{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":2000000000}}}`, "id 2000000000"},
		"inflating": {`{"added_tokens":[{"id":2,"content":"b","normalized":true}],"normalizer":` + sequence("normalizers", 9, replace(`{"String":"b"}`, tens+"b"+tens+"b")) + `,` + model, "up to step "},
	} {
		if _, err := Parse("t.json", []byte(test.file)); err == nil || !strings.Contains(err.Error(), test.message) || fault.Hint(err) == "" || len(err.Error()) > 300 {
			t.Errorf("%s: error %.300v, want %q", name, err, test.message)
		}
	}
	// Usual steps are not refused.
	for _, steps := range []string{
		replace(`{"String":" "}`, "▁"), sequence("normalizers", 60, replace(`{"String":"."}`, " . ")[:0]+replace(`{"String":"x"}`, "y")),
		`{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},` + replace(`{"Regex":"\\s"}`, "▁") + `,{"type":"NFKD"},{"type":"Lowercase"}]}`,
	} {
		if _, err := Parse("t.json", []byte(`{"normalizer":`+steps+`,`+model)); err != nil {
			t.Errorf("%s: %v", steps, err)
		}
	}
}

// A token of any length is read back from vocab.tsv.
func TestLongTokens(t *testing.T) {
	v, err := NewVocabulary([]string{"a", strings.Repeat("b", 3<<20), "c"}, []int64{3, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := v.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	if back, err := ReadVocabulary("v", &file); err != nil || !back.Equal(v) {
		t.Errorf("read back: %v", err)
	}
	path := filepath.Join(t.TempDir(), "vocab.txt")
	if err := os.WriteFile(path, []byte("[UNK]\n"+strings.Repeat("b", 1<<20)+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "has 1048576 bytes; at most 65536") || fault.Hint(err) == "" {
		t.Errorf("a vocab.txt with a long token: %v", err)
	}
}

// Editors put a byte order mark before a file. It is not a part of the first token.
func TestByteOrderMarks(t *testing.T) {
	files := map[string]string{
		"vocab.txt":      "[UNK]\r\na\r\n##b\r\n",
		"tokenizer.json": `{"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"a":1,"##b":2}},"pre_tokenizer":{"type":"BertPreTokenizer"}}`,
	}
	for name, content := range files {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte("\ufeff"+content), 0o666); err != nil {
			t.Fatal(err)
		}
		tokenizer, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := tokenizer.Encode(nil, "ab x"); !slices.Equal(got, []int32{1, 2, 0}) || tokenizer.Unknown() != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
	path := filepath.Join(t.TempDir(), "phrases.tsv")
	if err := os.WriteFile(path, []byte("\ufeffnew york\t1.0\t2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if p, err := OpenPhrases(path); err != nil || p.List[0].Words[0] != "new" {
		t.Errorf("%+v, %v", p, err)
	}
}
