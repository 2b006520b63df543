package tokenize

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// oddTokens need every kind of escape in JSON, or look as if they did.
var oddTokens = []string{"the", "naïve", "слово", "日本", "€", "𝕏", "<b>", "&", "\u2028", "\u2029", `"`, `\`, "\x01", "\x7f", "\b", "\ufffd", "[UNK]"}

// TestTokenizerFileIsJSON: render quotes tokens as encoding/json does.
func TestTokenizerFileIsJSON(t *testing.T) {
	v, err := NewVocabulary(oddTokens, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range oddTokens {
		want, err := plainjson.Marshal(token, "")
		got, err2 := plainjson.AppendString(nil, token)
		if err != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%q is written as %s (%v), and by encoding/json as %s (%v)", token, got, err2, want, err)
		}
	}
	words, err := NewWordTokenizer(WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	data, err := words.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", "  "); err != nil || !bytes.Equal(indented.Bytes(), data) {
		t.Errorf("indented by encoding/json (%v) it is\n%s\nand not\n%s", err, &indented, data)
	}
}

func TestParseTokenizerWith(t *testing.T) {
	v, err := NewVocabulary(oddTokens, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []WordOptions{{}, {Cased: true}} {
		words, err := NewWordTokenizer(o).WithVocabulary(v)
		if err != nil {
			t.Fatal(err)
		}
		data, err := words.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if same, err := (wordLayout{WordOptions: o}).written(v, data); !same || err != nil {
			t.Errorf("written does not recognize the file: %v", err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, data); err != nil {
			t.Fatal(err)
		}
		ascii := bytes.ReplaceAll(data, []byte("ï"), []byte(`\u00ef`))
		for _, file := range [][]byte{data, compact.Bytes(), ascii, append(bytes.Clone(data), '\n')} {
			got, err := ParseWith("tokenizer.json", file, v)
			if err != nil {
				t.Fatal(err)
			}
			if got.Options() != o || got.Vocabulary() != v {
				t.Errorf("options %+v, want %+v; vocabulary %p, want %p", got.Options(), o, got.Vocabulary(), v)
			}
			if ids := got.Encode(nil, "the naïve слово"); len(ids) != 3 || ids[2] != 2 {
				t.Errorf("ids %v", ids)
			}
		}
		// Whichever byte changes or is missing, the fast and the full reader agree.
		for i := 0; i < len(data); i += 1 + i%13 {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << (i % 7)
			for _, file := range [][]byte{bad, data[:i]} {
				got, err := ParseWith("tokenizer.json", file, v)
				full, fullErr := Parse("tokenizer.json", file)
				agree := fullErr == nil && sameTokens(full.Vocabulary(), v) == nil
				if (err == nil) != agree || agree && got.Options() != full.Options() {
					t.Fatalf("byte %d: %v; read alone: %v", i, err, fullErr)
				}
			}
		}
	}
}

func TestParseTokenizerWithErrors(t *testing.T) {
	data, err := wordTokenizer(t, WordOptions{}, "the of cat").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	none, err := NewWordTokenizer(WordOptions{}).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		data    string
		tokens  string
		message string
	}{
		{string(data), "the of dog", `f.json: token 2 is "cat", but "dog" in the vocabulary`},
		{string(data), "of the cat", `f.json: token 0 is "the", but "of" in the vocabulary`},
		{string(data), "the of", "f.json: it has 3 tokens, but the vocabulary has 2"},
		{string(data), "the of cat dog", "f.json: it has 3 tokens, but the vocabulary has 4"},
		{string(data), "", "f.json: it has 3 tokens, but the vocabulary has 0"},
		{string(none), "the", "f.json: it has 0 tokens, but the vocabulary has 1"},
		{string(data) + "{}", "the of cat", "f.json: not a tokenizer"},
		{strings.Replace(string(data), `"of": 1`, `"of": 0`, 1), "the of cat", "f.json: vocabulary: id 0 belongs to both"},
	} {
		_, err := ParseWith("f.json", []byte(test.data), newVocabulary(t, test.tokens, make([]int64, len(strings.Fields(test.tokens)))...))
		if err == nil || !strings.Contains(err.Error(), test.message) || fault.Hint(err) == "" {
			t.Errorf("%q: error %v, want %q", test.tokens, err, test.message)
		}
	}
	if _, err := ParseWith("f.json", data, nil); err == nil {
		t.Error("a nil vocabulary is accepted")
	}
	if got, err := ParseWith("f.json", none, newVocabulary(t, "")); err != nil || got.Vocabulary().Len() != 0 {
		t.Errorf("an empty vocabulary: %v", err)
	}
}
